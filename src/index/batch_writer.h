/* SPDX-License-Identifier: MIT */
/* From batches of frames to rows: embedding them, and storing them in the order of their video. */
#ifndef RV_BATCH_WRITER_H
#define RV_BATCH_WRITER_H

#include "index/batch_maker.h"
#include "store/store.h"

/* Buffers that one video's rows need, kept between its batches. */
typedef struct BatchWriter BatchWriter;

/* batch_size: frames of the largest batch. The encoder is borrowed. Errors: MEMORY. */
RvStatus rv_batch_writer_create(RvEncoder *encoder, size_t batch_size, RvLength length, BatchWriter **out,
                                RvError *err);
void rv_batch_writer_destroy(BatchWriter *writer);

/* Embed one batch (not empty) and store it in one transaction. Batches must come in the order of the video.
 * Fills in frame_count, frames_embedded, the counts of similar frames, and the stage times of the report. */
RvStatus rv_batch_writer_put(BatchWriter *rows, const FrameBatch *batch, Store *store, int64_t video_id,
                             RvIndexReport *report, RvError *err);

#endif
