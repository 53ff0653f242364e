/* SPDX-License-Identifier: MIT */
/* From a stream's time stamps to microseconds since the video's time zero, exactly. */
#include "video/video_clock.h"

#define SANE_SECONDS INT64_C(3200000000)
#define START_GUARD_SECONDS 60
#define END_ROUNDING_US 1000000 // headers may count whole seconds

// Products of a time stamp, two factors of 31 bits and a million need more than 64 bits.
__extension__ typedef __int128 Wide;

bool rv_clock_is_sane(const VideoClock *clock, int64_t pts)
{
    Wide scaled = (Wide)pts * clock->tick_num;
    Wide limit = (Wide)SANE_SECONDS * clock->tick_den;
    return scaled <= limit && scaled >= -limit;
}

// Returns pts - time as a numerator over tick_den * time.den.
static Wide distance(const VideoClock *clock, int64_t pts, ClockTime time)
{
    return (Wide)pts * clock->tick_num * time.den - (Wide)time.num * clock->tick_den;
}

void rv_clock_set_zero(VideoClock *clock, int64_t first_pts)
{
    ClockTime first = {.num = first_pts * clock->tick_num, .den = clock->tick_den};
    clock->zero = first;
    clock->has_zero = true;
    if (!clock->has_start)
        return;
    ClockTime start = clock->start;
    if (start.num < 0 && first.num >= 0)
        start = (ClockTime){.num = 0, .den = 1};
    Wide lead = distance(clock, first_pts, start);
    Wide guard = (Wide)START_GUARD_SECONDS * clock->tick_den * start.den;
    // The first frame is not later than start + length.
    Wide length = (Wide)clock->length_us * clock->tick_den * start.den / 1000000;
    if (lead >= 0 && (lead <= guard || lead <= length))
        clock->zero = start;
}

int64_t rv_clock_end_us(const VideoClock *clock)
{
    if (clock->length_us <= 0 || !clock->has_zero)
        return 0;
    Wide start_us = 0; // from time zero
    if (clock->has_start)
        start_us = ((Wide)clock->start.num * clock->zero.den - (Wide)clock->zero.num * clock->start.den) *
                   1000000 / ((Wide)clock->start.den * clock->zero.den);
    Wide end_us = start_us + clock->length_us;
    return end_us > 0 && end_us < SANE_SECONDS * 1000000 ? (int64_t)end_us : 0;
}

bool rv_clock_is_pause(const VideoClock *clock, int64_t from_us, int64_t to_us)
{
    return to_us - from_us <= CLOCK_JUMP_US || to_us <= rv_clock_end_us(clock) + END_ROUNDING_US;
}

int64_t rv_clock_us(const VideoClock *clock, int64_t pts)
{
    Wide numerator = distance(clock, pts, clock->zero) * 1000000;
    Wide denominator = (Wide)clock->tick_den * clock->zero.den;
    Wide quotient = numerator / denominator; // rounds toward zero
    if (numerator > 0 && quotient * denominator != numerator)
        quotient++;
    return (int64_t)quotient;
}

int64_t rv_clock_ticks(const VideoClock *clock, int64_t us)
{
    // pts x tick - zero <= us, with tick, zero and us as fractions
    Wide numerator =
        (Wide)us * clock->tick_den * clock->zero.den + (Wide)clock->zero.num * clock->tick_den * 1000000;
    Wide denominator = (Wide)clock->tick_num * clock->zero.den * 1000000;
    Wide quotient = numerator / denominator; // rounds toward zero
    if (numerator < 0 && quotient * denominator != numerator)
        quotient--;
    return (int64_t)quotient;
}

int64_t rv_clock_length_us(const VideoClock *clock, int64_t ticks)
{
    if (ticks <= 0 || !rv_clock_is_sane(clock, ticks))
        return 0;
    return (int64_t)((Wide)ticks * clock->tick_num * 1000000 / clock->tick_den);
}
