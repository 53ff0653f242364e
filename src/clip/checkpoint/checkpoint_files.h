/* SPDX-License-Identifier: MIT */
/* The weight files of a checkpoint: found, mapped, their tensors collected in one table. */
#ifndef RV_CHECKPOINT_FILES_H
#define RV_CHECKPOINT_FILES_H

#include <stdbool.h>

#include "base/file.h"
#include "clip/checkpoint/tensor_source.h"
#include "clip/checkpoint/tensor_table.h"
#include "reelvec/log.h"

typedef struct WeightFile {
    char *path; // owned
    MappedFile map;
    TensorSource source; // reads through this map's descriptor
} WeightFile;

typedef struct WeightFiles {
    WeightFile *items;
    size_t count;
    TensorTable tensors; // sorted; bytes point into the maps, sources into the items
} WeightFiles;

/* Which configuration belongs to a folder's weights. */
typedef enum FolderKind {
    FOLDER_HUGGING_FACE, // config.json
    FOLDER_OPEN_CLIP,    // open_clip_config.json
    FOLDER_BARE          // neither of the two beside weights of its kind: the names of the tensors decide
} FolderKind;

/* Determine the kind of checkpoint in the folder, and the name of its weight file or index of shards (a
 * static text). safetensors are preferred to pickles. timm's repositories hold two models; open_clip's is the
 * one with both towers, unless config.json has a model_type that is_known. Errors: FORMAT if the folder is no
 * checkpoint. */
RvStatus rv_weight_files_find(const char *folder, bool (*is_known)(const char *model_type), FolderKind *kind,
                              const char **weights, RvError *err);

/* True if the folder has a file of this name. */
bool rv_weight_files_have(const char *folder, const char *name);

/* Map the weights, regardless of their file name: safetensors, a ZIP archive of PyTorch or its older format,
 * or the shards that an index (*.index.json) names. Prefixes of training programs are removed from the names,
 * and strided tensors are gathered in memory. Errors: NOT_FOUND, IO, FORMAT, UNSUPPORTED, MEMORY. */
RvStatus rv_weight_files_open(const char *path, const RvLog *log, WeightFiles *out, RvError *err);

void rv_weight_files_close(WeightFiles *files);

#endif
