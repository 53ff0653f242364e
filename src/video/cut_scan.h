/* SPDX-License-Identifier: MIT */
/* Packets of a video near two times: which frames are on screen there, and from which keyframe they are decoded. */
#ifndef RV_VIDEO_CUT_SCAN_H
#define RV_VIDEO_CUT_SCAN_H

#include "reelvec/status.h"
#include "video/cut_facts.h"

typedef struct ScanFrame {
    int64_t us, length_us; // length: 0 if unknown
} ScanFrame;

typedef struct CutScan {
    bool sure;       // every packet has a time stamp, and the first frame and a keyframe before it were found
    ScanFrame first; // on screen at from_us
    ScanFrame last;  // the last one before to_us
    bool has_end;    // a frame begins at to_us or later
    ScanFrame end;   // the first of these
    int64_t end_of_last_us; // valid without has_end: when the video's last frame leaves the screen
    bool has_key, leading;  // see CutBorders
    bool has_copy_end;
    int64_t copy_end_us;
    ScanFrame key;
    int64_t seek_us;
    int64_t inside_count; // frames from `first` to `last`
} CutScan;

/* Set source->zero_us and length_us. */
RvStatus rv_cut_scan_zero(CutSource *source, RvError *err);

/* Scan from a place before from_us to one behind to_us. Errors: those of reading. */
RvStatus rv_cut_scan(CutSource *source, int64_t from_us, int64_t to_us, CutScan *out, RvError *err);

/* Without time stamps: decode from the beginning, and count. end_number is 0 if no frame is on screen between the two. */
RvStatus rv_cut_count(CutSource *source, int64_t from_us, int64_t to_us, CutBorders *out,
                      int64_t *end_of_video_us, RvError *err);

#endif
