/* SPDX-License-Identifier: MIT */
/* What a caller asks of the reader of a video, and the facts that the reader knows of it. */
#ifndef RV_VIDEO_VIDEO_FACTS_H
#define RV_VIDEO_VIDEO_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "reelvec/log.h"

typedef struct VideoReader VideoReader;

typedef struct VideoOptions {
    int thread_count;    // decoder threads; 0 for one per core
    const char *hwaccel; // as rv_video_check_hwaccel; must stay valid as long as the reader
    // NULL: not cancellable. Called often, from the reading thread; true ends the call
    // with CANCELLED, also while it waits for the network
    bool (*cancelled)(void *user);
    void *cancelled_user;
    RvLog log;
} VideoOptions;

/* Where the video's time zero is for others that read the same file. */
typedef struct VideoZero {
    double container_s;   // in the container's own time stamps
    double after_start_s; // counted from the container's start as FFmpeg tells it; 0 if it tells none
    bool mp4, matroska;   // what the container is
} VideoZero;

typedef struct VideoInfo {
    char codec[32];
    double duration_s;  // by the container, 0 if it does not say; measured once the last frame was read
    double frame_rate;  // average; 0 if unknown
    int width, height;  // as displayed: rotated, square pixels
    int64_t size_bytes; // of the file, or as announced by the server; 0 if unknown
    double start_s;     // the container's time at the video's time zero, if its header tells
} VideoInfo;

#endif
