/* SPDX-License-Identifier: MIT */
/* The conveyor from an opened video to rows: decoding beside embedding, batch by batch. */
#ifndef RV_PIPELINE_H
#define RV_PIPELINE_H

#include <stdatomic.h>

#include "reelvec/library.h"
#include "store/store.h"
#include "video/video_reader.h"

typedef struct PipelineJob {
    Store *store;
    RvEncoder *encoder;
    VideoReader *reader;
    const char *source; // for messages and progress
    int64_t video_id;
    size_t first_sample; // samples before it are in the store already
    const RvIndexOptions *options;
    atomic_bool *stopping; // set when the reader is to give up; its `cancelled` looks at it
} PipelineJob;

/* Decode, convert, embed and store every sample from first_sample on. What was stored before a failure or a
 * cancellation stays. Fills frame_count, frames_embedded, damaged_packets and the stage times of the report.
 */
RvStatus rv_pipeline_run(const PipelineJob *job, RvIndexReport *report, RvError *err);

/* Seconds of a monotonic clock. */
double rv_pipeline_clock_s(void);

#endif
