/* SPDX-License-Identifier: MIT */
/* What is damaged in a video, and its description in words. */
#ifndef RV_VIDEO_DAMAGE_H
#define RV_VIDEO_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Damage {
    size_t packets_refused; // by the decoder
    int64_t first_us;       // time of the frame before the first of them
    bool cut;               // the content ends before its announced end
    double announced_s;     // 0 unknown
    const char *stop_text;  // why the demuxer stopped reading early; "" if it did not
    int64_t end_us;         // end of the last frame
} Damage;

/* Write a description such as "damaged after 1.680 s: 3 packets could not be decoded; cut short after 15.320
 * s of 40.000 s" into text; "" if nothing is damaged. */
void rv_damage_describe(const Damage *damage, char *text, size_t size_bytes);

#endif
