/* SPDX-License-Identifier: MIT */
/* Codes of rows (kernels/code_kernels.h) in a device's memory, and the first pass of a search over them. */
#ifndef RV_COMPUTE_DEVICE_CODES_H
#define RV_COMPUTE_DEVICE_CODES_H

#include "compute/compute.h"

struct CodeQuery; // kernels/code_kernels.h

/* The number of rows that share one value of `best`. */
#define DEVICE_CODE_BLOCK ((size_t)128)

typedef struct DeviceCodes DeviceCodes;

/* A row's score differs from step * row scale * dot, computed in double, by at most error_factor * row error
 * + slack. */
typedef struct DeviceCodeQuery {
    const struct CodeQuery *code;
    double step, error_factor, slack;
    const uint32_t *counted;          // a bit per row, from the lowest bit on: the row counts; NULL: all do
    const double *after_s, *before_s; // inclusive; NULL: no bound
} DeviceCodeQuery;

/* Operations run in call order, like those of ComputeOps. ComputeOps.status returns their errors. */
typedef struct DeviceCodeOps {
    /* Allocate memory for row_count rows of `width` bytes each, a multiple of CODE_ALIGNMENT. Errors: MEMORY,
     * UNSUPPORTED (more rows or wider ones than the device supports). */
    RvStatus (*create)(Compute *, size_t row_count, size_t width, DeviceCodes **out, RvError *err);
    void (*destroy)(Compute *, DeviceCodes *);            // NULL is accepted
    size_t (*size_bytes)(size_t row_count, size_t width); // of device memory

    /* Copy rows first .. first + count - 1 to the device: codes uint8[count, width], bounds float32[count, 2]
     * (scale and error), times float64[count]. */
    void (*write)(Compute *, DeviceCodes *, size_t first, size_t count, const uint8_t *codes,
                  const float *bounds, const double *times_s);

    /* Score all rows. best float32[row_count / DEVICE_CODE_BLOCK, rounded up]: for each block the highest
     * lower bound of a row that counts, rounded down; -INFINITY if no row counts. */
    void (*score)(Compute *, DeviceCodes *, const DeviceCodeQuery *query, float *best);

    /* Called after `score`: find the rows that count and whose upper bound is not below the threshold, in
     * any order. Returns their number. At most `capacity` of them are written to rows. capacity: up to
     * row_count. */
    size_t (*above)(Compute *, DeviceCodes *, double threshold, uint32_t *rows, size_t capacity);
} DeviceCodeOps;

#endif
