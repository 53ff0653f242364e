/* SPDX-License-Identifier: MIT */
/* PyTorch's ZIP archives, of TorchScript modules and of torch.save, as named tensors. */
#ifndef RV_TORCH_ARCHIVE_H
#define RV_TORCH_ARCHIVE_H

#include "clip/checkpoint/tensor_source.h"
#include "clip/checkpoint/tensor_table.h"

/* True if the bytes begin like a ZIP archive. */
bool rv_torch_archive_looks_like(const uint8_t *bytes, size_t size_bytes);

/* Add every tensor to the table, as rv_torch_tensors_read does; tensors point into `bytes`. path must outlive
 * the table. Nothing in the archive is executed. Errors: FORMAT, UNSUPPORTED (compressed, big-endian),
 * MEMORY. */
RvStatus rv_torch_archive_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                               RvError *err);

/* Compare the bytes of all entries with the archive's CRC-32 of them. An entry that is zero there has none, as PyTorch
 * writes where it was told not to compute them. Reads the whole file. Errors: IO, FORMAT, UNSUPPORTED, MEMORY. */
RvStatus rv_torch_archive_verify(const TensorSource *source, RvError *err);

#endif
