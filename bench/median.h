/* SPDX-License-Identifier: MIT */
/* The median of measured values. */
#ifndef RV_BENCH_MEDIAN_H
#define RV_BENCH_MEDIAN_H

#include <stdlib.h>

static inline int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Sorts the values [count]; of an even number the upper middle one. */
static inline double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

#endif
