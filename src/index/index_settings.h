/* SPDX-License-Identifier: MIT */
/* The list of videos that several machines work on: the settings and paths that its workers share. */
#ifndef RV_INDEX_SETTINGS_H
#define RV_INDEX_SETTINGS_H

#include "reelvec/index.h"
#include "reelvec/sources.h"
#include "store/store.h"

/* ARGUMENT if the options name an unknown compatibility, or were made for a newer reelvec. */
RvStatus rv_index_check_options(const RvIndexOptions *options, RvError *err);

/* Write the options that determine the frames as one line. Workers with different lines would make different
 * libraries. */
void rv_index_settings(const RvIndexOptions *options, char *text, size_t size_bytes);

/* Like rv_library_queue_add, for a store. Files are added by their absolute paths. */
RvStatus rv_index_queue_add(Store *store, const RvStrings *paths, const RvIndexOptions *options,
                            RvError *err);

#endif
