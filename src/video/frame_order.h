/* SPDX-License-Identifier: MIT */
/* Decoded frames put in order of time: missing, falling and jumping time stamps. */
#ifndef RV_VIDEO_FRAME_ORDER_H
#define RV_VIDEO_FRAME_ORDER_H

#include "video/video_clock.h"

/* If a time stamp falls by more than this, a new count begins. If it falls by less, the frame is too late to
 * be shown. */
#define ORDER_BACKWARD_JUMP_US 1000000

typedef struct FrameOrder {
    VideoClock *clock;      // its zero is set by the first frame that has a time stamp
    int rate_num, rate_den; // frames per second; used for frames without time stamps
    int64_t interval_us;    // 1 / rate
    bool keep_disordered;   // take every frame in the order in which it is decoded
    bool any_frame;         // last_us is valid
    int64_t last_us;        // time of the last frame taken
    int64_t offset_us;      // added to time stamps since they jumped
    int64_t anchor_us;      // time of the last frame that had a time stamp, and number of frames since
    int64_t since_anchor;
    bool has_floor; // frames up to floor_us were delivered before the stretch was decoded again
    int64_t floor_us;
} FrameOrder;

typedef enum OrderVerdict {
    ORDER_TAKE,
    ORDER_DROP,      // already delivered, or a second frame of the same time
    ORDER_DROP_LATE, // its time has passed
    ORDER_TAKE_BACK, // time stamps jumped back: times continue from the last frame
    // time stamps jumped ahead by more than CLOCK_JUMP_US: times continue from the last frame
    ORDER_TAKE_AHEAD
} OrderVerdict;

/* Decide what happens with the next decoded frame and write its time from zero into *us. pts is used only if
 * has_pts is set. */
OrderVerdict rv_order_place(FrameOrder *order, bool has_pts, int64_t pts, int64_t *us);

/* Note that the frame at us was taken. Call after rv_order_place unless the frame is dropped. */
void rv_order_take(FrameOrder *order, bool has_pts, int64_t us);

#endif
