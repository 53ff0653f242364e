/* SPDX-License-Identifier: MIT */
/* PyTorch's ZIP archives: TorchScript modules and state_dicts, as named tensors. */
#ifndef RV_CLIP_TORCH_ARCHIVE_H
#define RV_CLIP_TORCH_ARCHIVE_H

#include "clip/tensor_table.h"

/* true when the bytes begin like a ZIP archive. */
bool rv_torch_archive_looks_like(const uint8_t *bytes, size_t size_bytes);

/* Add every tensor to the table under its dotted name ("visual.conv1.weight"); tensors point into `bytes`. A
 * prefix that all of CLIP's names share ("state_dict.module.") is left away. path must outlive the table.
 * Tensors that are not contiguous or not floating point are entered with a fault. Nothing in the archive is
 * executed. Errors: FORMAT, UNSUPPORTED (compressed, big-endian), MEMORY. */
RvStatus rv_torch_archive_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                               RvError *err);

#endif
