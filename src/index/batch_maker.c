/* SPDX-License-Identifier: MIT */
/* From an opened video to batches of frames: sampling, the model's inputs, pictures. */
#include "index/batch_maker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/threads.h"
#include "pixels/convert.h"
#include "pixels/thumbnail.h"

#define FIRST_BATCH_SHARE 4 // the first batch is smaller than the others by this factor if those are large
#define DEFAULT_THUMBNAIL_HEIGHT 360
#define DEFAULT_THUMBNAIL_QUALITY 85
#define JPEG_MAX_BYTES ((size_t)64 << 20)
/* One in this many similar frames is embedded after all, to measure the error of the embeddings that are
 * reused. */
#define SIMILAR_PER_CHECK 16

struct BatchMaker {
    const RvIndexOptions *options;
    const atomic_bool *stopping;
    size_t batch_size, input_bytes, expected_count;
    // size of the batch being filled; the first ones are small, so that embedding begins early
    size_t batch_limit;
    const ModelInput *input;
    int thumbnail_height, thumbnail_quality;
    OldFrames *old;   // NULL: pictures are made from the frames
    size_t place;     // of the next sample in the order of the video
    size_t end_place; // samples from here on are not wanted
    Sampler *sampler; // NULL: pictures of `old` take the place of frames
    FrameConverter *converter;
    Queue *empty;
    FrameBatch batches[FRAME_BATCHES];
    uint8_t *input_u8;    // of the current frame
    uint8_t *embedded_u8; // of the last frame that will be embedded
    bool any_embedded;
    size_t similar_count;
    double decode_s, pixels_s;
};

static RvStatus convert_sample(BatchMaker *maker, const Sample *sample, BatchFrame *frame, uint8_t *input_u8,
                               RvError *err)
{
    if (maker->sampler == NULL)
        return rv_old_frames_input(maker->old, frame->frame_number, &frame->jpeg, input_u8, err);
    RvStatus status = rv_converter_model_input(maker->converter, sample->frame, maker->input, input_u8, err);
    RvPicture *picture = NULL;
    if (maker->old != NULL)
        return status;
    if (status == RV_OK)
        status =
            rv_converter_picture(maker->converter, sample->frame, maker->thumbnail_height, &picture, err);
    if (status == RV_OK) {
        RvImage image = rv_picture_image(picture);
        status = rv_thumbnail_encode(&image, maker->thumbnail_quality, &frame->jpeg, err);
    }
    rv_picture_destroy(picture);
    return status;
}

/* Returns the mean absolute difference of two inputs, in levels of 0 to 255. */
static double input_difference(const uint8_t *left, const uint8_t *right, size_t size_bytes)
{
    uint64_t sum = 0;
    for (size_t first = 0; first < size_bytes; first += 4096) {
        size_t end = first + 4096 < size_bytes ? first + 4096 : size_bytes;
        uint32_t part = 0; // 32 bits, so that the compiler vectorizes the loop
        for (size_t i = first; i < end; i++)
            part += (uint32_t)(left[i] > right[i] ? left[i] - right[i] : right[i] - left[i]);
        sum += part;
    }
    return (double)sum / (double)size_bytes;
}

// Append the current input to the batch's inputs. Returns its index.
static size_t add_input(const BatchMaker *maker, FrameBatch *batch)
{
    memcpy(batch->inputs_u8 + batch->input_count * maker->input_bytes, maker->input_u8, maker->input_bytes);
    return batch->input_count++;
}

/* Decide whether the current frame gets an embedding of its own or reuses the one of the last embedded frame.
 * Frames of still scenes are often equal to the byte; reuse loses nothing then. */
static void choose_embedding(BatchMaker *maker, FrameBatch *batch, BatchFrame *frame, size_t last)
{
    double limit = maker->options->skip_similar;
    size_t size_bytes = maker->input_bytes;
    bool equal = maker->any_embedded && memcmp(maker->input_u8, maker->embedded_u8, size_bytes) == 0;
    frame->similar = maker->any_embedded && !equal && limit > 0 &&
                     input_difference(maker->input_u8, maker->embedded_u8, size_bytes) < limit;
    frame->check = BATCH_NO_CHECK;
    if (equal || frame->similar) {
        frame->embedding = last;
        if (frame->similar && maker->similar_count++ % SIMILAR_PER_CHECK == 0)
            frame->check = add_input(maker, batch);
        return;
    }
    frame->embedding = add_input(maker, batch);
    memcpy(maker->embedded_u8, maker->input_u8, size_bytes);
    maker->any_embedded = true;
}

// Convert a sample and add it to the batch. A repeated sample (the same decoded frame) copies the result of
// the one before it.
static RvStatus fill_frame(BatchMaker *maker, const Sample *sample, FrameBatch *batch, RvError *err)
{
    BatchFrame *frame = &batch->frames[batch->count];
    const BatchFrame *before = batch->count > 0 ? frame - 1 : NULL;
    frame->frame_number = (int64_t)sample->index + 1;
    frame->time_s = sample->time_s;
    rv_buffer_reset(&frame->jpeg);
    RvStatus status = maker->old != NULL ? rv_old_frames_take(maker->old, frame->frame_number, &frame->time_s,
                                                              &frame->jpeg, err)
                                         : RV_OK;
    if (status != RV_OK)
        return status;
    if (sample->repeated && before != NULL) {
        frame->embedding = before->embedding;
        frame->similar = before->similar;
        frame->check = BATCH_NO_CHECK;
        if (maker->old == NULL)
            status = rv_buffer_append(&frame->jpeg, before->jpeg.bytes, before->jpeg.size_bytes, err);
    } else {
        status = convert_sample(maker, sample, frame, maker->input_u8, err);
        if (status == RV_OK)
            choose_embedding(maker, batch, frame, before != NULL ? before->embedding : BATCH_FROM_BEFORE);
    }
    if (status == RV_OK)
        batch->count++;
    return status;
}

static RvStatus next_sample(BatchMaker *maker, Sample *sample, bool *end, RvError *err)
{
    *end = maker->place == maker->end_place;
    if (*end)
        return RV_OK;
    maker->place++;
    if (maker->sampler != NULL)
        return rv_sampler_next(maker->sampler, sample, end, err);
    RvFrameInfo frame = rv_old_frames_at(maker->old, maker->place - 1);
    *sample = (Sample){.index = (size_t)frame.frame_number - 1, .time_s = frame.time_s};
    return RV_OK;
}

static RvStatus fill_batch(BatchMaker *maker, FrameBatch *batch, bool *end, RvError *err)
{
    batch->count = batch->input_count = 0;
    while (batch->count < maker->batch_limit && !atomic_load(maker->stopping)) {
        Sample sample;
        double start_s = rv_clock_s();
        RvStatus status = next_sample(maker, &sample, end, err);
        double decoded_s = rv_clock_s();
        maker->decode_s += decoded_s - start_s;
        if (status != RV_OK || *end)
            return status;
        status = fill_frame(maker, &sample, batch, err);
        maker->pixels_s += rv_clock_s() - decoded_s;
        if (status != RV_OK)
            return status;
    }
    return RV_OK;
}

FrameBatch *rv_batch_maker_next(BatchMaker *maker, bool *end, RvStatus *status, RvError *err)
{
    FrameBatch *batch = atomic_load(maker->stopping) ? NULL : rv_queue_pop(maker->empty);
    if (batch == NULL)
        return NULL;
    *status = fill_batch(maker, batch, end, err);
    maker->batch_limit = maker->batch_size;
    return batch;
}

void rv_batch_maker_return(BatchMaker *maker, FrameBatch *batch)
{
    rv_queue_push(maker->empty, batch);
}

void rv_batch_maker_stop(BatchMaker *maker)
{
    rv_queue_close(maker->empty);
}

size_t rv_batch_maker_size(const BatchMaker *maker)
{
    return maker->batch_size;
}

size_t rv_batch_maker_expected(const BatchMaker *maker)
{
    return maker->expected_count;
}

void rv_batch_maker_describe_damage(const BatchMaker *maker, char *text, size_t size_bytes)
{
    text[0] = '\0';
    if (maker->sampler != NULL)
        rv_sampler_describe_damage(maker->sampler, text, size_bytes);
}

void rv_batch_maker_report(const BatchMaker *maker, RvIndexReport *report)
{
    report->decode_s += maker->decode_s;
    report->pixels_s += maker->pixels_s;
    if (maker->sampler != NULL)
        report->damaged_packets += rv_sampler_stats(maker->sampler).packets_damaged;
}

/* ---- opening and closing ------------------------------------------------------------------------------ */

static RvStatus create_batches(BatchMaker *maker, RvError *err)
{
    for (int i = 0; i < FRAME_BATCHES; i++) {
        FrameBatch *batch = &maker->batches[i];
        batch->frames = rv_mem_alloc(maker->batch_size, sizeof *batch->frames, err);
        batch->inputs_u8 = rv_mem_alloc_aligned(maker->batch_size, maker->input_bytes, err);
        if (batch->frames == NULL || batch->inputs_u8 == NULL)
            return RV_ERROR_MEMORY;
        for (size_t frame = 0; frame < maker->batch_size; frame++)
            rv_buffer_init(&batch->frames[frame].jpeg, JPEG_MAX_BYTES);
    }
    maker->input_u8 = rv_mem_alloc_aligned(2, maker->input_bytes, err);
    if (maker->input_u8 == NULL)
        return RV_ERROR_MEMORY;
    maker->embedded_u8 = maker->input_u8 + maker->input_bytes;
    RvStatus status = rv_queue_create(FRAME_BATCHES, &maker->empty, err);
    for (int i = 0; i < FRAME_BATCHES && status == RV_OK; i++)
        rv_queue_push(maker->empty, &maker->batches[i]);
    return status;
}

static void set_sizes(BatchMaker *maker, const RvIndexOptions *options, const ModelInput *input)
{
    maker->batch_size = (size_t)options->batch_size;
    maker->batch_limit =
        maker->batch_size < 2 * FIRST_BATCH_SHARE ? maker->batch_size : maker->batch_size / FIRST_BATCH_SHARE;
    maker->input = input;
    maker->input_bytes = (size_t)input->size * (size_t)input->size * 3;
    maker->thumbnail_height =
        options->thumbnail_height > 0 ? options->thumbnail_height : DEFAULT_THUMBNAIL_HEIGHT;
    maker->thumbnail_quality =
        options->thumbnail_quality > 0 ? options->thumbnail_quality : DEFAULT_THUMBNAIL_QUALITY;
}

static RvStatus open_sampler(BatchMaker *maker, VideoReader *reader, RvError *err)
{
    SamplerOptions sampler_options;
    RvStatus status = rv_sampler_options(&maker->options->sampling, &sampler_options, err);
    if (status != RV_OK)
        return status;
    sampler_options.first_sample = maker->place;
    ConverterOptions converter_options = {.exact = maker->options->sampling.exact_pixels,
                                          .swap_red_blue = sampler_options.notebook};
    status = rv_sampler_open(reader, &sampler_options, &maker->sampler, err);
    if (status != RV_OK)
        return status;
    // Asked here because the reader corrects the duration while it reads.
    maker->expected_count = rv_sampler_expected(maker->sampler);
    return rv_converter_create(&converter_options, &maker->converter, err);
}

/* The old library may have the beginning of the video only. */
static void set_end(BatchMaker *maker, const BatchSource *source)
{
    maker->end_place = SIZE_MAX;
    if (source->old == NULL)
        return;
    maker->expected_count = rv_old_frames_count(source->old);
    if (source->reader == NULL || !rv_old_frames_are_all(source->old))
        maker->end_place = maker->expected_count > maker->place ? maker->expected_count : maker->place;
}

RvStatus rv_batch_maker_open(const BatchSource *source, const RvIndexOptions *options,
                             const ModelInput *input, const atomic_bool *stopping, BatchMaker **out,
                             RvError *err)
{
    *out = NULL;
    BatchMaker *maker = rv_mem_alloc(1, sizeof *maker, err);
    if (maker == NULL)
        return RV_ERROR_MEMORY;
    maker->options = options;
    maker->stopping = stopping;
    maker->old = source->old;
    maker->place = source->first_sample;
    set_sizes(maker, options, input);
    RvStatus status = source->reader != NULL ? open_sampler(maker, source->reader, err) : RV_OK;
    set_end(maker, source);
    if (status == RV_OK)
        status = create_batches(maker, err);
    if (status != RV_OK) {
        rv_batch_maker_close(maker);
        return status;
    }
    *out = maker;
    return RV_OK;
}

void rv_batch_maker_close(BatchMaker *maker)
{
    if (maker == NULL)
        return;
    for (int i = 0; i < FRAME_BATCHES; i++) {
        FrameBatch *batch = &maker->batches[i];
        for (size_t frame = 0; batch->frames != NULL && frame < maker->batch_size; frame++)
            rv_buffer_clear(&batch->frames[frame].jpeg);
        free(batch->frames);
        free(batch->inputs_u8);
    }
    free(maker->input_u8); // also frees embedded_u8
    rv_queue_destroy(maker->empty);
    rv_converter_destroy(maker->converter);
    rv_sampler_close(maker->sampler);
    free(maker);
}
