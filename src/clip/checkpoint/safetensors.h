/* SPDX-License-Identifier: MIT */
/* The safetensors format: a JSON header and tensors one after the other. */
#ifndef RV_SAFETENSORS_H
#define RV_SAFETENSORS_H

#include "clip/checkpoint/tensor_table.h"

/* Add every tensor of the file's bytes to the table; tensors point into `bytes`. path names the file in
 * messages and must outlive the table. Checked are header size, types, shapes, offsets inside the file, no
 * overlaps, and no gaps (the format has none). Tensors of types other than F32, F16, BF16 are added with a
 * fault. Errors: FORMAT, MEMORY. Source: https://github.com/huggingface/safetensors, section Format. */
RvStatus rv_safetensors_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                             RvError *err);

#endif
