/* SPDX-License-Identifier: MIT */
/* Rates as exact fractions, and SMPTE timecode: numbers of frames to labels and back. */
#ifndef RV_BASE_TIMECODE_H
#define RV_BASE_TIMECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/media.h"

/* Room for any label: "23:59:59;29", three digits of frames for rates over 100, a NUL. */
#define TIMECODE_SIZE 16

/* True if both parts are positive and the rate is between 1 and 1000 frames a second. */
bool rv_rate_is_valid(RvRate rate);
bool rv_rate_equal(RvRate left, RvRate right);

/* The rates that editors have, from 24000/1001 to 120: returns the one nearest to a number of frames a second, by ratio. */
RvRate rv_rate_usual(double frames_per_second);

/* Room for any text of rv_rate_write. */
#define RATE_TEXT_SIZE 16

/* Write the frames a second for people, with up to three decimals: "25", "29.97", "23.976". */
void rv_rate_write(RvRate rate, char text[RATE_TEXT_SIZE]);

/* The number of frames that labels count in a second: 30 for 30000/1001. */
int rv_rate_nominal(RvRate rate);

/* True for whole numbers of frames, and for those over 1.001: 25, 24000/1001, 15000/1001. */
bool rv_rate_is_whole(RvRate rate, bool *over_1001);

/* True for 30000/1001 and 60000/1001, whose labels may be drop-frame (SMPTE ST 12-1). */
bool rv_rate_may_drop(RvRate rate);

/* round(seconds * rate), half away from zero; saturates at +-2^53. */
int64_t rv_rate_frames(RvRate rate, double seconds);

double rv_rate_seconds(RvRate rate, int64_t frames);

/* frames of `from` that last as long in frames of `to`, rounded half up. Exact for up to 2^40 frames. */
int64_t rv_rate_convert(RvRate from, int64_t frames, RvRate to);

/* The same rounded down: whole frames of `to` that fit. */
int64_t rv_rate_convert_down(RvRate from, int64_t frames, RvRate to);

/* Frames in 24 hours of labels. */
int64_t rv_timecode_day(RvRate rate, bool drop_frame);

/* Write the label of a frame. Labels wrap after 24 hours, negative numbers count backwards from there. The last
 * separator is ';' if drop_frame, else ':'. drop_frame only if rv_rate_may_drop. */
void rv_timecode_write(int64_t frame, RvRate rate, bool drop_frame, char text[TIMECODE_SIZE]);

/* The number of a frame's label in the counting of another rate. Rates of one kind (both whole, or both over 1001) count the
 * same seconds. Else the label is read as hours, minutes, seconds and a part of a second. */
int64_t rv_timecode_recount(int64_t frame, RvRate from, bool drop_frame, RvRate to);

/* Read "HH:MM:SS:FF" with ':', ';', '.' or ',' before the frames; the last three mean drop-frame where the rate may drop.
 * A label that drop-frame leaves out means the next one that there is. Returns false, and leaves the results alone, if the
 * text is no label of the rate. drop_frame may be NULL. */
bool rv_timecode_read(const char *text, RvRate rate, int64_t *frame, bool *drop_frame);

#endif
