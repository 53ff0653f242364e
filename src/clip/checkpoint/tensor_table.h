/* SPDX-License-Identifier: MIT */
/* The named tensors of one checkpoint, in a list that is sorted once and then searched. */
#ifndef RV_TENSOR_TABLE_H
#define RV_TENSOR_TABLE_H

#include "clip/checkpoint/tensor.h"
#include "reelvec/status.h"

#define TENSOR_NAME_MAX 256
#define TENSOR_TABLE_MAX ((size_t)1 << 16)

typedef struct NamedTensor {
    char *name;        // owned
    Tensor tensor;     // its bytes are in a mapped file
    const char *file;  // path of that file; borrowed, outlives the table
    const char *fault; // static text: why it cannot be used as a weight ("is of type I64"); NULL if it can
    uint8_t *gathered; // the elements, if they were gathered; owned
} NamedTensor;

/* The name that a format has for a type of elements. */
typedef struct TensorTypeName {
    const char *name;
    size_t bytes; // of an element
    WeightType type;
    const char *fault; // as in NamedTensor
} TensorTypeName;

typedef struct TensorTable {
    NamedTensor *items;
    size_t count, capacity;
    bool sorted;
    bool torchscript; // read from a TorchScript archive
} TensorTable;

/* Add a tensor; its name is copied. Errors: FORMAT (empty or overlong name, over TENSOR_TABLE_MAX tensors),
 * MEMORY. */
RvStatus rv_tensor_table_add(TensorTable *table, const char *name, const Tensor *tensor, const char *file,
                             const char *fault, RvError *err);

/* Sort by name; required before rv_tensor_table_find, which returns NULL if there is no such tensor. Errors:
 * FORMAT if a name occurs twice. */
RvStatus rv_tensor_table_sort(TensorTable *table, RvError *err);
const NamedTensor *rv_tensor_table_find(const TensorTable *table, const char *name);
void rv_tensor_table_clear(TensorTable *table);

/* Set element_count from the shape. Returns false if it overflows. */
bool rv_tensor_count_elements(Tensor *tensor);

/* Write the number of elements of its storage that the tensor spans, gaps included. Returns false if it
 * overflows. */
bool rv_tensor_extent(const Tensor *tensor, size_t *extent);

/* Returns the bytes of an element. */
size_t rv_weight_type_bytes(WeightType type);

/* Write a shape for messages: "[768, 3, 32, 32]". */
#define TENSOR_SHAPE_TEXT_BYTES 112
void rv_tensor_shape_text(const size_t *shape, int rank, char text[TENSOR_SHAPE_TEXT_BYTES]);

#endif
