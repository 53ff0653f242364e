/* SPDX-License-Identifier: MIT */
/* The weight files of a checkpoint: which there are, mapped, their tensors in one table. */
#ifndef RV_CLIP_CHECKPOINT_FILES_H
#define RV_CLIP_CHECKPOINT_FILES_H

#include "base/file.h"
#include "clip/tensor_source.h"
#include "clip/tensor_table.h"

typedef struct WeightFile {
    char *path; // owned
    MappedFile map;
    TensorSource source; // of this map
} WeightFile;

typedef struct WeightFiles {
    WeightFile *items;
    size_t count;
    TensorTable tensors; // sorted; bytes lie in the maps, sources in the items
} WeightFiles;

/* What lies in a folder, as a checkpoint. */
typedef enum FolderKind {
    FOLDER_HUGGING_FACE, // config.json with weights
    FOLDER_OPEN_CLIP,    // open_clip_config.json with weights
    FOLDER_BARE          // weights without a configuration
} FolderKind;

/* Which kind of checkpoint the folder is, and the name of its weight file or shard index. Errors: UNSUPPORTED
 * (only PyTorch's old pickles), FORMAT (no checkpoint). */
RvStatus rv_weight_files_find(const char *folder, FolderKind *kind, const char **weights, RvError *err);

/* Map the folder's weights: one safetensors file, or the shards that an index (*.index.json) names. */
RvStatus rv_weight_files_open_folder(const char *folder, const char *weights, WeightFiles *out, RvError *err);

/* Map one .pt archive. */
RvStatus rv_weight_files_open_archive(const char *path, WeightFiles *out, RvError *err);

void rv_weight_files_close(WeightFiles *files);

#endif
