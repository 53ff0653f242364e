/* SPDX-License-Identifier: MIT */
/* GET /api/v1/videos/{id}/play: the video from a second on as fragmented MP4, for browsers that cannot play the file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "asking.h"
#include "context.h"
#include "media_file.h"
#include "play_arguments.h"
#include "plays.h"

#define TYPE "video/mp4"
#define HEIGHT_DEFAULT 720

static void play(Request *request, Reply *reply, PlayWish *wish)
{
    RvMedia media = {0};
    RvError err = {0};
    PlayArguments arguments;
    if (rv_media_read(wish->path, &media, &err) != RV_OK) {
        size_t length = strlen(wish->path); // which says nothing to anybody
        if (strncmp(err.message, wish->path, length) == 0 && strncmp(err.message + length, ": ", 2) == 0)
            memmove(err.message, err.message + length + 2, strlen(err.message + length + 2) + 1);
        reply_failure(reply, &err);
        return;
    }
    wish->media = &media;
    if (wish->copies && !play_can_copy(&media)) {
        reply_error(reply, 422, "needs_transcode",
                    "%s in this file cannot be copied into MP4; ask for transcode", media.codec);
    } else {
        play_arguments_make(wish, &arguments);
        if (arguments.bad)
            reply_memory(reply);
        else
            plays_answer(request->server->plays, request, reply, TYPE, arguments.items);
        play_arguments_clear(&arguments);
    }
    rv_media_clear(&media);
}

void api_play(Request *request, Reply *reply)
{
    Asking asking;
    MediaFile file;
    PlayWish wish = {.ffmpeg = request->server->ffmpeg};
    bool given = false;
    int64_t height = HEIGHT_DEFAULT;
    const char *mode = request_parameter(request, "mode");
    if (!request_real(request, "t", 0, 1e9, &given, &wish.t_s) ||
        !request_whole(request, "height", 144, 1080, &height))
        return;
    if (mode == NULL || (strcmp(mode, "remux") != 0 && strcmp(mode, "transcode") != 0)) {
        reply_error(reply, 400, "bad_parameter", "mode has to be remux or transcode");
        return;
    }
    wish.copies = strcmp(mode, "remux") == 0;
    wish.height = (int)height;
    if (asking_video(&asking, request) && media_file_open(request, asking.video, &file)) {
        // What was looked at, whatever comes into its place: ffmpeg, a process of this user, reaches it by our number.
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)getpid(), file.fd);
        wish.path = path;
        if (wish.ffmpeg == NULL)
            reply_error(reply, 501, "no_ffmpeg", "this server has no ffmpeg program");
        else if (asking.video->duration_s > 0 && wish.t_s >= asking.video->duration_s)
            reply_error(reply, 400, "bad_parameter", "the video ends before t");
        else if (request->method == METHOD_HEAD)
            reply_bytes(reply, 200, TYPE, "", 0, NULL);
        else
            play(request, reply, &wish);
        reply_header(reply, "Cache-Control", "no-store");
        close(file.fd); // a conversion that has begun has opened it
    }
    asking_end(&asking);
}
