/* SPDX-License-Identifier: MIT */
/* The bytes of a video: a file or an address, opened so that nothing else can be reached through it, and its
 * demuxer. */
#ifndef RV_VIDEO_VIDEO_INPUT_H
#define RV_VIDEO_VIDEO_INPUT_H

#include "video/video_internal.h"

/* Fill io and format. What the bytes are is decided, and refused if it is no video, before a demuxer may open
 * anything else. Errors: NOT_FOUND, IO, NETWORK, FORMAT, CANCELLED, MEMORY. */
RvStatus rv_input_open(VideoReader *reader, RvError *err);
void rv_input_close(VideoReader *reader);

/* Returns CANCELLED, with a message, if the caller's `cancelled` function returns true. */
RvStatus rv_input_check_cancel(const VideoReader *reader, RvError *err);

/* Set the error for FFmpeg's `code` that ended opening the video. */
RvStatus rv_input_open_failed(const VideoReader *reader, int code, RvError *err);

/* Returns the error that ended reading, of the file, the connection or a piece of a playlist. Returns 0 if
 * there was none: the content has ended. */
int rv_input_fault(const VideoReader *reader);

/* True if the content is shorter than its header says (an interrupted download). Call at its end. */
bool rv_input_is_cut(const VideoReader *reader);

#endif
