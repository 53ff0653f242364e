/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos/{id}/media: the video's file as it is, whole or a range of its bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "file_range.h"
#include "media_file.h"
#include "saved_name.h"
#include "video_json.h"

/* A range holds only of the file that the client knows. A weak tag never does. */
static bool range_holds(const Request *request, const MediaFile *file)
{
    const char *known = request_header(request, "If-Range");
    char quoted[80];
    if (known == NULL)
        return true;
    snprintf(quoted, sizeof quoted, "\"%s\"", file->etag);
    return strcmp(known, quoted) == 0 || strcmp(known, file->date) == 0;
}

static bool is_known(const Request *request, const MediaFile *file)
{
    const char *tags = request_header(request, "If-None-Match");
    const char *date = request_header(request, "If-Modified-Since");
    return tags != NULL ? strcmp(tags, "*") == 0 || request_knows(request, file->etag)
                        : date != NULL && strcmp(date, file->date) == 0;
}

static void add_name(Reply *reply, const RvVideo *video, bool download)
{
    char *name = video_json_name(video->path);
    saved_name_add(reply, download, name != NULL ? name : "video");
    free(name);
}

static void send_file(Request *request, Reply *reply, MediaFile *file)
{
    uint64_t first = 0, last = 0;
    bool ranged = request->method == METHOD_GET && range_holds(request, file);
    RangeKind kind =
        file_range_read(ranged ? request_header(request, "Range") : NULL, file->size_bytes, &first, &last);
    if (is_known(request, file)) {
        close(file->fd);
        reply_empty(reply, 304);
    } else if (kind == RANGE_UNSATISFIABLE) {
        close(file->fd);
        reply_error(reply, 416, "range_not_satisfiable", "the file has %llu bytes",
                    (unsigned long long)file->size_bytes);
        reply_header(reply, "Content-Range", "bytes */%llu", (unsigned long long)file->size_bytes);
    } else if (kind == RANGE_PART) {
        reply_file(reply, 206, file->type, file->fd, first, last - first + 1);
        reply_header(reply, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)first,
                     (unsigned long long)last, (unsigned long long)file->size_bytes);
    } else {
        reply_file(reply, 200, file->type, file->fd, 0, file->size_bytes);
    }
    reply_header(reply, "Accept-Ranges", "bytes");
}

void api_media(Request *request, Reply *reply)
{
    Asking asking;
    MediaFile file;
    bool download = false;
    if (!request_flag(request, "download", &download))
        return;
    if (asking_video(&asking, request) && media_file_open(request, asking.video, &file)) {
        send_file(request, reply, &file);
        reply_cacheable(reply, file.etag, false);
        reply_header(reply, "Last-Modified", "%s", file.date);
        if (reply->status == 200 || reply->status == 206)
            add_name(reply, asking.video, download);
    }
    asking_end(&asking);
}
