/* SPDX-License-Identifier: MIT */
/* Frames of a video by time, as pictures, without model or library. */
#include "reelvec/video.h"

#include "base/error.h"
#include "pixels/convert.h"
#include "sampling/sampler.h"

typedef struct Handing {
    int max_height;
    bool (*frame)(void *user, const RvVideoFrame *frame);
    void *user;
    size_t count; // frames handed over
} Handing;

static RvStatus hand_over(Handing *handing, Sampler *sampler, FrameConverter *converter, RvError *err)
{
    for (;;) {
        Sample sample;
        bool end = false;
        RvStatus status = rv_sampler_next(sampler, &sample, &end, err);
        if (status != RV_OK || end)
            return status;
        RvPicture *picture = NULL;
        status = rv_converter_picture(converter, sample.frame, handing->max_height, &picture, err);
        if (status != RV_OK)
            return status;
        RvVideoFrame shown = {.frame_number = (int64_t)sample.index + 1,
                              .time_s = sample.time_s,
                              .image = rv_picture_image(picture)};
        handing->count++;
        bool go_on = handing->frame(handing->user, &shown);
        rv_picture_destroy(picture);
        if (!go_on)
            return RV_OK;
    }
}

static RvStatus check_any(const Handing *handing, const VideoReader *reader, const SamplerOptions *options,
                          RvError *err)
{
    if (handing->count > 0 || options->from_s == 0)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT,
                        "%s: is %.1f s long; there is no frame at %.1f s (seconds or h:mm:ss)",
                        rv_video_name(reader), rv_video_info(reader)->duration_s, options->from_s);
}

/* *lost: the place of a span was not found, and nothing was handed over. */
static RvStatus sample_once(Handing *handing, const char *path_or_url, const VideoOptions *video_options,
                            const SamplerOptions *sampler_options, const ConverterOptions *converter_options,
                            bool *lost, RvError *err)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    FrameConverter *converter = NULL;
    *lost = false;
    RvStatus status = rv_video_open(path_or_url, video_options, &reader, err);
    if (status == RV_OK)
        status = rv_sampler_open(reader, sampler_options, &sampler, err);
    if (status == RV_OK)
        status = rv_converter_create(converter_options, &converter, err);
    if (status == RV_OK)
        status = hand_over(handing, sampler, converter, err);
    if (sampler != NULL)
        *lost = rv_sampler_is_lost(sampler);
    if (status == RV_OK && !*lost)
        status = check_any(handing, reader, sampler_options, err);
    rv_converter_destroy(converter);
    rv_sampler_close(sampler);
    rv_video_close(reader);
    return status;
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
    Handing handing = {.max_height = max_height, .frame = frame, .user = user};
    bool lost = false;
    status =
        sample_once(&handing, path_or_url, &video_options, &sampler_options, &converter_options, &lost, err);
    if (!lost)
        return status;
    sampler_options.no_seek = true;
    return sample_once(&handing, path_or_url, &video_options, &sampler_options, &converter_options, &lost,
                       err);
}
