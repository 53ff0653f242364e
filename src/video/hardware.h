/* SPDX-License-Identifier: MIT */
/* Decoding by the machine's video hardware, through FFmpeg's devices. */
#ifndef RV_VIDEO_HARDWARE_H
#define RV_VIDEO_HARDWARE_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

/* A decoder that works on a device; all zero for software. */
typedef struct Hardware {
    const AVCodec *codec;
    AVBufferRef *device;       // owned
    enum AVPixelFormat format; // pixel format of frames on the device
} Hardware;

/* Open the device for one codec. If a named device does not decode the codec (logged as a warning), or if
 * "auto" finds no device (logged as info), the result is software. name: as rv_video_check_hwaccel, with its
 * errors. video: the name for messages. */
RvStatus rv_hardware_open(const char *name, enum AVCodecID codec, const char *video, const RvLog *log,
                          Hardware *out, RvError *err);
void rv_hardware_close(Hardware *hardware);

/* Bring a frame from a device into memory, in place. Frames in memory are unchanged. what: the name for
 * messages. Errors: IO, MEMORY. */
RvStatus rv_hardware_fetch(AVFrame *frame, const char *what, RvError *err);

#endif
