/* SPDX-License-Identifier: MIT */
/* Sampling by keyframes: every frame whose packet the container marks as a keyframe. */
#include <stdio.h>

#include "sampling/sampler_kind.h"

static bool keyframe_wanted(void *user, const FrameTiming *timing)
{
    const Sampler *sampler = user;
    return timing->keyframe && timing->keyframe_index >= sampler->options.first_sample;
}

static RvStatus keyframe_next(Sampler *sampler, Sample *out, bool *end, RvError *err)
{
    RvStatus status = rv_sampler_advance(sampler, err);
    *end = sampler->ended;
    if (status != RV_OK || *end)
        return status;
    int64_t from_us = sampler->current.timing.from_us;
    *out = rv_sampler_current(sampler, sampler->next_index++, from_us > 0 ? (double)from_us / 1e6 : 0, false);
    return RV_OK;
}

static size_t keyframe_expected(const Sampler *sampler)
{
    (void)sampler;
    return 0;
}

static void keyframe_describe(const SamplerOptions *options, char *text, size_t size_bytes)
{
    (void)options;
    snprintf(text, size_bytes, "keyframes");
}

const SamplerKind rv_sampler_keyframes = {
    .wanted = keyframe_wanted,
    .next = keyframe_next,
    .expected = keyframe_expected,
    .describe = keyframe_describe,
};
