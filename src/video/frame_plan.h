/* SPDX-License-Identifier: MIT */
/* From the time stamps of a stretch of packets: which frames are wanted, and which packets must be decoded
 * for them. */
#ifndef RV_VIDEO_FRAME_PLAN_H
#define RV_VIDEO_FRAME_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

/* When a frame is on screen, from the video's time zero. */
typedef struct FrameTiming {
    int64_t from_us;  // 0 for the video's first frame, even where its own time is later
    int64_t until_us; // the next frame's time, or the end of the video
    bool keyframe;
    size_t frame_index;    // frames before it; only while everything is decoded
    size_t keyframe_index; // keyframes before it
} FrameTiming;

/* Is the frame wanted? Must give the same answer each time: it may be asked more than once for one frame. */
typedef bool (*FrameWanted)(void *user, const FrameTiming *timing);

typedef struct PlanPacket {
    int64_t pts_us;
    int64_t duration_us; // 0 unknown
    bool keyframe, disposable, hidden;
    int layer;
    bool send; // result: the decoder needs it
} PlanPacket;

/* A stretch: the packets from one restart to the next, in decoding order, followed by the next restart and
 * those pictures after it that are shown before it and may refer to this stretch (leading pictures). */
typedef struct PlanStretch {
    PlanPacket *packets;
    size_t count;
    size_t own_leading;  // packets[1 .. own_leading] belong to the stretch before
    size_t next;         // index of the next restart; count where the video ends
    bool whole_frames;   // packets are whole frames; else a stretch is decoded whole or not at all
    bool is_first;       // of the video
    int64_t interval_us; // length of a last frame that does not know its own
    int64_t end_us;      // the container's, by its header; 0 unknown
    size_t keyframes_before;
} PlanStretch;

typedef struct PlannedFrame {
    size_t packet;
    FrameTiming timing;
    bool wanted; // else decoded only to see that it comes out
} PlannedFrame;

typedef struct FramePlan {
    PlannedFrame *frames; // [count], by time; owned
    size_t count;
    size_t last_sent;        // index of the last packet to send, when count > 0
    bool sure;               // false: the time stamps do not allow a plan; decode everything
    size_t shown_count;      // frames of the stretch that are shown; 0 in an edit list's lead-in
    int64_t last_us, end_us; // last frame's time and end
    size_t keyframe_count;
} FramePlan;

/* When a video's last frame leaves the screen: after its own length, or the average interval (interval_us)
 * where that is unknown (0). Where the container's header says that all ends long before (end_us; 0 unknown),
 * there: with a variable rate the average may be half a minute. */
int64_t rv_plan_end_of_last(int64_t last_us, int64_t length_us, int64_t interval_us, int64_t end_us);

/* Errors: MEMORY. */
RvStatus rv_plan_make(PlanStretch *stretch, FrameWanted wanted, void *user, FramePlan *out, RvError *err);
void rv_plan_clear(FramePlan *plan);

#endif
