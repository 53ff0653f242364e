/* SPDX-License-Identifier: MIT */
/* Every row against every query vector, block by block, on all threads. */
#ifndef RV_SEARCH_SCAN_EXACT_H
#define RV_SEARCH_SCAN_EXACT_H

#include "base/threads.h"
#include "store/store.h"

/* A block with its scores: scores[query * score_stride + row]; all finite. */
typedef struct ScoredBlock {
    const FrameBlock *rows;
    const float *scores;
    size_t score_stride;
} ScoredBlock;

/* FORMAT if the score of this row is not finite. */
RvStatus rv_scan_check_score(const Store *store, int64_t video_id, int64_t frame_number, float score,
                             RvError *err);

typedef RvStatus (*ScoredBlockCallback)(void *user, const ScoredBlock *block, RvError *err);

/* queries: float32[query_count, dimensions]. pool NULL: the caller's thread alone. Blocks come on the
 * caller's thread in the store's order; scores do not depend on the number of threads. FORMAT if the score of a row is not
 * finite. */
RvStatus rv_scan_exact(Store *store, ThreadPool *pool, const float *queries, size_t query_count,
                       int dimensions, const FrameFilter *filter, ScoredBlockCallback callback, void *user,
                       RvError *err);

/* The same for the rows that the store itself finds nearest to the one vector of the query. *done is false, and
 * the callback was not called, if the store leaves the query to rv_scan_exact. */
RvStatus rv_scan_nearest(Store *store, ThreadPool *pool, const NearestQuery *query,
                         ScoredBlockCallback callback, void *user, bool *done, RvError *err);

#endif
