/* SPDX-License-Identifier: MIT */
/* What a published model consists of: its forms, their files, where they come from and where they are
 * installed. */
#ifndef RV_MODELS_MODEL_SOURCE_H
#define RV_MODELS_MODEL_SOURCE_H

#include "reelvec/model.h"

#define MODEL_PATH_SIZE 4096
#define MODEL_ADDRESSES_MAX 2
#define MODEL_FOLDERS_MAX 8

/* A published file. It comes from a repository of Hugging Face or from plain addresses. */
typedef struct ModelFile {
    const char *name;       // name under which it is installed
    const char *repository; // ENDPOINT/REPOSITORY/resolve/REVISION/NAME; NULL if urls are used
    const char *revision;
    const char *urls[MODEL_ADDRESSES_MAX]; // tried in this order, up to NULL
    const char *sha256;                    // NULL if not known
    uint64_t size_bytes;                   // 0 if not known
    bool optional;                         // the model works without it
} ModelFile;

/* One form in which a model is published: the files of one folder. */
typedef struct ModelForm {
    const char *folder;     // below the models folder
    const char *checkpoint; // the file that is opened; NULL if the folder is
    const ModelFile *files; // the weights are the last
    size_t file_count;
} ModelForm;

/* A model with its forms; the first form is tried first. The table of known models consists of these; tests
 * make their own. */
typedef struct ModelSource {
    RvKnownModel model;
    const ModelForm *forms;
    size_t form_count;
} ModelSource;

/* The known models. */
extern const ModelSource rv_model_sources[];
extern const size_t rv_model_source_count;

/* Returns the source of a known name or repository, or NULL if there is none. Case is ignored, and '-', '/'
 * and '@' are equal. */
const ModelSource *rv_model_source(const char *name);

/* Returns the source that has a file with this digest as its weights, and the form it belongs to; NULL if
 * none has. */
const ModelSource *rv_model_source_of_weights(const char *sha256, const ModelForm **form);

/* Where models are looked for, first choice first: the user's folder, where fetching and adding put them (it may not
 * exist yet), then existing folders of all users of the machine. */
typedef struct ModelFolders {
    char paths[MODEL_FOLDERS_MAX][MODEL_PATH_SIZE];
    size_t count;
} ModelFolders;

void rv_model_folders(ModelFolders *folders);

/* Write models folder/FOLDER of a form. If folder is NULL, it is rv_model_folder(). Errors: ARGUMENT if it
 * does not fit. */
RvStatus rv_model_form_folder(const ModelForm *form, const char *folder, char *path, size_t size_bytes,
                              RvError *err);

/* True if the form's weights and a vocabulary are installed; path is then what to open. */
bool rv_model_form_is_there(const ModelForm *form, const char *folder, char *path, size_t size_bytes);

/* The same in any of rv_model_folders(). */
bool rv_model_form_find(const ModelForm *form, char *path, size_t size_bytes);

/* Write the checkpoint of a known or an added name. Returns false if there is none. A name is never used as a
 * path. */
bool rv_model_find_by_name(const char *name, char *path, size_t size_bytes);

/* Write the known name of weights (sha256 may be NULL) or of a checkpoint at its place in the models folder.
 * Returns false if it has none. */
bool rv_model_name_of(const char *path, const char *sha256, char *name, size_t size_bytes);

/* Like rv_model_fetch and rv_model_verify, for a source instead of a known name. */
RvStatus rv_model_source_fetch(const ModelSource *source, const RvFetchOptions *options, RvError *err);
RvStatus rv_model_source_verify(const ModelSource *source, const char *folder, size_t *unknown_count,
                                RvError *err);

/* Refuse a folder with several .pt or .pth files and no other weights: nothing says which one is meant. Errors:
 * ARGUMENT. */
RvStatus rv_model_check_single(const char *folder, RvError *err);

/* Write what of a folder is opened: the folder itself, or the .pt or .pth file that it holds instead of a checkpoint's
 * usual files (of several, which older versions added, the last by name). Returns false if there is nothing to open. */
bool rv_model_checkpoint_in(const char *folder, char *path, size_t size_bytes);

/* Write a number of bytes in the unit that suits it: "342 bytes", "1.4 kB", "609.4 MB", "1.5 GB". */
void rv_model_size_text(uint64_t size_bytes, char *text, size_t text_bytes);

/* True if a folder of the models folder may have this name: no '/', not hidden, no character that is special
 * to a shell. */
bool rv_model_is_plain_name(const char *name);

#endif
