/* SPDX-License-Identifier: MIT */
/* Opening the library and the model that a command's options name. */
#ifndef RV_CLI_OPEN_H
#define RV_CLI_OPEN_H

#include <stdbool.h>

#include "options.h"
#include "reelvec/reelvec.h"

/* Returns --model, otherwise REELVEC_MODEL, otherwise "ViT-B/32". */
const char *cli_model(const CliCommon *common);

/* True if neither --model nor REELVEC_MODEL names a model. */
bool cli_model_is_open(const CliCommon *common);

/* Returns --library, otherwise REELVEC_LIBRARY, otherwise NULL, which means the default path. */
const char *cli_library(const CliCommon *common);

/* Open the library of cli_library. For RV_OPEN_CREATE the library itself creates the default folder.
 * Errors: those of rv_library_open. */
RvStatus cli_open_library(const CliCommon *common, RvOpenMode mode, RvLog log, RvLibrary **out, RvError *err);

/* Open the model of cli_model, in the precision of --precision, otherwise of REELVEC_PRECISION. */
RvStatus cli_open_encoder(const CliCommon *common, RvLog log, RvEncoder **out, RvError *err);

/* The same for a library: if neither --model nor REELVEC_MODEL names a model, open the library's own. If
 * library is NULL, it is that of cli_library, which need not exist yet. */
RvStatus cli_open_library_encoder(const CliCommon *common, RvLibrary *library, RvLog log, RvEncoder **out,
                                  RvError *err);

#endif
