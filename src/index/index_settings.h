/* SPDX-License-Identifier: MIT */
/* The list of videos that several machines work: what a store does not know about it. */
#ifndef RV_INDEX_SETTINGS_H
#define RV_INDEX_SETTINGS_H

#include "reelvec/index.h"
#include "reelvec/sources.h"
#include "store/store.h"

/* What the options say about the frames, as one line: workers with different lines make different libraries.
 */
void rv_index_settings(const RvIndexOptions *options, char *text, size_t size_bytes);

/* As rv_library_queue_add, on a store: files by their absolute paths. */
RvStatus rv_index_queue_add(Store *store, const RvStrings *paths, const RvIndexOptions *options,
                            RvError *err);

#endif
