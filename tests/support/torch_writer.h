/* SPDX-License-Identifier: MIT */
/* Files as torch.save writes them: a ZIP archive, or the older format of pickles and storages. */
#ifndef RV_TESTS_TORCH_WRITER_H
#define RV_TESTS_TORCH_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A tensor with a storage of its own. Strides are in elements. */
typedef struct TorchTensor {
    const char *name, *storage; // storage: "Float", "Half", "BFloat16", "Long"
    size_t shape[4], stride[4];
    int rank;
    size_t element_count;
} TorchTensor;

/* Write the elements of tensor number `index` in the order of its storage. */
typedef bool (*TorchValues)(FILE *file, void *context, size_t index);

/* Write {name: tensor, ...} with pickle protocol 2. Returns false if the file could not be written. */
bool torch_write(const char *path, bool legacy, const TorchTensor *tensors, size_t count, TorchValues values,
                 void *context);

#endif
