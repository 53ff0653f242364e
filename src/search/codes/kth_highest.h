/* SPDX-License-Identifier: MIT */
/* The k-th highest of a stream of numbers. */
#ifndef RV_KTH_HIGHEST_H
#define RV_KTH_HIGHEST_H

#include <stdbool.h>
#include <stddef.h>

/* The `limit` highest so far, in the caller's memory. */
typedef struct KthHighest {
    double *heap; // [limit], not 0; root: the lowest
    size_t count, limit;
} KthHighest;

/* Gives whether so many were offered that the k-th highest is known: heap[0]. value: not NaN. */
bool rv_kth_highest_offer(KthHighest *highest, double value);

#endif
