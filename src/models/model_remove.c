/* SPDX-License-Identifier: MIT */
/* Removing models: whole, or not at all where something else lies among their files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "models/model_record.h"
#include "models/model_source.h"

/* True for the names of what models are made of; what came is in the record too, but older versions kept none. */
static bool is_usual(const char *name)
{
    static const char *const endings[] = {".safetensors", ".bin",      ".pt",        ".pth",    ".json",
                                          ".model",       "vocab.txt", "merges.txt", ".txt.gz", ".part"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (rv_text_ends(name, endings[i]))
            return true;
    }
    return strncmp(name, MODEL_RECORD_NAME, strlen(MODEL_RECORD_NAME)) == 0; // or its part
}

/* Links are what adding without copies leaves. */
static bool is_ours(const char *folder, const char *name, const ModelRecord *record)
{
    char path[MODEL_PATH_SIZE];
    struct stat facts;
    if (rv_file_join(folder, name, path, sizeof path, NULL) != RV_OK || lstat(path, &facts) != 0)
        return false;
    return S_ISLNK(facts.st_mode) ||
           (S_ISREG(facts.st_mode) && (is_usual(name) || rv_model_record_file(record, name) != NULL));
}

static int is_no_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* List a model's folder. Errors: IO if something in it is none of the model's files. */
static RvStatus list_folder(const char *folder, struct dirent ***entries, int *count, RvError *err)
{
    RvStatus status = RV_OK;
    ModelRecord *record = rv_mem_alloc(1, sizeof *record, err);
    if (record == NULL)
        return RV_ERROR_MEMORY;
    *count = scandir(folder, entries, is_no_dots, alphasort);
    if (*count < 0)
        status = rv_error_set(err, RV_ERROR_IO, "%s: cannot be removed: %s", folder, strerror(errno));
    else if (rv_model_record_read(folder, record, NULL) != RV_OK)
        *record = (ModelRecord){0}; // a damaged one does not keep the model from being removed
    for (int i = 0; i < *count && status == RV_OK; i++) {
        if (!is_ours(folder, (*entries)[i]->d_name, record))
            status = rv_error_set(err, RV_ERROR_IO,
                                  "%s: not removed: %s in it is none of the model's files; move it elsewhere",
                                  folder, (*entries)[i]->d_name);
    }
    free(record);
    return status;
}

static RvStatus remove_folder(const char *folder, RvError *err)
{
    char path[MODEL_PATH_SIZE];
    struct dirent **entries = NULL;
    int count = 0, cause = 0;
    RvStatus status = list_folder(folder, &entries, &count, err);
    for (int i = 0; i < count; i++) {
        if (status == RV_OK && rv_file_join(folder, entries[i]->d_name, path, sizeof path, NULL) == RV_OK &&
            unlink(path) != 0 && cause == 0)
            cause = errno;
        free(entries[i]);
    }
    free(entries);
    if (status == RV_OK && cause == 0 && rmdir(folder) != 0)
        cause = errno;
    return cause == 0 ? status
                      : rv_error_set(err, RV_ERROR_IO, "%s: cannot be removed: %s", folder, strerror(cause));
}

/* Remove what has a model's name in the models folder: its folder, or the link that stands for one. *removed: that
 * there was one. */
static RvStatus remove_path(const char *path, bool *removed, RvError *err)
{
    struct stat facts;
    if (lstat(path, &facts) != 0 || (!S_ISDIR(facts.st_mode) && !S_ISLNK(facts.st_mode)))
        return RV_OK;
    *removed = true;
    if (S_ISDIR(facts.st_mode))
        return remove_folder(path, err);
    return unlink(path) == 0
               ? RV_OK
               : rv_error_set(err, RV_ERROR_IO, "%s: cannot be removed: %s", path, strerror(errno));
}

RvStatus rv_model_remove(const char *name, const char *folder, RvError *err)
{
    char models[MODEL_PATH_SIZE], path[MODEL_PATH_SIZE];
    const ModelSource *source = rv_model_source(name);
    RvStatus status = folder == NULL ? rv_model_folder(models, sizeof models, err) : RV_OK;
    size_t count = source != NULL ? source->form_count : 1;
    bool removed = false;
    if (source == NULL && !rv_model_is_plain_name(name))
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LIST, NULL, "%s: no name of a model",
                                 name);
    for (size_t i = 0; i < count && status == RV_OK; i++) {
        status = rv_file_join(folder != NULL ? folder : models,
                              source != NULL ? source->forms[i].folder : name, path, sizeof path, err);
        if (status == RV_OK)
            status = remove_path(path, &removed, err);
    }
    if (status == RV_OK && !removed && folder == NULL && rv_model_find_by_name(name, path, sizeof path))
        return rv_error_set(err, RV_ERROR_IO,
                            "%s: not removed: it is installed for all users of this machine, in %s", name,
                            path);
    if (status == RV_OK && !removed)
        status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LIST, NULL, "%s: not here", name);
    return status;
}
