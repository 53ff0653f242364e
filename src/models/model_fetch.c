/* SPDX-License-Identifier: MIT */
/* Fetching and verifying a model: its files one after the other. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "models/model_download.h"
#include "models/model_source.h"

static RvStatus unknown_model(const char *name, RvError *err)
{
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: not a known model (see `reelvec model list`)", name);
}

/* The mirror's address of a file: base/NAME. */
static RvStatus mirror_url(const char *base_url, const char *name, char *url, size_t size_bytes, RvError *err)
{
    if (!rv_file_is_url(base_url))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: not an address that starts with http:// or https://",
                            base_url);
    size_t length = strlen(base_url);
    while (length > 0 && base_url[length - 1] == '/')
        length--;
    int written = snprintf(url, size_bytes, "%.*s/%s", (int)length, base_url, name);
    if (written < 0 || (size_t)written >= size_bytes)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: address too long", base_url);
    return RV_OK;
}

static bool installed_and_right(const char *path, const char *sha256)
{
    char hex[65];
    return rv_file_sha256(path, hex, NULL) == RV_OK && strcmp(hex, sha256) == 0;
}

static RvStatus fetch_file(const ModelFile *file, const char *folder, const RvFetchOptions *options,
                           RvError *err)
{
    char path[MODEL_PATH_SIZE], url[MODEL_PATH_SIZE];
    RvStatus status = rv_file_join(folder, file->name, path, sizeof path, err);
    if (status != RV_OK || installed_and_right(path, file->sha256))
        return status;
    Download download = {
        .url = file->url, .path = path, .name = file->name, .sha256 = file->sha256, .options = options};
    if (options->base_url != NULL) {
        status = mirror_url(options->base_url, file->name, url, sizeof url, err);
        download.url = url;
    }
    return status == RV_OK ? rv_model_download(&download, err) : status;
}

RvStatus rv_model_source_fetch(const ModelSource *source, const RvFetchOptions *options, RvError *err)
{
    static const RvFetchOptions defaults;
    if (options == NULL)
        options = &defaults;
    char folder[MODEL_PATH_SIZE];
    ModelFile files[MODEL_FILE_COUNT];
    RvStatus status = rv_model_source_files(source, files, err);
    if (status == RV_OK)
        status = rv_model_source_folder(source, options->folder, folder, sizeof folder, err);
    if (status == RV_OK)
        status = rv_file_make_folders(folder, err);
    for (size_t i = 0; i < MODEL_FILE_COUNT && status == RV_OK; i++)
        status = fetch_file(&files[i], folder, options, err);
    return status;
}

RvStatus rv_model_fetch(const char *name, const RvFetchOptions *options, RvError *err)
{
    ModelSource source;
    if (!rv_model_source(name, &source))
        return unknown_model(name, err);
    return rv_model_source_fetch(&source, options, err);
}

static RvStatus verify_file(const ModelFile *file, const char *folder, const char *model, RvError *err)
{
    char path[MODEL_PATH_SIZE], hex[65];
    RvStatus status = rv_file_join(folder, file->name, path, sizeof path, err);
    if (status == RV_OK)
        status = rv_file_sha256(path, hex, err);
    if (status == RV_ERROR_NOT_FOUND)
        return rv_error_set(err, status, "%s: %s is not there; fetch it with `reelvec model fetch %s`", model,
                            path, model);
    if (status == RV_OK && strcmp(hex, file->sha256) != 0)
        return rv_error_set(err, RV_ERROR_MISMATCH,
                            "%s: SHA-256 is %s, not %s; fetch it again with `reelvec model fetch %s`", path,
                            hex, file->sha256, model);
    return status;
}

RvStatus rv_model_source_verify(const ModelSource *source, const char *folder, RvError *err)
{
    char model_folder[MODEL_PATH_SIZE];
    ModelFile files[MODEL_FILE_COUNT];
    RvStatus status = rv_model_source_files(source, files, err);
    if (status == RV_OK)
        status = rv_model_source_folder(source, folder, model_folder, sizeof model_folder, err);
    for (size_t i = 0; i < MODEL_FILE_COUNT && status == RV_OK; i++)
        status = verify_file(&files[i], model_folder, source->model->name, err);
    return status;
}

RvStatus rv_model_verify(const char *name, const char *folder, RvError *err)
{
    ModelSource source;
    if (!rv_model_source(name, &source))
        return unknown_model(name, err);
    return rv_model_source_verify(&source, folder, err);
}
