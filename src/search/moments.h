/* SPDX-License-Identifier: MIT */
/* Neighbouring frames of one video into moments. */
#ifndef RV_SEARCH_MOMENTS_H
#define RV_SEARCH_MOMENTS_H

#include "search/candidate.h"
#include "store/store.h"

/* A span of a video. */
typedef struct Moment {
    Candidate peak; // the best of its frames
    double start_s, end_s;
} Moment;

/* Returns the largest gap inside a moment of a video that was sampled so: 2.5 intervals, or 5 s if frames have
 * no fixed distance. sampling: as in the library ("interval:1"). */
double rv_moments_default_gap(const char *sampling);

/* Returns the seconds between the frames of a video that was sampled so, or 0 if they have no fixed distance. */
double rv_moments_interval(const char *sampling);

/* Frames of one video whose times lie at most gap_s[video] apart, in frame order, form one moment. candidates
 * are reordered; moments [candidate_count] receives the moments, best peak first. Returns their number.
 * start_s and end_s are the times of the first and the last frame. */
size_t rv_moments_find(Candidate *candidates, size_t candidate_count, const double *gap_s, Moment *moments);

/* Move the ends of moments from their last frame's time to the time of the next sample, up to which that
 * frame stands for the video: no moment is without length. videos: those that the peaks' places are of, with
 * sampling and duration. Errors: those of reading frames, MEMORY. */
RvStatus rv_moments_lengthen(Store *store, const RvVideos *videos, Moment *moments, size_t count,
                             RvError *err);

#endif
