/* SPDX-License-Identifier: MIT */
/* Names of models: the known ones, and what the models folder holds. */
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
#include "models/model_source.h"

const RvKnownModel *rv_model_known(size_t index)
{
    return index < rv_model_source_count ? &rv_model_sources[index].model : NULL;
}

static char plain_character(char character)
{
    if (character == '/' || character == '@')
        return '-';
    // tolower is not used: in a Turkish locale I is not the capital of i, and every name contains "ViT".
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && plain_character(*a) == plain_character(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

/* The repository and its last part are names too. */
static bool names(const RvKnownModel *model, const char *name)
{
    const char *slash = strrchr(model->repository, '/');
    return same_name(name, model->name) || same_name(name, model->repository) ||
           (slash != NULL && same_name(name, slash + 1));
}

const ModelSource *rv_model_source(const char *name)
{
    for (size_t i = 0; i < rv_model_source_count; i++) {
        if (names(&rv_model_sources[i].model, name))
            return &rv_model_sources[i];
    }
    return NULL;
}

const ModelSource *rv_model_source_of_weights(const char *sha256, const ModelForm **form)
{
    for (size_t i = 0; i < rv_model_source_count; i++) {
        const ModelSource *source = &rv_model_sources[i];
        for (size_t k = 0; k < source->form_count; k++) {
            const ModelFile *weights = &source->forms[k].files[source->forms[k].file_count - 1];
            if (weights->sha256 == NULL || strcmp(weights->sha256, sha256) != 0)
                continue;
            *form = &source->forms[k];
            return source;
        }
    }
    return NULL;
}

/* ---- folders ------------------------------------------------------------------------------------------ */

RvStatus rv_model_form_folder(const ModelForm *form, const char *folder, char *path, size_t size_bytes,
                              RvError *err)
{
    char default_folder[MODEL_PATH_SIZE];
    if (folder == NULL) {
        RvStatus status = rv_model_folder(default_folder, sizeof default_folder, err);
        if (status != RV_OK)
            return status;
        folder = default_folder;
    }
    return rv_file_join(folder, form->folder, path, size_bytes, err);
}

static bool is_file(const char *folder, const char *name)
{
    char path[MODEL_PATH_SIZE];
    struct stat facts;
    return rv_file_join(folder, name, path, sizeof path, NULL) == RV_OK && stat(path, &facts) == 0 &&
           S_ISREG(facts.st_mode);
}

static bool is_vocabulary(const char *name)
{
    return strstr(name, "vocab") != NULL || strcmp(name, "tokenizer.json") == 0 ||
           rv_text_ends(name, ".model");
}

bool rv_model_form_is_there(const ModelForm *form, const char *folder, char *path, size_t size_bytes)
{
    char model_folder[MODEL_PATH_SIZE];
    if (rv_model_form_folder(form, folder, model_folder, sizeof model_folder, NULL) != RV_OK)
        return false;
    // The weights are installed last: if they exist, the rest was installed before. A model that was added by
    // hand was opened when it was added. Only a vocabulary may come in several forms.
    bool vocabulary = false;
    for (size_t i = 0; i + 1 < form->file_count; i++) {
        const char *name = form->files[i].name;
        vocabulary = vocabulary || (is_vocabulary(name) && is_file(model_folder, name));
    }
    if (!vocabulary || !is_file(model_folder, form->files[form->file_count - 1].name))
        return false;
    if (form->checkpoint != NULL)
        return rv_file_join(model_folder, form->checkpoint, path, size_bytes, NULL) == RV_OK;
    return (size_t)snprintf(path, size_bytes, "%s", model_folder) < size_bytes;
}

bool rv_model_form_find(const ModelForm *form, char *path, size_t size_bytes)
{
    ModelFolders folders;
    rv_model_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        if (rv_model_form_is_there(form, folders.paths[i], path, size_bytes))
            return true;
    }
    return false;
}

/* The .pt and .pth files of a folder. */
typedef struct Archives {
    size_t count;
    char first[256], last[256]; // by name
    bool folder_itself;         // there are weights of another kind, which are opened instead
} Archives;

static Archives find_archives(const char *folder)
{
    Archives found = {0};
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return found;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        const char *name = entry->d_name;
        found.folder_itself = found.folder_itself || rv_text_ends(name, ".safetensors") ||
                              rv_text_ends(name, ".bin") || rv_text_ends(name, ".index.json");
        if (name[0] == '.' || (!rv_text_ends(name, ".pt") && !rv_text_ends(name, ".pth")) ||
            !is_file(folder, name))
            continue;
        if (found.count == 0 || strcmp(name, found.first) < 0)
            snprintf(found.first, sizeof found.first, "%s", name);
        if (found.count == 0 || strcmp(name, found.last) > 0)
            snprintf(found.last, sizeof found.last, "%s", name);
        found.count++;
    }
    closedir(entries);
    return found;
}

RvStatus rv_model_check_single(const char *folder, RvError *err)
{
    const Archives archives = find_archives(folder);
    if (archives.folder_itself || archives.count < 2)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: holds %zu checkpoints, %s and %s%s; name one of them",
                        folder, archives.count, archives.first, archives.last,
                        archives.count > 2 ? " among them" : "");
}

bool rv_model_checkpoint_in(const char *folder, char *path, size_t size_bytes)
{
    const Archives archives = find_archives(folder);
    if (archives.folder_itself)
        return (size_t)snprintf(path, size_bytes, "%s", folder) < size_bytes;
    return archives.count > 0 && rv_file_join(folder, archives.last, path, size_bytes, NULL) == RV_OK;
}

void rv_model_size_text(uint64_t size_bytes, char *text, size_t text_bytes)
{
    static const char *const units[] = {"kB", "MB", "GB"};
    double value = (double)size_bytes / 1e3;
    size_t unit = 0;
    for (; value >= 999.95 && unit < 2; unit++)
        value /= 1e3;
    if (size_bytes < 1000)
        snprintf(text, text_bytes, "%u bytes", (unsigned)size_bytes);
    else
        snprintf(text, text_bytes, "%.1f %s", value, units[unit]);
}

bool rv_model_is_plain_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@";
    size_t length = strlen(name);
    return length > 0 && length < 128 && name[0] != '.' && name[0] != '-' && strspn(name, allowed) == length;
}

static bool is_known_folder(const char *name)
{
    for (size_t i = 0; i < rv_model_source_count; i++) {
        for (size_t k = 0; k < rv_model_sources[i].form_count; k++) {
            if (strcmp(rv_model_sources[i].forms[k].folder, name) == 0)
                return true;
        }
    }
    return false;
}

static int is_added(const struct dirent *entry)
{
    return rv_model_is_plain_name(entry->d_name) && !is_known_folder(entry->d_name);
}

/* Find a model that was added under this name: the user's own, or one that all users have. */
static bool find_added(const char *name, char *path, size_t size_bytes)
{
    ModelFolders folders;
    char model_folder[MODEL_PATH_SIZE];
    if (!rv_model_is_plain_name(name) || is_known_folder(name))
        return false;
    rv_model_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        if (rv_file_join(folders.paths[i], name, model_folder, sizeof model_folder, NULL) == RV_OK &&
            rv_model_checkpoint_in(model_folder, path, size_bytes))
            return true;
    }
    return false;
}

/* One folder of models. A name that another folder has in front of it is left out. */
static RvStatus each_in(const char *folder, bool (*added)(void *user, const char *name, const char *path),
                        void *user, bool *more, RvError *err)
{
    char model_folder[MODEL_PATH_SIZE], path[MODEL_PATH_SIZE], first[MODEL_PATH_SIZE];
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_added, alphasort);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR)
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot read the folder: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (*more && rv_file_join(folder, name, model_folder, sizeof model_folder, NULL) == RV_OK &&
            rv_model_checkpoint_in(model_folder, path, sizeof path) &&
            find_added(name, first, sizeof first) && strcmp(first, path) == 0)
            *more = added(user, name, path);
        free(entries[i]);
    }
    free(entries);
    return RV_OK;
}

RvStatus rv_model_each_added(bool (*added)(void *user, const char *name, const char *path), void *user,
                             RvError *err)
{
    ModelFolders folders;
    bool more = true;
    RvStatus status = RV_OK;
    rv_model_folders(&folders);
    if (folders.count == 0)
        return rv_model_folder(folders.paths[0], MODEL_PATH_SIZE, err);
    for (size_t i = 0; i < folders.count && status == RV_OK; i++)
        status = each_in(folders.paths[i], added, user, &more, err);
    return status;
}

/* ---- finding ------------------------------------------------------------------------------------------ */

bool rv_model_find_by_name(const char *name, char *path, size_t size_bytes)
{
    const ModelSource *source = rv_model_source(name);
    for (size_t i = 0; source != NULL && i < source->form_count; i++) {
        if (rv_model_form_find(&source->forms[i], path, size_bytes))
            return true;
    }
    return find_added(name, path, size_bytes);
}

RvStatus rv_model_find(const char *name_or_path, char *path, size_t size_bytes, RvError *err)
{
    struct stat facts;
    if (name_or_path[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "an empty name names no model");
    if (find_added(name_or_path, path, size_bytes))
        return RV_OK;
    if (stat(name_or_path, &facts) == 0) {
        const Archives archives = S_ISDIR(facts.st_mode) ? find_archives(name_or_path) : (Archives){0};
        // Meta's and OFA's folders hold one .pt, whose shapes say what it is.
        if (archives.count == 1 && !archives.folder_itself)
            return rv_file_join(name_or_path, archives.first, path, size_bytes, err);
        if (S_ISDIR(facts.st_mode) && rv_model_check_single(name_or_path, err) != RV_OK)
            return RV_ERROR_ARGUMENT;
        int length = snprintf(path, size_bytes, "%s", name_or_path);
        if (length < 0 || (size_t)length >= size_bytes)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", name_or_path);
        return RV_OK;
    }
    if (rv_model_find_by_name(name_or_path, path, size_bytes))
        return RV_OK;
    const ModelSource *source = rv_model_source(name_or_path);
    char folder[MODEL_PATH_SIZE];
    if (source == NULL)
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LIST, NULL,
                                 "%s: no such file or folder, nor a known or added model", name_or_path);
    // without a home folder nothing can have been fetched
    RvStatus status = rv_model_folder(folder, sizeof folder, err);
    return status != RV_OK ? status
                           : rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH_OR_ADD,
                                               source->model.name, "%s: not here yet", source->model.name);
}

bool rv_model_name_of(const char *path, const char *sha256, char *name, size_t size_bytes)
{
    const ModelForm *form = NULL;
    const ModelSource *source = sha256 != NULL ? rv_model_source_of_weights(sha256, &form) : NULL;
    char there[MODEL_PATH_SIZE];
    for (size_t i = 0; source == NULL && i < rv_model_source_count; i++) {
        for (size_t k = 0; source == NULL && k < rv_model_sources[i].form_count; k++) {
            if (rv_model_form_find(&rv_model_sources[i].forms[k], there, sizeof there) &&
                strcmp(there, path) == 0)
                source = &rv_model_sources[i];
        }
    }
    if (source == NULL)
        return false;
    snprintf(name, size_bytes, "%s", source->model.name);
    return true;
}
