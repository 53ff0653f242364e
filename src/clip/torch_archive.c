/* SPDX-License-Identifier: MIT */
/* PyTorch's ZIP archives: TorchScript modules and state_dicts, as named tensors. */
#include "clip/torch_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/pickle_reader.h"
#include "clip/zip_reader.h"

/* Modules in modules: CLIP's deepest name has six parts. */
#define NESTING_MAX 32
#define VISIT_MAX 1000000

static const char known_tensor[] = "visual.conv1.weight";

typedef struct TorchArchive {
    const char *path;
    ZipArchive zip;
    char root[ZIP_NAME_MAX]; // "archive/"
    TensorTable *table;
    size_t visit_count;
} TorchArchive;

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
};

bool rv_torch_archive_looks_like(const uint8_t *bytes, size_t size_bytes)
{
    return size_bytes >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

static RvStatus bad_tensor(const TorchArchive *archive, const char *name, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: tensor %s: %s; fetch the file again", archive->path, name,
                        what);
}

/* Entry root + name; UNSUPPORTED where it is compressed. */
static RvStatus find_entry(const TorchArchive *archive, const char *name, const ZipEntry **out, RvError *err)
{
    char full[2 * ZIP_NAME_MAX];
    snprintf(full, sizeof full, "%s%s", archive->root, name);
    *out = rv_zip_find(&archive->zip, full);
    if (*out == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: has no entry %s; fetch the file again", archive->path,
                            full);
    if (!(*out)->stored)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: entry %s is compressed; save it again with torch.save", archive->path, full);
    return RV_OK;
}

/* The persistent id ('storage', type, key, device, element count): its bytes. */
static RvStatus find_storage(const TorchArchive *archive, const char *name, const PickleValue *value,
                             const TensorTypeName **type, const ZipEntry **entry, RvError *err)
{
    const PickleValue *id = value->kind == PICKLE_PERSISTENT ? value->arguments : NULL;
    if (id == NULL || id->kind != PICKLE_TUPLE || id->count < 5 || id->items[0]->kind != PICKLE_STRING ||
        !rv_pickle_text_is(id->items[0]->text, "storage") || id->items[1]->kind != PICKLE_GLOBAL ||
        id->items[2]->kind != PICKLE_STRING || id->items[4]->kind != PICKLE_INTEGER)
        return bad_tensor(archive, name, "has no storage", err);
    *type = NULL;
    for (size_t i = 0; i < sizeof storage_types / sizeof storage_types[0]; i++) {
        if (rv_pickle_text_is(id->items[1]->name, storage_types[i].name))
            *type = &storage_types[i];
    }
    if (*type == NULL)
        return bad_tensor(archive, name, "unknown storage type", err);
    PickleText key = id->items[2]->text;
    char entry_name[ZIP_NAME_MAX];
    if (key.size_bytes == 0 || key.size_bytes > 64 || memchr(key.bytes, 0, key.size_bytes) != NULL)
        return bad_tensor(archive, name, "bad storage key", err);
    snprintf(entry_name, sizeof entry_name, "data/%.*s", (int)key.size_bytes, key.bytes);
    RvStatus status = find_entry(archive, entry_name, entry, err);
    if (status != RV_OK)
        return status;
    int64_t count = id->items[4]->integer;
    size_t size_bytes = 0;
    if (count < 0 || !rv_mem_multiply((size_t)count, (*type)->bytes, &size_bytes) ||
        size_bytes > (*entry)->size_bytes)
        return bad_tensor(archive, name, "its storage is cut off", err);
    return RV_OK;
}

/* Tuple of integers into shape and, row-major, into a verdict on the strides. */
static RvStatus read_shape(const TorchArchive *archive, const char *name, const PickleValue *sizes,
                           const PickleValue *strides, Tensor *tensor, const char **fault, RvError *err)
{
    if (sizes->kind != PICKLE_TUPLE || strides->kind != PICKLE_TUPLE || sizes->count != strides->count)
        return bad_tensor(archive, name, "no shape", err);
    if (sizes->count > TENSOR_MAX_RANK) {
        *fault = "has more than four dimensions";
        tensor->element_count = 0;
        return RV_OK;
    }
    tensor->rank = (int)sizes->count;
    for (size_t i = 0; i < sizes->count; i++) {
        if (sizes->items[i]->kind != PICKLE_INTEGER || strides->items[i]->kind != PICKLE_INTEGER ||
            sizes->items[i]->integer < 0)
            return bad_tensor(archive, name, "impossible shape", err);
        tensor->shape[i] = (size_t)sizes->items[i]->integer;
    }
    if (!rv_tensor_count_elements(tensor))
        return bad_tensor(archive, name, "impossible shape", err);
    uint64_t expected = 1;
    for (size_t i = sizes->count; i-- > 0 && tensor->element_count > 0;) {
        if (tensor->shape[i] != 1 && (uint64_t)strides->items[i]->integer != expected)
            *fault = "is not contiguous";
        expected *= tensor->shape[i];
    }
    return RV_OK;
}

/* torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...). */
static RvStatus add_tensor(TorchArchive *archive, const char *name, const PickleValue *arguments,
                           RvError *err)
{
    if (arguments->count < 4 || arguments->items[1]->kind != PICKLE_INTEGER)
        return bad_tensor(archive, name, "cannot be rebuilt", err);
    const TensorTypeName *type = NULL;
    const ZipEntry *entry = NULL;
    RvStatus status = find_storage(archive, name, arguments->items[0], &type, &entry, err);
    if (status != RV_OK)
        return status;
    Tensor tensor = {.type = type->type, .bytes = entry->bytes};
    const char *fault = type->fault;
    status = read_shape(archive, name, arguments->items[2], arguments->items[3], &tensor, &fault, err);
    if (status != RV_OK)
        return status;
    size_t room = entry->size_bytes / type->bytes;
    int64_t first = arguments->items[1]->integer;
    if (fault == NULL && (first < 0 || (uint64_t)first > room || tensor.element_count > room - (size_t)first))
        return bad_tensor(archive, name, "lies past the end of its storage", err);
    if (fault == NULL)
        tensor.bytes += (size_t)first * type->bytes;
    return rv_tensor_table_add(archive->table, name, &tensor, archive->path, fault, err);
}

static RvStatus walk(TorchArchive *archive, const char *name, const PickleValue *value, int depth,
                     RvError *err);

static RvStatus walk_call(TorchArchive *archive, const char *name, const PickleValue *call, int depth,
                          RvError *err)
{
    if (rv_pickle_is_global(call->callee, "torch._utils", "_rebuild_tensor_v2"))
        return add_tensor(archive, name, call->arguments, err);
    if (rv_pickle_is_global(call->callee, "torch._utils", "_rebuild_parameter") && call->arguments->count > 0)
        return walk(archive, name, call->arguments->items[0], depth + 1, err);
    return RV_OK; // lists of integers and the like
}

/* Tensors of dicts and of objects' attributes, under their dotted names. */
static RvStatus walk(TorchArchive *archive, const char *name, const PickleValue *value, int depth,
                     RvError *err)
{
    if (depth > NESTING_MAX || ++archive->visit_count > VISIT_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: modules nested without end; not a CLIP checkpoint",
                            archive->path);
    if (value->kind == PICKLE_CALL)
        return walk_call(archive, name, value, depth, err);
    if (value->kind == PICKLE_OBJECT && value->state != NULL)
        return walk(archive, name, value->state, depth + 1, err);
    if (value->kind != PICKLE_DICT)
        return RV_OK;
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
            status = walk(archive, child, value->items[i + 1], depth + 1, err);
    }
    return status;
}

/* Training frameworks put a prefix before all names; it is what stands before a name that every CLIP has. */
static void strip_prefix(TensorTable *table)
{
    size_t known_length = sizeof known_tensor - 1, prefix_length = 0;
    const char *with_prefix = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const char *name = table->items[i].name;
        size_t length = strlen(name);
        if (length == known_length && strcmp(name, known_tensor) == 0)
            return;
        if (with_prefix == NULL && length > known_length && name[length - known_length - 1] == '.' &&
            strcmp(name + length - known_length, known_tensor) == 0) {
            with_prefix = name;
            prefix_length = length - known_length;
        }
    }
    if (with_prefix == NULL)
        return;
    char prefix[TENSOR_NAME_MAX];
    snprintf(prefix, sizeof prefix, "%.*s", (int)prefix_length, with_prefix);
    for (size_t i = 0; i < table->count; i++) {
        char *name = table->items[i].name;
        if (strncmp(name, prefix, prefix_length) == 0 && name[prefix_length] != '\0')
            memmove(name, name + prefix_length, strlen(name + prefix_length) + 1);
    }
}

/* The folder of the one entry FOLDER/data.pkl. */
static RvStatus find_root(TorchArchive *archive, RvError *err)
{
    for (size_t i = 0; i < archive->zip.count; i++) {
        const char *name = archive->zip.entries[i].name;
        const char *slash = strchr(name, '/');
        if (slash != NULL && strcmp(slash, "/data.pkl") == 0) {
            snprintf(archive->root, sizeof archive->root, "%.*s", (int)(slash - name + 1), name);
            return RV_OK;
        }
    }
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: an archive, but none of PyTorch's (no data.pkl)",
                        archive->path);
}

static RvStatus check_byte_order(const TorchArchive *archive, RvError *err)
{
    char name[2 * ZIP_NAME_MAX];
    snprintf(name, sizeof name, "%sbyteorder", archive->root);
    const ZipEntry *entry = rv_zip_find(&archive->zip, name);
    if (entry == NULL || (entry->size_bytes == 6 && memcmp(entry->bytes, "little", 6) == 0))
        return RV_OK;
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: not little-endian; save it again on a little-endian machine", archive->path);
}

static RvStatus read_pickle(TorchArchive *archive, RvError *err)
{
    const ZipEntry *entry = NULL;
    RvStatus status = find_entry(archive, "data.pkl", &entry, err);
    if (status != RV_OK)
        return status;
    if (entry->size_bytes > UINT32_MAX ||
        crc32(crc32(0, NULL, 0), entry->bytes, (uInt)entry->size_bytes) != entry->crc32)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: checksum of data.pkl is wrong; fetch the file again",
                            archive->path);
    Pickle pickle = {0};
    status = rv_pickle_read(entry->bytes, entry->size_bytes, archive->path, &pickle, err);
    if (status == RV_OK)
        status = walk(archive, "", pickle.root, 0, err);
    rv_pickle_clear(&pickle);
    return status;
}

RvStatus rv_torch_archive_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                               RvError *err)
{
    TorchArchive archive = {.path = path, .table = table};
    RvStatus status = rv_zip_open(bytes, size_bytes, path, &archive.zip, err);
    if (status == RV_OK)
        status = find_root(&archive, err);
    if (status == RV_OK)
        status = check_byte_order(&archive, err);
    if (status == RV_OK)
        status = read_pickle(&archive, err);
    if (status == RV_OK)
        strip_prefix(table);
    rv_zip_clear(&archive.zip);
    return status;
}
