/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos/{id}/sprite.jpg: stored pictures of a stretch as one; GET .../sprite.json: which they are. Both take
 * the same parameters, and what is in the picture follows from them and the video. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "sprite.h"
#include "sprite_cache.h"
#include "tag_hash.h"

#define COUNT_MAX 400
#define COUNT_DEFAULT 100
#define COLUMNS_DEFAULT 10
#define HEIGHT_DEFAULT 90
#define TILE_WIDTH_MAX 1024

typedef struct Sheet {
    int64_t count, columns, height;
    double from_s, to_s; // to_s: INFINITY: the end
    char words[96];      // the parameters, as an address has them
    char tag[20];        // of the video and of the frames
    RvFrameInfo frames[COUNT_MAX];
    size_t frame_count;
    Sprite sprite;
} Sheet;

static bool read_parameters(Request *request, Sheet *sheet)
{
    bool from = false, to = false;
    *sheet = (Sheet){
        .count = COUNT_DEFAULT, .columns = COLUMNS_DEFAULT, .height = HEIGHT_DEFAULT, .to_s = INFINITY};
    if (!request_whole(request, "count", 1, COUNT_MAX, &sheet->count) ||
        !request_whole(request, "columns", 1, COUNT_MAX, &sheet->columns) ||
        !request_whole(request, "height", 16, 360, &sheet->height) ||
        !request_real(request, "from", 0, 1e9, &from, &sheet->from_s) ||
        !request_real(request, "to", 0, 1e9, &to, &sheet->to_s))
        return false;
    int size = snprintf(sheet->words, sizeof sheet->words, "count=%d&columns=%d&height=%d", (int)sheet->count,
                        (int)sheet->columns, (int)sheet->height);
    if (from)
        size +=
            snprintf(sheet->words + size, sizeof sheet->words - (size_t)size, "&from=%.3f", sheet->from_s);
    if (to)
        snprintf(sheet->words + size, sizeof sheet->words - (size_t)size, "&to=%.3f", sheet->to_s);
    return true;
}

/* All frames of the stretch, or as many as are wanted, evenly. */
static bool choose_frames(const Asking *asking, Sheet *sheet)
{
    RvFrames frames = {0};
    RvError err = {0};
    Reply *reply = &asking->request->reply;
    if (rv_library_frames(asking->book->library, asking->video->video_id, &frames, &err) != RV_OK) {
        reply_failure(reply, &err);
        return false;
    }
    size_t first = 0, end = 0;
    while (first < frames.count && frames.items[first].time_s < sheet->from_s)
        first++;
    for (end = first; end < frames.count && frames.items[end].time_s <= sheet->to_s; end++)
        continue;
    size_t there = end - first, wanted = (size_t)sheet->count < there ? (size_t)sheet->count : there;
    for (size_t i = 0; i < wanted; i++)
        sheet->frames[i] = frames.items[first + i * there / wanted];
    sheet->frame_count = wanted;
    rv_frames_clear(&frames);
    if (wanted == 0)
        reply_error(reply, 404, "no_frames", "no frame of the video is stored from there to there");
    return wanted > 0;
}

/* The tiles have the shape of the first picture. */
static bool measure(const Asking *asking, Sheet *sheet)
{
    uint8_t *jpeg = NULL;
    size_t size = 0;
    int width = 0, height = 0;
    RvError err = {0};
    RvStatus status = rv_library_picture(asking->book->library, asking->video->video_id,
                                         sheet->frames[0].frame_number, &jpeg, &size, &err);
    if (status == RV_OK)
        status = sprite_measure(jpeg, size, &width, &height, &err);
    rv_free(jpeg);
    if (status != RV_OK) {
        reply_failure(&asking->request->reply, &err);
        return false;
    }
    int columns =
        (int)sheet->columns < (int)sheet->frame_count ? (int)sheet->columns : (int)sheet->frame_count;
    double shape = round((double)width * (double)sheet->height / height);
    sheet->sprite = (Sprite){.columns = columns,
                             .rows = ((int)sheet->frame_count + columns - 1) / columns,
                             .tile_width = (int)fmin(fmax(shape, 1), TILE_WIDTH_MAX),
                             .tile_height = (int)sheet->height};
    return true;
}

static RvStatus draw(const Asking *asking, Sheet *sheet, void **jpeg, size_t *size, RvError *err)
{
    RvStatus status = sprite_create(&sheet->sprite, err);
    for (size_t i = 0; status == RV_OK && i < sheet->frame_count; i++) {
        uint8_t *picture = NULL;
        size_t picture_bytes = 0;
        if (request_client_gone(asking->request))
            status = RV_ERROR_CANCELLED;
        else
            status = rv_library_picture(asking->book->library, asking->video->video_id,
                                        sheet->frames[i].frame_number, &picture, &picture_bytes, err);
        if (status == RV_OK)
            status = sprite_put(&sheet->sprite, i, picture, picture_bytes, err);
        rv_free(picture);
    }
    if (status == RV_OK)
        status = sprite_write(&sheet->sprite, jpeg, size, err);
    sprite_clear(&sheet->sprite);
    return status;
}

static void send_picture(const Asking *asking, Sheet *sheet)
{
    SpriteCache *cache = asking->request->server->sprites;
    Reply *reply = &asking->request->reply;
    RvError err = {0};
    size_t size = 0;
    char key[128];
    snprintf(key, sizeof key, "%s %s", sheet->tag, sheet->words);
    void *jpeg = sprite_cache_get(cache, key, &size);
    if (jpeg == NULL) {
        RvStatus status = RV_OK;
        if (!measure(asking, sheet))
            return;
        status = draw(asking, sheet, &jpeg, &size, &err);
        if (status != RV_OK && status != RV_ERROR_CANCELLED)
            reply_failure(reply, &err);
        if (status != RV_OK)
            return;
        sprite_cache_put(cache, key, jpeg, size);
    }
    reply_bytes(reply, 200, "image/jpeg", jpeg, size, free);
}

/* The tag of the answer: of the video and the parameters, in the characters that a tag may have. */
static void write_etag(const Sheet *sheet, char *etag, size_t size_bytes)
{
    snprintf(etag, size_bytes, "%s-%s", sheet->tag, sheet->words);
}

/* Which frames are chosen is part of the tag, as a video that is being indexed has more of them later. */
static bool begin(Asking *asking, Request *request, Sheet *sheet)
{
    if (!asking_video(asking, request) || !choose_frames(asking, sheet))
        return false;
    uint64_t tag = shelf_video_tag(asking->book, asking->video);
    for (size_t i = 0; i < sheet->frame_count; i++)
        tag = tag_hash_number(tag, sheet->frames[i].frame_number);
    snprintf(sheet->tag, sizeof sheet->tag, "%016llx", (unsigned long long)tag);
    return true;
}

void api_sprite_picture(Request *request, Reply *reply)
{
    Asking asking;
    Sheet *sheet = malloc(sizeof *sheet);
    char etag[128];
    if (sheet == NULL)
        reply_memory(reply);
    if (sheet == NULL || !read_parameters(request, sheet)) {
        free(sheet);
        return;
    }
    if (begin(&asking, request, sheet)) {
        const char *version = request_parameter(request, "v");
        write_etag(sheet, etag, sizeof etag);
        if (request_knows(request, etag))
            reply_empty(reply, 304);
        else
            send_picture(&asking, sheet);
        if (reply->status == 200 || reply->status == 304)
            reply_cacheable(reply, etag, version != NULL && strcmp(version, sheet->tag) == 0);
    }
    asking_end(&asking);
    free(sheet);
}

void api_sprite(Request *request, Reply *reply)
{
    Asking asking;
    Sheet *sheet = malloc(sizeof *sheet);
    if (sheet == NULL)
        reply_memory(reply);
    if (sheet == NULL || !read_parameters(request, sheet)) {
        free(sheet);
        return;
    }
    if (begin(&asking, request, sheet) && measure(&asking, sheet)) {
        json_t *numbers = json_array(), *times = json_array();
        for (size_t i = 0; i < sheet->frame_count; i++) {
            json_array_append_new(numbers, json_integer(sheet->frames[i].frame_number));
            json_array_append_new(times, json_real(sheet->frames[i].time_s));
        }
        json_t *address = asking_address(request, "/api/v1/videos/%lld/sprite.jpg?%s&v=%s",
                                         (long long)asking.video->video_id, sheet->words, sheet->tag);
        const Sprite *sprite = &sheet->sprite;
        reply_json(reply, 200,
                   json_pack("{s:I, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "video",
                             (json_int_t)asking.video->video_id, "columns", sprite->columns, "rows",
                             sprite->rows, "tile_width", sprite->tile_width, "tile_height",
                             sprite->tile_height, "numbers", numbers, "times", times, "picture", address));
        reply_header(reply, "Cache-Control", "no-store");
    }
    asking_end(&asking);
    free(sheet);
}
