/* SPDX-License-Identifier: MIT */
/* The pipeline of indexing: several videos are read and decoded at once, one thread embeds and stores. */
#ifndef RV_INDEX_PIPELINE_H
#define RV_INDEX_PIPELINE_H

#include "reelvec/index.h"
#include "store/store.h"

/* Like rv_library_index_list, for a store. */
RvStatus rv_pipeline_run(Store *store, RvEncoder *encoder, const RvLog *log, const RvIndexList *list,
                         const RvIndexOptions *options, RvError *err);

#endif
