/* SPDX-License-Identifier: MIT */
/* From batches of frames to rows: embedding them, and storing them in the order of their video. */
#include "index/batch_writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "reelvec/encoder.h"

struct BatchWriter {
    RvEncoder *encoder;
    RvLength length;
    size_t dimensions;
    float *embeddings;     // [batch_size, dimensions]
    float *last_embedding; // [dimensions], of the last embedded frame of the batches before
    FrameRecord *records;  // [batch_size]
};

RvStatus rv_batch_writer_create(RvEncoder *encoder, size_t batch_size, RvLength length, BatchWriter **out,
                                RvError *err)
{
    *out = NULL;
    BatchWriter *writer = rv_mem_alloc(1, sizeof *writer, err);
    if (writer == NULL)
        return RV_ERROR_MEMORY;
    *writer = (BatchWriter){
        .encoder = encoder, .length = length, .dimensions = (size_t)rv_encoder_info(encoder)->dimensions};
    writer->embeddings = rv_mem_alloc_aligned(batch_size, writer->dimensions * sizeof(float), err);
    writer->records = rv_mem_alloc(batch_size, sizeof *writer->records, err);
    writer->last_embedding = rv_mem_alloc_aligned(writer->dimensions, sizeof(float), err);
    if (writer->embeddings == NULL || writer->records == NULL || writer->last_embedding == NULL) {
        rv_batch_writer_destroy(writer);
        return RV_ERROR_MEMORY;
    }
    *out = writer;
    return RV_OK;
}

void rv_batch_writer_destroy(BatchWriter *writer)
{
    if (writer == NULL)
        return;
    free(writer->embeddings);
    free(writer->last_embedding);
    free(writer->records);
    free(writer);
}

static const float *embedding_of(const BatchWriter *writer, const BatchFrame *frame)
{
    return frame->embedding == BATCH_FROM_BEFORE ? writer->last_embedding
                                                 : writer->embeddings + frame->embedding * writer->dimensions;
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
static void count_similar(const BatchWriter *writer, const FrameBatch *batch, RvIndexReport *report)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        report->frames_similar += frame->similar ? 1 : 0;
        if (frame->check == BATCH_NO_CHECK)
            continue;
        double found = cosine(writer->embeddings + frame->check * writer->dimensions,
                              embedding_of(writer, frame), writer->dimensions);
        report->similar_checked++;
        report->similar_cosine = fmin(report->similar_cosine, found);
    }
}

static RvStatus store_batch(BatchWriter *writer, const FrameBatch *batch, Store *store, int64_t video_id,
                            RvError *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        writer->records[i] = (FrameRecord){.frame_number = frame->frame_number,
                                           .time_s = frame->time_s,
                                           .embedding = embedding_of(writer, frame),
                                           .jpeg = frame->jpeg.size_bytes > 0 ? frame->jpeg.bytes : NULL,
                                           .jpeg_bytes = frame->jpeg.size_bytes};
    }
    return rv_store_put_frames(store, video_id, writer->records, batch->count, (int)writer->dimensions, err);
}

RvStatus rv_batch_writer_put(BatchWriter *writer, const FrameBatch *batch, Store *store, int64_t video_id,
                             RvIndexReport *report, RvError *err)
{
    double begun_s = rv_clock_s();
    RvStatus status = rv_encoder_encode_inputs(writer->encoder, batch->inputs_u8, batch->input_count,
                                               writer->length, writer->embeddings, err);
    double embedded_s = rv_clock_s();
    if (status == RV_OK)
        status = store_batch(writer, batch, store, video_id, err);
    report->embed_s += embedded_s - begun_s;
    report->store_s += rv_clock_s() - embedded_s;
    if (status != RV_OK)
        return status;
    count_similar(writer, batch, report);
    // The embedding of the last frame: computed in this batch, or reused from the last one that was.
    memmove(writer->last_embedding, embedding_of(writer, &batch->frames[batch->count - 1]),
            writer->dimensions * sizeof(float));
    report->frames_embedded += batch->count;
    report->frame_count += batch->count;
    return RV_OK;
}
