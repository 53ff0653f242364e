/* SPDX-License-Identifier: MIT */
/* The boundary to FFmpeg's demuxers: a video opened for reading, and its facts. */
#ifndef RV_VIDEO_VIDEO_READER_H
#define RV_VIDEO_VIDEO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"
#include "video/frame.h"

typedef struct VideoReader VideoReader;

typedef struct VideoOptions {
    int thread_count;              // decoder threads; 0: one per core
    const char *hwaccel;           // as rv_video_check_hwaccel; borrowed for the reader's life
    bool (*cancelled)(void *user); // NULL: never. Asked often, from the thread that reads; true ends the call
                                   // with CANCELLED, also while it waits for the network
    void *cancelled_user;
    RvLog log;
} VideoOptions;

typedef struct VideoInfo {
    char codec[32];
    double duration_s;  // by the container, 0 where it does not say; measured once the last frame was read
    double frame_rate;  // average; 0 where unknown
    int width, height;  // as displayed: rotated, square pixels
    int64_t size_bytes; // of the file, or what a server sends; 0 unknown
    double start_s;     // container time of the video's time zero, as far as the container's header tells
} VideoInfo;

/* Open a file or URL, choose its video stream (the container's default, else the largest; never an attached
 * cover picture). Errors: NOT_FOUND, IO, NETWORK, FORMAT (not a video), UNSUPPORTED (no video stream, no
 * decoder), CANCELLED. Threads: one reader serves one thread at a time. */
RvStatus rv_video_open(const char *path_or_url, const VideoOptions *options, VideoReader **out, RvError *err);
void rv_video_close(VideoReader *reader);

/* NULL or "none": software; "auto": hardware where there is some; else a type of device that FFmpeg knows, or
 * TYPE:DEVICE with the device as FFmpeg names it ("cuda:1", "vaapi:/dev/dri/renderD129"). ARGUMENT where
 * this build does not know it or the machine has no such device. */
RvStatus rv_video_check_hwaccel(const char *name, RvError *err);

/* FFmpeg's version, and its types of hardware devices with whether they open: one line each. */
void rv_video_describe_ffmpeg(char *version, size_t version_bytes, char *hardware, size_t hardware_bytes);

const VideoInfo *rv_video_info(const VideoReader *reader);

/* As messages name it: the path, or the address without user and password. */
const char *rv_video_name(const VideoReader *reader);

#endif
