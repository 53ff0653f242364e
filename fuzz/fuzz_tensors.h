/* SPDX-License-Identifier: MIT */
/* What the fuzz targets of weight files do with the tensors that they get. */
#ifndef RV_FUZZ_TENSORS_H
#define RV_FUZZ_TENSORS_H

#include <stdlib.h>

#include "clip/checkpoint/tensor_names.h"
#include "clip/checkpoint/tensor_source.h"
#include "clip/families.h"

/* Read the first and the last element of every tensor, and all of those with strides: they must lie inside.
 */
static void fuzz_touch(const TensorTable *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const Tensor *tensor = &table->items[i].tensor;
        float value;
        if (table->items[i].fault != NULL || tensor->element_count == 0)
            continue;
        if (tensor->strided) {
            uint8_t *gathered = malloc(tensor->element_count * rv_weight_type_bytes(tensor->type));
            if (gathered != NULL)
                rv_tensor_gather(tensor, gathered, NULL);
            free(gathered);
            continue;
        }
        rv_tensor_read(tensor, 0, 1, &value);
        rv_tensor_read(tensor, tensor->element_count - 1, 1, &value);
    }
}

/* Read the bytes as one kind of weight file, and a configuration from what comes of them. */
static void fuzz_tensors(RvStatus (*read)(const uint8_t *, size_t, const char *, TensorTable *, RvError *),
                         const uint8_t *bytes, size_t size_bytes)
{
    TensorTable table = {0};
    ModelSpec spec;
    const ModelFamily *family = NULL;
    RvError err = {0};
    RvStatus status = read(bytes, size_bytes, "fuzz", &table, &err);
    if (status == RV_OK) {
        rv_tensor_names_strip_prefix(&table, "fuzz", NULL);
        status = rv_tensor_table_sort(&table, &err);
    }
    if (status == RV_OK) {
        fuzz_touch(&table);
        status = rv_families_describe(&(FamilySource){.path = "fuzz", .folder = "fuzz", .tensors = &table},
                                      &family, &spec, &err);
    }
    if (status != RV_OK && err.message[0] == '\0')
        abort(); // a failure without a message
    rv_tensor_table_clear(&table);
}

#endif
