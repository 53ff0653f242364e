/* SPDX-License-Identifier: MIT */
/* What a way of sampling consists of: one const struct per kind, and one line in the registry of
 * sampler.c. */
#ifndef RV_SAMPLING_SAMPLER_KIND_H
#define RV_SAMPLING_SAMPLER_KIND_H

#include "sampling/sampler.h"
#include "video/frame_stream.h"
#include "video/luma_grid.h"

typedef struct SamplerKind {
    bool every_frame;     // all frames must be decoded
    bool keep_disordered; // frames are counted in the order of decoding
    /* Prepare what the kind keeps in the sampler. NULL if there is nothing to prepare. */
    RvStatus (*open)(Sampler *sampler, RvError *err);
    /* True if the frame is one of the samples. It may be called more than once for one frame and must then
     * return the same. */
    FrameWanted wanted;
    RvStatus (*next)(Sampler *sampler, Sample *out, bool *end, RvError *err);
    size_t (*expected)(const Sampler *sampler);
    void (*describe)(const SamplerOptions *options, char *text, size_t size_bytes);
} SamplerKind;

extern const SamplerKind rv_sampler_interval, rv_sampler_keyframes, rv_sampler_scenes, rv_sampler_notebook;

struct Sampler {
    const SamplerKind *kind;
    SamplerOptions options; // defaults filled in
    VideoReader *reader;
    FrameStream *frames;
    TimedFrame current; // the frame of the last sample
    bool has_current;
    bool ended;
    size_t next_index; // index of the sample to deliver next
    // interval
    TimedFrame ahead; // the wanted frame after the current one
    bool has_ahead;
    bool current_used;      // a sample of the current frame was delivered
    bool span;              // only from from_us to to_us, both included
    int64_t from_us, to_us; // 0 and INT64_MAX without a span
    bool lost;
    // notebook
    size_t frame_step;
    // scenes
    LumaScaler *scaler;
    uint8_t grids[2][LUMA_GRID_SIZE]; // [0] the frame before, [1] this frame
    size_t scene_count;
    int64_t last_cut_us;
};

/* Returns a sample of the current frame. */
Sample rv_sampler_current(const Sampler *sampler, size_t index, double time_s, bool repeated);

/* Make the next wanted frame the current one. Sets sampler->ended after the last. Errors: as
 * rv_frames_next. */
RvStatus rv_sampler_advance(Sampler *sampler, RvError *err);

#endif
