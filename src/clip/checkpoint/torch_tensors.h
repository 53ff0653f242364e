/* SPDX-License-Identifier: MIT */
/* The tensors that a pickle of torch.save describes, for every kind of file that holds their elements. */
#ifndef RV_TORCH_TENSORS_H
#define RV_TORCH_TENSORS_H

#include "clip/checkpoint/pickle_reader.h"
#include "clip/checkpoint/tensor_table.h"

#define TORCH_KEY_MAX 72

/* An array of elements; tensors are views of it. */
typedef struct TorchStorage {
    const TensorTypeName *type;
    char key[TORCH_KEY_MAX];
    size_t element_count;
} TorchStorage;

/* How to find the storages of a file. find returns the bytes of a storage, at least element_count elements;
 * `tensor` is for messages. */
typedef struct TorchStorages {
    const char *path;
    RvStatus (*find)(void *context, const TorchStorage *storage, const char *tensor, const uint8_t **bytes,
                     size_t *size_bytes, RvError *err);
    void *context;
} TorchStorages;

/* Read the persistent id ('storage', type, key, device, element count[, view]) of a storage. Errors: FORMAT,
 * UNSUPPORTED (a view, as written by PyTorch before 0.4). */
RvStatus rv_torch_storage_read(const PickleValue *value, const char *path, const char *tensor,
                               TorchStorage *out, RvError *err);

/* Add every tensor to the table under its dotted name ("visual.conv1.weight"): tensors of dicts, of
 * attributes of TorchScript's objects, and of the parameters and buffers of whole modules. `storages` finds
 * their bytes. Tensors whose elements are not adjacent have strides. What cannot be used as a weight is added
 * with a fault. Nothing is called. Errors: FORMAT, UNSUPPORTED, MEMORY. */
RvStatus rv_torch_tensors_read(const Pickle *pickle, const TorchStorages *storages, TensorTable *table,
                               RvError *err);

#endif
