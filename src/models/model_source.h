/* SPDX-License-Identifier: MIT */
/* What makes up a fetched model: its files, where they come from and where they live. */
#ifndef RV_MODELS_MODEL_SOURCE_H
#define RV_MODELS_MODEL_SOURCE_H

#include "reelvec/model.h"

#define MODEL_PATH_SIZE 4096

typedef struct ModelFile {
    char name[128]; // last part of the URL, and the name it is installed under
    const char *url;
    const char *sha256;
} ModelFile;

#define MODEL_FILE_COUNT 2 // the vocabulary, then the weights: the large one last

/* A model with its vocabulary. The table of known models is made of these; tests make their own. */
typedef struct ModelSource {
    const RvKnownModel *model;
    const char *vocabulary_url;
    const char *vocabulary_sha256;
} ModelSource;

/* The source of a known name, compared without case and with '-', '/' and '@' alike; false where there is
 * none. */
bool rv_model_source(const char *name, ModelSource *out);

/* The files of a source. Errors: ARGUMENT for a URL that names no file. */
RvStatus rv_model_source_files(const ModelSource *source, ModelFile files[MODEL_FILE_COUNT], RvError *err);

/* folder/ViT-B-32 of a source; folder NULL: rv_model_folder(). */
RvStatus rv_model_source_folder(const ModelSource *source, const char *folder, char *path, size_t size_bytes,
                                RvError *err);

/* rv_model_fetch and rv_model_verify on a source instead of a known name. */
RvStatus rv_model_source_fetch(const ModelSource *source, const RvFetchOptions *options, RvError *err);
RvStatus rv_model_source_verify(const ModelSource *source, const char *folder, RvError *err);

#endif
