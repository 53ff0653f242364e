/* SPDX-License-Identifier: MIT */
/* The conveyor: several videos are read and decoded at once, one thread embeds and stores. */
#ifndef RV_INDEX_PIPELINE_H
#define RV_INDEX_PIPELINE_H

#include "reelvec/index.h"
#include "store/store.h"

/* As rv_library_index_list, on a store. */
RvStatus rv_pipeline_run(Store *store, RvEncoder *encoder, const RvLog *log, const RvIndexList *list,
                         const RvIndexOptions *options, RvError *err);

#endif
