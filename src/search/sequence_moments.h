/* SPDX-License-Identifier: MIT */
/* From when up to when chains are shown. */
#ifndef RV_SEARCH_SEQUENCE_MOMENTS_H
#define RV_SEARCH_SEQUENCE_MOMENTS_H

#include "search/moments.h"
#include "search/sequence_job.h"
#include "search/sequence_track.h"

/* moments [chains->count]: each with the first part's frame as its peak, and the chain's score. Without options->moments
 * from the time of the first part to where the frame of the last one gives way to the next. With it from where the moment of the first part's frame begins, by
 * the scores of that part, to where the moment of the last part's frame ends, by the scores of that one, and longer by
 * options->pad_s. videos: those that the chains' places are of. *frame_count: frames that were read for it. Errors:
 * those of rv_moments_around. */
RvStatus rv_sequence_moments(const SequenceJob *job, const RvVideos *videos, const RankedChains *chains,
                             Moment *moments, size_t *frame_count, RvError *err);

#endif
