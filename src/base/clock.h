/* SPDX-License-Identifier: MIT */
/* Seconds of a clock that never jumps. */
#ifndef RV_BASE_CLOCK_H
#define RV_BASE_CLOCK_H

#include <time.h>

static inline double rv_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
