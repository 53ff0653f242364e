/* SPDX-License-Identifier: MIT */
/* From query vectors to ranked frames: scan, fusion, top-k, moments. */
#ifndef RV_SEARCH_SEARCH_H
#define RV_SEARCH_SEARCH_H

#include "base/threads.h"
#include "reelvec/library.h"
#include "store/store.h"

/* One term as a vector: float32[dimensions], of length 1, with its weight (not 0). */
typedef struct QueryVector {
    const float *vector;
    double weight;
} QueryVector;

/* The best frames that options (NULL: defaults) let through, of one state of the library. Hits carry video
 * ids and paths; order: score, then path, then frame number. dimensions: length of the vectors. pool NULL:
 * one thread. A library without frames gives no hits. Errors: ARGUMENT (no terms, bad weight or bound),
 * MISMATCH (another length than the library's), FORMAT (damaged row), those of reading. */
RvStatus rv_search_frames(Store *store, ThreadPool *pool, const QueryVector *terms, size_t term_count,
                          int dimensions, const RvSearchOptions *options, RvHits *out, RvError *err);

/* vector / its Euclidean length. ARGUMENT where the length is 0 or not finite. */
RvStatus rv_search_normalize(float *vector, int dimensions, RvError *err);

#endif
