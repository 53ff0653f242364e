/* SPDX-License-Identifier: MIT */
/* Recordings whose video stream changes its identity on the way: where it goes on.
 *
 *     stream 0x100  a a a a a                      the chosen one ends ...
 *     stream 0x200            b b b b b b b b b    ... and this one begins: it is followed
 *     stream 0x300  c c c c c c c c c c c c c c    another programme at the same time: left alone
 *
 * Packets of other video streams are held until the chosen one has another packet (then they were beside it)
 * or has been silent for so long that it has ended. */
#ifndef RV_VIDEO_STREAM_FOLLOW_H
#define RV_VIDEO_STREAM_FOLLOW_H

#include "video/video_internal.h"

/* Whether streams may change, and which packets the demuxer is to hand out for that. */
void rv_follow_init(VideoReader *reader);
void rv_follow_clear(VideoReader *reader);

/* A packet of the chosen stream was read. */
void rv_follow_note(VideoReader *reader, const AVPacket *packet);

/* A packet of another stream was read; its bytes are taken if they may be wanted. true: the chosen stream has
 * ended, and the video goes on elsewhere. */
bool rv_follow_hold(VideoReader *reader, AVPacket *packet);

/* Everything was read: whatever is held may be the rest of the video. */
void rv_follow_at_end(VideoReader *reader);

/* Make the stream where it goes on the chosen one; false where there is none. */
bool rv_follow_switch(VideoReader *reader, int64_t last_us);

/* A held packet of the chosen stream. */
bool rv_follow_pop(VideoReader *reader, AVPacket *packet);

#endif
