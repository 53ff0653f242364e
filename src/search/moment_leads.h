/* SPDX-License-Identifier: MIT */
/* The best moments of all videos, where no video is read, and no score is asked for, that cannot be among them. */
#ifndef RV_SEARCH_MOMENT_LEADS_H
#define RV_SEARCH_MOMENT_LEADS_H

#include "search/moments.h"

/* Add moments to the finder until it has options->top, best first. highs [finder->videos->count]: what the frames of each
 * video that count score at most; -INFINITY: none counts. goes_on: called between frames; what it returns, unless it is OK,
 * ends the search. Errors: that one, MEMORY, those of rv_moments_curve. */
RvStatus rv_moment_leads_follow(MomentFinder *finder, const double *highs,
                                RvStatus (*goes_on)(void *user, RvError *err), void *user, RvError *err);

#endif
