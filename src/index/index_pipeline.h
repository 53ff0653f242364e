/* SPDX-License-Identifier: MIT */
/* The pipeline of indexing: several videos are read and decoded at once, one thread embeds and stores. */
#ifndef RV_INDEX_PIPELINE_H
#define RV_INDEX_PIPELINE_H

#include "index/old_frames.h"
#include "reelvec/index.h"
#include "store/store.h"

/* Like rv_library_index_list, for a store. origins: NULL; or [list->jobs], by slot: list->next fills in that of
 * the video that it returns. */
RvStatus rv_pipeline_run(Store *store, RvEncoder *encoder, const RvLog *log, const RvIndexList *list,
                         IndexOrigin *origins, const RvIndexOptions *options, RvError *err);

#endif
