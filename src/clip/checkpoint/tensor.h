/* SPDX-License-Identifier: MIT */
/* One tensor of a checkpoint, where it is and how it is laid out. */
#ifndef RV_TENSOR_H
#define RV_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum WeightType { WEIGHT_F32, WEIGHT_F16, WEIGHT_BF16 } WeightType;
#define TENSOR_MAX_RANK 4

struct TensorSource;

/* A tensor inside a mapped file: row-major, little endian, not necessarily aligned. Its bytes are inside the
 * file's bounds (checked at open). */
typedef struct Tensor {
    WeightType type;
    int rank;
    size_t shape[TENSOR_MAX_RANK];
    size_t stride[TENSOR_MAX_RANK]; // in elements; only set if `strided`
    bool strided;                   // elements are not adjacent; gather them (tensor_source.h) before reading
    size_t element_count;
    const uint8_t *bytes;
    // the file that holds bytes (tensor_source.h); NULL if they are in memory
    const struct TensorSource *source;
} Tensor;

/* Write elements first .. first + count - 1 (row-major order) as float32 into dst. The bytes must be readable
 * in memory. */
void rv_tensor_read(const Tensor *tensor, size_t first, size_t count, float *dst);

#endif
