/* SPDX-License-Identifier: MIT */
/* The table of CPU kernels: scalar is the specification, faster ones replace it entry by entry. */
#ifndef RV_COMPUTE_KERNELS_H
#define RV_COMPUTE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* The store's scan uses this too. */
typedef struct ScanKernels {
    /* Sum of a[i] * b[i], float32, count elements, any alignment. */
    float (*dot_f32)(const float *a, const float *b, size_t count);
} ScanKernels;

#endif
