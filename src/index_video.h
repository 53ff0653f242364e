/* SPDX-License-Identifier: MIT */
/* One video into the store: is it there already, is it another's copy, where to go on, what failed. */
#ifndef RV_INDEX_VIDEO_H
#define RV_INDEX_VIDEO_H

#include "reelvec/library.h"
#include "store/store.h"

/* As rv_library_index, on a store. */
RvStatus rv_index_video(Store *store, RvEncoder *encoder, const RvLog *log, const char *path_or_url,
                        const RvIndexOptions *options, RvIndexReport *report, RvError *err);

#endif
