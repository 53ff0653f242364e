/* SPDX-License-Identifier: MIT */
/* Recordings whose video stream changes its identity on the way: where the video goes on.
 *
 *     stream 0x100  a a a a a                      the chosen one ends ...
 *     stream 0x200            b b b b b b b b b    ... and this one begins: it is followed
 *     stream 0x300  c c c c c c c c c c c c c c    another programme at the same time: ignored
 *
 * Packets of other video streams are held until the chosen one has another packet (then they run beside it)
 * or has been silent so long that it has ended. */
#ifndef RV_VIDEO_STREAM_FOLLOW_H
#define RV_VIDEO_STREAM_FOLLOW_H

#include "video/video_internal.h"

/* Determine whether streams may change identity, and which packets the demuxer must return for that. */
void rv_follow_init(VideoReader *reader);
void rv_follow_clear(VideoReader *reader);

/* Call after a packet of the chosen stream was read. */
void rv_follow_note(VideoReader *reader, const AVPacket *packet);

/* Call after a packet of another stream was read. Takes its bytes if they may be needed. Returns true if the
 * chosen stream has ended and the video goes on in another one. */
bool rv_follow_hold(VideoReader *reader, AVPacket *packet);

/* Call after everything was read: the held packets may be the rest of the video. */
void rv_follow_at_end(VideoReader *reader);

/* Make the stream in which the video goes on the chosen one. Returns false if there is none. last_us: time of
 * the last frame, for the warning. */
bool rv_follow_switch(VideoReader *reader, int64_t last_us);

/* Move the next held packet of the chosen stream into packet. Returns false if there is none. */
bool rv_follow_pop(VideoReader *reader, AVPacket *packet);

#endif
