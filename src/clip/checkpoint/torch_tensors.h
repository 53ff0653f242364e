/* SPDX-License-Identifier: MIT */
/* The tensors that a pickle of torch.save describes, whatever file keeps their elements. */
#ifndef RV_TORCH_TENSORS_H
#define RV_TORCH_TENSORS_H

#include "clip/checkpoint/pickle_reader.h"
#include "clip/checkpoint/tensor_table.h"

#define TORCH_KEY_MAX 72

/* A run of elements that tensors are views of. */
typedef struct TorchStorage {
    const TensorTypeName *type;
    char key[TORCH_KEY_MAX];
    size_t element_count;
} TorchStorage;

/* Where a file keeps its storages. find gives the bytes of a storage, at least element_count elements;
 * `tensor` is for messages. */
typedef struct TorchStorages {
    const char *path;
    RvStatus (*find)(void *context, const TorchStorage *storage, const char *tensor, const uint8_t **bytes,
                     size_t *size_bytes, RvError *err);
    void *context;
} TorchStorages;

/* The persistent id ('storage', type, key, device, element count[, view]) of a storage. Errors: FORMAT,
 * UNSUPPORTED (a view, as PyTorch before 0.4 wrote). */
RvStatus rv_torch_storage_read(const PickleValue *value, const char *path, const char *tensor,
                               TorchStorage *out, RvError *err);

/* Add every tensor to the table under its dotted name ("visual.conv1.weight"): those of dicts, of attributes
 * of TorchScript's objects, and of the parameters and buffers of whole modules. Their bytes lie where
 * `storages` finds them; elements that do not follow each other have strides. What cannot serve as a weight
 * is entered with a fault. Nothing is called. Errors: FORMAT, UNSUPPORTED, MEMORY. */
RvStatus rv_torch_tensors_read(const Pickle *pickle, const TorchStorages *storages, TensorTable *table,
                               RvError *err);

#endif
