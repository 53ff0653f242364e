/* SPDX-License-Identifier: MIT */
/* A frame with the time it is on screen, and what a stream of them is asked for. */
#ifndef RV_VIDEO_TIMED_FRAME_H
#define RV_VIDEO_TIMED_FRAME_H

#include "video/frame.h"
#include "video/frame_plan.h"

typedef struct TimedFrame {
    Frame frame;
    FrameTiming timing;
} TimedFrame;

typedef struct FrameStreamOptions {
    FrameWanted wanted;
    void *user;
    bool decode_everything; // take no short cuts; the short cuts are tested against this
    // deliver frames whose time stamps run backwards too, as players that count frames do
    bool keep_disordered;
} FrameStreamOptions;

typedef struct FrameStreamStats {
    size_t packets_read, packets_decoded, packets_damaged, frames_decoded;
} FrameStreamStats;

typedef struct FrameStream FrameStream;

#endif
