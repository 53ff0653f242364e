/* SPDX-License-Identifier: MIT */
/* Which frames of a video are worth embedding: one front for all ways to choose. */
#ifndef RV_SAMPLING_SAMPLER_H
#define RV_SAMPLING_SAMPLER_H

#include "reelvec/sampling.h"
#include "video/video_reader.h"

/* Zeroed options are good defaults. Sample k of an interval is the last frame whose time is at most k x
 * interval; there are as many as whole intervals in the video, and at least one. */
typedef struct SamplerOptions {
    RvSampling sampling;
    double interval_s;      // 0: 1 second
    double scene_threshold; // 0: 0.12
    size_t first_sample;    // 0-based; earlier samples are not delivered (resuming)
    bool decode_everything; // no short cuts: the reference that the short cuts are tested against
} SamplerOptions;

typedef struct Sample {
    size_t index;       // 0-based; frame_number = index + 1
    double time_s;      // index x interval, or the frame's own time for keyframes and scenes; the notebook's
                        // claim (index seconds) for its way
    bool repeated;      // the same decoded frame as the sample before (a frame shown for several intervals)
    const Frame *frame; // borrowed until the next call
} Sample;

typedef struct SamplerStats {
    size_t packets_read, packets_decoded, packets_damaged, frames_decoded;
} SamplerStats;

typedef struct Sampler Sampler;

/* The reader is borrowed and must outlive the sampler; one sampler per reader. Errors: ARGUMENT (an interval
 * or threshold that makes no sense), UNSUPPORTED (no decoder), MEMORY. */
RvStatus rv_sampler_open(VideoReader *reader, const SamplerOptions *options, Sampler **out, RvError *err);
void rv_sampler_close(Sampler *sampler);

/* The next sample, in order. *end is set (and *out untouched) after the last. Damage inside the video is
 * logged and counted, not an error; FORMAT when not a single frame could be decoded; IO and NETWORK when the
 * file or the connection broke before its end; UNSUPPORTED when there are more samples than the file can be
 * meant for; CANCELLED by VideoOptions.cancelled. */
RvStatus rv_sampler_next(Sampler *sampler, Sample *out, bool *end, RvError *err);

/* Samples to expect from the container's duration; 0 where unknown. */
size_t rv_sampler_expected(const Sampler *sampler);
SamplerStats rv_sampler_stats(const Sampler *sampler);

/* What was found damaged so far, in words; "": nothing. */
void rv_sampler_describe_damage(const Sampler *sampler, char *text, size_t size_bytes);

/* "interval:1", "keyframes", "scenes:0.12", "opencv-notebook": what stands in the library. */
void rv_sampler_describe(const SamplerOptions *options, char *text, size_t size_bytes);

#endif
