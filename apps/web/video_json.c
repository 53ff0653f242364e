/* SPDX-License-Identifier: MIT */
/* A video as answers show it. */
#include "video_json.h"

#include <stdlib.h>
#include <string.h>

char *video_json_name(const char *path)
{
    bool url = strstr(path, "://") != NULL;
    size_t length = url ? strcspn(path, "?#") : strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return strndup(path + start, length - start);
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

json_t *video_json(const Asking *asking, const RvVideo *video, bool full)
{
    json_t *object = json_object();
    char *shown = asking_shown_path(video->path), *name = video_json_name(video->path);
    bool url = strstr(video->path, "://") != NULL;
    set(object, "id", json_integer(video->video_id));
    set(object, "name", reply_text(name != NULL ? name : ""));
    set(object, "path", reply_text(shown != NULL ? shown : ""));
    set(object, "state", json_string(rv_video_state_name(video->state)));
    set(object, "frames", json_integer(video->frame_count));
    set(object, "duration", json_real(video->duration_s));
    set(object, "width", json_integer(video->width));
    set(object, "height", json_integer(video->height));
    set(object, "frame_rate", json_real(video->frame_rate));
    set(object, "codec", reply_text(video->codec != NULL ? video->codec : ""));
    set(object, "sampling", reply_text(video->sampling != NULL ? video->sampling : ""));
    set(object, "error", reply_text(video->error != NULL ? video->error : ""));
    set(object, "missing", json_boolean(!url && rv_video_is_missing(video)));
    // A frame not far from the beginning, which is often black.
    set(object, "picture",
        video->frame_count > 0 ? asking_picture(asking, video, 1 + video->frame_count / 10) : json_null());
    set(object, "media",
        url ? json_null()
            : asking_address(asking->request, "/api/v1/videos/%lld/media", (long long)video->video_id));
    if (full) {
        char tag[20];
        snprintf(tag, sizeof tag, "%016llx", (unsigned long long)shelf_video_tag(asking->book, video));
        set(object, "tag", json_string(tag));
        set(object, "content_key", reply_text(video->content_key != NULL ? video->content_key : ""));
        set(object, "from_pictures", json_boolean(rv_video_is_from_pictures(video)));
    }
    free(shown);
    free(name);
    return object;
}
