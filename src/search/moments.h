/* SPDX-License-Identifier: MIT */
/* Neighbouring frames of one video into moments. */
#ifndef RV_SEARCH_MOMENTS_H
#define RV_SEARCH_MOMENTS_H

#include "search/candidate.h"

typedef struct Moment {
    Candidate peak; // the best of its frames
    double start_s, end_s;
} Moment;

/* Largest gap inside a moment of a video that was sampled so: 2.5 intervals, or 5 s where frames have no
 * fixed distance. sampling: as in the library ("interval:1"). */
double rv_moments_default_gap(const char *sampling);

/* Frames of one video whose times lie at most gap_s[video] apart, in frame order, form one moment. candidates
 * are reordered; moments [candidate_count] receives the moments, best peak first; gives their count. */
size_t rv_moments_find(Candidate *candidates, size_t candidate_count, const double *gap_s, Moment *moments);

#endif
