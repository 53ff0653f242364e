/* SPDX-License-Identifier: MIT */
/* Sampling: which frames of a video are chosen. */
#ifndef REELVEC_SAMPLING_H
#define REELVEC_SAMPLING_H

typedef enum RvSampling {
    RV_SAMPLING_INTERVAL,       /* the frame on screen at k x interval_s by presentation time stamp */
    RV_SAMPLING_KEYFRAMES,      /* every keyframe */
    RV_SAMPLING_SCENES,         /* the first frame of every scene */
    RV_SAMPLING_OPENCV_NOTEBOOK /* every int(fps)-th frame by count, red and blue swapped: wrong, for
                                   comparison */
} RvSampling;

#endif
