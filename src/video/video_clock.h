/* SPDX-License-Identifier: MIT */
/* From a stream's time stamps to microseconds since the video's time zero, exactly. */
#ifndef RV_VIDEO_VIDEO_CLOCK_H
#define RV_VIDEO_VIDEO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* If two neighbouring frames, or a frame and the container's start, are farther apart than this, the clock is
 * broken, unless the container's header says that the video lasts so long. */
#define CLOCK_JUMP_US INT64_C(3600000000)

/* Seconds as a fraction. */
typedef struct ClockTime {
    int64_t num, den; // den > 0
} ClockTime;

typedef struct VideoClock {
    int tick_num, tick_den; // the stream's time base: one tick is tick_num / tick_den seconds
    bool has_start;
    ClockTime start;   // the container's start, exact
    int64_t length_us; // length of the container by its header; 0 if unknown
    ClockTime zero;    // set by rv_clock_set_zero
    bool has_zero;
} VideoClock;

/* Set time zero from the first frame on screen. It is the container's start, as in players, if that is not
 * later than the frame and at most 60 s before it, or any time before it if the container's header says that
 * the video lasts beyond that frame. Otherwise it is the frame itself: streams of broadcasts whose clocks
 * differ have no such header. A negative start before a video that begins at 0 or later is the inaudible
 * lead-in of an audio codec and counts as 0. */
void rv_clock_set_zero(VideoClock *clock, int64_t first_pts);

/* Returns microseconds from time zero, rounded up: pts <= t then holds for a whole microsecond t exactly if
 * it holds for the rounded value. pts must pass rv_clock_is_sane. */
int64_t rv_clock_us(const VideoClock *clock, int64_t pts);

/* Returns the last time stamp that is not later than us: pts <= rv_clock_ticks(us) exactly if
 * rv_clock_us(pts) <= us. 0 <= us <= 1e13. */
int64_t rv_clock_ticks(const VideoClock *clock, int64_t us);

/* True if it is a pause, not a broken clock, that nothing is shown between a frame at from_us and to_us. */
bool rv_clock_is_pause(const VideoClock *clock, int64_t from_us, int64_t to_us);

/* Returns the container's end in microseconds from time zero; 0 if its header does not say. */
int64_t rv_clock_end_us(const VideoClock *clock);

/* True if the time stamp is within a hundred years of 0. Other values are damaged. */
bool rv_clock_is_sane(const VideoClock *clock, int64_t pts);

/* Returns a length in ticks as microseconds; 0 for negative and absurd lengths. */
int64_t rv_clock_length_us(const VideoClock *clock, int64_t ticks);

#endif
