/* SPDX-License-Identifier: MIT */
/* What makes up a model that is published: its forms, their files, where they come from and where they live.
 */
#ifndef RV_MODELS_MODEL_SOURCE_H
#define RV_MODELS_MODEL_SOURCE_H

#include "reelvec/model.h"

#define MODEL_PATH_SIZE 4096
#define MODEL_ADDRESSES_MAX 2

/* A published file. Either it lies in a repository of Hugging Face, or at plain addresses. */
typedef struct ModelFile {
    const char *name;       // that it is installed under
    const char *repository; // ENDPOINT/REPOSITORY/resolve/REVISION/NAME; NULL: urls
    const char *revision;
    const char *urls[MODEL_ADDRESSES_MAX]; // in the order in which they are tried, up to NULL
    const char *sha256;                    // NULL: not known
    uint64_t size_bytes;                   // 0: not known
    bool optional;                         // the model works without
} ModelFile;

/* One form in which a model is published: the files of one folder. */
typedef struct ModelForm {
    const char *folder;     // below the models folder
    const char *checkpoint; // the file that is opened; NULL: the folder is
    const ModelFile *files; // the weights last
    size_t file_count;
} ModelForm;

/* A model with its forms, the one that is tried first in front. The table of known models is made of these;
 * tests make their own. */
typedef struct ModelSource {
    RvKnownModel model;
    const ModelForm *forms;
    size_t form_count;
} ModelSource;

/* The known models. */
extern const ModelSource rv_model_sources[];
extern const size_t rv_model_source_count;

/* The source of a known name or repository, compared without case and with '-', '/' and '@' alike; NULL where
 * there is none. */
const ModelSource *rv_model_source(const char *name);

/* The source, or its form, that has a file with these bytes as its weights; NULL where none has. */
const ModelSource *rv_model_source_of_weights(const char *sha256, const ModelForm **form);

/* models folder/FOLDER of a form; folder NULL: rv_model_folder(). */
RvStatus rv_model_form_folder(const ModelForm *form, const char *folder, char *path, size_t size_bytes,
                              RvError *err);

/* Whether the form's weights and a vocabulary are there; path: what to open then. */
bool rv_model_form_is_there(const ModelForm *form, const char *folder, char *path, size_t size_bytes);

/* The checkpoint of a known or an added name; a name is never taken as a path. */
bool rv_model_find_by_name(const char *name, char *path, size_t size_bytes);

/* The known name of weights (sha256 may be NULL) or of a checkpoint at its place in the models folder; false
 * where it has none. */
bool rv_model_name_of(const char *path, const char *sha256, char *name, size_t size_bytes);

/* rv_model_fetch and rv_model_verify on a source instead of a known name. */
RvStatus rv_model_source_fetch(const ModelSource *source, const RvFetchOptions *options, RvError *err);
RvStatus rv_model_source_verify(const ModelSource *source, const char *folder, size_t *unknown_count,
                                RvError *err);

/* What of a folder is opened: the folder itself, or the one .pt or .pth file that it holds in place of a
 * checkpoint's usual files. False where there is nothing to open. */
bool rv_model_checkpoint_in(const char *folder, char *path, size_t size_bytes);

/* A name that a folder of the models folder can have: no '/', not hidden, nothing that a shell would read. */
bool rv_model_is_plain_name(const char *name);

#endif
