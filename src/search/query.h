/* SPDX-License-Identifier: MIT */
/* From query vectors to ranked frames: scan, fusion, top-k, moments. */
#ifndef RV_SEARCH_QUERY_H
#define RV_SEARCH_QUERY_H

#include "base/threads.h"
#include "reelvec/ann.h"
#include "reelvec/rows.h"
#include "reelvec/search.h"
#include "search/fusion.h"
#include "search/search_index.h"
#include "store/store.h"

/* The best frames that options (NULL: defaults) let through, of one state of the library. Hits have video
 * ids and paths; order: score, then path, then frame number. dimensions: length of the vectors. pool NULL:
 * one thread. index NULL: neither codes nor lists are used. A library without frames has no hits.
 * options->timeout_s is the caller's, who lets options->cancelled know of it. Errors: ARGUMENT (no terms, bad weight or
 * bound), MISMATCH (another length than the library's), FORMAT (damaged row), CANCELLED, those of reading. */
RvStatus rv_search_frames(SearchIndex *index, Store *store, ThreadPool *pool, const QueryVector *terms,
                          size_t term_count, int dimensions, const RvSearchOptions *options, RvHits *out,
                          RvError *err);

/* The score of every frame of one video, as rv_library_video_scores. Errors: as rv_search_frames; NOT_FOUND if the
 * video is not searched. */
RvStatus rv_search_video_scores(Store *store, ThreadPool *pool, const QueryVector *terms, size_t term_count,
                                int dimensions, const RvSearchOptions *options, int64_t video_id,
                                RvFrameScores *out, RvError *err);

/* Divide the vector by its Euclidean length. Errors: ARGUMENT if the length is 0 or not finite. */
RvStatus rv_search_normalize(float *vector, int dimensions, RvError *err);

#endif
