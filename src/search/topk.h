/* SPDX-License-Identifier: MIT */
/* The best k of a stream of candidates. */
#ifndef RV_SEARCH_TOPK_H
#define RV_SEARCH_TOPK_H

#include "search/candidate.h"

/* A heap whose root is the worst that is kept. Memory grows with what comes, not with k. */
typedef struct TopK {
    Candidate *items;
    size_t count, capacity;
    size_t limit; // k; SIZE_MAX keeps all
} TopK;

void rv_topk_init(TopK *top, size_t limit);
void rv_topk_clear(TopK *top);
RvStatus rv_topk_push(TopK *top, const Candidate *candidate, RvError *err);
/* items[count] best first; no pushes afterwards. */
void rv_topk_sort(TopK *top);

#endif
