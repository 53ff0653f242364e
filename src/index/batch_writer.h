/* SPDX-License-Identifier: MIT */
/* From batches of frames to rows: embedding them, and storing them in the order of their video. */
#ifndef RV_BATCH_WRITER_H
#define RV_BATCH_WRITER_H

#include "index/batch_maker.h"
#include "store/store.h"

/* What one video's rows need between its batches. */
typedef struct BatchRows BatchRows;

/* batch_size: frames of the largest batch. The encoder is borrowed. */
RvStatus rv_batch_rows_create(RvEncoder *encoder, size_t batch_size, bool normalize, BatchRows **out,
                              RvError *err);
void rv_batch_rows_destroy(BatchRows *rows);

/* Embed and store one batch (not empty) in one transaction; batches come in the order of the video. Fills
 * frame_count, frames_embedded, what is said of similar frames, and the stage times of the report. */
RvStatus rv_batch_rows_put(BatchRows *rows, const FrameBatch *batch, Store *store, int64_t video_id,
                           RvIndexReport *report, RvError *err);

#endif
