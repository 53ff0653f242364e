/* SPDX-License-Identifier: MIT */
/* The stored frames of a video in order of time: from when up to when each stands for the video. */
#ifndef RV_SEARCH_FRAME_SPANS_H
#define RV_SEARCH_FRAME_SPANS_H

#include <stddef.h>

#include "reelvec/rows.h"
#include "reelvec/search.h"
#include "store/store.h"

/* Returns the seconds between the frames of a video that was sampled so, or 0 if they have no fixed distance. sampling:
 * as in the library ("interval:1"). */
double rv_sampling_interval(const char *sampling);

/* Set end_s of frames [count], which are in order of time: up to when each stands for the video. That is the
 * next frame, or an interval where one is missing. The last one stands to the end of the video.
 * interval_s: between samples, 0: they have no fixed distance. duration_s: 0: not known, or not all of the video
 * is there. */
void rv_frame_ends(RvFrameScore *frames, size_t count, double interval_s, double duration_s);

/* Put the frames of a video in order of time, then of number, and set the end of each. */
void rv_frame_spans_order(const RvVideo *video, RvFrameScores *frames);

/* Returns the place of a frame, or scores->count if it is not there: without a snapshot it may have been removed.
 * scores: as rv_frame_spans_order leaves them. */
size_t rv_frame_scores_find(const RvFrameScores *scores, double time_s, int64_t frame_number);

/* A frame whose end is wanted. */
typedef struct FrameEnd {
    const RvVideo *video; // with id, sampling, state and duration
    double time_s, end_s;
} FrameEnd;

/* Set end_s of frames [count], of any videos in any order. The frames of each video are read once. A frame that is gone
 * lasts MOMENT_FRAME_S. Errors: MEMORY, those of reading. */
RvStatus rv_frame_ends_read(Store *store, FrameEnd *frames, size_t count, RvError *err);

#endif
