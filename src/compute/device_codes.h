/* SPDX-License-Identifier: MIT */
/* Codes of rows (kernels/code_kernels.h) in a device's memory, and the first pass of a search over them. */
#ifndef RV_COMPUTE_DEVICE_CODES_H
#define RV_COMPUTE_DEVICE_CODES_H

#include "compute/compute.h"

struct CodeQuery; // kernels/code_kernels.h

/* Rows of one `best`. */
#define DEVICE_CODE_BLOCK ((size_t)128)

typedef struct DeviceCodes DeviceCodes;

/* The score of a row lies within error_factor * row error + slack of step * row scale * dot, as double. */
typedef struct DeviceCodeQuery {
    const struct CodeQuery *code;
    double step, error_factor, slack;
    const uint32_t *counted;          // a bit per row, from the lowest on: whether it counts; NULL: all do
    const double *after_s, *before_s; // inclusive; NULL: no bound
} DeviceCodeQuery;

/* In call order, like ComputeOps; `status` of those says whether something failed. */
typedef struct DeviceCodeOps {
    /* Room for so many rows of `width` bytes each, a multiple of CODE_ALIGNMENT. Errors: MEMORY, UNSUPPORTED
     * (more rows or wider ones than the device takes). */
    RvStatus (*create)(Compute *, size_t row_count, size_t width, DeviceCodes **out, RvError *err);
    void (*destroy)(Compute *, DeviceCodes *);            // NULL is accepted
    size_t (*size_bytes)(size_t row_count, size_t width); // of device memory

    /* Rows first .. first + count - 1: codes uint8[count, width], bounds float32[count, 2] (scale and error),
     * times float64[count]. */
    void (*write)(Compute *, DeviceCodes *, size_t first, size_t count, const uint8_t *codes,
                  const float *bounds, const double *times_s);

    /* Score all rows. best float32[row_count / DEVICE_CODE_BLOCK, rounded up]: of each block the highest
     * lower bound of a row that counts, rounded down; -INFINITY if none does. */
    void (*score)(Compute *, DeviceCodes *, const DeviceCodeQuery *query, float *best);

    /* After `score`: the rows that count and whose upper bound is not below the threshold, in any order.
     * Returns how many they are; no more than `capacity` are written to rows. capacity: up to row_count. */
    size_t (*above)(Compute *, DeviceCodes *, double threshold, uint32_t *rows, size_t capacity);
} DeviceCodeOps;

#endif
