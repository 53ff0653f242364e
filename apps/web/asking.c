/* SPDX-License-Identifier: MIT */
/* What nearly every handler begins with. */
#include "asking.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#define MISSED_FRESH_S 0.05

bool asking_library(Asking *asking, Request *request)
{
    RvError err = {0};
    *asking = (Asking){.request = request};
    RvStatus status = shelf_borrow(request->server->shelf, &asking->book, &err);
    if (status == RV_ERROR_NOT_FOUND)
        reply_error(&request->reply, 503, "library_gone", "%s", err.message);
    else if (status != RV_OK)
        reply_failure(&request->reply, &err);
    return status == RV_OK;
}

bool asking_again(Asking *asking, double age_s)
{
    RvError err = {0};
    Shelf *shelf = asking->request->server->shelf;
    ShelfVideos *videos = NULL;
    if (shelf_videos(shelf, asking->book, age_s, &videos, &err) != RV_OK) {
        reply_failure(&asking->request->reply, &err);
        return false;
    }
    if (asking->videos != NULL)
        shelf_return_videos(shelf, asking->videos);
    asking->videos = videos;
    return true;
}

bool asking_videos(Asking *asking, Request *request)
{
    return asking_library(asking, request) && asking_again(asking, SHELF_FRESH_S);
}

bool asking_video(Asking *asking, Request *request)
{
    int64_t id;
    if (!asking_videos(asking, request))
        return false;
    bool number = request_number(request, "id", &id);
    asking->video = number ? shelf_video(asking->videos, id) : NULL;
    // It may have come just now. Not for every request that names none, which would be a way to keep us busy.
    if (number && asking->video == NULL) {
        if (!asking_again(asking, MISSED_FRESH_S))
            return false;
        asking->video = shelf_video(asking->videos, id);
    }
    if (asking->video == NULL)
        reply_error(&request->reply, 404, "no_such_video", "the library has no video %s",
                    request_value(request, "id"));
    return asking->video != NULL;
}

void asking_end(Asking *asking)
{
    Shelf *shelf = asking->request->server->shelf;
    if (asking->videos != NULL)
        shelf_return_videos(shelf, asking->videos);
    if (asking->book != NULL)
        shelf_return(shelf, asking->book);
}

json_t *asking_address(const Request *request, const char *format, ...)
{
    char text[1024];
    int size = snprintf(text, sizeof text, "%s", request->server->base_path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + size, sizeof text - (size_t)size, format, arguments);
    va_end(arguments);
    return json_string(text);
}

json_t *asking_picture(const Asking *asking, const RvVideo *video, int64_t frame_number)
{
    return asking_address(asking->request, "/api/v1/videos/%lld/frames/%lld.jpg?v=%016llx",
                          (long long)video->video_id, (long long)frame_number,
                          (unsigned long long)shelf_video_tag(asking->book, video));
}

char *asking_shown_path(const char *path)
{
    const char *host = strstr(path, "://");
    const char *at = host != NULL ? memrchr(host + 3, '@', strcspn(host + 3, "/?#")) : NULL;
    char *shown = strdup(path);
    if (shown != NULL && at != NULL)
        memmove(shown + (host + 3 - path), at + 1, strlen(at + 1) + 1);
    return shown;
}
