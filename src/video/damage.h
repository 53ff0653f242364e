/* SPDX-License-Identifier: MIT */
/* What was found damaged in a video, and the words for it. */
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
    const char *stop_text;  // what kept the demuxer from reading on; "": nothing
    int64_t end_us;         // of the last frame
} Damage;

/* "damaged after 1.680 s: 3 packets could not be decoded; cut short after 15.320 s of 40.000 s"; "": nothing.
 */
void rv_damage_describe(const Damage *damage, char *text, size_t size_bytes);

#endif
