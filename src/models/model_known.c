/* SPDX-License-Identifier: MIT */
/* The known models, and finding them on disk. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "models/model_source.h"

/* Public facts of openai/CLIP (clip/clip.py, MIT licence): each address carries the SHA-256 of its file. */
#define OPENAI_MODEL(label, file, sha256, dimensions, image_size)                                            \
    {                                                                                                        \
        label, "https://openaipublic.azureedge.net/clip/models/" sha256 "/" file, sha256, dimensions,        \
            image_size                                                                                       \
    }

static const RvKnownModel known_models[] = {
    OPENAI_MODEL("ViT-B/32", "ViT-B-32.pt",
                 "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", 512, 224),
    OPENAI_MODEL("ViT-B/16", "ViT-B-16.pt",
                 "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", 512, 224),
    OPENAI_MODEL("ViT-L/14", "ViT-L-14.pt",
                 "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", 768, 224),
    OPENAI_MODEL("ViT-L/14@336px", "ViT-L-14-336px.pt",
                 "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02", 768, 336),
};
#define KNOWN_MODEL_COUNT (sizeof known_models / sizeof known_models[0])

/* The vocabulary that all of them share, from the same repository. */
static const char vocabulary_url[] =
    "https://raw.githubusercontent.com/openai/CLIP/main/clip/bpe_simple_vocab_16e6.txt.gz";
static const char vocabulary_sha256[] = "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a";

const RvKnownModel *rv_model_known(size_t *count)
{
    *count = KNOWN_MODEL_COUNT;
    return known_models;
}

RvStatus rv_model_folder(char *path, size_t size_bytes, RvError *err)
{
    char data_folder[MODEL_PATH_SIZE];
    RvStatus status = rv_file_data_folder(data_folder, sizeof data_folder, err);
    return status == RV_OK ? rv_file_join(data_folder, "models", path, size_bytes, err) : status;
}

static char plain_character(char character)
{
    if (character == '/' || character == '@')
        return '-';
    return (char)tolower((unsigned char)character);
}

static bool same_name(const char *a, const char *b)
{
    while (*a != '\0' && plain_character(*a) == plain_character(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

bool rv_model_source(const char *name, ModelSource *out)
{
    for (size_t i = 0; i < KNOWN_MODEL_COUNT; i++) {
        if (same_name(name, known_models[i].name)) {
            *out = (ModelSource){.model = &known_models[i],
                                 .vocabulary_url = vocabulary_url,
                                 .vocabulary_sha256 = vocabulary_sha256};
            return true;
        }
    }
    return false;
}

static RvStatus describe_file(const char *url, const char *sha256, ModelFile *out, RvError *err)
{
    const char *slash = strrchr(url, '/');
    int length = snprintf(out->name, sizeof out->name, "%s", slash != NULL ? slash + 1 : "");
    if (length <= 0 || (size_t)length >= sizeof out->name)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: the address names no file", url);
    out->url = url;
    out->sha256 = sha256;
    return RV_OK;
}

RvStatus rv_model_source_files(const ModelSource *source, ModelFile files[MODEL_FILE_COUNT], RvError *err)
{
    RvStatus status = describe_file(source->vocabulary_url, source->vocabulary_sha256, &files[0], err);
    if (status == RV_OK)
        status = describe_file(source->model->weights_url, source->model->weights_sha256, &files[1], err);
    return status;
}

RvStatus rv_model_source_folder(const ModelSource *source, const char *folder, char *path, size_t size_bytes,
                                RvError *err)
{
    char default_folder[MODEL_PATH_SIZE];
    ModelFile files[MODEL_FILE_COUNT];
    RvStatus status = rv_model_source_files(source, files, err);
    if (status == RV_OK && folder == NULL) {
        status = rv_model_folder(default_folder, sizeof default_folder, err);
        folder = default_folder;
    }
    if (status != RV_OK)
        return status;
    char *ending = strrchr(files[1].name, '.');
    if (ending != NULL && ending != files[1].name)
        *ending = '\0';
    return rv_file_join(folder, files[1].name, path, size_bytes, err);
}

static RvStatus find_fetched(const ModelSource *source, char *path, size_t size_bytes, RvError *err)
{
    char folder[MODEL_PATH_SIZE];
    ModelFile files[MODEL_FILE_COUNT];
    RvStatus status = rv_model_source_folder(source, NULL, folder, sizeof folder, err);
    if (status == RV_OK)
        status = rv_model_source_files(source, files, err);
    // The weights come last, so that their path is the one that stays.
    for (size_t i = 0; i < MODEL_FILE_COUNT && status == RV_OK; i++) {
        struct stat facts;
        status = rv_file_join(folder, files[i].name, path, size_bytes, err);
        if (status == RV_OK && stat(path, &facts) != 0)
            status = rv_error_set(err, RV_ERROR_NOT_FOUND,
                                  "%s: not here yet; fetch it with `reelvec model fetch %s`",
                                  source->model->name, source->model->name);
    }
    return status;
}

RvStatus rv_model_find(const char *name_or_path, char *path, size_t size_bytes, RvError *err)
{
    struct stat facts;
    ModelSource source;
    if (name_or_path[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "an empty name names no model");
    if (stat(name_or_path, &facts) == 0) {
        int length = snprintf(path, size_bytes, "%s", name_or_path);
        if (length < 0 || (size_t)length >= size_bytes)
            return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: path too long", name_or_path);
        return RV_OK;
    }
    if (rv_model_source(name_or_path, &source))
        return find_fetched(&source, path, size_bytes, err);
    return rv_error_set(err, RV_ERROR_NOT_FOUND,
                        "%s: no such file or folder, nor a known model (see `reelvec model list`)",
                        name_or_path);
}
