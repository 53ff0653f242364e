/* SPDX-License-Identifier: MIT */
/* The named tensors of one checkpoint, and reading their elements as float32. */
#include "clip/checkpoint/tensor_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static RvStatus grow(TensorTable *table, RvError *err)
{
    NamedTensor *items = rv_mem_grow(table->items, &table->capacity, table->count + 1, sizeof *items, err);
    if (items == NULL)
        return RV_ERROR_MEMORY;
    table->items = items;
    return RV_OK;
}

RvStatus rv_tensor_table_add(TensorTable *table, const char *name, const Tensor *tensor, const char *file,
                             const char *fault, RvError *err)
{
    size_t length = strlen(name);
    if (length == 0 || length >= TENSOR_NAME_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: a tensor's name has %zu bytes; damaged file?", file,
                            length);
    if (table->count >= TENSOR_TABLE_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: more than %zu tensors; not a CLIP checkpoint", file,
                            TENSOR_TABLE_MAX);
    if (table->count == table->capacity && grow(table, err) != RV_OK)
        return RV_ERROR_MEMORY;
    char *copy = rv_mem_copy_string(name, err);
    if (copy == NULL)
        return RV_ERROR_MEMORY;
    table->items[table->count++] =
        (NamedTensor){.name = copy, .tensor = *tensor, .file = file, .fault = fault};
    table->sorted = false;
    return RV_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const NamedTensor *)a)->name, ((const NamedTensor *)b)->name);
}

RvStatus rv_tensor_table_sort(TensorTable *table, RvError *err)
{
    if (table->count > 1)
        qsort(table->items, table->count, sizeof *table->items, compare_names);
    for (size_t i = 1; i < table->count; i++) {
        if (strcmp(table->items[i - 1].name, table->items[i].name) == 0)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: tensor %s stands there twice",
                                table->items[i].file, table->items[i].name);
    }
    table->sorted = true;
    return RV_OK;
}

const NamedTensor *rv_tensor_table_find(const TensorTable *table, const char *name)
{
    NamedTensor key = {.name = (char *)name};
    if (table->count == 0 || !table->sorted)
        return NULL;
    return bsearch(&key, table->items, table->count, sizeof key, compare_names);
}

void rv_tensor_table_clear(TensorTable *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->items[i].name);
        free(table->items[i].gathered);
    }
    free(table->items);
    *table = (TensorTable){0};
}

bool rv_tensor_count_elements(Tensor *tensor)
{
    tensor->element_count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (!rv_mem_multiply(tensor->element_count, tensor->shape[i], &tensor->element_count))
            return false;
    }
    return true;
}

bool rv_tensor_extent(const Tensor *tensor, size_t *extent)
{
    *extent = tensor->element_count;
    if (!tensor->strided || tensor->element_count == 0)
        return true;
    size_t last = 0, step = 0;
    for (int i = 0; i < tensor->rank; i++) {
        if (!rv_mem_multiply(tensor->shape[i] - 1, tensor->stride[i], &step) || step >= SIZE_MAX - last)
            return false;
        last += step;
    }
    *extent = last + 1;
    return true;
}

size_t rv_weight_type_bytes(WeightType type)
{
    return type == WEIGHT_F32 ? 4 : 2;
}

void rv_tensor_shape_text(const size_t *shape, int rank, char text[TENSOR_SHAPE_TEXT_BYTES])
{
    size_t used = (size_t)snprintf(text, TENSOR_SHAPE_TEXT_BYTES, "[");
    for (int i = 0; i < rank; i++)
        used +=
            (size_t)snprintf(text + used, TENSOR_SHAPE_TEXT_BYTES - used, i == 0 ? "%zu" : ", %zu", shape[i]);
    snprintf(text + used, TENSOR_SHAPE_TEXT_BYTES - used, "]");
}

/* IEEE 754 binary16 to binary32, with few branches so that compilers vectorise the loop around it. The
 * shifted bits are a float whose exponent is 112 too low. Multiplying by 2^112 corrects it, subnormals
 * included. */
static float half_to_float(uint16_t half)
{
    uint32_t bits = (uint32_t)(half & 0x7fff) << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    uint32_t special = (half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    bits |= special | (uint32_t)(half & 0x8000) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void rv_tensor_read(const Tensor *tensor, size_t first, size_t count, float *dst)
{
    const uint8_t *src = tensor->bytes + first * rv_weight_type_bytes(tensor->type);
    if (tensor->type == WEIGHT_F32) {
        memcpy(dst, src, count * sizeof *dst);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t word;
        memcpy(&word, src + 2 * i, sizeof word);
        if (tensor->type == WEIGHT_F16) {
            dst[i] = half_to_float(word);
        } else {
            uint32_t bits = (uint32_t)word << 16;
            memcpy(&dst[i], &bits, sizeof bits);
        }
    }
}
