/* SPDX-License-Identifier: MIT */
/* All samples of a video, reduced to what tests compare. */
#ifndef RV_TESTS_COLLECTED_H
#define RV_TESTS_COLLECTED_H

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>

#include "numbered_frames.h"
#include "sampling/sampler.h"

#define COLLECTED_MAX 2000

typedef struct CollectedSample {
    size_t index;
    double time_s;
    int64_t pts_us;
    bool repeated, keyframe;
    int number; // shown in the picture
    int width, height, format, quarter_turns, sample_aspect_num, sample_aspect_den;
    bool mirrored;
    uint64_t hash; // of all planes' bytes
} CollectedSample;

typedef struct Collected {
    CollectedSample samples[COLLECTED_MAX];
    size_t count, expected;
    VideoInfo info; // after the last sample
    SamplerStats stats;
    RvStatus status;
    RvError err;
} Collected;

/* FNV-1a over the planes without their padding. */
static inline uint64_t hash_planes(const AVFrame *av)
{
    int size = av_image_get_buffer_size(av->format, av->width, av->height, 1);
    uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
    uint64_t hash = 14695981039346656037u;
    if (bytes == NULL)
        return 0;
    av_image_copy_to_buffer(bytes, size, (const uint8_t *const *)av->data, av->linesize, av->format,
                            av->width, av->height, 1);
    for (int i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    free(bytes);
    return hash;
}

static inline CollectedSample collect_sample(const Sample *sample)
{
    const Frame *frame = sample->frame;
    return (CollectedSample){.index = sample->index,
                             .time_s = sample->time_s,
                             .pts_us = frame->pts_us,
                             .repeated = sample->repeated,
                             .keyframe = frame->keyframe,
                             .number = frame_number_shown(frame),
                             .width = frame->av->width,
                             .height = frame->av->height,
                             .format = frame->av->format,
                             .quarter_turns = frame->quarter_turns,
                             .mirrored = frame->mirrored,
                             .sample_aspect_num = frame->sample_aspect_num,
                             .sample_aspect_den = frame->sample_aspect_den,
                             .hash = hash_planes(frame->av)};
}

/* Reads the whole video; `out` keeps the status of the first call that failed. At most COLLECTED_MAX samples
 * are kept. */
static inline void collect(const char *path, const VideoOptions *video_options, const SamplerOptions *options,
                           Collected *out)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    out->count = 0;
    out->status = rv_video_open(path, video_options, &reader, &out->err);
    if (out->status == RV_OK)
        out->status = rv_sampler_open(reader, options, &sampler, &out->err);
    if (out->status == RV_OK)
        out->expected = rv_sampler_expected(sampler);
    while (out->status == RV_OK) {
        Sample sample;
        bool end;
        out->status = rv_sampler_next(sampler, &sample, &end, &out->err);
        if (out->status != RV_OK || end)
            break;
        if (out->count < COLLECTED_MAX)
            out->samples[out->count++] = collect_sample(&sample);
    }
    if (sampler != NULL) {
        out->stats = rv_sampler_stats(sampler);
        out->info = *rv_video_info(reader);
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
}

#endif
