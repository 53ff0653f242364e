/* SPDX-License-Identifier: MIT */
/* The weight files of a checkpoint: found, mapped, their tensors collected in one table. */
#include "clip/checkpoint/checkpoint_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "clip/checkpoint/json_file.h"
#include "clip/checkpoint/safetensors.h"
#include "clip/checkpoint/tensor_names.h"
#include "clip/checkpoint/torch_archive.h"
#include "clip/checkpoint/torch_legacy.h"

#define INDEX_MAX_BYTES ((size_t)16 << 20)
#define SHARD_MAX 1024
#define GATHER_PASSES 16 // strided tensors together may span the files' bytes this many times

static const char index_ending[] = ".index.json";

bool rv_weight_files_have(const char *folder, const char *name)
{
    char path[4096];
    return rv_file_join(folder, name, path, sizeof path, NULL) == RV_OK && access(path, F_OK) == 0;
}

/* Returns the first of the names that exists in the folder, or NULL. */
static const char *first_file(const char *folder, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (rv_weight_files_have(folder, *names))
            return *names;
    }
    return NULL;
}

/* True if config.json itself declares a model of a known kind. */
static bool config_is_known(const char *folder, bool (*is_known)(const char *model_type))
{
    char path[4096];
    json_t *json = NULL;
    if (rv_file_join(folder, "config.json", path, sizeof path, NULL) != RV_OK ||
        rv_json_file_read(path, INDEX_MAX_BYTES, &json, NULL) != RV_OK)
        return false;
    const char *type = json_string_value(json_object_get(json, "model_type"));
    bool known = type != NULL && is_known(type);
    json_decref(json);
    return known;
}

/* Returns the first of the names that is a link in the folder to what is not there, or NULL. */
static const char *first_dangling(const char *folder, const char *const *names)
{
    char path[4096];
    struct stat facts;
    for (; *names != NULL; names++) {
        if (rv_file_join(folder, *names, path, sizeof path, NULL) == RV_OK && lstat(path, &facts) == 0 &&
            S_ISLNK(facts.st_mode) && access(path, F_OK) != 0)
            return *names;
    }
    return NULL;
}

RvStatus rv_weight_files_find(const char *folder, bool (*is_known)(const char *model_type), FolderKind *kind,
                              const char **weights, RvError *err)
{
    static const char *const hugging_face[] = {"model.safetensors", "model.safetensors.index.json",
                                               "pytorch_model.bin", "pytorch_model.bin.index.json", NULL};
    static const char *const open_clip[] = {"open_clip_model.safetensors",
                                            "open_clip_model.safetensors.index.json",
                                            "open_clip_pytorch_model.bin", NULL};
    const char *of_hugging_face = first_file(folder, hugging_face),
               *of_open_clip = first_file(folder, open_clip);
    bool has_config = rv_weight_files_have(folder, "config.json");
    bool has_open_clip_config = rv_weight_files_have(folder, "open_clip_config.json");
    *kind = FOLDER_HUGGING_FACE;
    *weights = of_hugging_face;
    if (of_hugging_face != NULL && has_config && config_is_known(folder, is_known))
        return RV_OK;
    if (of_open_clip != NULL && has_open_clip_config) {
        *kind = FOLDER_OPEN_CLIP;
        *weights = of_open_clip;
        return RV_OK;
    }
    if (of_hugging_face != NULL && has_config)
        return RV_OK;
    *kind = has_open_clip_config ? FOLDER_OPEN_CLIP : FOLDER_BARE;
    *weights = of_open_clip != NULL ? of_open_clip : of_hugging_face;
    if (*weights != NULL)
        return RV_OK;
    const char *gone = first_dangling(folder, hugging_face);
    gone = gone != NULL ? gone : first_dangling(folder, open_clip);
    if (gone != NULL)
        return rv_error_set(
            err, RV_ERROR_NOT_FOUND,
            "%s/%s: a link to a file that is gone; put it back, or remove the model and add it again", folder,
            gone);
    return rv_error_set(err, RV_ERROR_FORMAT,
                        "%s: no checkpoint in this folder; wanted config.json with model.safetensors or "
                        "pytorch_model.bin, or "
                        "open_clip_config.json with open_clip_model.safetensors or "
                        "open_clip_pytorch_model.bin; a file of another "
                        "name, as OpenAI's .pt, is named itself",
                        folder);
}

/* Read the tensors of a file. Its format is recognised by its content, not by its name. */
static RvStatus read_tensors(const MappedFile *map, const char *path, TensorTable *table, RvError *err)
{
    static const char pointer[] = "version https://git-lfs";
    if (rv_torch_archive_looks_like(map->bytes, map->size_bytes))
        return rv_torch_archive_read(map->bytes, map->size_bytes, path, table, err);
    if (rv_torch_legacy_looks_like(map->bytes, map->size_bytes))
        return rv_torch_legacy_read(map->bytes, map->size_bytes, path, table, err);
    if (map->size_bytes > 8 && map->bytes[8] == '{')
        return rv_safetensors_read(map->bytes, map->size_bytes, path, table, err);
    if (map->size_bytes >= sizeof pointer - 1 && memcmp(map->bytes, pointer, sizeof pointer - 1) == 0)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: only Git LFS's note of where the weights are; run 'git lfs pull' in its folder", path);
    return rv_error_set(
        err, RV_ERROR_FORMAT,
        "%s: not a checkpoint: neither a safetensors file nor one of PyTorch's; fetch it again, or "
        "name another",
        path);
}

/* Map the file and read its tensors. */
static RvStatus add_file(WeightFiles *files, const char *path, RvError *err)
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
    status = read_tensors(&file->map, file->path, &files->tensors, err);
    file->source = (TensorSource){.path = file->path, .map = &file->map};
    for (size_t i = first; i < files->tensors.count; i++)
        files->tensors.items[i].tensor.source = &file->source;
    return status;
}

/* Gather strided tensors into contiguous memory: Hugging Face's first CLIP files store their projections
 * transposed. Together the copies use no more memory than the files have bytes, so that views of one storage
 * cannot exhaust the memory. Together they span at most GATHER_PASSES times the files' bytes, so that a few
 * elements that are far apart cannot take unlimited time. */
static RvStatus gather_strided(WeightFiles *files, RvError *err)
{
    size_t left = 0, extent = 0;
    for (size_t i = 0; i < files->count; i++)
        left += files->items[i].map.size_bytes;
    size_t passes_left = GATHER_PASSES * left;
    for (size_t i = 0; i < files->tensors.count; i++) {
        NamedTensor *item = &files->tensors.items[i];
        if (!item->tensor.strided || item->fault != NULL)
            continue;
        size_t element_bytes = rv_weight_type_bytes(item->tensor.type);
        size_t size_bytes = item->tensor.element_count * element_bytes;
        // The extent is inside a mapped file, so its size in bytes cannot overflow.
        if (size_bytes > left || !rv_tensor_extent(&item->tensor, &extent) ||
            extent * element_bytes > passes_left)
            return rv_error_set(err, RV_ERROR_FORMAT,
                                "%s: its tensors are views of one another; not a checkpoint", item->file);
        left -= size_bytes;
        passes_left -= extent * element_bytes;
        item->gathered = rv_mem_alloc(size_bytes + 1, 1, err);
        if (item->gathered == NULL)
            return RV_ERROR_MEMORY;
        RvStatus status = rv_tensor_gather(&item->tensor, item->gathered, err);
        if (status != RV_OK)
            return status;
        item->tensor.bytes = item->gathered;
        item->tensor.source = NULL;
        item->tensor.strided = false;
    }
    return RV_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A shard must be in the folder itself, whatever the index says. */
static bool is_plain_name(const char *name)
{
    return name != NULL && name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
           strlen(name) < 256;
}

/* List the names of the shards, each once and sorted. Free *shards with free(); the texts belong to the
 * JSON. */
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
            status = add_file(files, shard, err);
    }
    free(shards);
    if (status == RV_OK)
        status = rv_tensor_table_sort(&files->tensors, err);
    return status == RV_OK ? check_index(files, path, map, err) : status;
}

static RvStatus open_index(const char *path, WeightFiles *files, RvError *err)
{
    const char *slash = strrchr(path, '/');
    char folder[4096];
    size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= sizeof folder)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", path);
    snprintf(folder, sizeof folder, "%.*s", (int)length, slash == NULL ? "." : path);
    json_t *index = NULL;
    RvStatus status = rv_json_file_read(path, INDEX_MAX_BYTES, &index, err);
    if (status == RV_OK)
        status = open_shards(folder, path, json_object_get(index, "weight_map"), files, err);
    json_decref(index);
    return status;
}

static RvStatus open_one(const char *path, WeightFiles *files, RvError *err)
{
    files->items = rv_mem_alloc(1, sizeof *files->items, err);
    if (files->items == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = add_file(files, path, err);
    return status == RV_OK ? rv_tensor_table_sort(&files->tensors, err) : status;
}

RvStatus rv_weight_files_open(const char *path, const RvLog *log, WeightFiles *out, RvError *err)
{
    *out = (WeightFiles){0};
    size_t length = strlen(path), ending = sizeof index_ending - 1;
    bool is_index = length > ending && strcmp(path + length - ending, index_ending) == 0;
    RvStatus status = is_index ? open_index(path, out, err) : open_one(path, out, err);
    if (status == RV_OK) {
        rv_tensor_names_strip_prefix(&out->tensors, path, log);
        status = rv_tensor_table_sort(&out->tensors, err);
    }
    if (status == RV_OK)
        status = gather_strided(out, err);
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
