/* SPDX-License-Identifier: MIT */
/* The scores of every frame of single videos. */
#ifndef RV_SEARCH_VIDEO_SCORES_H
#define RV_SEARCH_VIDEO_SCORES_H

#include "base/threads.h"
#include "reelvec/rows.h"
#include "search/fusion.h"
#include "search/kept_scores.h"
#include "store/store.h"

/* What gives frames the scores of a query. */
typedef struct VideoScorer {
    Store *store;
    ThreadPool *pool; // NULL: one thread
    const RvSearchOptions *options;
    int dimensions;
    float *vectors; // float32[vector_count, dimensions]
    size_t vector_count;
    TermScale *scales;      // [vector_count]; NULL: the scores of the one vector
    size_t frame_count;     // read so far
    const KeptScores *kept; // of videos that then need not be read; NULL: none
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

#endif
