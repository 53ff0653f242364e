/* SPDX-License-Identifier: MIT */
/* Opening the library and the model that a command's options name. */
#include "open.h"

#include <stdlib.h>
#include <string.h>

static const char *setting(const char *option, const char *variable)
{
    const char *value = option != NULL ? option : getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *cli_model(const CliCommon *common)
{
    const char *model = setting(common->model, "REELVEC_MODEL");
    return model != NULL ? model : "ViT-B/32";
}

bool cli_model_is_open(const CliCommon *common)
{
    return setting(common->model, "REELVEC_MODEL") == NULL;
}

const char *cli_library(const CliCommon *common)
{
    return setting(common->library, "REELVEC_LIBRARY");
}

RvStatus cli_open_library(const CliCommon *common, RvOpenMode mode, RvLog log, RvLibrary **out, RvError *err)
{
    RvLibraryOptions options = {.mode = mode, .thread_count = common->thread_count, .log = log};
    // Opening a GPU takes longer than one search saves, so it is used only if the user names it.
    if (common->device != NULL && strcmp(common->device, "auto") != 0)
        options.device = common->device;
    return rv_library_open(cli_library(common), &options, out, err);
}

/* Take --precision, otherwise REELVEC_PRECISION, otherwise auto. Errors: ARGUMENT. */
static RvStatus find_precision(const CliCommon *common, RvPrecision *precision, RvError *err)
{
    static const char *const words[] = {
        [RV_PRECISION_AUTO] = "auto", [RV_PRECISION_FLOAT32] = "float32", [RV_PRECISION_FAST] = "fast"};
    const char *word = setting(NULL, "REELVEC_PRECISION");
    *precision = (RvPrecision)common->precision;
    if (common->precision != RV_PRECISION_AUTO || word == NULL)
        return RV_OK;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i]) == 0) {
            *precision = (RvPrecision)i;
            return RV_OK;
        }
    }
    return cli_error(err, RV_ERROR_ARGUMENT, "REELVEC_PRECISION: '%s' is unknown; give auto, float32 or fast",
                     word);
}

static RvStatus encoder_options(const CliCommon *common, RvLog log, RvEncoderOptions *out, RvError *err)
{
    *out = (RvEncoderOptions){.thread_count = common->thread_count, .device = common->device, .log = log};
    return find_precision(common, &out->precision, err);
}

RvStatus cli_open_encoder(const CliCommon *common, RvLog log, RvEncoder **out, RvError *err)
{
    RvEncoderOptions options;
    RvStatus status = encoder_options(common, log, &options, err);
    return status == RV_OK ? rv_encoder_open(cli_model(common), &options, out, err) : status;
}

/* A model was named that is not here: to fetch it is no use if the library is of another one. */
static void explain_missing_model(const CliCommon *common, RvLibrary *library, RvError *err)
{
    RvLibraryInfo info = {0};
    if (rv_library_info(library, &info, NULL) != RV_OK || info.model_name[0] == '\0' ||
        strcmp(info.model_name, cli_model(common)) == 0)
        return;
    cli_error(err, RV_ERROR_NOT_FOUND, "%s: not here, and %s holds embeddings of %s", cli_model(common),
              rv_library_uri(library), info.model_name);
    err->hint = RV_HINT_MODEL;
}

RvStatus cli_open_library_encoder(const CliCommon *common, RvLibrary *library, RvLog log, RvEncoder **out,
                                  RvError *err)
{
    RvEncoderOptions options;
    RvLibrary *opened = NULL;
    if (!cli_model_is_open(common)) {
        RvStatus named = cli_open_encoder(common, log, out, err);
        if (named == RV_ERROR_NOT_FOUND && library == NULL)
            cli_open_library(common, RV_OPEN_READ, (RvLog){0}, &opened, NULL);
        if (named == RV_ERROR_NOT_FOUND && (library != NULL || opened != NULL))
            explain_missing_model(common, library != NULL ? library : opened, err);
        rv_library_close(opened);
        return named;
    }
    RvStatus status = encoder_options(common, log, &options, err);
    if (status == RV_OK && library == NULL) {
        status = cli_open_library(common, RV_OPEN_READ, (RvLog){0}, &opened, err);
        if (status == RV_ERROR_NOT_FOUND) // the first video creates it
            return rv_encoder_open(cli_model(common), &options, out, err);
        library = opened;
    }
    if (status == RV_OK)
        status = rv_library_open_encoder(library, &options, out, err);
    rv_library_close(opened);
    return status;
}
