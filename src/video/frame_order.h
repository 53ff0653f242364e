/* SPDX-License-Identifier: MIT */
/* Decoded frames put in order of time: missing, falling and jumping time stamps. */
#ifndef RV_VIDEO_FRAME_ORDER_H
#define RV_VIDEO_FRAME_ORDER_H

#include "video/video_clock.h"

/* Time stamps that fall by more begin a new count; by less, the frame comes too late to be shown. */
#define ORDER_BACKWARD_JUMP_US 1000000

typedef struct FrameOrder {
    VideoClock *clock;      // its zero is set from the first frame that has a time stamp
    int rate_num, rate_den; // frames per second, for frames without time stamps
    int64_t interval_us;    // 1 / rate
    bool keep_disordered;   // take every frame as it comes
    bool any_frame;         // last_us is valid
    int64_t last_us;        // time of the last frame taken
    int64_t offset_us;      // added to time stamps after they jumped
    int64_t anchor_us;      // time of the last frame that had a time stamp, and the frames since
    int64_t since_anchor;
    bool has_floor; // frames up to floor_us were handled before a stretch was begun again
    int64_t floor_us;
} FrameOrder;

typedef enum OrderVerdict {
    ORDER_TAKE,
    ORDER_DROP,      // handled already, or a second frame of the same time
    ORDER_DROP_LATE, // its time has passed
    ORDER_TAKE_BACK, // time stamps jumped back: counted on from the last frame
    ORDER_TAKE_AHEAD // time stamps jumped ahead by more than CLOCK_JUMP_US: counted on
} OrderVerdict;

/* The frame's time from zero, into *us. pts counts only where has_pts. */
OrderVerdict rv_order_place(FrameOrder *order, bool has_pts, int64_t pts, int64_t *us);

/* The frame at us was taken. */
void rv_order_take(FrameOrder *order, bool has_pts, int64_t us);

#endif
