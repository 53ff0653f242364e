/* SPDX-License-Identifier: MIT */
/* Frames of a video by time, as pictures, without model or library. */
#include "reelvec/video.h"

#include "base/error.h"
#include "pixels/convert.h"
#include "sampling/sampler.h"

static RvStatus hand_over(Sampler *sampler, FrameConverter *converter, int max_height,
                          bool (*frame)(void *user, const RvVideoFrame *frame), void *user, RvError *err)
{
    for (;;) {
        Sample sample;
        bool end = false;
        RvStatus status = rv_sampler_next(sampler, &sample, &end, err);
        if (status != RV_OK || end)
            return status;
        RvPicture *picture = NULL;
        status = rv_converter_picture(converter, sample.frame, max_height, &picture, err);
        if (status != RV_OK)
            return status;
        RvVideoFrame shown = {.frame_number = (int64_t)sample.index + 1,
                              .time_s = sample.time_s,
                              .image = rv_picture_image(picture)};
        bool go_on = frame(user, &shown);
        rv_picture_destroy(picture);
        if (!go_on)
            return RV_OK;
    }
}

RvStatus rv_video_sample(const char *path_or_url, const RvSamplingOptions *options, int max_height,
                         bool (*frame)(void *user, const RvVideoFrame *frame), void *user, RvLog log,
                         RvError *err)
{
    static const RvSamplingOptions defaults;
    if (options == NULL)
        options = &defaults;
    VideoOptions video_options = {.log = log};
    SamplerOptions sampler_options;
    RvStatus status = rv_sampler_options(options, &sampler_options, err);
    if (status != RV_OK)
        return status;
    ConverterOptions converter_options = {.exact = options->exact_pixels,
                                          .swap_red_blue = sampler_options.notebook};
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    FrameConverter *converter = NULL;
    status = rv_video_open(path_or_url, &video_options, &reader, err);
    if (status == RV_OK)
        status = rv_sampler_open(reader, &sampler_options, &sampler, err);
    if (status == RV_OK)
        status = rv_converter_create(&converter_options, &converter, err);
    if (status == RV_OK)
        status = hand_over(sampler, converter, max_height, frame, user, err);
    rv_converter_destroy(converter);
    rv_sampler_close(sampler);
    rv_video_close(reader);
    return status;
}
