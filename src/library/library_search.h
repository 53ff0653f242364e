/* SPDX-License-Identifier: MIT */
/* From what a person asks with (texts, pictures, stored frames) to query vectors, and on to ranked frames. */
#ifndef RV_LIBRARY_SEARCH_H
#define RV_LIBRARY_SEARCH_H

#include "base/threads.h"
#include "reelvec/rows.h"
#include "reelvec/search.h"
#include "search/search_index.h"
#include "store/store.h"

/* As rv_library_search, on a store. encoder may be NULL while no term is a text or a picture. */
RvStatus rv_query_search(SearchIndex *index, Store *store, ThreadPool *pool, RvEncoder *encoder,
                         const RvTerm *terms, size_t term_count, const RvSearchOptions *options, RvHits *out,
                         RvError *err);

/* As rv_library_video_scores, on a store. */
RvStatus rv_query_video_scores(Store *store, ThreadPool *pool, RvEncoder *encoder, const RvTerm *terms,
                               size_t term_count, const RvSearchOptions *options, const char *video,
                               RvFrameScores *out, RvError *err);

#endif
