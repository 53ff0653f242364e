/* SPDX-License-Identifier: MIT */
/* Rows of videos. */
#include "store/sql/sql_video.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_link.h"

#define LIST_MAX_ROWS ((size_t)INT32_MAX)
#define LIST_MAX_BYTES ((size_t)1 << 30) // some three million videos

#define VIDEO_NAMES                                                                                          \
    "videos.video_id, path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, "     \
    "codec, sampling, state, error"

// The number of a video's frames: by a subquery for each row, or by one join.
#define COUNT_EACH "(SELECT count(*) FROM frames WHERE frames.video_id = videos.video_id)"
// Of a damaged library, whose numbers may be anything: a text compares greater than the number after the
// largest one.
#define LAST_NUMBER                                                                                          \
    "max(0, CAST(min(coalesce((SELECT max(frame_number) FROM frames WHERE frames.video_id = "                \
    "videos.video_id), 0), 4294967296) AS INTEGER))"
#define COUNT_JOINED "coalesce(counts.frame_count, 0)"
#define VIDEOS_JOINED(condition)                                                                             \
    "videos LEFT JOIN (SELECT video_id, count(*) AS frame_count FROM frames " condition                      \
    " GROUP BY video_id) AS counts ON counts.video_id = videos.video_id"

static const SqlWords *words_of(const Store *store)
{
    return store->backend->link->words;
}

/* Returns the column by which a path is found. */
static const char *path_column(const Store *store)
{
    return words_of(store)->has_digests ? "path_key" : "path";
}

/* ---- reading ------------------------------------------------------------------------------------------ */

RvStatus rv_sql_read_video(const SqlRow *row, StoredVideo *out, RvError *err)
{
    RvVideo *video = &out->video;
    char what[40];
    int64_t width = 0, height = 0;
    RvStatus status = rv_sql_integer(row, 0, "videos", 1, STORE_MAX_VIDEO_ID, &video->video_id, err);
    snprintf(what, sizeof what, "video %lld", (long long)video->video_id);
    const struct {
        size_t column;
        char **out;
    } texts[] = {{1, &video->path},      {2, &video->content_key}, {9, &video->codec},
                 {10, &video->sampling}, {11, &video->state_name}, {12, &video->error}};
    for (size_t i = 0; status == RV_OK && i < sizeof texts / sizeof texts[0]; i++)
        status = rv_sql_text(row, texts[i].column, what, texts[i].out, err);
    const struct {
        size_t column;
        int64_t min, max, *out;
    } integers[] = {{3, 0, INT64_MAX, &out->size_bytes},
                    {4, INT64_MIN, INT64_MAX, &out->modified_ns},
                    {6, 0, INT32_MAX, &width},
                    {7, 0, INT32_MAX, &height},
                    {13, 0, INT64_MAX, &video->frame_count}};
    for (size_t i = 0; status == RV_OK && i < sizeof integers / sizeof integers[0]; i++)
        status = rv_sql_integer(row, integers[i].column, what, integers[i].min, integers[i].max,
                                integers[i].out, err);
    if (status == RV_OK)
        status = rv_sql_quantity(row, 5, what, &video->duration_s, err);
    if (status == RV_OK)
        status = rv_sql_quantity(row, 8, what, &video->frame_rate, err);
    video->width = (int)width;
    video->height = (int)height;
    return status;
}

typedef struct FoundVideo {
    StoredVideo *video;
    bool found;
} FoundVideo;

static RvStatus take_video(void *user, const SqlRow *row, RvError *err)
{
    FoundVideo *out = user;
    out->found = true;
    return rv_sql_read_video(row, out->video, err);
}

static RvStatus take_id(void *user, const SqlRow *row, RvError *err)
{
    return rv_sql_integer(row, 0, "videos", 1, STORE_MAX_VIDEO_ID, user, err);
}

RvStatus rv_sql_find_video(Store *store, VideoColumn column, const char *value, StoredVideo *out, bool *found,
                           RvError *err)
{
    const SqlWords *words = words_of(store);
    FoundVideo wanted = {.video = out};
    SqlReader read_video = {SQL_VIDEO_COLUMNS, .max_rows = 1, .row = take_video, .user = &wanted};
    int64_t id = 0;
    SqlReader read_id = {"d", .max_rows = 1, .row = take_id, .user = &id};
    const char *what = words->finds_id_first ? "video_id" : VIDEO_NAMES ", " COUNT_EACH;
    const SqlReader *reader = words->finds_id_first ? &read_id : &read_video;
    const char *key = words->has_digests ? "content_hash" : "content_key";
    RvStatus status =
        column == VIDEO_BY_PATH
            ? rv_sql_query(store, reader, err, "SELECT %w FROM videos WHERE %w = %k", what,
                           path_column(store), value)
            : rv_sql_query(
                  store, reader, err,
                  "SELECT %w FROM videos WHERE %w = %k ORDER BY state <> 'complete', video_id LIMIT 1", what,
                  key, value);
    if (status == RV_OK && id != 0)
        status = rv_sql_query(store, &read_video, err,
                              "SELECT " VIDEO_NAMES ", " COUNT_JOINED
                              " FROM " VIDEOS_JOINED("WHERE video_id = %d") " WHERE videos.video_id = %d",
                              id, id);
    *found = wanted.found;
    return status;
}

RvStatus rv_sql_has_video(Store *store, int64_t video_id, bool *found, RvError *err)
{
    return rv_sql_has_row(store, found, err, "SELECT 1 FROM videos WHERE video_id = %d", video_id);
}

/* ---- lists -------------------------------------------------------------------------------------------- */

typedef struct VideoList {
    RvVideos *videos; // owns what was read, also on failure
    size_t capacity;
    RvStatus (*read)(const SqlRow *row, StoredVideo *out, RvError *err);
} VideoList;

static RvStatus reserve_video(VideoList *list, RvError *err)
{
    RvVideos *videos = list->videos;
    if (videos->count < list->capacity)
        return RV_OK;
    RvVideo *items = rv_mem_grow(videos->items, &list->capacity, videos->count + 1, sizeof *items, err);
    if (items == NULL)
        return RV_ERROR_MEMORY;
    videos->items = items;
    return RV_OK;
}

static RvStatus append_video(void *user, const SqlRow *row, RvError *err)
{
    VideoList *list = user;
    StoredVideo stored = {0};
    RvStatus status = reserve_video(list, err);
    if (status != RV_OK)
        return status;
    status = list->read(row, &stored, err);
    list->videos->items[list->videos->count++] = stored.video;
    return status;
}

static RvStatus list_videos(Store *store, const char *sql, RvVideos *out, RvError *err)
{
    VideoList list = {.videos = out, .read = rv_sql_read_video};
    SqlReader reader = {SQL_VIDEO_COLUMNS, LIST_MAX_ROWS, LIST_MAX_BYTES, .row = append_video, .user = &list};
    return rv_sql_query(store, &reader, err, sql);
}

/* Counts by the last number of each video, which is one step in an index, while counting reads every key. A
 * video has as many frames as its last number says, or fewer if numbers are missing. So if the last numbers
 * add up to the number of all frames, which is counted by pages, every one of them is right; else they count
 * for nothing. */
static RvStatus list_by_last_numbers(Store *store, RvVideos *out, bool *right, RvError *err)
{
    int64_t sum = 0, total = 0;
    RvStatus status = list_videos(store, "SELECT " VIDEO_NAMES ", " LAST_NUMBER " FROM videos", out, err);
    for (size_t i = 0; i < out->count; i++)
        sum += out->items[i].frame_count;
    if (status == RV_OK)
        status = rv_store_count_frames(store, NULL, &total, err);
    *right = status == RV_OK && sum == total;
    if (!*right)
        rv_videos_clear(out);
    return status;
}

RvStatus rv_sql_list_videos(Store *store, RvVideos *out, RvError *err)
{
    bool right = false;
    if (words_of(store)->counts_by_join)
        return list_videos(store, "SELECT " VIDEO_NAMES ", " COUNT_JOINED " FROM " VIDEOS_JOINED(""), out,
                           err);
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = list_by_last_numbers(store, out, &right, err);
    if (status == RV_OK && !right)
        status = list_videos(store, "SELECT " VIDEO_NAMES ", " COUNT_EACH " FROM videos", out, err);
    rv_store_end_snapshot(store);
    return status;
}

/* Columns: video_id, path, sampling, duration, state. */
static RvStatus read_path(const SqlRow *row, StoredVideo *out, RvError *err)
{
    RvVideo *video = &out->video;
    RvStatus status = rv_sql_integer(row, 0, "videos", 1, STORE_MAX_VIDEO_ID, &video->video_id, err);
    if (status == RV_OK)
        status = rv_sql_text(row, 1, "videos", &video->path, err);
    if (status == RV_OK)
        status = rv_sql_text(row, 2, "videos", &video->sampling, err);
    if (status == RV_OK)
        status = rv_sql_quantity(row, 3, "videos", &video->duration_s, err);
    if (status == RV_OK)
        status = rv_sql_text(row, 4, "videos", &video->state_name, err);
    return status;
}

RvStatus rv_sql_list_paths(Store *store, RvVideos *out, RvError *err)
{
    VideoList list = {.videos = out, .read = read_path};
    SqlReader reader = {"dttft", LIST_MAX_ROWS, LIST_MAX_BYTES, .row = append_video, .user = &list};
    return rv_sql_query(store, &reader, err, "SELECT video_id, path, sampling, duration, state FROM videos");
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* ARGUMENT if a row other than own_id has the path. */
static RvStatus check_path_free(Store *store, const char *path, int64_t own_id, RvError *err)
{
    int64_t other = 0;
    SqlReader reader = {"d", .max_rows = 1, .row = take_id, .user = &other};
    RvStatus status =
        rv_sql_query(store, &reader, err, "SELECT video_id FROM videos WHERE %w = %k AND video_id <> %d",
                     path_column(store), path, own_id);
    return status == RV_OK && other != 0 ? rv_store_path_taken(store, path, other, err) : status;
}

/* Returns BUSY if the last statement failed because another process took the path after it was checked. */
static RvStatus check_taken(const Store *store, RvStatus status, RvError *err)
{
    const SqlLink *link = store->backend->link;
    bool taken = status != RV_OK && link->is_taken != NULL && link->is_taken(store);
    return taken ? rv_store_video_busy(store, err) : status;
}

/* Called after a statement that changes one video's row. Returns NOT_FOUND if there is no such row. */
static RvStatus check_changed(const Store *store, RvStatus status, int64_t video_id, RvError *err)
{
    if (status == RV_OK && store->backend->link->changed(store) == 0)
        return rv_store_no_video(store, video_id, err);
    return check_taken(store, status, err);
}

static RvStatus delete_video(Store *store, int64_t video_id, RvError *err)
{
    const SqlLink *link = store->backend->link;
    RvStatus status = rv_sql_run(store, err, "DELETE FROM videos WHERE video_id = %d", video_id);
    status = check_changed(store, status, video_id, err);
    if (status == RV_OK && !link->words->cascades)
        status = rv_sql_run(store, err, "DELETE FROM frame_pictures WHERE video_id = %d", video_id);
    if (status == RV_OK && !link->words->cascades)
        status = rv_sql_run(store, err, "DELETE FROM frames WHERE video_id = %d", video_id);
    if (status == RV_OK && link->after_delete != NULL)
        status = link->after_delete(store, video_id, err);
    return status;
}

static RvStatus write_insert(Store *store, SqlStatement *statement, const VideoFacts *facts, RvError *err)
{
    const SqlWords *words = words_of(store);
    bool digests = words->has_digests;
    RvStatus status =
        rv_sql_add(store, statement, err,
                   "INSERT INTO videos (path, %wcontent_key, %wsize_bytes, modified_ns, duration, "
                   "width, height, frame_rate, codec, sampling, state, error, created, updated) "
                   "VALUES (%s, ",
                   digests ? "path_key, " : "", digests ? "content_hash, " : "", facts->path);
    if (status == RV_OK && digests)
        status = rv_sql_add(store, statement, err, "%k, ", facts->path);
    if (status == RV_OK)
        status = rv_sql_add(store, statement, err, "%s, ", facts->content_key);
    if (status == RV_OK && digests)
        status = rv_sql_add(store, statement, err, "%k, ", facts->content_key);
    if (status == RV_OK)
        status =
            rv_sql_add(store, statement, err, "%d, %d, %f, %d, %d, %f, %s, %s, 'indexing', '', %w, %w)%w",
                       facts->size_bytes, facts->modified_ns, facts->duration_s, (int64_t)facts->width,
                       (int64_t)facts->height, facts->frame_rate, facts->codec, facts->sampling, words->now,
                       words->now, words->insert_tail);
    return status;
}

static RvStatus take_new_id(void *user, const SqlRow *row, RvError *err)
{
    return rv_sql_integer(row, 0, "videos", 1, INT64_MAX, user, err);
}

static RvStatus insert_video(Store *store, const VideoFacts *facts, int64_t *video_id, RvError *err)
{
    const SqlLink *link = store->backend->link;
    bool returns_id = link->words->insert_tail[0] != '\0';
    SqlReader reader = {"d", .max_rows = 1, .row = take_new_id, .user = video_id};
    SqlStatement statement;
    rv_sql_statement_init(&statement);
    RvStatus status = write_insert(store, &statement, facts, err);
    if (status == RV_OK) {
        status = link->run(store, &statement, returns_id ? &reader : NULL, err);
        status = check_taken(store, status, err);
    }
    rv_sql_statement_clear(&statement);
    if (status == RV_OK && !returns_id)
        *video_id = link->last_id(store);
    if (status == RV_OK && returns_id && *video_id == 0)
        return rv_error_set(err, RV_ERROR_BUSY, "%s: another process has just begun %.600s; try again later",
                            store->uri, facts->path);
    return status == RV_OK ? rv_store_check_video_id(store, *video_id, err) : status;
}

static RvStatus begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                            RvError *err)
{
    int64_t new_id = 0;
    RvStatus status = rv_sql_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    status = check_path_free(store, facts->path, replace_id, err);
    if (status == RV_OK && replace_id > 0)
        status = delete_video(store, replace_id, err);
    if (status == RV_OK)
        status = insert_video(store, facts, &new_id, err);
    status = rv_sql_end(store, status, err);
    if (status == RV_OK)
        *video_id = new_id;
    return status;
}

RvStatus rv_sql_begin_video(Store *store, const VideoFacts *facts, int64_t replace_id, int64_t *video_id,
                            RvError *err)
{
    int tries = 0;
    RvStatus status;
    do
        status = begin_video(store, facts, replace_id, video_id, err);
    while (rv_sql_try_again(store, status, &tries));
    return status;
}

static RvStatus write_change(Store *store, SqlStatement *statement, int64_t video_id,
                             const VideoChange *change, RvError *err)
{
    RvStatus status =
        rv_sql_add(store, statement, err, "UPDATE videos SET updated = %w", words_of(store)->now);
    if (status == RV_OK && change->path != NULL)
        status = rv_sql_add(store, statement, err, ", path = %s", change->path);
    if (status == RV_OK && change->state != NULL)
        status = rv_sql_add(store, statement, err, ", state = %s", change->state);
    if (status == RV_OK && change->error != NULL)
        status = rv_sql_add(store, statement, err, ", error = %s", change->error);
    if (status == RV_OK && change->path != NULL && words_of(store)->has_digests)
        status = rv_sql_add(store, statement, err, ", path_key = %k", change->path);
    if (status == RV_OK && change->duration_s != NULL)
        status = rv_sql_add(store, statement, err, ", duration = %f", *change->duration_s);
    if (status == RV_OK && change->size_bytes != NULL)
        status = rv_sql_add(store, statement, err, ", size_bytes = %d", *change->size_bytes);
    if (status == RV_OK && change->modified_ns != NULL)
        status = rv_sql_add(store, statement, err, ", modified_ns = %d", *change->modified_ns);
    return status == RV_OK ? rv_sql_add(store, statement, err, " WHERE video_id = %d", video_id) : status;
}

static RvStatus change_video(Store *store, int64_t video_id, const VideoChange *change, RvError *err)
{
    SqlStatement statement;
    RvStatus status = rv_sql_begin_writing(store, err);
    if (status != RV_OK)
        return status;
    rv_sql_statement_init(&statement);
    if (change->path != NULL)
        status = check_path_free(store, change->path, video_id, err);
    if (status == RV_OK)
        status = write_change(store, &statement, video_id, change, err);
    if (status == RV_OK) {
        status = store->backend->link->run(store, &statement, NULL, err);
        status = check_changed(store, status, video_id, err);
    }
    rv_sql_statement_clear(&statement);
    return rv_sql_end(store, status, err);
}

RvStatus rv_sql_change_video(Store *store, int64_t video_id, const VideoChange *change, RvError *err)
{
    int tries = 0;
    RvStatus status;
    do
        status = change_video(store, video_id, change, err);
    while (rv_sql_try_again(store, status, &tries));
    return status;
}

RvStatus rv_sql_remove_video(Store *store, int64_t video_id, RvError *err)
{
    int tries = 0;
    RvStatus status;
    do {
        status = rv_sql_begin_writing(store, err);
        if (status == RV_OK)
            status = rv_sql_end(store, delete_video(store, video_id, err), err);
    } while (rv_sql_try_again(store, status, &tries));
    return status;
}
