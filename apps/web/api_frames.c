/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos/{id}/frames and /api/v1/videos/{id}/frames/{number}.jpg. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "asking.h"

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX 100000
#define NUMBER_MAX INT32_MAX

void api_frames(Request *request, Reply *reply)
{
    int64_t limit = LIMIT_DEFAULT, after = 0;
    double from_s = 0, to_s = 0;
    bool from = false, to = false;
    Asking asking;
    RvFrames frames = {0};
    RvError err = {0};
    if (!request_whole(request, "limit", 1, LIMIT_MAX, &limit) ||
        !request_whole(request, "after", 0, INT64_MAX, &after) ||
        !request_real(request, "from", 0, 1e9, &from, &from_s) ||
        !request_real(request, "to", 0, 1e9, &to, &to_s))
        return;
    if (!asking_video(&asking, request)) {
        asking_end(&asking);
        return;
    }
    if (rv_library_frames(asking.book->library, asking.video->video_id, &frames, &err) != RV_OK) {
        reply_failure(reply, &err);
        asking_end(&asking);
        return;
    }
    json_t *numbers = json_array(), *times = json_array(), *next = json_null();
    for (size_t i = 0; i < frames.count; i++) {
        const RvFrameInfo *frame = &frames.items[i];
        if (frame->frame_number <= after || (from && frame->time_s < from_s) || (to && frame->time_s > to_s))
            continue;
        if (json_array_size(numbers) == (size_t)limit) {
            next = json_copy(json_array_get(numbers, (size_t)limit - 1));
            break;
        }
        json_array_append_new(numbers, json_integer(frame->frame_number));
        json_array_append_new(times, json_real(frame->time_s));
    }
    json_t *pattern = asking_address(request, "/api/v1/videos/%lld/frames/{number}.jpg?v=%016llx",
                                     (long long)asking.video->video_id,
                                     (unsigned long long)shelf_video_tag(asking.book, asking.video));
    rv_frames_clear(&frames);
    reply_json(reply, 200,
               json_pack("{s:I, s:o, s:o, s:o, s:o}", "video", (json_int_t)asking.video->video_id, "numbers",
                         numbers, "times", times, "next", next, "picture", pattern));
    reply_header(reply, "Cache-Control", "no-store");
    asking_end(&asking);
}

void api_frame_picture(Request *request, Reply *reply)
{
    Asking asking;
    RvError err = {0};
    uint8_t *jpeg = NULL;
    size_t size = 0;
    int64_t number;
    if (!asking_video(&asking, request)) {
        asking_end(&asking);
        return;
    }
    char tag[20], etag[48];
    snprintf(tag, sizeof tag, "%016llx", (unsigned long long)shelf_video_tag(asking.book, asking.video));
    snprintf(etag, sizeof etag, "%s-%s", tag, request_value(request, "number"));
    const char *version = request_parameter(request, "v");
    bool current = version != NULL && strcmp(version, tag) == 0;
    if (!request_number(request, "number", &number) || number > NUMBER_MAX)
        reply_error(reply, 404, "no_such_frame", "the video has no frame %s",
                    request_value(request, "number"));
    else if (request_knows(request, etag))
        reply_empty(reply, 304);
    else if (rv_library_picture(asking.book->library, asking.video->video_id, number, &jpeg, &size, &err) !=
             RV_OK)
        reply_failure(reply, &err);
    else
        reply_bytes(reply, 200, "image/jpeg", jpeg, size, rv_free);
    if (reply->status == 200 || reply->status == 304)
        reply_cacheable(reply, etag, current);
    asking_end(&asking);
}
