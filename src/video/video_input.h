/* SPDX-License-Identifier: MIT */
/* The bytes of a video: a file or an address, opened so that it reaches nothing else, and its demuxer. */
#ifndef RV_VIDEO_VIDEO_INPUT_H
#define RV_VIDEO_VIDEO_INPUT_H

#include "video/video_internal.h"

/* Fills io and format: what the bytes are is decided, and refused where it is no video, before a demuxer may
 * open anything else. Errors: NOT_FOUND, IO, NETWORK, FORMAT, CANCELLED, MEMORY. */
RvStatus rv_input_open(VideoReader *reader, RvError *err);
void rv_input_close(VideoReader *reader);

/* What it means that FFmpeg gave `code` while the video was opened. */
RvStatus rv_input_open_failed(const VideoReader *reader, int code, RvError *err);

/* The error that ended reading, of the file, the connection or a piece of a playlist; 0: none, what ends is
 * the content. */
int rv_input_fault(const VideoReader *reader);

/* Is the content shorter than it says of itself (a download that was broken off)? Asked at its end. */
bool rv_input_is_cut(const VideoReader *reader);

#endif
