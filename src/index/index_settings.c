/* SPDX-License-Identifier: MIT */
/* The list of videos that several machines work on: the settings and paths that its workers share. */
#include "index/index_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "sampling/sampler.h"

RvStatus rv_index_check_options(const RvIndexOptions *options, RvError *err)
{
    SamplerOptions ignored;
    RvStatus status = RV_CHECK_RESERVED(RvIndexOptions, options, err);
    if (status == RV_OK && options->embedding_length != RV_LENGTH_ONE &&
        options->embedding_length != RV_LENGTH_MODEL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a kind %d of embedding's length is not known",
                            (int)options->embedding_length);
    if (status == RV_OK && (options->sampling.from_s != 0 || options->sampling.to_s != 0))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a library holds whole videos, not spans of them");
    return status == RV_OK ? rv_sampler_options(&options->sampling, &ignored, err) : status;
}

void rv_index_settings(const RvIndexOptions *options, char *text, size_t size_bytes)
{
    SamplerOptions sampler;
    char sampling[64];
    rv_sampler_options(&options->sampling, &sampler, NULL);
    rv_sampler_describe(&sampler, sampling, sizeof sampling);
    int length = snprintf(text, size_bytes, "%s height=%d quality=%d skip-similar=%g", sampling,
                          options->thumbnail_height, options->thumbnail_quality, options->skip_similar);
    for (char *at = text; *at != '\0'; at++) { // the caller's locale may use another decimal sign
        if (*at == ',')
            *at = '.';
    }
    if (length > 0 && (size_t)length < size_bytes)
        snprintf(text + length, size_bytes - (size_t)length, "%s%s%s",
                 options->embedding_length == RV_LENGTH_MODEL ? " no-normalize" : "",
                 options->sampling.exact_pixels ? " exact-pixels" : "", options->force ? " force" : "");
}

/* Refuse addresses with secrets: every worker, and everyone who can read the table, would see them. */
static RvStatus check_address(const char *url, RvError *err)
{
    char *shown = rv_file_copy_shown(url, err);
    if (shown == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = RV_OK;
    if (strcmp(shown, url) != 0)
        status = rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_NO_QUEUE, NULL,
                                   "%.700s: its user and password would be kept in the list", shown);
    free(shown);
    return status;
}

/* Returns the absolute path, which means the same to every worker. A path that does not exist is returned as
 * it is; the worker that takes it reports that. Free with free(). */
static char *absolute_path(const char *path, RvError *err)
{
    char *absolute = rv_file_is_url(path) ? NULL : realpath(path, NULL);
    return absolute != NULL ? absolute : rv_mem_copy_string(path, err);
}

RvStatus rv_index_queue_add(Store *store, const RvStrings *paths, const RvIndexOptions *options, RvError *err)
{
    char settings[256];
    RvStrings absolute = {0};
    RvStatus status = rv_index_check_options(options, err);
    if (status != RV_OK)
        return status;
    rv_index_settings(options, settings, sizeof settings);
    if (paths != NULL && paths->count > 0) {
        absolute.items = rv_mem_alloc(paths->count, sizeof *absolute.items, err);
        status = absolute.items != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    for (size_t i = 0; status == RV_OK && paths != NULL && i < paths->count; i++) {
        status = check_address(paths->items[i], err);
        if (status != RV_OK)
            break;
        absolute.items[i] = absolute_path(paths->items[i], err);
        if (absolute.items[i] == NULL)
            status = RV_ERROR_MEMORY;
        else
            absolute.count++;
    }
    if (status == RV_OK)
        status = rv_store_queue_add(store, &absolute, settings, options->retry_failed, err);
    rv_strings_clear(&absolute);
    return status;
}
