/* SPDX-License-Identifier: MIT */
/* Decoded frames put in order of time: missing, falling and jumping time stamps. */
#include "video/frame_order.h"

#include <libavutil/mathematics.h>

OrderVerdict rv_order_place(FrameOrder *order, bool has_pts, int64_t pts, int64_t *us)
{
    if (!has_pts) {
        // Count from the last known time, so that rounding errors of single steps do not add up.
        int64_t count = order->since_anchor + (order->any_frame ? 1 : 0);
        *us = order->anchor_us +
              av_rescale_rnd(count, INT64_C(1000000) * order->rate_den, order->rate_num, AV_ROUND_UP);
        return ORDER_TAKE;
    }
    if (!order->clock->has_zero)
        rv_clock_set_zero(order->clock, pts);
    *us = rv_clock_us(order->clock, pts) + order->offset_us;
    if (order->has_floor)
        return *us <= order->floor_us ? ORDER_DROP : ORDER_TAKE;
    if (!order->any_frame || order->keep_disordered)
        return ORDER_TAKE;
    int64_t distance_us = *us - order->last_us;
    bool back = distance_us < -ORDER_BACKWARD_JUMP_US;
    // After a jump, times are counted by us and the container's length says nothing about them.
    bool ahead = order->offset_us != 0 ? distance_us > CLOCK_JUMP_US
                                       : !rv_clock_is_pause(order->clock, order->last_us, *us);
    if (back || ahead) {
        int64_t next_us = order->last_us + order->interval_us;
        order->offset_us += next_us - *us;
        *us = next_us;
        return back ? ORDER_TAKE_BACK : ORDER_TAKE_AHEAD;
    }
    if (distance_us > 0)
        return ORDER_TAKE;
    return distance_us == 0 ? ORDER_DROP : ORDER_DROP_LATE;
}

void rv_order_take(FrameOrder *order, bool has_pts, int64_t us)
{
    if (has_pts) {
        order->anchor_us = us;
        order->since_anchor = 0;
    } else if (order->any_frame) {
        order->since_anchor++;
    }
    order->any_frame = true;
    order->has_floor = false;
    order->last_us = us;
}
