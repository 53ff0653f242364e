/* SPDX-License-Identifier: MIT */
/* From batches of frames to rows: embedding them, and storing them in the order of their video. */
#include "index/batch_writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "reelvec/encoder.h"

struct BatchRows {
    RvEncoder *encoder;
    bool normalize;
    size_t dimensions;
    float *embeddings;     // [batch_size, dimensions]
    float *last_embedding; // [dimensions], of the last embedded frame of the batches before
    FrameRecord *records;  // [batch_size]
};

RvStatus rv_batch_rows_create(RvEncoder *encoder, size_t batch_size, bool normalize, BatchRows **out,
                              RvError *err)
{
    *out = NULL;
    BatchRows *rows = rv_mem_alloc(1, sizeof *rows, err);
    if (rows == NULL)
        return RV_ERROR_MEMORY;
    *rows = (BatchRows){.encoder = encoder,
                        .normalize = normalize,
                        .dimensions = (size_t)rv_encoder_info(encoder)->dimensions};
    rows->embeddings = rv_mem_alloc_aligned(batch_size, rows->dimensions * sizeof(float), err);
    rows->records = rv_mem_alloc(batch_size, sizeof *rows->records, err);
    rows->last_embedding = rv_mem_alloc_aligned(rows->dimensions, sizeof(float), err);
    if (rows->embeddings == NULL || rows->records == NULL || rows->last_embedding == NULL) {
        rv_batch_rows_destroy(rows);
        return RV_ERROR_MEMORY;
    }
    *out = rows;
    return RV_OK;
}

void rv_batch_rows_destroy(BatchRows *rows)
{
    if (rows == NULL)
        return;
    free(rows->embeddings);
    free(rows->last_embedding);
    free(rows->records);
    free(rows);
}

static const float *embedding_of(const BatchRows *rows, const BatchFrame *frame)
{
    return frame->embedding == BATCH_FROM_BEFORE ? rows->last_embedding
                                                 : rows->embeddings + frame->embedding * rows->dimensions;
}

static double cosine(const float *left, const float *right, size_t dimensions)
{
    double dot = 0, left_square = 0, right_square = 0;
    for (size_t i = 0; i < dimensions; i++) {
        dot += (double)left[i] * right[i];
        left_square += (double)left[i] * left[i];
        right_square += (double)right[i] * right[i];
    }
    return dot / sqrt(left_square * right_square);
}

/* Count the similar frames in the report. */
static void count_similar(const BatchRows *rows, const FrameBatch *batch, RvIndexReport *report)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        report->frames_similar += frame->similar ? 1 : 0;
        if (frame->check == BATCH_NO_CHECK)
            continue;
        double found = cosine(rows->embeddings + frame->check * rows->dimensions, embedding_of(rows, frame),
                              rows->dimensions);
        report->similar_checked++;
        report->similar_cosine = fmin(report->similar_cosine, found);
    }
}

static RvStatus store_batch(BatchRows *rows, const FrameBatch *batch, Store *store, int64_t video_id,
                            RvError *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        rows->records[i] = (FrameRecord){.frame_number = frame->frame_number,
                                         .time_s = frame->time_s,
                                         .embedding = embedding_of(rows, frame),
                                         .jpeg = frame->jpeg.bytes,
                                         .jpeg_bytes = frame->jpeg.size_bytes};
    }
    return rv_store_put_frames(store, video_id, rows->records, batch->count, (int)rows->dimensions, err);
}

RvStatus rv_batch_rows_put(BatchRows *rows, const FrameBatch *batch, Store *store, int64_t video_id,
                           RvIndexReport *report, RvError *err)
{
    double begun_s = rv_clock_s();
    RvStatus status = rv_encoder_encode_inputs(rows->encoder, batch->inputs_u8, batch->input_count,
                                               rows->normalize, rows->embeddings, err);
    double embedded_s = rv_clock_s();
    if (status == RV_OK)
        status = store_batch(rows, batch, store, video_id, err);
    report->embed_s += embedded_s - begun_s;
    report->store_s += rv_clock_s() - embedded_s;
    if (status != RV_OK)
        return status;
    count_similar(rows, batch, report);
    // The embedding of the last frame: computed in this batch, or reused from the last one that was.
    memmove(rows->last_embedding, embedding_of(rows, &batch->frames[batch->count - 1]),
            rows->dimensions * sizeof(float));
    report->frames_embedded += batch->count;
    report->frame_count += batch->count;
    return RV_OK;
}
