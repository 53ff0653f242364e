/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos and /api/v1/videos/{id}. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "asking.h"
#include "cursor.h"
#include "video_json.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000

typedef struct VideosQuery {
    const char *name, *state;
    int64_t limit;
    Cursor cursor;
} VideosQuery;

static bool read_query(Request *request, VideosQuery *query)
{
    *query = (VideosQuery){.limit = LIMIT_DEFAULT};
    query->name = request_parameter(request, "name");
    query->state = request_parameter(request, "state");
    const char *cursor = request_parameter(request, "cursor");
    if (!request_whole(request, "limit", 1, LIMIT_MAX, &query->limit))
        return false;
    if (query->state != NULL && strcmp(query->state, "complete") != 0 &&
        strcmp(query->state, "indexing") != 0 && strcmp(query->state, "failed") != 0) {
        reply_error(&request->reply, 400, "bad_parameter", "state has to be complete, indexing or failed");
        return false;
    }
    if (cursor != NULL && !cursor_read(cursor, &query->cursor)) {
        reply_error(&request->reply, 400, "bad_cursor", "this is no cursor of this server");
        return false;
    }
    return true;
}

static bool is_wanted(const VideosQuery *query, const RvVideo *video)
{
    if (query->state != NULL && strcmp(rv_video_state_name(video->state), query->state) != 0)
        return false;
    return query->name == NULL || strcasestr(video->path, query->name) != NULL;
}

/* The place of a video is found again by its id, so a list that grows meanwhile loses none. */
static size_t first_of(const ShelfVideos *videos, const Cursor *cursor)
{
    const RvVideo *last = cursor->query != 0 ? shelf_video(videos, (int64_t)cursor->query) : NULL;
    if (last != NULL)
        return (size_t)(last - videos->videos.items) + 1;
    return cursor->offset < videos->videos.count ? (size_t)cursor->offset : videos->videos.count;
}

void api_videos(Request *request, Reply *reply)
{
    VideosQuery query;
    Asking asking;
    if (!read_query(request, &query))
        return;
    if (!asking_videos(&asking, request)) {
        asking_end(&asking);
        return;
    }
    const RvVideos *all = &asking.videos->videos;
    json_t *list = json_array(), *next = json_null();
    size_t i = first_of(asking.videos, &query.cursor);
    for (; i < all->count && json_array_size(list) < (size_t)query.limit; i++) {
        if (is_wanted(&query, &all->items[i]))
            json_array_append_new(list, video_json(&asking, &all->items[i], false));
    }
    bool more = false;
    for (size_t k = i; k < all->count && !more; k++)
        more = is_wanted(&query, &all->items[k]);
    if (more) {
        char text[CURSOR_SIZE];
        cursor_write(&(Cursor){asking.videos->state, i, (uint64_t)all->items[i - 1].video_id}, text);
        next = json_string(text);
    }
    reply_json(reply, 200,
               json_pack("{s:o, s:o, s:I}", "videos", list, "next", next, "total", (json_int_t)all->count));
    reply_header(reply, "Cache-Control", "no-store");
    asking_end(&asking);
}

void api_video(Request *request, Reply *reply)
{
    Asking asking;
    if (asking_video(&asking, request)) {
        reply_json(reply, 200, video_json(&asking, asking.video, true));
        reply_header(reply, "Cache-Control", "no-store");
    }
    asking_end(&asking);
}
