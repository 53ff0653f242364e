/* SPDX-License-Identifier: MIT */
/* Neighbouring frames of one video into moments. */
#include "search/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define GAP_INTERVALS 2.5
#define GAP_OTHER_S 5.0
#define INTERVAL_PREFIX "interval:"

double rv_moments_default_gap(const char *sampling)
{
    double interval_s = 0;
    size_t length = strlen(INTERVAL_PREFIX);
    if (strncmp(sampling, INTERVAL_PREFIX, length) == 0 &&
        rv_parse_double(sampling + length, 0, 1e9, &interval_s) && interval_s > 0)
        return GAP_INTERVALS * interval_s;
    return GAP_OTHER_S;
}

static int compare_places(const void *a, const void *b)
{
    const Candidate *left = a, *right = b;
    if (left->video != right->video)
        return left->video < right->video ? -1 : 1;
    return (left->frame_number > right->frame_number) - (left->frame_number < right->frame_number);
}

static int compare_peaks(const void *a, const void *b)
{
    return rv_candidate_compare(&((const Moment *)a)->peak, &((const Moment *)b)->peak);
}

size_t rv_moments_find(Candidate *candidates, size_t candidate_count, const double *gap_s, Moment *moments)
{
    if (candidate_count > 1)
        qsort(candidates, candidate_count, sizeof *candidates, compare_places);
    size_t count = 0;
    for (size_t i = 0; i < candidate_count; i++) {
        const Candidate *frame = &candidates[i];
        Moment *open = count > 0 ? &moments[count - 1] : NULL;
        if (open == NULL || open->peak.video != frame->video ||
            fabs(frame->time_s - candidates[i - 1].time_s) > gap_s[frame->video]) {
            moments[count++] = (Moment){*frame, frame->time_s, frame->time_s};
            continue;
        }
        open->start_s = fmin(open->start_s, frame->time_s);
        open->end_s = fmax(open->end_s, frame->time_s);
        if (candidate_before(frame, &open->peak))
            open->peak = *frame;
    }
    if (count > 1)
        qsort(moments, count, sizeof *moments, compare_peaks);
    return count;
}
