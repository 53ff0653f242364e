/* SPDX-License-Identifier: MIT */
/* Frames of a video by time, without model or library. */
#ifndef REELVEC_VIDEO_H
#define REELVEC_VIDEO_H

#include <stdbool.h>
#include <stdint.h>

#include "reelvec/image.h"
#include "reelvec/log.h"
#include "reelvec/sampling.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvVideoFrame {
    int64_t frame_number; /* 1-based */
    double time_s;
    RvImage image; /* R G B as displayed: rotated, square pixels; valid during the callback */
} RvVideoFrame;

/* Call `frame` for every sampled frame of a video, at most max_height pixels high (0: not reduced). If
 * `frame` returns false, the call stops. options: NULL is allowed. Threads: any thread, any number of calls
 * at once. Errors: those of reading the video, ARGUMENT (also if the video ends before from_s of the options). */
RV_API RvStatus rv_video_sample(const char *path_or_url, const RvSamplingOptions *options, int max_height,
                                bool (*frame)(void *user, const RvVideoFrame *frame), void *user, RvLog log,
                                RvError *err);

typedef enum RvPlayer {
    RV_PLAYER_FFMPEG, /* FFmpeg's programs: ffplay -ss S, ffmpeg -ss S -i */
    RV_PLAYER_MPV,    /* mpv --start=+S */
    RV_PLAYER_VLC     /* vlc --start-time=S */
} RvPlayer;

/* *player_s: a time of the video as a player counts it. It is time_s for most files; the others are in
 * docs/internals/video.md. For mpv, which goes on to the next frame, that of the frame on screen at time_s. Decodes the
 * first frame. Threads: any thread, any number of calls at once. Errors: those of
 * reading the video, ARGUMENT (player). */
RV_API RvStatus rv_video_player_time(const char *path_or_url, RvPlayer player, double time_s,
                                     double *player_s, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
