/* SPDX-License-Identifier: MIT */
/* From an opened video to batches of frames: sampling, the model's inputs, pictures. */
#ifndef RV_BATCH_MAKER_H
#define RV_BATCH_MAKER_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "index/old_frames.h"
#include "pixels/model_input.h"
#include "reelvec/index.h"
#include "sampling/sampler.h"
#include "video/video_reader.h"

/* One batch is being filled, one waits, one is being embedded. */
#define FRAME_BATCHES 3

#define BATCH_FROM_BEFORE SIZE_MAX // use the last embedding of the batches before
#define BATCH_NO_CHECK SIZE_MAX

typedef struct BatchFrame {
    int64_t frame_number;
    double time_s;
    size_t embedding; // index into the batch's inputs, or BATCH_FROM_BEFORE
    // index of its own input if it is a similar frame that is measured; otherwise BATCH_NO_CHECK
    size_t check;
    bool similar; // reuses the embedding of a frame that is not exactly equal
    Buffer jpeg;
} BatchFrame;

typedef struct FrameBatch {
    size_t count, input_count;
    BatchFrame *frames; // [batch_size]
    // [batch_size, size, size, 3]; inputs of the frames that are to be embedded
    uint8_t *inputs_u8;
} FrameBatch;

/* The batches of one video, FRAME_BATCHES of them in turn. One thread fills them, another returns them. */
typedef struct BatchMaker BatchMaker;

/* Where the frames come from; all borrowed. */
typedef struct BatchSource {
    VideoReader *reader; // NULL: the pictures of `old` take the place of its frames
    OldFrames *old;      // NULL; or the frames that must come, whose times and pictures are taken
    size_t first_sample; // samples before it are already in the library
} BatchSource;

/* Open the batches of a video. options must have a batch size. stopping: set it to end the filling early; the
 * reader's `cancelled` should test it too. Options, input and stopping are borrowed. Errors: as rv_sampler_open. */
RvStatus rv_batch_maker_open(const BatchSource *source, const RvIndexOptions *options,
                             const ModelInput *input, const atomic_bool *stopping, BatchMaker **out,
                             RvError *err);
void rv_batch_maker_close(BatchMaker *maker);

/* _size returns the number of frames of the largest batch. _expected returns the number of frames of the
 * video by its container, 0 if it does not say. */
size_t rv_batch_maker_size(const BatchMaker *maker);
size_t rv_batch_maker_expected(const BatchMaker *maker);

/* For the filling thread: wait for a free batch and fill it with the frames that follow. Its count may be 0.
 * *end is set after the video's last frame. If *status is an error, the batch holds what was decoded before
 * it. Returns NULL if no more batches are wanted. */
FrameBatch *rv_batch_maker_next(BatchMaker *maker, bool *end, RvStatus *status, RvError *err);

/* For the other thread: _return returns a batch for reuse, _stop ends the filling and wakes the filling thread. */
void rv_batch_maker_return(BatchMaker *maker, FrameBatch *batch);
void rv_batch_maker_stop(BatchMaker *maker);

/* May be called once the filling has ended. _report adds to decode_s, pixels_s and damaged_packets. */
void rv_batch_maker_describe_damage(const BatchMaker *maker, char *text, size_t size_bytes); // "" if nothing
void rv_batch_maker_report(const BatchMaker *maker, RvIndexReport *report);

#endif
