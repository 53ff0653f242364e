/* SPDX-License-Identifier: MIT */
/* The conveyor from an opened video to rows: decoding beside embedding, batch by batch. */
#include "pipeline.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/threads.h"
#include "pixels/convert.h"
#include "pixels/thumbnail.h"
#include "sampling/sampler.h"

#define DEFAULT_BATCH 16
#define BATCH_MAX 256
#define FIRST_BATCH_SHARE 4 // the first batch is so much smaller than the others, where those are large
#define DEFAULT_THUMBNAIL_HEIGHT 360
#define DEFAULT_THUMBNAIL_QUALITY 85
#define JPEG_MAX_BYTES ((size_t)64 << 20)
/* One batch being filled, one waiting, one being embedded. */
#define BATCHES_IN_FLIGHT 3
/* How often progress is reported, and a wish to stop noticed, while no batch is ready. */
#define TICK_S 0.2

#define FROM_BEFORE SIZE_MAX // the last embedding of the batches before
#define NO_CHECK SIZE_MAX
/* One in so many similar frames is embedded after all, to tell how far the taken embeddings are off. */
#define SIMILAR_PER_CHECK 16

typedef struct BatchFrame {
    int64_t frame_number;
    double time_s;
    size_t embedding; // index into the batch's inputs, or FROM_BEFORE
    size_t check;     // a similar frame that is measured: its own input's index; else NO_CHECK
    bool similar;     // takes the embedding of a frame that is not quite the same
    Buffer jpeg;
} BatchFrame;

typedef struct Batch {
    size_t count, input_count;
    BatchFrame *frames; // [batch_size]
    uint8_t *inputs_u8; // [batch_size, image_size, image_size, 3], of the frames that are to be embedded
} Batch;

typedef struct Pipeline {
    const PipelineJob *job;
    size_t batch_size, input_bytes, dimensions;
    size_t batch_limit; // of the batch being filled: the first ones are small, so that embedding begins early
    int image_size, thumbnail_height, thumbnail_quality;
    Sampler *sampler;
    FrameConverter *converter;
    Queue *filled, *empty;
    Batch batches[BATCHES_IN_FLIGHT];
    uint8_t *input_u8;    // the producer's: of the frame at hand
    uint8_t *embedded_u8; // the producer's: of the last frame that is to be embedded
    bool any_embedded;
    size_t similar_count;
    float *embeddings;     // [batch_size, dimensions]
    float *last_embedding; // [dimensions], of the last embedded frame of the batches before
    FrameRecord *records;  // [batch_size]
    // Written by the producer, read after it has been joined.
    RvStatus producer_status;
    RvError producer_error;
    double decode_s, pixels_s;
} Pipeline;

double rv_pipeline_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static RvStatus convert_sample(Pipeline *pipeline, const Sample *sample, BatchFrame *frame, uint8_t *input_u8,
                               RvError *err)
{
    RvStatus status =
        rv_converter_model_input(pipeline->converter, sample->frame, pipeline->image_size, input_u8, err);
    RvPicture *picture = NULL;
    if (status == RV_OK)
        status = rv_converter_picture(pipeline->converter, sample->frame, pipeline->thumbnail_height,
                                      &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_thumbnail_encode(&image, pipeline->thumbnail_quality, &frame->jpeg, err);
    }
    rv_picture_destroy(picture);
    return status;
}

/* Mean absolute difference of two inputs, in levels. */
static double input_difference(const uint8_t *left, const uint8_t *right, size_t size_bytes)
{
    uint64_t sum = 0;
    for (size_t first = 0; first < size_bytes; first += 4096) {
        size_t end = first + 4096 < size_bytes ? first + 4096 : size_bytes;
        uint32_t part = 0; // narrow, so that the loop becomes vector instructions
        for (size_t i = first; i < end; i++)
            part += (uint32_t)(left[i] > right[i] ? left[i] - right[i] : right[i] - left[i]);
        sum += part;
    }
    return (double)sum / (double)size_bytes;
}

static size_t add_input(const Pipeline *pipeline, Batch *batch)
{
    memcpy(batch->inputs_u8 + batch->input_count * pipeline->input_bytes, pipeline->input_u8,
           pipeline->input_bytes);
    return batch->input_count++;
}

/* Whose embedding the frame at hand takes: its own, or that of the last embedded one. Frames of still scenes
 * are often equal to the byte; those lose nothing. */
static void choose_embedding(Pipeline *pipeline, Batch *batch, BatchFrame *frame, size_t last)
{
    double limit = pipeline->job->options->skip_similar;
    size_t size_bytes = pipeline->input_bytes;
    bool equal = pipeline->any_embedded && memcmp(pipeline->input_u8, pipeline->embedded_u8, size_bytes) == 0;
    frame->similar = pipeline->any_embedded && !equal && limit > 0 &&
                     input_difference(pipeline->input_u8, pipeline->embedded_u8, size_bytes) < limit;
    frame->check = NO_CHECK;
    if (equal || frame->similar) {
        frame->embedding = last;
        if (frame->similar && pipeline->similar_count++ % SIMILAR_PER_CHECK == 0)
            frame->check = add_input(pipeline, batch);
        return;
    }
    frame->embedding = add_input(pipeline, batch);
    memcpy(pipeline->embedded_u8, pipeline->input_u8, size_bytes);
    pipeline->any_embedded = true;
}

static RvStatus fill_frame(Pipeline *pipeline, const Sample *sample, Batch *batch, RvError *err)
{
    BatchFrame *frame = &batch->frames[batch->count];
    const BatchFrame *before = batch->count > 0 ? frame - 1 : NULL;
    frame->frame_number = (int64_t)sample->index + 1;
    frame->time_s = sample->time_s;
    rv_buffer_reset(&frame->jpeg);
    RvStatus status;
    if (sample->repeated && before != NULL) {
        frame->embedding = before->embedding;
        frame->similar = before->similar;
        frame->check = NO_CHECK;
        status = rv_buffer_append(&frame->jpeg, before->jpeg.bytes, before->jpeg.size_bytes, err);
    } else {
        status = convert_sample(pipeline, sample, frame, pipeline->input_u8, err);
        if (status == RV_OK)
            choose_embedding(pipeline, batch, frame, before != NULL ? before->embedding : FROM_BEFORE);
    }
    if (status == RV_OK)
        batch->count++;
    return status;
}

/* Fill one batch; *end after the video's last sample. */
static RvStatus fill_batch(Pipeline *pipeline, Batch *batch, bool *end, RvError *err)
{
    batch->count = batch->input_count = 0;
    while (batch->count < pipeline->batch_limit && !atomic_load(pipeline->job->stopping)) {
        Sample sample;
        double start_s = rv_pipeline_clock_s();
        RvStatus status = rv_sampler_next(pipeline->sampler, &sample, end, err);
        double decoded_s = rv_pipeline_clock_s();
        pipeline->decode_s += decoded_s - start_s;
        if (status != RV_OK || *end)
            return status;
        status = fill_frame(pipeline, &sample, batch, err);
        pipeline->pixels_s += rv_pipeline_clock_s() - decoded_s;
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

static void *produce(void *argument)
{
    Pipeline *pipeline = argument;
    bool end = false;
    while (!end && pipeline->producer_status == RV_OK && !atomic_load(pipeline->job->stopping)) {
        Batch *batch = rv_queue_pop(pipeline->empty);
        if (batch == NULL)
            break;
        pipeline->producer_status = fill_batch(pipeline, batch, &end, &pipeline->producer_error);
        pipeline->batch_limit = pipeline->batch_size;
        // What was decoded before a failure is kept.
        if (batch->count > 0)
            rv_queue_push(pipeline->filled, batch);
    }
    rv_queue_close(pipeline->filled);
    return NULL;
}

static const float *embedding_of(const Pipeline *pipeline, const BatchFrame *frame)
{
    return frame->embedding == FROM_BEFORE ? pipeline->last_embedding
                                           : pipeline->embeddings + frame->embedding * pipeline->dimensions;
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

/* What the report says of similar frames. */
static void count_similar(const Pipeline *pipeline, const Batch *batch, RvIndexReport *report)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        report->frames_similar += frame->similar ? 1 : 0;
        if (frame->check == NO_CHECK)
            continue;
        double found = cosine(pipeline->embeddings + frame->check * pipeline->dimensions,
                              embedding_of(pipeline, frame), pipeline->dimensions);
        report->similar_checked++;
        report->similar_cosine = fmin(report->similar_cosine, found);
    }
}

static RvStatus embed_batch(Pipeline *pipeline, const Batch *batch, RvError *err)
{
    return rv_encoder_encode_inputs(pipeline->job->encoder, batch->inputs_u8, batch->input_count,
                                    !pipeline->job->options->no_normalize, pipeline->embeddings, err);
}

static RvStatus store_batch(Pipeline *pipeline, const Batch *batch, RvError *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const BatchFrame *frame = &batch->frames[i];
        pipeline->records[i] = (FrameRecord){.frame_number = frame->frame_number,
                                             .time_s = frame->time_s,
                                             .embedding = embedding_of(pipeline, frame),
                                             .jpeg = frame->jpeg.bytes,
                                             .jpeg_bytes = frame->jpeg.size_bytes};
    }
    return rv_store_put_frames(pipeline->job->store, pipeline->job->video_id, pipeline->records, batch->count,
                               (int)pipeline->dimensions, err);
}

static RvStatus report_progress(const Pipeline *pipeline, const RvIndexReport *report, double start_s,
                                RvError *err)
{
    const RvIndexOptions *options = pipeline->job->options;
    RvIndexProgress progress = {.video = pipeline->job->source,
                                .frames_done = report->frame_count,
                                .frames_expected = rv_sampler_expected(pipeline->sampler),
                                .elapsed_s = rv_pipeline_clock_s() - start_s};
    if (options->progress == NULL || options->progress(options->progress_user, &progress))
        return RV_OK;
    return rv_error_set(err, RV_ERROR_CANCELLED, "%s: interrupted after %zu frames; run again to go on",
                        pipeline->job->source, report->frame_count);
}

static RvStatus finish_batch(Pipeline *pipeline, const Batch *batch, RvIndexReport *report, RvError *err)
{
    double begun_s = rv_pipeline_clock_s();
    RvStatus status = embed_batch(pipeline, batch, err);
    double embedded_s = rv_pipeline_clock_s();
    if (status == RV_OK)
        status = store_batch(pipeline, batch, err);
    report->embed_s += embedded_s - begun_s;
    report->store_s += rv_pipeline_clock_s() - embedded_s;
    if (status != RV_OK)
        return status;
    count_similar(pipeline, batch, report);
    // The last frame's: either embedded here, or taken from the last one that was.
    memmove(pipeline->last_embedding, embedding_of(pipeline, &batch->frames[batch->count - 1]),
            pipeline->dimensions * sizeof(float));
    report->frames_embedded += batch->count;
    report->frame_count += batch->count;
    return RV_OK;
}

static RvStatus consume(Pipeline *pipeline, RvIndexReport *report, double start_s, RvError *err)
{
    // Beside the decoding of the first frames.
    RvStatus cancelled = RV_OK, prepared = rv_encoder_prepare_images(pipeline->job->encoder, err);
    if (prepared != RV_OK)
        return prepared;
    for (;;) {
        bool idle = false;
        Batch *batch = rv_queue_pop_within(pipeline->filled, TICK_S, &idle);
        if (batch == NULL && !idle)
            return cancelled;
        RvStatus status = batch != NULL ? finish_batch(pipeline, batch, report, err) : RV_OK;
        if (status != RV_OK)
            return status;
        if (cancelled == RV_OK) {
            cancelled = report_progress(pipeline, report, start_s, err);
            // Between batches: what the producer has of the next one still comes, and is kept.
            if (cancelled != RV_OK && batch != NULL)
                return cancelled;
            if (cancelled != RV_OK)
                atomic_store(pipeline->job->stopping, true);
        }
        if (batch != NULL)
            rv_queue_push(pipeline->empty, batch);
    }
}

static RvStatus create_batches(Pipeline *pipeline, RvError *err)
{
    for (int i = 0; i < BATCHES_IN_FLIGHT; i++) {
        Batch *batch = &pipeline->batches[i];
        batch->frames = rv_mem_alloc(pipeline->batch_size, sizeof *batch->frames, err);
        batch->inputs_u8 = rv_mem_alloc_aligned(pipeline->batch_size, pipeline->input_bytes, err);
        if (batch->frames == NULL || batch->inputs_u8 == NULL)
            return RV_ERROR_MEMORY;
        for (size_t frame = 0; frame < pipeline->batch_size; frame++)
            rv_buffer_init(&batch->frames[frame].jpeg, JPEG_MAX_BYTES);
        rv_queue_push(pipeline->empty, batch);
    }
    pipeline->embeddings =
        rv_mem_alloc_aligned(pipeline->batch_size, pipeline->dimensions * sizeof(float), err);
    pipeline->records = rv_mem_alloc(pipeline->batch_size, sizeof *pipeline->records, err);
    pipeline->last_embedding = rv_mem_alloc_aligned(pipeline->dimensions, sizeof(float), err);
    pipeline->input_u8 = rv_mem_alloc_aligned(2, pipeline->input_bytes, err);
    if (pipeline->embeddings == NULL || pipeline->records == NULL || pipeline->last_embedding == NULL ||
        pipeline->input_u8 == NULL)
        return RV_ERROR_MEMORY;
    pipeline->embedded_u8 = pipeline->input_u8 + pipeline->input_bytes;
    return RV_OK;
}

static RvStatus open_pipeline(Pipeline *pipeline, const PipelineJob *job, RvError *err)
{
    const RvIndexOptions *options = job->options;
    const RvModelInfo *model = rv_encoder_info(job->encoder);
    int batch_size = options->batch_size > 0 ? options->batch_size : DEFAULT_BATCH;
    pipeline->job = job;
    pipeline->batch_size = (size_t)(batch_size < BATCH_MAX ? batch_size : BATCH_MAX);
    pipeline->batch_limit = pipeline->batch_size < 2 * FIRST_BATCH_SHARE
                                ? pipeline->batch_size
                                : pipeline->batch_size / FIRST_BATCH_SHARE;
    pipeline->image_size = model->image_size;
    pipeline->input_bytes = (size_t)model->image_size * (size_t)model->image_size * 3;
    pipeline->dimensions = (size_t)model->dimensions;
    pipeline->thumbnail_height =
        options->thumbnail_height > 0 ? options->thumbnail_height : DEFAULT_THUMBNAIL_HEIGHT;
    pipeline->thumbnail_quality =
        options->thumbnail_quality > 0 ? options->thumbnail_quality : DEFAULT_THUMBNAIL_QUALITY;
    SamplerOptions sampler_options = {.sampling = options->sampling,
                                      .interval_s = options->interval_s,
                                      .scene_threshold = options->scene_threshold,
                                      .first_sample = job->first_sample};
    ConverterOptions converter_options = {.exact = options->exact_pixels,
                                          .swap_red_blue = options->sampling == RV_SAMPLING_OPENCV_NOTEBOOK};
    RvStatus status = rv_sampler_open(job->reader, &sampler_options, &pipeline->sampler, err);
    if (status == RV_OK)
        status = rv_converter_create(&converter_options, &pipeline->converter, err);
    if (status == RV_OK)
        status = rv_queue_create(BATCHES_IN_FLIGHT, &pipeline->filled, err);
    if (status == RV_OK)
        status = rv_queue_create(BATCHES_IN_FLIGHT, &pipeline->empty, err);
    return status == RV_OK ? create_batches(pipeline, err) : status;
}

static void close_pipeline(Pipeline *pipeline)
{
    for (int i = 0; i < BATCHES_IN_FLIGHT; i++) {
        Batch *batch = &pipeline->batches[i];
        for (size_t frame = 0; batch->frames != NULL && frame < pipeline->batch_size; frame++)
            rv_buffer_clear(&batch->frames[frame].jpeg);
        free(batch->frames);
        free(batch->inputs_u8);
    }
    free(pipeline->embeddings);
    free(pipeline->last_embedding);
    free(pipeline->input_u8); // and embedded_u8
    free(pipeline->records);
    rv_queue_destroy(pipeline->filled);
    rv_queue_destroy(pipeline->empty);
    rv_converter_destroy(pipeline->converter);
    rv_sampler_close(pipeline->sampler);
}

RvStatus rv_pipeline_run(const PipelineJob *job, RvIndexReport *report, RvError *err)
{
    double start_s = rv_pipeline_clock_s();
    Pipeline pipeline = {0};
    pthread_t producer;
    report->frame_count = job->first_sample;
    RvStatus status = open_pipeline(&pipeline, job, err);
    if (status == RV_OK && pthread_create(&producer, NULL, produce, &pipeline) != 0)
        status = rv_error_set(err, RV_ERROR_MEMORY, "cannot start the decoding thread");
    if (status == RV_OK) {
        status = consume(&pipeline, report, start_s, err);
        atomic_store(job->stopping, true);
        rv_queue_close(pipeline.empty);
        rv_queue_close(pipeline.filled);
        pthread_join(producer, NULL);
        if (status == RV_OK && pipeline.producer_status != RV_OK) {
            status = pipeline.producer_status;
            if (err != NULL)
                *err = pipeline.producer_error;
        }
        report->decode_s += pipeline.decode_s;
        report->pixels_s += pipeline.pixels_s;
        report->damaged_packets += rv_sampler_stats(pipeline.sampler).packets_damaged;
    }
    close_pipeline(&pipeline);
    return status;
}
