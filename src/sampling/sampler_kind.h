/* SPDX-License-Identifier: MIT */
/* What a way of sampling is made of. One const struct per kind, one line in the registry of sampler.c. */
#ifndef RV_SAMPLING_SAMPLER_KIND_H
#define RV_SAMPLING_SAMPLER_KIND_H

#include "sampling/sampler.h"
#include "video/frame_stream.h"
#include "video/luma_grid.h"

typedef struct SamplerKind {
    bool every_frame;     // needs all frames decoded
    bool keep_disordered; // counts frames as they come
    /* Prepare what the kind keeps in the sampler; NULL: nothing to prepare. */
    RvStatus (*open)(Sampler *sampler, RvError *err);
    /* Is the frame one of the samples? The same answer each time it is asked. */
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
    size_t next_index; // of the sample to deliver next
    // interval
    TimedFrame ahead; // the wanted frame after the current one
    bool has_ahead;
    bool current_used; // a sample of it was delivered
    // notebook
    size_t frame_step;
    // scenes
    LumaScaler *scaler;
    uint8_t grids[2][LUMA_GRID_SIZE]; // the frame before, this frame
    size_t scene_count;
    int64_t last_cut_us;
};

/* A sample of the current frame. */
Sample rv_sampler_current(const Sampler *sampler, size_t index, double time_s, bool repeated);

/* Fetch the next wanted frame as the current one; sampler->ended after the last. */
RvStatus rv_sampler_advance(Sampler *sampler, RvError *err);

#endif
