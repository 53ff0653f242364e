/* SPDX-License-Identifier: MIT */
/* Sampling: which frames of a video are chosen, and how they become pictures. */
#ifndef REELVEC_SAMPLING_H
#define REELVEC_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

typedef enum RvSampling {
    RV_SAMPLING_INTERVAL,  /* the frame on screen at k x interval_s by presentation time stamp */
    RV_SAMPLING_KEYFRAMES, /* every keyframe */
    RV_SAMPLING_SCENES     /* the first frame of every scene */
} RvSampling;

/* Zeroed options are good defaults. */
typedef struct RvSamplingOptions {
    RvSampling kind;
    double interval_s;      /* 0: 1 second */
    double scene_threshold; /* mean absolute change of luma, 0 to 1; 0: 0.12; cuts are at least 0.5 s apart */
    bool exact_pixels;      /* convert colours at full size before the resize, as for still pictures */
    /* NULL; or "opencv-notebook", which overrides `kind`: every int(fps)-th frame by count, with red and blue
     * swapped. That is wrong; it exists for comparisons. Any other value: ARGUMENT. */
    const char *compat;
    /* If one of them is not 0, a span of the video is sampled, by RV_SAMPLING_INTERVAL: the frames on screen at
     * from_s + k x interval_s, up to and including to_s (0: to the video's end). Frame numbers count from from_s. What
     * lies before is not decoded, and not read either if the container has an index of its keyframes. Only for
     * rv_video_sample: a library holds whole videos. */
    double from_s, to_s;
    uint64_t reserved[6];
} RvSamplingOptions;

#endif
