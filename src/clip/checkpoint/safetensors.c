/* SPDX-License-Identifier: MIT */
/* The safetensors format: a JSON header and tensors one after the other. */
#include "clip/checkpoint/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/json_file.h"

#define HEADER_MAX_BYTES ((uint64_t)16 << 20)
#define LENGTH_BYTES 8

static const TensorTypeName types[] = {
    {"F32", 4, WEIGHT_F32, NULL},
    {"F16", 2, WEIGHT_F16, NULL},
    {"BF16", 2, WEIGHT_BF16, NULL},
    {"F64", 8, WEIGHT_F32, "is of type F64"},
    {"I64", 8, WEIGHT_F32, "is of type I64"},
    {"U64", 8, WEIGHT_F32, "is of type U64"},
    {"I32", 4, WEIGHT_F32, "is of type I32"},
    {"U32", 4, WEIGHT_F32, "is of type U32"},
    {"I16", 2, WEIGHT_F32, "is of type I16"},
    {"U16", 2, WEIGHT_F32, "is of type U16"},
    {"I8", 1, WEIGHT_F32, "is of type I8"},
    {"U8", 1, WEIGHT_F32, "is of type U8"},
    {"BOOL", 1, WEIGHT_F32, "is of type BOOL"},
    {"F8_E4M3", 1, WEIGHT_F32, "is of type F8_E4M3"},
    {"F8_E5M2", 1, WEIGHT_F32, "is of type F8_E5M2"},
};

/* The position of a tensor in the data part, for the check that tensors do not overlap. */
typedef struct Span {
    size_t begin, end;
    const char *name;
} Span;

typedef struct SafetensorsFile {
    const char *path;
    const uint8_t *data;
    size_t data_bytes;
    TensorTable *table;
    Span *spans;
    size_t span_count;
} SafetensorsFile;

static RvStatus bad_tensor(const SafetensorsFile *file, const char *name, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: tensor %.200s: %s; fetch the file again", file->path, name,
                        what);
}

/* Read a non-negative JSON integer as size_t. Returns false if it is none. */
static bool read_size(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

static RvStatus read_shape(const SafetensorsFile *file, const char *name, const json_t *shape, Tensor *tensor,
                           const char **fault, RvError *err)
{
    if (!json_is_array(shape))
        return bad_tensor(file, name, "no shape", err);
    size_t rank = json_array_size(shape);
    tensor->element_count = 1;
    for (size_t i = 0; i < rank; i++) {
        size_t side = 0;
        if (!read_size(json_array_get(shape, i), &side) ||
            !rv_mem_multiply(tensor->element_count, side, &tensor->element_count))
            return bad_tensor(file, name, "impossible shape", err);
        if (i < TENSOR_MAX_RANK)
            tensor->shape[i] = side;
    }
    if (rank > TENSOR_MAX_RANK)
        *fault = "has more than four dimensions";
    tensor->rank = rank > TENSOR_MAX_RANK ? TENSOR_MAX_RANK : (int)rank;
    return RV_OK;
}

static const TensorTypeName *find_type(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

static RvStatus read_tensor(SafetensorsFile *file, const char *name, const json_t *entry, RvError *err)
{
    const TensorTypeName *type = find_type(json_string_value(json_object_get(entry, "dtype")));
    if (type == NULL)
        return bad_tensor(file, name, "unknown type", err);
    Tensor tensor = {.type = type->type};
    const char *fault = type->fault;
    RvStatus status = read_shape(file, name, json_object_get(entry, "shape"), &tensor, &fault, err);
    if (status != RV_OK)
        return status;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t begin = 0, end = 0, size_bytes = 0;
    if (json_array_size(offsets) != 2 || !read_size(json_array_get(offsets, 0), &begin) ||
        !read_size(json_array_get(offsets, 1), &end) || begin > end)
        return bad_tensor(file, name, "impossible data_offsets", err);
    if (end > file->data_bytes)
        return bad_tensor(file, name, "lies past the end of the file", err);
    if (!rv_mem_multiply(tensor.element_count, type->bytes, &size_bytes) || size_bytes != end - begin)
        return bad_tensor(file, name, "shape and data_offsets disagree", err);
    tensor.bytes = file->data + begin;
    file->spans[file->span_count++] = (Span){.begin = begin, .end = end, .name = name};
    return rv_tensor_table_add(file->table, name, &tensor, file->path, fault, err);
}

static int compare_spans(const void *a, const void *b)
{
    const Span *left = a, *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return left->end < right->end ? -1 : left->end > right->end;
}

/* Check that the data part is covered exactly once. */
static RvStatus check_spans(SafetensorsFile *file, RvError *err)
{
    if (file->span_count > 1)
        qsort(file->spans, file->span_count, sizeof *file->spans, compare_spans);
    size_t at = 0;
    for (size_t i = 0; i < file->span_count; i++) {
        if (file->spans[i].begin != at)
            return bad_tensor(file, file->spans[i].name,
                              file->spans[i].begin < at ? "overlaps the tensor before it"
                                                        : "does not follow the tensor before it",
                              err);
        at = file->spans[i].end;
    }
    if (at != file->data_bytes)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %zu bytes after the last tensor; fetch the file again",
                            file->path, file->data_bytes - at);
    return RV_OK;
}

static RvStatus read_header(SafetensorsFile *file, json_t *header, RvError *err)
{
    size_t count = json_object_size(header);
    file->spans = rv_mem_alloc(count, sizeof *file->spans, err);
    if (file->spans == NULL)
        return RV_ERROR_MEMORY;
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        RvStatus status = read_tensor(file, name, entry, err);
        if (status != RV_OK)
            return status;
    }
    return check_spans(file, err);
}

RvStatus rv_safetensors_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                             RvError *err)
{
    uint64_t header_bytes = 0;
    if (size_bytes >= LENGTH_BYTES) {
        for (int i = LENGTH_BYTES - 1; i >= 0; i--)
            header_bytes = header_bytes << 8 | bytes[i];
    }
    if (header_bytes < 2 || header_bytes > HEADER_MAX_BYTES || size_bytes == LENGTH_BYTES ||
        bytes[LENGTH_BYTES] != '{')
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a safetensors file", path);
    if (header_bytes > size_bytes - LENGTH_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: ends inside its header; fetch the file again", path);
    json_t *header = NULL;
    RvStatus status = rv_json_parse(bytes + LENGTH_BYTES, (size_t)header_bytes, path,
                                    "damaged safetensors header: ", &header, err);
    if (status != RV_OK)
        return status;
    SafetensorsFile file = {.path = path,
                            .data = bytes + LENGTH_BYTES + header_bytes,
                            .data_bytes = size_bytes - LENGTH_BYTES - (size_t)header_bytes,
                            .table = table};
    status = read_header(&file, header, err);
    free(file.spans);
    json_decref(header);
    return status;
}
