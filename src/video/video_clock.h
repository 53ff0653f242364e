/* SPDX-License-Identifier: MIT */
/* From a stream's time stamps to microseconds since the video's time zero, exactly. */
#ifndef RV_VIDEO_VIDEO_CLOCK_H
#define RV_VIDEO_VIDEO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Two neighbouring frames, or a frame and the container's start, that lie farther apart are a broken clock
 * and not a pause, unless the container says that it lasts so long. */
#define CLOCK_JUMP_US INT64_C(3600000000)

/* Seconds as a fraction. */
typedef struct ClockTime {
    int64_t num, den; // den > 0
} ClockTime;

typedef struct VideoClock {
    int tick_num, tick_den; // the stream's time base: one tick is tick_num / tick_den seconds
    bool has_start;
    ClockTime start;   // the container's start, exact
    int64_t length_us; // the container's, as its header says; 0 unknown
    ClockTime zero;    // set by rv_clock_set_zero
    bool has_zero;
} VideoClock;

/* Time zero from the first frame on screen: the container's start, as in players, when it is not later than
 * that frame and at most 60 s before it, or any time before it where the container's header says that it
 * lasts beyond that frame; else the frame. Streams of broadcasts whose clocks differ have no such header. A
 * negative start before a video that begins at 0 or later is the lead-in of an audio codec, which nobody
 * hears: it counts as 0. */
void rv_clock_set_zero(VideoClock *clock, int64_t first_pts);

/* Microseconds from time zero, rounded up: so that pts <= t holds for a whole microsecond t exactly when
 * it holds for the rounded value. pts must pass rv_clock_is_sane. */
int64_t rv_clock_us(const VideoClock *clock, int64_t pts);

/* Is it a pause, and no broken clock, that after a frame at from_us nothing is shown until to_us? */
bool rv_clock_is_pause(const VideoClock *clock, int64_t from_us, int64_t to_us);

/* The container's end in microseconds from time zero; 0 where its header does not say. */
int64_t rv_clock_end_us(const VideoClock *clock);

/* Does the time stamp lie within a hundred years of 0? Beyond it nothing is a time. */
bool rv_clock_is_sane(const VideoClock *clock, int64_t pts);

/* A length in ticks as microseconds; 0 for negative and absurd ones. */
int64_t rv_clock_length_us(const VideoClock *clock, int64_t ticks);

#endif
