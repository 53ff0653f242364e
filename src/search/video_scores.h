/* SPDX-License-Identifier: MIT */
/* The scores of every frame of single videos. */
#ifndef RV_SEARCH_VIDEO_SCORES_H
#define RV_SEARCH_VIDEO_SCORES_H

#include "base/threads.h"
#include "reelvec/rows.h"
#include "search/fusion.h"
#include "store/store.h"

/* Returns the seconds between the frames of a video that was sampled so, or 0 if they have no fixed distance. sampling:
 * as in the library ("interval:1"). */
double rv_sampling_interval(const char *sampling);

/* What gives frames the scores of a query. */
typedef struct VideoScorer {
    Store *store;
    ThreadPool *pool; // NULL: one thread
    const RvSearchOptions *options;
    int dimensions;
    float *vectors; // float32[vector_count, dimensions]
    size_t vector_count;
    TermScale *scales;  // [vector_count]; NULL: the scores of the one vector
    size_t frame_count; // read so far
} VideoScorer;

/* options: fusion and cancelled count. scored: NULL with RV_FUSION_MEAN; with the others the rows that the query is
 * over. Ranks say nothing about how much a frame shows, so with RV_FUSION_RRF the scores are those of RV_FUSION_ZSCORE.
 * Errors: MEMORY. Clear also after an error. */
RvStatus rv_video_scorer_init(VideoScorer *scorer, Store *store, ThreadPool *pool, const QueryVector *terms,
                              size_t term_count, int dimensions, const RvSearchOptions *options,
                              const ScoredRows *scored, RvError *err);
void rv_video_scorer_clear(VideoScorer *scorer);

/* All frames of the video, whatever the bounds of the query. video: video_id, sampling, state and duration_s count. The
 * caller clears *out. Errors: FORMAT (damaged row), CANCELLED, those of reading. */
RvStatus rv_video_scorer_read(VideoScorer *scorer, const RvVideo *video, RvFrameScores *out, RvError *err);

/* Returns the place of a frame, or scores->count if it is not there: without a snapshot it may have been removed. */
size_t rv_frame_scores_find(const RvFrameScores *scores, double time_s, int64_t frame_number);

#endif
