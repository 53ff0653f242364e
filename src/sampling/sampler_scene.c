/* SPDX-License-Identifier: MIT */
/* Sampling by scenes: the first frame, then each frame that differs from the one before it as after a cut. */
#include <stdio.h>
#include <string.h>

#include "sampling/sampler_kind.h"

#define MIN_SCENE_US 500000 // flashes and explosions change the picture twice within less

static RvStatus scene_open(Sampler *sampler, RvError *err)
{
    return rv_luma_create(&sampler->scaler, err);
}

static bool scene_wanted(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

// *cut is true if the current frame is the first of a scene. Its grid becomes the one of the frame before.
static RvStatus is_cut(Sampler *sampler, bool *cut, RvError *err)
{
    RvStatus status = rv_luma_grid(sampler->scaler, &sampler->current.frame, sampler->grids[1], err);
    if (status != RV_OK)
        return status;
    int64_t from_us = sampler->current.timing.from_us;
    *cut = !sampler->has_current ||
           (from_us - sampler->last_cut_us >= MIN_SCENE_US &&
            rv_luma_difference(sampler->grids[0], sampler->grids[1]) >= sampler->options.scene_threshold);
    sampler->has_current = true;
    memcpy(sampler->grids[0], sampler->grids[1], sizeof sampler->grids[0]);
    if (*cut)
        sampler->last_cut_us = from_us;
    return RV_OK;
}

static RvStatus scene_next(Sampler *sampler, Sample *out, bool *end, RvError *err)
{
    for (;;) {
        RvStatus status = rv_sampler_advance(sampler, err);
        *end = sampler->ended;
        if (status != RV_OK || *end)
            return status;
        bool cut;
        status = is_cut(sampler, &cut, err);
        if (status != RV_OK)
            return status;
        if (cut && sampler->scene_count++ >= sampler->options.first_sample)
            break;
    }
    int64_t from_us = sampler->current.timing.from_us;
    *out = rv_sampler_current(sampler, sampler->next_index++, from_us > 0 ? (double)from_us / 1e6 : 0, false);
    return RV_OK;
}

static size_t scene_expected(const Sampler *sampler)
{
    (void)sampler;
    return 0;
}

static void scene_describe(const SamplerOptions *options, char *text, size_t size_bytes)
{
    snprintf(text, size_bytes, "scenes:%.6g", options->scene_threshold);
}

const SamplerKind rv_sampler_scenes = {
    .every_frame = true,
    .open = scene_open,
    .wanted = scene_wanted,
    .next = scene_next,
    .expected = scene_expected,
    .describe = scene_describe,
};
