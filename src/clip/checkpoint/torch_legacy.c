/* SPDX-License-Identifier: MIT */
/* The format of torch.save before PyTorch 1.6, still written on request: pickles, then storages.
 *
 *     pickle of the magic number, pickle of 1001, pickle of {'little_endian': True, ...},
 *     pickle of what was saved, pickle of the storages' keys,
 *     for each key: its number of elements in 8 bytes, its elements */
#include "clip/checkpoint/torch_legacy.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/torch_tensors.h"

#define PROTOCOL_VERSION 1001
#define PICKLE_PREFIX_BYTES ((size_t)8 << 20)
#define COUNT_BYTES 8

/* 0x1950a86a20f9469cfc6c, little endian. */
static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

typedef struct LegacyStorage {
    TorchStorage facts;
    const uint8_t *bytes; // NULL until found
} LegacyStorage;

typedef struct LegacyFile {
    const char *path;
    const uint8_t *at, *end;
    LegacyStorage *storages; // sorted by key
    size_t storage_count;
} LegacyFile;

bool rv_torch_legacy_looks_like(const uint8_t *bytes, size_t size_bytes)
{
    static const size_t places[] = {4, 13}; // after PROTO and LONG1's length; or after a FRAME as well
    if (size_bytes < 2 || bytes[0] != 0x80)
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (size_bytes >= places[i] + sizeof magic && memcmp(bytes + places[i], magic, sizeof magic) == 0)
            return true;
    }
    return false;
}

static RvStatus damaged(const LegacyFile *file, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged PyTorch file: %s; fetch the file again",
                        file->path, what);
}

/* Read the next pickle and move file->at behind it. */
static RvStatus next_pickle(LegacyFile *file, Pickle *out, RvError *err)
{
    size_t left = (size_t)(file->end - file->at);
    RvStatus status = rv_pickle_read(file->at, left < PICKLE_PREFIX_BYTES ? left : PICKLE_PREFIX_BYTES,
                                     file->path, out, err);
    if (status == RV_OK)
        file->at += out->size_bytes;
    return status;
}

/* Read magic number, version, and the machine's byte order. */
static RvStatus read_head(LegacyFile *file, RvError *err)
{
    for (int i = 0; i < 3; i++) {
        Pickle pickle;
        RvStatus status = next_pickle(file, &pickle, err);
        if (status != RV_OK)
            return status;
        const PickleValue *root = pickle.root;
        if (i == 0 && (root->kind != PICKLE_LONG || root->text.size_bytes != sizeof magic ||
                       memcmp(root->text.bytes, magic, sizeof magic) != 0))
            status = damaged(file, "no magic number", err);
        if (i == 1 && (root->kind != PICKLE_INTEGER || root->integer != PROTOCOL_VERSION))
            status = damaged(file, "another version of the format", err);
        for (size_t k = 0; i == 2 && root->kind == PICKLE_DICT && k + 1 < root->count; k += 2) {
            if (root->items[k]->kind == PICKLE_STRING &&
                rv_pickle_text_is(root->items[k]->text, "little_endian") &&
                root->items[k + 1]->kind == PICKLE_BOOL && root->items[k + 1]->integer == 0)
                status = rv_error_set(err, RV_ERROR_UNSUPPORTED,
                                      "%s: not little-endian; save it again on a little-endian machine",
                                      file->path);
        }
        rv_pickle_clear(&pickle);
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const LegacyStorage *)a)->facts.key, ((const LegacyStorage *)b)->facts.key);
}

/* List every storage that the pickle refers to, each once. */
static RvStatus list_storages(LegacyFile *file, const Pickle *pickle, RvError *err)
{
    file->storages = rv_mem_alloc(pickle->value_count + 1, sizeof *file->storages, err);
    if (file->storages == NULL)
        return RV_ERROR_MEMORY;
    size_t count = 0;
    for (const PickleValue *value = pickle->values; value != NULL; value = value->next) {
        const PickleValue *id = value->arguments;
        // ('module', class, file, source) belongs to whole modules; the file holds nothing for it.
        if (value->kind != PICKLE_PERSISTENT ||
            (id->kind == PICKLE_TUPLE && id->count > 0 && id->items[0]->kind == PICKLE_STRING &&
             rv_pickle_text_is(id->items[0]->text, "module")))
            continue;
        RvStatus status = rv_torch_storage_read(value, file->path, "?", &file->storages[count].facts, err);
        if (status != RV_OK)
            return status;
        count++;
    }
    if (count > 1)
        qsort(file->storages, count, sizeof *file->storages, compare_keys);
    for (size_t i = 0; i < count; i++) {
        LegacyStorage *kept = file->storage_count > 0 ? &file->storages[file->storage_count - 1] : NULL;
        if (kept == NULL || strcmp(kept->facts.key, file->storages[i].facts.key) != 0)
            file->storages[file->storage_count++] = file->storages[i];
        else if (kept->facts.type != file->storages[i].facts.type ||
                 kept->facts.element_count != file->storages[i].facts.element_count)
            return damaged(file, "a storage of two kinds", err);
    }
    return RV_OK;
}

/* Read one storage's count and elements at file->at. */
static RvStatus read_storage(LegacyFile *file, const PickleValue *key, RvError *err)
{
    LegacyStorage wanted = {0};
    if (key->kind != PICKLE_STRING || key->text.size_bytes >= TORCH_KEY_MAX)
        return damaged(file, "a bad key of a storage", err);
    memcpy(wanted.facts.key, key->text.bytes, key->text.size_bytes);
    LegacyStorage *storage = file->storage_count > 0 ? bsearch(&wanted, file->storages, file->storage_count,
                                                               sizeof wanted, compare_keys)
                                                     : NULL;
    if (storage == NULL || storage->bytes != NULL)
        return damaged(file, "a storage that no tensor has", err);
    uint64_t count = 0;
    if ((size_t)(file->end - file->at) < COUNT_BYTES)
        return damaged(file, "cut off", err);
    for (int i = COUNT_BYTES - 1; i >= 0; i--)
        count = count << 8 | file->at[i];
    file->at += COUNT_BYTES;
    if (count != storage->facts.element_count)
        return damaged(file, "a storage of two lengths", err);
    size_t size_bytes = storage->facts.element_count * storage->facts.type->bytes;
    if ((size_t)(file->end - file->at) < size_bytes)
        return damaged(file, "cut off", err);
    storage->bytes = file->at;
    file->at += size_bytes;
    return RV_OK;
}

static RvStatus find_storage(void *context, const TorchStorage *storage, const char *tensor,
                             const uint8_t **bytes, size_t *size_bytes, RvError *err)
{
    LegacyFile *file = context;
    LegacyStorage wanted = {.facts = *storage};
    const LegacyStorage *found =
        bsearch(&wanted, file->storages, file->storage_count, sizeof wanted, compare_keys);
    if (found == NULL || found->bytes == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: tensor %s: its storage is missing; fetch the file again", file->path,
                            tensor);
    *bytes = found->bytes;
    *size_bytes = found->facts.element_count * found->facts.type->bytes;
    return RV_OK;
}

/* Read the list of keys and the storages that follow it. */
static RvStatus read_storages(LegacyFile *file, RvError *err)
{
    Pickle keys;
    RvStatus status = next_pickle(file, &keys, err);
    if (status != RV_OK)
        return status;
    if (keys.root->kind != PICKLE_LIST)
        status = damaged(file, "no list of storages", err);
    for (size_t i = 0; i < keys.root->count && status == RV_OK; i++)
        status = read_storage(file, keys.root->items[i], err);
    rv_pickle_clear(&keys);
    return status;
}

RvStatus rv_torch_legacy_read(const uint8_t *bytes, size_t size_bytes, const char *path, TensorTable *table,
                              RvError *err)
{
    LegacyFile file = {.path = path, .at = bytes, .end = bytes + size_bytes};
    Pickle pickle = {0};
    RvStatus status = read_head(&file, err);
    if (status == RV_OK)
        status = next_pickle(&file, &pickle, err);
    if (status == RV_OK)
        status = list_storages(&file, &pickle, err);
    if (status == RV_OK)
        status = read_storages(&file, err);
    if (status == RV_OK) {
        const TorchStorages storages = {.path = path, .find = find_storage, .context = &file};
        status = rv_torch_tensors_read(&pickle, &storages, table, err);
    }
    rv_pickle_clear(&pickle);
    free(file.storages);
    return status;
}
