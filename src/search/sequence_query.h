/* SPDX-License-Identifier: MIT */
/* A sequence from the vectors of its parts to its best chains: by codes, or by all rows. */
#ifndef RV_SEARCH_SEQUENCE_QUERY_H
#define RV_SEARCH_SEQUENCE_QUERY_H

#include "search/sequence_job.h"
#include "search/sequence_track.h"

/* The best chains: rows of one video with rising times, one for each part, at most within_s from one to the next, all of
 * which pass the filters and have min_score. In the order of rv_ranked_chain_compare each chain counts whose span has no
 * moment in common with the span of a chain of the same video before it that counts; the first options->top of these are
 * the answer. report: filled in as far as this search knows; NULL: not wanted. Clear *out also after an error. Errors:
 * CANCELLED, FORMAT (damaged row), MEMORY, those of reading. */
RvStatus rv_sequence_search(const SequenceJob *job, RankedChains *out, RvSearchReport *report, RvError *err);

#endif
