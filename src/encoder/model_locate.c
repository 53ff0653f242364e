/* SPDX-License-Identifier: MIT */
/* Find the checkpoint that a library names: by path, by name, by the SHA-256 of its weights. */
#include "encoder/model_locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "clip/checkpoint.h"
#include "encoder/model_words.h"
#include "models/model_source.h"
#include "reelvec/model.h"
#include "store/model_details.h"

typedef struct Search {
    const ModelIdentity *wanted;
    char *path;
    size_t size_bytes;
    bool found;
    char resaved[MODEL_PATH_SIZE]; // a checkpoint that only has another file of the tokenizer; "": none
    char other[512];               // a checkpoint with the weights, which is used in another way; "": none
    char there[400], here[400];    // what differs in the library and in `other`
    RvError fault;                 // why what lies at the remembered place cannot be opened
} Search;

/* False if the tokenizer's file is another one: such a checkpoint is taken if there is no better one. */
static bool is_exact(Search *search, const char *path, const ModelIdentity *found)
{
    char there[65], here[65];
    const char *details = rv_identity_details(search->wanted);
    bool exact = !rv_model_details_tokenizers(details, rv_identity_details(found), there, here);
    if (!exact && search->resaved[0] == '\0')
        snprintf(search->resaved, sizeof search->resaved, "%s", path);
    return exact;
}

/* True if this is a checkpoint with the wanted weights, which is used as the library's was. */
static bool is_wanted(Search *search, const char *path, RvError *err)
{
    static const RvLog quiet;
    Checkpoint *checkpoint = NULL;
    ModelIdentity found = {0};
    const char *details = rv_identity_details(search->wanted);
    bool same = rv_checkpoint_open(path, &quiet, &checkpoint, err) == RV_OK &&
                rv_checkpoint_sha256(checkpoint, found.weights_sha256, err) == RV_OK &&
                strcmp(found.weights_sha256, search->wanted->weights_sha256) == 0 &&
                rv_model_words(checkpoint, &found, err) == RV_OK;
    rv_checkpoint_close(checkpoint);
    if (!same)
        return false;
    if (rv_model_details_agree(details, rv_identity_details(&found)))
        return is_exact(search, path, &found);
    if (search->other[0] == '\0') {
        snprintf(search->other, sizeof search->other, "%s", path);
        rv_model_details_differing(details, rv_identity_details(&found), search->there, sizeof search->there);
        rv_model_details_differing(rv_identity_details(&found), details, search->here, sizeof search->here);
    }
    return false;
}

static bool is_kernels(const char *path)
{
    static const char *const folders[] = {"/proc/", "/sys/", "/dev/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    }
    return false;
}

/* A path that is stored in a library may come from a stranger. No URL, device or pipe is touched, and nothing
 * below the kernel's own folders, whatever dots and links lead there. */
static bool may_be_checkpoint(const char *place)
{
    struct stat facts;
    if (place == NULL || place[0] != '/')
        return false;
    char *whole = realpath(place, NULL);
    bool good = whole != NULL && !is_kernels(whole) && stat(whole, &facts) == 0 &&
                (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode));
    free(whole);
    return good;
}

static bool try_path(Search *search, const char *path, RvError *err)
{
    if (!is_wanted(search, path, err))
        return false;
    search->found = (size_t)snprintf(search->path, search->size_bytes, "%s", path) < search->size_bytes;
    return search->found;
}

static bool try_added(void *user, const char *name, const char *path)
{
    (void)name;
    return !try_path(user, path, NULL);
}

static void try_known(Search *search)
{
    char path[MODEL_PATH_SIZE];
    for (size_t i = 0; i < rv_model_source_count && !search->found; i++) {
        const ModelSource *source = &rv_model_sources[i];
        for (size_t k = 0; k < source->form_count && !search->found; k++) {
            if (rv_model_form_find(&source->forms[k], path, sizeof path))
                try_path(search, path, NULL);
        }
    }
}

static RvStatus set_missing(const Search *search, const char *place, RvError *err)
{
    const char *name = search->wanted->name, *sha256 = search->wanted->weights_sha256;
    const ModelForm *form = NULL;
    const ModelSource *source = rv_model_source_of_weights(sha256, &form);
    if (search->fault.message[0] != '\0')
        return rv_error_set_hint(
            err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LOCATE, NULL,
            "made with the model %.100s (weights %.12s...), which is not in the models folder, and what lies at "
            "its place is refused (%.500s)",
            name, sha256, search->fault.message);
    if (source != NULL)
        return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH_OR_ADD, source->model.name,
                                 "made with the model %s, which is not here", source->model.name);
    return rv_error_set_hint(
        err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LOCATE, NULL,
        "made with the model %.100s (weights %.12s...), which is neither in the models folder%s%.300s", name,
        sha256, place != NULL ? " nor at " : " nor at a place that is remembered",
        place != NULL ? place : "");
}

RvStatus rv_model_locate_identity(const ModelIdentity *wanted, const char *place, char *path,
                                  size_t size_bytes, RvError *err)
{
    Search search = {.wanted = wanted, .path = path, .size_bytes = size_bytes};
    char named[MODEL_PATH_SIZE];
    if (may_be_checkpoint(place) && try_path(&search, place, &search.fault))
        return RV_OK;
    if (rv_model_find_by_name(wanted->name, named, sizeof named) && try_path(&search, named, NULL))
        return RV_OK;
    try_known(&search);
    if (!search.found)
        rv_model_each_added(try_added, &search, NULL);
    if (!search.found && search.resaved[0] != '\0')
        search.found = (size_t)snprintf(path, size_bytes, "%s", search.resaved) < size_bytes;
    if (search.found)
        return RV_OK;
    if (search.other[0] == '\0')
        return set_missing(&search, place, err);
    return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LOCATE, NULL,
                             "made with %.100s with %s; %.300s has the same weights but %s", wanted->name,
                             search.there, search.other, search.here);
}

RvStatus rv_model_locate(const char *name, const char *weights_sha256, const char *place, char *path,
                         size_t size_bytes, RvError *err)
{
    ModelIdentity wanted = {0}; // whose details are not known
    snprintf(wanted.name, sizeof wanted.name, "%s", name);
    snprintf(wanted.weights_sha256, sizeof wanted.weights_sha256, "%s", weights_sha256);
    return rv_model_locate_identity(&wanted, place, path, size_bytes, err);
}
