/* SPDX-License-Identifier: MIT */
/* The boundary to FFmpeg's demuxers: a video opened for reading, and its facts. */
#ifndef RV_VIDEO_VIDEO_READER_H
#define RV_VIDEO_VIDEO_READER_H

#include <stddef.h>

#include "reelvec/status.h"
#include "video/frame.h"
#include "video/video_facts.h"

struct AVPacket; // only video/ looks inside

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

/* Valid once a frame has been delivered: the first one sets time zero. */
VideoZero rv_video_zero(const VideoReader *reader);

/* Returns the name for messages: the path, or the address without user and password. Borrowed from the
 * reader. */
const char *rv_video_name(const VideoReader *reader);

/* Read the next packet of the chosen stream that has bytes. *end is set after the last. Content that cannot
 * be read further ends the video with a warning. Errors: IO and NETWORK if the file or the connection broke,
 * CANCELLED. */
RvStatus rv_video_read_packet(VideoReader *reader, struct AVPacket *packet, bool *end, RvError *err);

/* True if the video can be entered in the middle: its container has an index of its keyframes. */
bool rv_video_can_seek(const VideoReader *reader);

/* Go to the last keyframe of the index that is not later than the time stamp; rv_video_read_packet goes on
 * there. Returns false if that failed; the reader is of no more use then. */
bool rv_video_seek(VideoReader *reader, int64_t ticks);

/* Call after *end. If the video goes on in another stream, that stream becomes the chosen one, and true is
 * returned. last_us: time of the last frame, for the warning. */
bool rv_video_follow(VideoReader *reader, int64_t last_us);

#endif
