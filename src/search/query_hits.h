/* SPDX-License-Identifier: MIT */
/* From the best frames of a query to its hits: moments, order, paths. */
#ifndef RV_QUERY_HITS_H
#define RV_QUERY_HITS_H

#include "reelvec/search.h"
#include "search/topk.h"
#include "store/store.h"

/* The hits of the frames in `top`, which is sorted. videos: those that Candidate.video counts, by path. options:
 * top, moments and moment_gap_s are used. Clear *out with rv_hits_clear. Errors: MEMORY, those of reading. */
RvStatus rv_query_hits(Store *store, const RvVideos *videos, const RvSearchOptions *options, TopK *top,
                       RvHits *out, RvError *err);

#endif
