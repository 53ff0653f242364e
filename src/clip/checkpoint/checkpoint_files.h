/* SPDX-License-Identifier: MIT */
/* The weight files of a checkpoint: which there are, mapped, their tensors in one table. */
#ifndef RV_CHECKPOINT_FILES_H
#define RV_CHECKPOINT_FILES_H

#include "base/file.h"
#include "clip/checkpoint/tensor_source.h"
#include "clip/checkpoint/tensor_table.h"

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

/* Which configuration goes with a folder's weights. */
typedef enum FolderKind {
    FOLDER_HUGGING_FACE, // config.json
    FOLDER_OPEN_CLIP,    // open_clip_config.json
    FOLDER_BARE          // none of the two with weights of its kind: the tensors' names decide
} FolderKind;

/* Which kind of checkpoint the folder is, and the name of its weight file or index of shards (a static text).
 * safetensors come before pickles. timm's repositories hold two models; open_clip's is the CLIP. FORMAT: no
 * checkpoint. */
RvStatus rv_weight_files_find(const char *folder, FolderKind *kind, const char **weights, RvError *err);

/* true where the folder has a file of this name. */
bool rv_weight_files_have(const char *folder, const char *name);

/* Map the weights, whatever they are called: safetensors, a ZIP archive of PyTorch or its older format, or
 * the shards that an index (*.index.json) names. Prefixes of training programs are taken from the names, and
 * strided tensors gathered in memory. Errors: NOT_FOUND, IO, FORMAT, UNSUPPORTED, MEMORY. */
RvStatus rv_weight_files_open(const char *path, const RvLog *log, WeightFiles *out, RvError *err);

void rv_weight_files_close(WeightFiles *files);

#endif
