/* SPDX-License-Identifier: MIT */
/* Reading a tensor's elements out of its file, which may shrink or vanish while it is in use. */
#ifndef RV_TENSOR_SOURCE_H
#define RV_TENSOR_SOURCE_H

#include "base/file.h"
#include "clip/checkpoint/checkpoint.h"

/* A mapped file whose tensors are read through its descriptor: a page of a mapping that the file has lost
 * since would end the process, a read gives an error. Nor do the pages count as the process's memory. */
typedef struct TensorSource {
    const char *path; // borrowed
    const MappedFile *map;
} TensorSource;

/* As rv_tensor_read, from the tensor's file where it has one. Errors: IO, FORMAT (the file became shorter).
 */
RvStatus rv_tensor_fetch(const Tensor *tensor, size_t first, size_t count, float *dst, RvError *err);

/* The elements of a strided tensor, of its own type, one after the other: dst[element_count]. Errors: IO,
 * FORMAT, MEMORY. */
RvStatus rv_tensor_gather(const Tensor *tensor, uint8_t *dst, RvError *err);

#endif
