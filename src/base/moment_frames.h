/* SPDX-License-Identifier: MIT */
/* Which frames belong to a moment: one rule for lists of cuts, which count frames, and for clips, which read their times.
 *
 *     frames    |  f1   |  f2   |  f3   |  f4   |  f5
 *     moment           START ............... END            f2 f3 f4
 *
 * The first is the one on screen at START, the last is the last that begins before END. So END is exclusive in time: a
 * moment that ends when a frame begins lacks that frame, and one that ends while a frame is on screen has it. A border
 * and the beginning of a frame that differ by no more than the tolerance are the same, because lists of moments are
 * often written in milliseconds, and frames begin at multiples of 1001/30000 s. */
#ifndef RV_BASE_MOMENT_FRAMES_H
#define RV_BASE_MOMENT_FRAMES_H

#include <stdint.h>

#include "reelvec/media.h"

#define MOMENT_TOLERANCE_US 500

/* So long a single frame lasts as a moment, if nothing tells when the next one comes. */
#define MOMENT_FRAME_S 1.0

/* The frame on screen at START is the last one that begins at this time or before it. */
static inline int64_t rv_moment_first_until_us(int64_t start_us)
{
    return start_us + MOMENT_TOLERANCE_US;
}

/* Frames that begin at this time or behind it are behind the moment. */
static inline int64_t rv_moment_behind_from_us(int64_t end_us)
{
    return end_us - MOMENT_TOLERANCE_US;
}

/* The same for frames that are evenly spaced, of which frame 0 begins at 0: the frame on screen at START (or at any time),
 * and the first one behind END. Both saturate at +-2^53. */
int64_t rv_moment_frame_at(RvRate rate, double start_s);
int64_t rv_moment_frame_behind(RvRate rate, double end_s);

#endif
