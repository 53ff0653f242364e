/* SPDX-License-Identifier: MIT */
/* The tensors that a pickle of torch.save describes, for every kind of file that holds their elements. */
#include "clip/checkpoint/torch_tensors.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Limit of modules within modules. CLIP's deepest name has six parts. */
#define NESTING_MAX 32
/* Limit of dict items visited. Dicts may be shared, so a small pickle can describe a large tree. */
#define VISIT_MAX 4000000

typedef struct TensorWalk {
    const TorchStorages *storages;
    TensorTable *table;
    size_t visit_count; // items of dicts visited so far, including those skipped
} TensorWalk;

static const TensorTypeName storage_types[] = {
    {"FloatStorage", 4, WEIGHT_F32, NULL},
    {"HalfStorage", 2, WEIGHT_F16, NULL},
    {"BFloat16Storage", 2, WEIGHT_BF16, NULL},
    {"DoubleStorage", 8, WEIGHT_F32, "is of type F64"},
    {"LongStorage", 8, WEIGHT_F32, "is of type I64"},
    {"IntStorage", 4, WEIGHT_F32, "is of type I32"},
    {"ShortStorage", 2, WEIGHT_F32, "is of type I16"},
    {"CharStorage", 1, WEIGHT_F32, "is of type I8"},
    {"ByteStorage", 1, WEIGHT_F32, "is of type U8"},
    {"BoolStorage", 1, WEIGHT_F32, "is of type BOOL"},
    {"ComplexFloatStorage", 8, WEIGHT_F32, "is of complex numbers"},
    {"ComplexDoubleStorage", 16, WEIGHT_F32, "is of complex numbers"},
    {"UntypedStorage", 1, WEIGHT_F32, "is of no type"},
};

static RvStatus bad_tensor(const char *path, const char *name, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: tensor %s: %s; fetch the file again", path, name, what);
}

RvStatus rv_torch_storage_read(const PickleValue *value, const char *path, const char *tensor,
                               TorchStorage *out, RvError *err)
{
    *out = (TorchStorage){0};
    const PickleValue *id = value->kind == PICKLE_PERSISTENT ? value->arguments : NULL;
    if (id == NULL || id->kind != PICKLE_TUPLE || id->count < 5 || id->items[0]->kind != PICKLE_STRING ||
        !rv_pickle_text_is(id->items[0]->text, "storage") || id->items[1]->kind != PICKLE_GLOBAL ||
        id->items[2]->kind != PICKLE_STRING || id->items[4]->kind != PICKLE_INTEGER)
        return bad_tensor(path, tensor, "has no storage", err);
    for (size_t i = 0; i < sizeof storage_types / sizeof storage_types[0]; i++) {
        if (rv_pickle_text_is(id->items[1]->name, storage_types[i].name))
            out->type = &storage_types[i];
    }
    if (out->type == NULL)
        return bad_tensor(path, tensor, "unknown storage type", err);
    PickleText key = id->items[2]->text;
    if (key.size_bytes == 0 || key.size_bytes >= TORCH_KEY_MAX ||
        memchr(key.bytes, 0, key.size_bytes) != NULL)
        return bad_tensor(path, tensor, "bad storage key", err);
    memcpy(out->key, key.bytes, key.size_bytes);
    size_t size_bytes = 0;
    if (id->items[4]->integer < 0 ||
        !rv_mem_multiply((size_t)id->items[4]->integer, out->type->bytes, &size_bytes))
        return bad_tensor(path, tensor, "impossible storage", err);
    out->element_count = (size_t)id->items[4]->integer;
    if (id->count > 5 && id->items[5]->kind != PICKLE_NONE)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: tensor %s was written by PyTorch before 0.4; load it there and save it again", path, tensor);
    return RV_OK;
}

/* Read shape and strides from tuples of integers. */
static RvStatus read_shape(const char *path, const char *name, const PickleValue *sizes,
                           const PickleValue *strides, Tensor *tensor, const char **fault, RvError *err)
{
    if (sizes->kind != PICKLE_TUPLE || strides->kind != PICKLE_TUPLE || sizes->count != strides->count)
        return bad_tensor(path, name, "no shape", err);
    if (sizes->count > TENSOR_MAX_RANK) {
        *fault = "has more than four dimensions";
        tensor->element_count = 0;
        return RV_OK;
    }
    tensor->rank = (int)sizes->count;
    for (size_t i = 0; i < sizes->count; i++) {
        if (sizes->items[i]->kind != PICKLE_INTEGER || strides->items[i]->kind != PICKLE_INTEGER ||
            sizes->items[i]->integer < 0 || strides->items[i]->integer < 0)
            return bad_tensor(path, name, "impossible shape", err);
        tensor->shape[i] = (size_t)sizes->items[i]->integer;
        tensor->stride[i] = (size_t)strides->items[i]->integer;
    }
    return rv_tensor_count_elements(tensor) ? RV_OK : bad_tensor(path, name, "impossible shape", err);
}

/* True if the elements are adjacent. Otherwise the tensor keeps its strides. */
static bool is_contiguous(const Tensor *tensor)
{
    size_t expected = 1;
    for (int i = tensor->rank; i-- > 0 && tensor->element_count > 0;) {
        if (tensor->shape[i] != 1 && tensor->stride[i] != expected)
            return false;
        expected *= tensor->shape[i];
    }
    return true;
}

/* torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...). */
static RvStatus add_tensor(TensorWalk *walk, const char *name, const PickleValue *arguments, RvError *err)
{
    const char *path = walk->storages->path;
    if (arguments->count < 4 || arguments->items[1]->kind != PICKLE_INTEGER)
        return bad_tensor(path, name, "cannot be rebuilt", err);
    TorchStorage storage;
    const uint8_t *bytes = NULL;
    size_t size_bytes = 0;
    RvStatus status = rv_torch_storage_read(arguments->items[0], path, name, &storage, err);
    if (status == RV_OK)
        status = walk->storages->find(walk->storages->context, &storage, name, &bytes, &size_bytes, err);
    if (status != RV_OK)
        return status;
    if (storage.element_count * storage.type->bytes > size_bytes)
        return bad_tensor(path, name, "its storage is cut off", err);
    Tensor tensor = {.type = storage.type->type, .bytes = bytes};
    const char *fault = storage.type->fault;
    status = read_shape(path, name, arguments->items[2], arguments->items[3], &tensor, &fault, err);
    if (status != RV_OK)
        return status;
    int64_t first = arguments->items[1]->integer;
    size_t extent = 0;
    tensor.strided = fault == NULL && !is_contiguous(&tensor);
    if (first < 0 || (size_t)first > storage.element_count ||
        (fault == NULL &&
         (!rv_tensor_extent(&tensor, &extent) || extent > storage.element_count - (size_t)first)))
        return bad_tensor(path, name, "lies past the end of its storage", err);
    // Elements that are stored once and used many times could exhaust the memory.
    if (fault == NULL && tensor.element_count > storage.element_count)
        fault = "repeats its elements";
    tensor.bytes += (size_t)first * storage.type->bytes;
    return rv_tensor_table_add(walk->table, name, &tensor, path, fault, err);
}

static RvStatus visit(TensorWalk *walk, const char *name, const PickleValue *value, int depth, RvError *err);

/* Handle _rebuild_tensor_v2 and _rebuild_parameter of torch._utils, and their wrappers. */
static RvStatus visit_call(TensorWalk *walk, const char *name, const PickleValue *call, int depth,
                           RvError *err)
{
    static const char of_tensors[] = "_rebuild_";
    const PickleValue *callee = call->callee, *arguments = call->arguments;
    // torch._tensor._rebuild_from_type_v2(function, type, arguments, state).
    if (rv_pickle_is_global(callee, "torch._tensor", "_rebuild_from_type_v2") && arguments->count > 2 &&
        arguments->items[0]->kind == PICKLE_GLOBAL && arguments->items[2]->kind == PICKLE_TUPLE) {
        callee = arguments->items[0];
        arguments = arguments->items[2];
    }
    if (rv_pickle_is_global(callee, "torch._utils", "_rebuild_tensor_v2") ||
        rv_pickle_is_global(callee, "torch._utils", "_rebuild_tensor"))
        return add_tensor(walk, name, arguments, err);
    if ((rv_pickle_is_global(callee, "torch._utils", "_rebuild_parameter") ||
         rv_pickle_is_global(callee, "torch._utils", "_rebuild_parameter_with_state")) &&
        arguments->count > 0)
        return visit(walk, name, arguments->items[0], depth + 1, err);
    if (name[0] != '\0' && rv_pickle_text_is(callee->text, "torch._utils") &&
        callee->name.size_bytes > sizeof of_tensors - 1 &&
        memcmp(callee->name.bytes, of_tensors, sizeof of_tensors - 1) == 0)
        return rv_tensor_table_add(walk->table, name, &(Tensor){0}, walk->storages->path,
                                   "is of a kind that is not read (quantized, sparse, ...)", err);
    return RV_OK; // lists of integers and the like are ignored
}

/* Returns the value of a text key, or NULL if there is none. */
static const PickleValue *find_key(TensorWalk *walk, const PickleValue *dict, const char *key)
{
    walk->visit_count += dict->count / 2;
    for (size_t i = 0; i + 1 < dict->count; i += 2) {
        if (dict->items[i]->kind == PICKLE_STRING && rv_pickle_text_is(dict->items[i]->text, key))
            return dict->items[i + 1];
    }
    return NULL;
}

/* A pickled torch.nn.Module holds what state_dict() would list in three dicts. */
static RvStatus visit_module(TensorWalk *walk, const char *name, const PickleValue *state, int depth,
                             RvError *err)
{
    static const char *const dicts[] = {"_parameters", "_buffers", "_modules"};
    RvStatus status = RV_OK;
    for (size_t i = 0; i < 3 && status == RV_OK; i++) {
        const PickleValue *dict = find_key(walk, state, dicts[i]);
        if (dict != NULL)
            status = visit(walk, name, dict, depth + 1, err);
    }
    return status;
}

/* Visit tensors of dicts and of objects' attributes, under their dotted names. */
static RvStatus visit(TensorWalk *walk, const char *name, const PickleValue *value, int depth, RvError *err)
{
    if (depth > NESTING_MAX || ++walk->visit_count > VISIT_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: modules nested without end; not a CLIP checkpoint",
                            walk->storages->path);
    if (value->kind == PICKLE_CALL)
        return visit_call(walk, name, value, depth, err);
    if (value->kind == PICKLE_OBJECT && value->state != NULL)
        return value->state->kind == PICKLE_DICT && find_key(walk, value->state, "_modules") != NULL
                   ? visit_module(walk, name, value->state, depth, err)
                   : visit(walk, name, value->state, depth + 1, err);
    if (value->kind != PICKLE_DICT)
        return RV_OK;
    walk->visit_count += value->count / 2;
    RvStatus status = RV_OK;
    for (size_t i = 0; i + 1 < value->count && status == RV_OK; i += 2) {
        const PickleValue *key = value->items[i];
        if (key->kind != PICKLE_STRING || memchr(key->text.bytes, 0, key->text.size_bytes) != NULL)
            continue;
        char child[TENSOR_NAME_MAX];
        int length =
            snprintf(child, sizeof child, "%s%s%.*s", name, name[0] != '\0' ? "." : "",
                     key->text.size_bytes < TENSOR_NAME_MAX ? (int)key->text.size_bytes : TENSOR_NAME_MAX,
                     key->text.bytes);
        if (length > 0 && (size_t)length < sizeof child)
            status = visit(walk, child, value->items[i + 1], depth + 1, err);
    }
    return status;
}

RvStatus rv_torch_tensors_read(const Pickle *pickle, const TorchStorages *storages, TensorTable *table,
                               RvError *err)
{
    TensorWalk walk = {.storages = storages, .table = table};
    return visit(&walk, "", pickle->root, 0, err);
}
