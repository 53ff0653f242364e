/* SPDX-License-Identifier: MIT */
/* The state of a stream of frames, shared by the files frame_stream*.c, and how its modes follow each other.
 */
#ifndef RV_VIDEO_FRAME_STREAM_STATE_H
#define RV_VIDEO_FRAME_STREAM_STATE_H

#include "video/decoder.h"
#include "video/frame_order.h"
#include "video/packet_queue.h"
#include "video/timed_frame.h"
#include "video/video_reader.h"

/* A stretch is a run of packets from one restart (a packet at which decoding can begin) to the next. The
 * stream works stretch by stretch, as long as it can tell them apart:
 *
 *         rv_frames_open                    no more packets
 *               |            +----------------------------------------------+
 *               v            |                                              v
 *          +-----------------+  no short cuts, or not sure   +------+   +-------+
 *     +--->|     BETWEEN     |------------------------------>| REST |-->| ENDED |--> end of the video
 *     |    +-----------------+                               +------+   +-------+
 *     |         |     |                                                     |
 *     |   sure  |     | no restart, damaged, or                             |
 *     |   plan  |     | leading pictures before                             |
 *     |         |     | the first keyframe                                  |
 *     |         v     v                                                     |
 *     |  +---------+  +---------+                                           |
 *     |  | PLANNED |->| STRETCH |  begin_again(): a planned frame did not   |
 *     |  +---------+  +---------+  come out as planned                      |
 *     |         |     |                                                     |
 *     |         v     v  rv_frames_leave_stretch(): the stretch is done     |
 *     +<--------------------------------------------------------------------+
 *                               follow(): the video goes on in another stream
 *
 *     mode     what the decoder gets             frames go to the caller          `pending` holds
 *     BETWEEN  nothing; it is empty              -                                nothing
 *     PLANNED  the packets that the plan names   at once: the plan knows how      nothing
 *                                                long each stays on screen
 *     STRETCH  every packet of the stretch       if the next one has come out     the newest frame
 *     REST     every packet from here on         if the next one has come out     the newest frame
 *     ENDED    nothing; it is drained            -                                nothing
 *
 * rv_frames_seek leads from any of the first four to BETWEEN, at another place of the video.
 *
 * In STRETCH and REST the end of a frame is the time of the next one, so each frame waits in `pending` until
 * the next one or the end of the stretch. leave_whole() empties `pending` before the mode changes. */
typedef enum StreamMode {
    MODE_BETWEEN, // at the first packet of a stretch
    MODE_PLANNED, // some packets of the stretch are decoded
    MODE_STRETCH, // all packets of the stretch are decoded
    MODE_REST,    // all packets up to the end are decoded
    MODE_ENDED    // the chosen stream has no more packets
} StreamMode;

struct FrameStream {
    VideoReader *reader; // borrowed
    FrameStreamOptions options;
    Decoder *decoder;
    PacketQueue queue;
    StreamMode mode;
    bool skipping; // short cuts are still allowed
    size_t sent;   // packets of the queue that were sent to the decoder or passed over
    // the plan of the stretch
    PlanPacket *plan_packets; // [QUEUE_MAX_PACKETS + 1], parallel to the queue; NULL until needed
    FramePlan plan;
    size_t planned_next; // index in plan.frames of the next frame that should come out
    bool first_checked;  // the first frame of the video has come out of the decoder
    // time
    FrameOrder order;
    bool jump_warned;
    bool ended;     // rv_frames_next has set *end
    int64_t end_us; // end of the last frame
    size_t frame_index, keyframe_index;
    size_t keyframes_done; // keyframe_index after the last frame delivered from a plan
    // the frame whose end is not known yet
    TimedFrame pending;
    bool has_pending;
    FrameStreamStats stats;
    // damage
    int64_t damage_us;  // time of the frame before the first packet that was refused
    double announced_s; // length of the video by its container
};

/* ---- frame_stream_state.c ---- */

/* True if the chosen stream allows short cuts and the options do too. */
bool rv_frames_may_skip(const FrameStream *stream);

/* Allocate plan_packets if short cuts are allowed and it is not there yet. Errors: MEMORY. */
RvStatus rv_frames_reserve_plan(FrameStream *stream, RvError *err);

/* Send a packet to the decoder and count it. NULL drains the decoder. Errors: MEMORY. */
RvStatus rv_frames_send(FrameStream *stream, const AVPacket *packet, RvError *err);

/* The end of the video in microseconds by its container's header; 0 if unknown, or if the frames' time stamps
 * have jumped and no longer are the container's. */
int64_t rv_frames_container_end_us(const FrameStream *stream);

/* Empty the decoder, drop the stretch from the queue and enter MODE_BETWEEN. */
void rv_frames_leave_stretch(FrameStream *stream);

/* ---- frame_stream_planned.c ---- */

/* Make the plan of the stretch at the front of the queue. stream->plan.sure is false if its time stamps do
 * not allow one. Errors: MEMORY. */
RvStatus rv_frames_make_plan(FrameStream *stream, RvError *err);

/* One step of MODE_PLANNED: send a packet or take a frame. *delivered is set if a wanted frame is in *out.
 * Errors: MEMORY. */
RvStatus rv_frames_step_planned(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err);

/* ---- frame_stream_whole.c ---- */

/* One step of MODE_STRETCH or MODE_REST, in the same way. Errors: MEMORY, CANCELLED, and those of reading. */
RvStatus rv_frames_step_whole(FrameStream *stream, TimedFrame *out, bool *delivered, RvError *err);

#endif
