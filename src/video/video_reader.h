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
    int thread_count;    // decoder threads; 0 for one per core
    const char *hwaccel; // as rv_video_check_hwaccel; must stay valid as long as the reader
    // NULL: not cancellable. Called often, from the reading thread; true ends the call
    // with CANCELLED, also while it waits for the network
    bool (*cancelled)(void *user);
    void *cancelled_user;
    RvLog log;
} VideoOptions;

typedef struct VideoInfo {
    char codec[32];
    double duration_s;  // by the container, 0 if it does not say; measured once the last frame was read
    double frame_rate;  // average; 0 if unknown
    int width, height;  // as displayed: rotated, square pixels
    int64_t size_bytes; // of the file, or as announced by the server; 0 if unknown
    double start_s;     // the container's time at the video's time zero, if its header tells
} VideoInfo;

/* Open a file or URL and choose its video stream (the container's default, otherwise the largest; never an
 * attached cover picture). One thread at a time per reader. Errors: NOT_FOUND, IO, NETWORK, FORMAT (not a
 * video), UNSUPPORTED (no video stream, no decoder), CANCELLED. */
RvStatus rv_video_open(const char *path_or_url, const VideoOptions *options, VideoReader **out, RvError *err);
void rv_video_close(VideoReader *reader);

/* Check a name of video hardware. NULL or "none" is software. "auto" is hardware if there is any. Otherwise
 * it is a type of device that FFmpeg knows, or TYPE:DEVICE with the device in FFmpeg's notation ("cuda:1",
 * "vaapi:/dev/dri/renderD129"). Errors: ARGUMENT if this build does not know the type or the machine has no
 * such device. */
RvStatus rv_video_check_hwaccel(const char *name, RvError *err);

/* Write FFmpeg's version, and one line per type of hardware device that says whether it can be opened. */
void rv_video_describe_ffmpeg(char *version, size_t version_bytes, char *hardware, size_t hardware_bytes);

/* Borrowed from the reader. duration_s changes once the last frame was read. */
const VideoInfo *rv_video_info(const VideoReader *reader);

/* Returns the name for messages: the path, or the address without user and password. Borrowed from the
 * reader. */
const char *rv_video_name(const VideoReader *reader);

#endif
