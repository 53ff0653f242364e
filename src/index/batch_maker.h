/* SPDX-License-Identifier: MIT */
/* From an opened video to batches of frames: sampling, the model's inputs, pictures. */
#ifndef RV_BATCH_MAKER_H
#define RV_BATCH_MAKER_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "reelvec/index.h"
#include "sampling/sampler.h"
#include "video/video_reader.h"

/* One batch being filled, one waiting, one being embedded. */
#define FRAME_BATCHES 3

#define BATCH_FROM_BEFORE SIZE_MAX // the last embedding of the batches before
#define BATCH_NO_CHECK SIZE_MAX

typedef struct BatchFrame {
    int64_t frame_number;
    double time_s;
    size_t embedding; // index into the batch's inputs, or BATCH_FROM_BEFORE
    size_t check;     // a similar frame that is measured: its own input's index; else BATCH_NO_CHECK
    bool similar;     // takes the embedding of a frame that is not quite the same
    Buffer jpeg;
} BatchFrame;

typedef struct FrameBatch {
    size_t count, input_count;
    BatchFrame *frames; // [batch_size]
    uint8_t *inputs_u8; // [batch_size, image_size, image_size, 3], of the frames that are to be embedded
} FrameBatch;

/* The batches of one video, FRAME_BATCHES of them in turn. One thread fills them; another gives them back. */
typedef struct BatchMaker BatchMaker;

/* options: with a batch size. first_sample: samples before it are in the library already. stopping: set when
 * no more frames are wanted; the reader's `cancelled` should look at it too. Reader, options and stopping are
 * borrowed. */
RvStatus rv_batches_open(VideoReader *reader, const RvIndexOptions *options, const RvLog *log, int image_size,
                         size_t first_sample, const atomic_bool *stopping, BatchMaker **out, RvError *err);
void rv_batches_close(BatchMaker *maker);

/* Frames of the largest batch, and of the video as far as its container tells (0: it does not). */
size_t rv_batches_size(const BatchMaker *maker);
size_t rv_batches_expected(const BatchMaker *maker);

/* The filling thread's: wait for a batch, and fill it with the frames that follow. Its count may be 0; *end
 * after the video's last. With an error comes what was decoded before it. NULL: no more are wanted. */
FrameBatch *rv_batches_next(BatchMaker *maker, bool *end, RvStatus *status, RvError *err);

/* The other thread's: let the filling begin; give a batch back; give no more, waking who waits for one. */
void rv_batches_begin(BatchMaker *maker);
void rv_batches_return(BatchMaker *maker, FrameBatch *batch);
void rv_batches_stop(BatchMaker *maker);

/* Once the filling has ended: adds to decode_s, pixels_s and damaged_packets. */
void rv_batches_describe_damage(const BatchMaker *maker, char *text, size_t size_bytes); // "": none
void rv_batches_report(const BatchMaker *maker, RvIndexReport *report);

#endif
