/* SPDX-License-Identifier: MIT */
/* The format of torch.save before PyTorch 1.6, still written on request: pickles, then storages. */
#ifndef RV_TORCH_LEGACY_H
#define RV_TORCH_LEGACY_H

#include "clip/checkpoint/tensor_table.h"

/* True if the bytes begin with a pickle of torch.save's magic number. */
bool rv_torch_legacy_looks_like(const uint8_t *bytes, size_t size_bytes);

/* Add every tensor to the table, as rv_torch_tensors_read does; tensors point into `bytes`, unaligned. path
 * must outlive the table. Nothing is executed. Errors: FORMAT, UNSUPPORTED (big-endian, PyTorch before 0.4),
 * MEMORY. Source of the layout: torch/serialization.py, _legacy_save. */
RvStatus rv_torch_legacy_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                              RvError *err);

#endif
