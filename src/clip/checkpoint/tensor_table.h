/* SPDX-License-Identifier: MIT */
/* The named tensors of one checkpoint, in a list that is sorted once and then searched. */
#ifndef RV_TENSOR_TABLE_H
#define RV_TENSOR_TABLE_H

#include "clip/checkpoint/checkpoint.h"

#define TENSOR_NAME_MAX 256
#define TENSOR_TABLE_MAX ((size_t)1 << 16)

typedef struct NamedTensor {
    char *name;        // owned
    Tensor tensor;     // bytes lie in a mapped file
    const char *file;  // path of that file; borrowed, outlives the table
    const char *fault; // static text: why it cannot serve as a weight ("is of type I64"); NULL when it can
    uint8_t *gathered; // where the elements lie if they were gathered; owned
} NamedTensor;

/* What a format calls a type of elements. */
typedef struct TensorTypeName {
    const char *name;
    size_t bytes; // of an element
    WeightType type;
    const char *fault; // as of a NamedTensor
} TensorTypeName;

typedef struct TensorTable {
    NamedTensor *items;
    size_t count, capacity;
    bool sorted;
    bool torchscript; // out of a TorchScript archive
} TensorTable;

/* The name is copied. Errors: FORMAT (empty or overlong name, over TENSOR_TABLE_MAX tensors), MEMORY. */
RvStatus rv_tensor_table_add(TensorTable *table, const char *name, const Tensor *tensor, const char *file,
                             const char *fault, RvError *err);

/* Must precede rv_tensor_table_find. FORMAT when a name stands twice. */
RvStatus rv_tensor_table_sort(TensorTable *table, RvError *err);
const NamedTensor *rv_tensor_table_find(const TensorTable *table, const char *name);
void rv_tensor_table_clear(TensorTable *table);

/* Set element_count from the shape; false when it overflows. */
bool rv_tensor_count_elements(Tensor *tensor);

/* How many elements of its storage the tensor reaches over, with gaps; false when that overflows. */
bool rv_tensor_extent(const Tensor *tensor, size_t *extent);
size_t rv_weight_type_bytes(WeightType type);
const char *rv_weight_type_name(WeightType type); // "F32", "F16", "BF16"

/* "[768, 3, 32, 32]" for messages. */
#define TENSOR_SHAPE_TEXT_BYTES 112
void rv_tensor_shape_text(const size_t *shape, int rank, char text[TENSOR_SHAPE_TEXT_BYTES]);

#endif
