/* SPDX-License-Identifier: MIT */
/* Moments that a client names. */
#include "asked_moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "media_file.h"
#include "members.h"

#define TIME_MAX 1e9
#define NAME_BYTES_MAX 1024

static bool refuse(Request *request, size_t number, const char *message)
{
    reply_error(&request->reply, 400, "bad_moment", "moment %zu: %s", number + 1, message);
    return false;
}

static bool read_time(Request *request, const json_t *json, const char *name, size_t number, double *out)
{
    const json_t *value = json_object_get(json, name);
    if (value == NULL)
        return true;
    *out = json_number_value(value);
    if (json_is_number(value) && *out >= 0 && *out <= TIME_MAX)
        return true;
    return refuse(request, number, "start, end and time have to be seconds from the video's beginning");
}

static bool read_moment(AskedMoments *moments, const Asking *asking, const json_t *json)
{
    static const char *const names[] = {"video", "start", "end", "name", "time", "score", NULL};
    Request *request = asking->request;
    size_t number = moments->count;
    RvMoment *moment = &moments->items[number];
    if (!json_is_object(json))
        return refuse(request, number, "is no object");
    if (!members_are_known(request, json, names))
        return false;
    const json_t *id = json_object_get(json, "video"), *name = json_object_get(json, "name");
    const json_t *score = json_object_get(json, "score");
    const RvVideo *video = json_is_integer(id) ? shelf_video(asking->videos, json_integer_value(id)) : NULL;
    if (!json_is_integer(id) || json_object_get(json, "start") == NULL ||
        json_object_get(json, "end") == NULL)
        return refuse(request, number, "needs video (its number), start and end");
    if (video == NULL) {
        reply_error(&request->reply, 404, "no_such_video", "the library has no video %lld",
                    (long long)json_integer_value(id));
        return false;
    }
    if (name != NULL && !json_is_null(name) &&
        (!json_is_string(name) || json_string_length(name) > NAME_BYTES_MAX))
        return refuse(request, number, "the name has to be a text of at most 1,024 bytes");
    if (score != NULL && !json_is_null(score) && !json_is_number(score))
        return refuse(request, number, "the score has to be a number");
    *moment = (RvMoment){.video = video->path,
                         .name = json_string_value(name),
                         .score = json_is_number(score) ? json_number_value(score) : NAN};
    if (moment->name != NULL && moment->name[0] == '\0')
        moment->name = NULL;
    if (!read_time(request, json, "start", number, &moment->start_s) ||
        !read_time(request, json, "end", number, &moment->end_s))
        return false;
    moment->time_s = moment->start_s;
    if (!read_time(request, json, "time", number, &moment->time_s))
        return false;
    if (!(moment->end_s > moment->start_s))
        return refuse(request, number, "ends before it begins");
    moments->videos[moments->count++] = video;
    return true;
}

bool asked_moments_read(AskedMoments *out, const Asking *asking, const json_t *body)
{
    Request *request = asking->request;
    const json_t *list = json_object_get(body, "moments");
    size_t count = json_array_size(list);
    *out = (AskedMoments){0};
    if (!json_is_array(list) || count == 0) {
        reply_error(&request->reply, 400, "no_moments", "there are no moments");
        return false;
    }
    if (count > ASKED_MOMENTS_MAX) {
        reply_error(&request->reply, 400, "too_many_moments", "there may be at most %d moments",
                    ASKED_MOMENTS_MAX);
        return false;
    }
    out->items = calloc(count, sizeof *out->items);
    out->videos = calloc(count, sizeof *out->videos);
    if (out->items == NULL || out->videos == NULL) {
        reply_memory(&request->reply);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_moment(out, asking, json_array_get(list, i)))
            return false;
    }
    return true;
}

void asked_moments_clear(AskedMoments *moments)
{
    free(moments->items);
    free(moments->videos);
    *moments = (AskedMoments){0};
}

bool asked_moments_check_files(const AskedMoments *moments, Request *request)
{
    for (size_t i = 0; i < moments->count; i++) {
        MediaFile file;
        const RvVideo *video = moments->videos[i];
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = moments->videos[k] == video;
        if (seen || (strstr(video->path, "://") != NULL && request->server->allow_urls))
            continue;
        if (strstr(video->path, "://") != NULL) {
            reply_error(&request->reply, 403, "urls_not_allowed", "this server fetches no videos from URLs");
            return false;
        }
        if (!media_file_open(request, video, &file))
            return false;
        close(file.fd);
    }
    return true;
}
