/* SPDX-License-Identifier: MIT */
/* From the time stamps of a stretch of packets: which frames are wanted, and which packets must be decoded
 * for them. */
#ifndef RV_VIDEO_FRAME_PLAN_H
#define RV_VIDEO_FRAME_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

/* When a frame is on screen, in microseconds from the video's time zero. */
typedef struct FrameTiming {
    int64_t from_us;  // 0 for the video's first frame, even if its own time is later
    int64_t until_us; // time of the next frame, or the end of the video
    bool keyframe;
    size_t frame_index;    // number of frames before it; valid only if everything is decoded
    size_t keyframe_index; // number of keyframes before it
} FrameTiming;

/* Returns true if the frame is wanted. It may be called more than once for one frame and must then return the
 * same. */
typedef bool (*FrameWanted)(void *user, const FrameTiming *timing);

typedef struct PlanPacket {
    int64_t pts_us;
    int64_t duration_us; // 0 if unknown
    bool keyframe, disposable, hidden;
    int layer;
    bool send; // result: true if the decoder needs it
} PlanPacket;

/* A stretch: the packets from one restart to the next in decoding order, then the next restart and its
 * leading pictures. Leading pictures come after a restart but are shown before it, and may refer to the
 * stretch before.
 *
 *     this stretch   R p1 p2 ... pn  S l1 l2    S is packets[next]; l1 and l2 are its leading pictures
 *     the next one   S l1 l2 q1 q2 ...          own_leading is 2: l1 and l2 were in the stretch before */
typedef struct PlanStretch {
    PlanPacket *packets;
    size_t count;
    size_t own_leading;  // packets[1 .. own_leading] belong to the stretch before
    size_t next;         // index of the next restart; equals count if the video ends
    bool whole_frames;   // packets are whole frames; if not, a stretch is decoded whole or not at all
    bool is_first;       // the first stretch of the video
    int64_t interval_us; // length of a last frame whose own length is unknown
    int64_t end_us;      // end of the container by its header; 0 if unknown
    size_t keyframes_before;
} PlanStretch;

typedef struct PlannedFrame {
    size_t packet;
    FrameTiming timing;
    bool wanted; // if false, it is decoded only to check that it comes out
} PlannedFrame;

typedef struct FramePlan {
    PlannedFrame *frames; // [count], sorted by time; owned
    size_t count;
    size_t last_sent;        // index of the last packet to send; valid if count > 0
    bool sure;               // false if the time stamps do not allow a plan: decode everything
    size_t shown_count;      // frames of the stretch that are shown; 0 in the lead-in of an edit list
    int64_t last_us, end_us; // time and end of the last frame
    size_t keyframe_count;
} FramePlan;

/* Returns when a video's last frame leaves the screen, in microseconds. That is after the frame's own length,
 * or after the average interval (interval_us) if the length is unknown (0). If the container's header names a
 * much earlier end (end_us; 0 if unknown), that end is used: with a variable frame rate the average may be
 * half a minute. */
int64_t rv_plan_end_of_last(int64_t last_us, int64_t length_us, int64_t interval_us, int64_t end_us);

/* Make the plan of a stretch: set `send` of its packets and fill *out, which must be released with
 * rv_plan_clear. Errors: MEMORY. */
RvStatus rv_plan_make(PlanStretch *stretch, FrameWanted wanted, void *user, FramePlan *out, RvError *err);
void rv_plan_clear(FramePlan *plan);

#endif
