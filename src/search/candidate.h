/* SPDX-License-Identifier: MIT */
/* A frame that may become a hit, and the one order that all ranking uses. */
#ifndef RV_SEARCH_CANDIDATE_H
#define RV_SEARCH_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

/* The score is finite: the scan refuses rows whose score is not. */
typedef struct Candidate {
    double score;
    uint32_t video; // place of the video in the byte order of paths
    int64_t frame_number;
    double time_s;
} Candidate;

/* Higher score first, then path, then frame number: no two frames are equal, so every ranking is one and the
 * same. */
static inline bool candidate_before(const Candidate *a, const Candidate *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->video != b->video)
        return a->video < b->video;
    return a->frame_number < b->frame_number;
}

/* The same order for qsort. */
int rv_candidate_compare(const void *a, const void *b);

#endif
