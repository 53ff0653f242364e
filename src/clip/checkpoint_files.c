/* SPDX-License-Identifier: MIT */
/* The weight files of a checkpoint: which there are, mapped, their tensors in one table. */
#include "clip/checkpoint_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/json_file.h"
#include "clip/safetensors.h"
#include "clip/torch_archive.h"

#define INDEX_MAX_BYTES ((size_t)16 << 20)
#define SHARD_MAX 1024

static const char index_ending[] = ".index.json";

static bool has_file(const char *folder, const char *name)
{
    char path[4096];
    return rv_file_join(folder, name, path, sizeof path, NULL) == RV_OK && access(path, F_OK) == 0;
}

/* The first of the names that is there; NULL where none is. */
static const char *first_file(const char *folder, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (has_file(folder, *names))
            return *names;
    }
    return NULL;
}

RvStatus rv_weight_files_find(const char *folder, FolderKind *kind, const char **weights, RvError *err)
{
    static const char *const hugging_face[] = {"model.safetensors", "model.safetensors.index.json", NULL};
    static const char *const open_clip[] = {
        "open_clip_model.safetensors", "open_clip_model.safetensors.index.json", "model.safetensors", NULL};
    static const char *const pickles[] = {"pytorch_model.bin", "pytorch_model.bin.index.json",
                                          "open_clip_pytorch_model.bin", NULL};
    const char *old = first_file(folder, pickles);
    *weights = first_file(folder, hugging_face);
    *kind = FOLDER_HUGGING_FACE;
    if (*weights != NULL && has_file(folder, "config.json"))
        return RV_OK;
    *weights = first_file(folder, open_clip);
    *kind = has_file(folder, "open_clip_config.json") ? FOLDER_OPEN_CLIP : FOLDER_BARE;
    if (*weights != NULL)
        return RV_OK;
    if (old != NULL)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: has its weights only as %s, PyTorch's old format; convert it to safetensors (load the "
            "model in Python and save_pretrained(folder, safe_serialization=True))",
            folder, old);
    return rv_error_set(
        err, RV_ERROR_FORMAT,
        "%s: no checkpoint in this folder; wanted config.json and model.safetensors, or "
        "open_clip_config.json and open_clip_model.safetensors; OpenAI's .pt file is named itself",
        folder);
}

/* Map path and read its tensors with `read`. */
static RvStatus add_file(WeightFiles *files, const char *path,
                         RvStatus (*read)(const uint8_t *, size_t, const char *, TensorTable *, RvError *),
                         RvError *err)
{
    WeightFile *file = &files->items[files->count];
    RvStatus status = rv_file_map(path, &file->map, err);
    if (status != RV_OK)
        return status;
    files->count++;
    file->path = rv_mem_copy_string(path, err);
    if (file->path == NULL)
        return RV_ERROR_MEMORY;
    size_t first = files->tensors.count;
    status = read(file->map.bytes, file->map.size_bytes, file->path, &files->tensors, err);
    file->source = (TensorSource){.path = file->path, .map = &file->map};
    for (size_t i = first; i < files->tensors.count; i++)
        files->tensors.items[i].tensor.source = &file->source;
    return status;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A shard lies in the folder itself, whatever an index says. */
static bool is_plain_name(const char *name)
{
    return name != NULL && name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
           strlen(name) < 256;
}

/* Names of the shards, each once, in order: *shards to be freed with free(); the texts are the JSON's. */
static RvStatus list_shards(const char *path, const json_t *map, const char ***shards, size_t *count,
                            RvError *err)
{
    *count = 0;
    *shards = rv_mem_alloc(json_object_size(map) + 1, sizeof(const char *), err);
    if (*shards == NULL)
        return RV_ERROR_MEMORY;
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)map, tensor, value)
    {
        const char *name = json_string_value(value);
        if (!is_plain_name(name))
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: tensor %.200s is in no file of this folder", path,
                                tensor);
        (*shards)[(*count)++] = name;
    }
    if (*count == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: no weight_map", path);
    qsort(*shards, *count, sizeof(const char *), compare_texts);
    size_t kept = 1;
    for (size_t i = 1; i < *count; i++) {
        if (strcmp((*shards)[i], (*shards)[kept - 1]) != 0)
            (*shards)[kept++] = (*shards)[i];
    }
    *count = kept;
    if (kept > SHARD_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: more than %d files", path, SHARD_MAX);
    return RV_OK;
}

static RvStatus check_index(const WeightFiles *files, const char *path, const json_t *map, RvError *err)
{
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)map, tensor, value)
    {
        const NamedTensor *found = rv_tensor_table_find(&files->tensors, tensor);
        const char *slash = found != NULL ? strrchr(found->file, '/') : NULL;
        if (slash == NULL || strcmp(slash + 1, json_string_value(value)) != 0)
            return rv_error_set(err, RV_ERROR_FORMAT,
                                "%s: tensor %.200s is not in %.200s; fetch the files again", path, tensor,
                                json_string_value(value));
    }
    return RV_OK;
}

static RvStatus open_shards(const char *folder, const char *path, const json_t *map, WeightFiles *files,
                            RvError *err)
{
    const char **shards = NULL;
    size_t count = 0;
    char shard[4096];
    RvStatus status = list_shards(path, map, &shards, &count, err);
    if (status == RV_OK) {
        files->items = rv_mem_alloc(count, sizeof *files->items, err);
        status = files->items != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        status = rv_file_join(folder, shards[i], shard, sizeof shard, err);
        if (status == RV_OK)
            status = add_file(files, shard, rv_safetensors_read, err);
    }
    free(shards);
    if (status == RV_OK)
        status = rv_tensor_table_sort(&files->tensors, err);
    return status == RV_OK ? check_index(files, path, map, err) : status;
}

static RvStatus open_one(const char *path,
                         RvStatus (*read)(const uint8_t *, size_t, const char *, TensorTable *, RvError *),
                         WeightFiles *files, RvError *err)
{
    files->items = rv_mem_alloc(1, sizeof *files->items, err);
    if (files->items == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = add_file(files, path, read, err);
    return status == RV_OK ? rv_tensor_table_sort(&files->tensors, err) : status;
}

RvStatus rv_weight_files_open_folder(const char *folder, const char *weights, WeightFiles *out, RvError *err)
{
    *out = (WeightFiles){0};
    char path[4096];
    RvStatus status = rv_file_join(folder, weights, path, sizeof path, err);
    if (status != RV_OK)
        return status;
    size_t length = strlen(weights), ending = sizeof index_ending - 1;
    if (length > ending && strcmp(weights + length - ending, index_ending) == 0) {
        json_t *index = NULL;
        status = rv_json_file_read(path, INDEX_MAX_BYTES, &index, err);
        if (status == RV_OK)
            status = open_shards(folder, path, json_object_get(index, "weight_map"), out, err);
        json_decref(index);
    } else {
        status = open_one(path, rv_safetensors_read, out, err);
    }
    if (status != RV_OK)
        rv_weight_files_close(out);
    return status;
}

RvStatus rv_weight_files_open_archive(const char *path, WeightFiles *out, RvError *err)
{
    *out = (WeightFiles){0};
    RvStatus status = open_one(path, rv_torch_archive_read, out, err);
    if (status != RV_OK)
        rv_weight_files_close(out);
    return status;
}

void rv_weight_files_close(WeightFiles *files)
{
    rv_tensor_table_clear(&files->tensors);
    for (size_t i = 0; i < files->count; i++) {
        rv_file_unmap(&files->items[i].map);
        free(files->items[i].path);
    }
    free(files->items);
    *files = (WeightFiles){0};
}
