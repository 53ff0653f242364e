/* SPDX-License-Identifier: MIT */
/* The best k of a stream of candidates. */
#include "search/topk.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

int rv_candidate_compare(const void *a, const void *b)
{
    return candidate_before(a, b) ? -1 : candidate_before(b, a) ? 1 : 0;
}

void rv_topk_init(TopK *top, size_t limit)
{
    *top = (TopK){.limit = limit};
}

void rv_topk_clear(TopK *top)
{
    free(top->items);
    *top = (TopK){.limit = top->limit};
}

static RvStatus grow(TopK *top, RvError *err)
{
    Candidate *items = rv_mem_grow(top->items, &top->capacity, top->count + 1, sizeof *items, err);
    if (items == NULL)
        return RV_ERROR_MEMORY;
    top->items = items;
    return RV_OK;
}

/* Put the candidate at the root and let it sink below all that are worse than it. */
static void sift_down(TopK *top, const Candidate *candidate)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= top->count)
            break;
        if (child + 1 < top->count && candidate_before(&top->items[child], &top->items[child + 1]))
            child++;
        if (!candidate_before(candidate, &top->items[child]))
            break;
        top->items[at] = top->items[child];
        at = child;
    }
    top->items[at] = *candidate;
}

static void sift_up(TopK *top, const Candidate *candidate)
{
    size_t at = top->count++;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!candidate_before(&top->items[parent], candidate))
            break;
        top->items[at] = top->items[parent];
        at = parent;
    }
    top->items[at] = *candidate;
}

RvStatus rv_topk_push(TopK *top, const Candidate *candidate, RvError *err)
{
    if (top->limit == 0)
        return RV_OK;
    if (top->count == top->limit) {
        if (candidate_before(candidate, &top->items[0]))
            sift_down(top, candidate);
        return RV_OK;
    }
    RvStatus status = top->count == top->capacity ? grow(top, err) : RV_OK;
    if (status == RV_OK)
        sift_up(top, candidate);
    return status;
}

void rv_topk_sort(TopK *top)
{
    if (top->count > 1)
        qsort(top->items, top->count, sizeof *top->items, rv_candidate_compare);
}
