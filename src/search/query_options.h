/* SPDX-License-Identifier: MIT */
/* What a query asks for: whether it can be answered, and how many frames it needs. */
#ifndef RV_QUERY_OPTIONS_H
#define RV_QUERY_OPTIONS_H

#include "reelvec/search.h"
#include "search/fusion.h"

/* The parts of a sequence that the terms name: one more than the highest; 1 if there are no terms. */
size_t rv_query_part_count(const QueryVector *terms, size_t term_count);

/* Errors: ARGUMENT (no terms, a part without terms, a weight, a value of a vector, a bound or a way that cannot be). */
RvStatus rv_query_check(const QueryVector *terms, size_t term_count, int dimensions,
                        const RvSearchOptions *options, RvError *err);

/* How many of the best frames are to be found: the hits, or those around which moments are looked for first; SIZE_MAX:
 * all that pass. options: top is not 0. */
size_t rv_query_frames_wanted(const RvSearchOptions *options);

/* Whether a frame with this score may be an answer. */
static inline bool rv_query_score_passes(const RvSearchOptions *options, double score)
{
    return options->min_score == NULL || score >= *options->min_score;
}

/* Whether a frame at this time may be. */
static inline bool rv_query_time_passes(const RvSearchOptions *options, double time_s)
{
    return (options->after_s == NULL || time_s >= *options->after_s) &&
           (options->before_s == NULL || time_s <= *options->before_s);
}

/* Called with the status of a search. Takes the advice to search a part from the error if that was done. */
RvStatus rv_query_status(const RvSearchOptions *options, RvStatus status, RvError *err);

#endif
