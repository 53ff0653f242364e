/* SPDX-License-Identifier: MIT */
/* From the best frames of a query to its hits: order, moments, paths. */
#ifndef RV_SEARCH_QUERY_HITS_H
#define RV_SEARCH_QUERY_HITS_H

#include "search/moments.h"
#include "search/sequence_track.h"
#include "search/topk.h"

/* The frames as hits, best first. videos: by path, as the candidates' places. Errors: MEMORY. */
RvStatus rv_query_hits(const RvVideos *videos, TopK *top, RvHits *out, RvError *err);

/* Add moments around the best frames until there are options->top. top: the best frames, with RV_FUSION_MEAN at least
 * of the videos that finder does not know yet; sorted. *done is false if more frames might give more moments. Errors:
 * those of rv_moments_add. */
RvStatus rv_query_take_moments(MomentFinder *finder, TopK *top, bool *done, RvError *err);
/* The moments as hits. */
RvStatus rv_query_moments(MomentFinder *finder, RvHits *out, RvError *err);

/* The chains of a sequence as hits, in their order, each with its parts. moments [chains->count]: from when up to when each
 * is shown. */
RvStatus rv_query_chain_hits(const RvVideos *videos, const Moment *moments, const RankedChains *chains,
                             RvHits *out, RvError *err);

#endif
