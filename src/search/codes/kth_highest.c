/* SPDX-License-Identifier: MIT */
/* The k-th highest of a stream of numbers. */
#include "search/codes/kth_highest.h"

static void sift_down(KthHighest *highest, double value)
{
    size_t at = 0;
    for (size_t child = 1; child < highest->count; child = 2 * at + 1) {
        if (child + 1 < highest->count && highest->heap[child + 1] < highest->heap[child])
            child++;
        if (value <= highest->heap[child])
            break;
        highest->heap[at] = highest->heap[child];
        at = child;
    }
    highest->heap[at] = value;
}

bool rv_kth_highest_offer(KthHighest *highest, double value)
{
    if (highest->count < highest->limit) {
        size_t at = highest->count++;
        for (; at > 0 && value < highest->heap[(at - 1) / 2]; at = (at - 1) / 2)
            highest->heap[at] = highest->heap[(at - 1) / 2];
        highest->heap[at] = value;
    } else if (value > highest->heap[0]) {
        sift_down(highest, value);
    }
    return highest->count == highest->limit;
}
