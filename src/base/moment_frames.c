/* SPDX-License-Identifier: MIT */
/* Which frames belong to a moment. */
#include "base/moment_frames.h"

#include <math.h>

#define FRAMES_MAX 9007199254740992.0                          // 2^53
#define TOLERANCE_S ((double)MOMENT_TOLERANCE_US / 1e6 + 1e-7) // and what sums of doubles lose

static int64_t saturate(double frames)
{
    return (int64_t)fmax(-FRAMES_MAX, fmin(frames, FRAMES_MAX));
}

int64_t rv_moment_frame_at(RvRate rate, double start_s)
{
    return saturate(floor((start_s + TOLERANCE_S) * rate.num / rate.den));
}

int64_t rv_moment_frame_behind(RvRate rate, double end_s)
{
    return saturate(ceil((end_s - TOLERANCE_S) * rate.num / rate.den));
}
