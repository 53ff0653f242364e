/* SPDX-License-Identifier: MIT */
/* Sampling as the OpenCV notebook does: every int(fps)-th frame by count. Its times are wrong if the frame
 * rate is not a whole number. It is kept so that the notebook's tables can be reproduced. */
#include <stdio.h>

#include "sampling/sampler_kind.h"

static RvStatus notebook_open(Sampler *sampler, RvError *err)
{
    (void)err;
    double rate = rv_video_info(sampler->reader)->frame_rate; // equal to CAP_PROP_FPS
    sampler->frame_step = rate >= 1 && rate < 1e6 ? (size_t)rate : 1;
    return RV_OK;
}

static bool notebook_wanted(void *user, const FrameTiming *timing)
{
    const Sampler *sampler = user;
    return timing->frame_index % sampler->frame_step == 0 &&
           timing->frame_index / sampler->frame_step >= sampler->options.first_sample;
}

static RvStatus notebook_next(Sampler *sampler, Sample *out, bool *end, RvError *err)
{
    RvStatus status = rv_sampler_advance(sampler, err);
    *end = sampler->ended;
    if (status != RV_OK || *end)
        return status;
    size_t index = sampler->next_index++;
    *out = rv_sampler_current(sampler, index, (double)index, false);
    return RV_OK;
}

static size_t notebook_expected(const Sampler *sampler)
{
    const VideoInfo *info = rv_video_info(sampler->reader);
    double frames = info->duration_s * info->frame_rate;
    if (!(frames >= 1) || frames > 1e12)
        return 0;
    return ((size_t)(frames + 0.5) + sampler->frame_step - 1) / sampler->frame_step;
}

static void notebook_describe(const SamplerOptions *options, char *text, size_t size_bytes)
{
    (void)options;
    snprintf(text, size_bytes, "opencv-notebook");
}

const SamplerKind rv_sampler_notebook = {
    .every_frame = true,
    .keep_disordered = true,
    .open = notebook_open,
    .wanted = notebook_wanted,
    .next = notebook_next,
    .expected = notebook_expected,
    .describe = notebook_describe,
};
