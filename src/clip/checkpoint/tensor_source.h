/* SPDX-License-Identifier: MIT */
/* Reading a tensor's elements from its file, which may shrink or vanish while it is in use. */
#ifndef RV_TENSOR_SOURCE_H
#define RV_TENSOR_SOURCE_H

#include "base/file.h"
#include "clip/checkpoint/tensor.h"

/* A mapped file whose tensors are read through its descriptor. Touching a page of a mapping that the file has
 * since lost would kill the process; a read returns an error instead. Pages that are read also do not count
 * as the process's memory. */
typedef struct TensorSource {
    const char *path; // borrowed
    const MappedFile *map;
} TensorSource;

/* Copy bytes of the mapping, from here on, through the descriptor. Errors: IO, FORMAT (the file became shorter). */
RvStatus rv_tensor_source_read(const TensorSource *source, const uint8_t *from, size_t size_bytes, void *dst,
                               RvError *err);

/* Like rv_tensor_read, but from the tensor's file if it has one. Errors: IO, FORMAT (the file became
 * shorter). */
RvStatus rv_tensor_fetch(const Tensor *tensor, size_t first, size_t count, float *dst, RvError *err);

/* Copy the elements of a strided tensor, in its own type, one after the other into dst[element_count].
 * Errors: IO, FORMAT, MEMORY. */
RvStatus rv_tensor_gather(const Tensor *tensor, uint8_t *dst, RvError *err);

#endif
