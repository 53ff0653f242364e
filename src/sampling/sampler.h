/* SPDX-License-Identifier: MIT */
/* Which frames of a video are embedded: one front for all ways to choose them. */
#ifndef RV_SAMPLING_SAMPLER_H
#define RV_SAMPLING_SAMPLER_H

#include "reelvec/sampling.h"
#include "video/video_reader.h"

/* Zeroed options are good defaults. Sample k of an interval is the last frame whose time is at most k x
 * interval. There are as many samples as whole intervals in the video, and at least one. */
typedef struct SamplerOptions {
    RvSampling kind;
    bool notebook;          // the way of RvSamplingOptions.compat "opencv-notebook", whatever the kind is
    double interval_s;      // 0 means 1 second
    double scene_threshold; // 0 means 0.12
    size_t first_sample;    // 0-based; earlier samples are not delivered (to resume)
    double from_s, to_s;    // a span, as in RvSamplingOptions; 0 and 0: the whole video
    bool no_seek;           // read a span from the video's beginning
    bool decode_everything; // take no short cuts; the short cuts are tested against this
} SamplerOptions;

typedef struct Sample {
    size_t index; // 0-based; frame_number = index + 1
    // index x interval; for keyframes and scenes the frame's own time; the notebook counts index seconds
    double time_s;
    // the same decoded frame as the sample before (a frame that stays on screen for several intervals)
    bool repeated;
    const Frame *frame; // borrowed; valid until the next call
} Sample;

typedef struct SamplerStats {
    size_t packets_read, packets_decoded, packets_damaged, frames_decoded;
} SamplerStats;

/* What public options ask for. Errors: ARGUMENT (an unknown compat, a span that cannot be, a reserved member that
 * is not 0); *out is filled from the rest even then. */
RvStatus rv_sampler_options(const RvSamplingOptions *options, SamplerOptions *out, RvError *err);

typedef struct Sampler Sampler;

/* Open a sampler. The reader is borrowed and must outlive it; only one sampler per reader. Errors: ARGUMENT
 * (an impossible interval or threshold), UNSUPPORTED (no decoder; more samples than the file can hold),
 * MEMORY. */
RvStatus rv_sampler_open(VideoReader *reader, const SamplerOptions *options, Sampler **out, RvError *err);
void rv_sampler_close(Sampler *sampler);

/* Deliver the next sample, in order. After the last one *end is set and *out is unchanged. Damage inside the
 * video is logged and counted and is not an error. Errors: FORMAT if not one frame could be decoded; IO and
 * NETWORK if the file or the connection broke before its end; UNSUPPORTED if there are more samples than the
 * file can hold; CANCELLED by VideoOptions.cancelled. */
RvStatus rv_sampler_next(Sampler *sampler, Sample *out, bool *end, RvError *err);

/* True if rv_sampler_next has ended before the first sample of a span because its place could not be found with
 * certainty. Close sampler and reader, and open both again with no_seek. */
bool rv_sampler_is_lost(const Sampler *sampler);

/* Returns the number of samples to expect from the container's duration; 0 if unknown. */
size_t rv_sampler_expected(const Sampler *sampler);

/* Returns the counts so far, of packets and decoded frames. */
SamplerStats rv_sampler_stats(const Sampler *sampler);

/* Write what is damaged so far in words; "" if nothing is. */
void rv_sampler_describe_damage(const Sampler *sampler, char *text, size_t size_bytes);

/* Write "interval:1", "keyframes", "scenes:0.12" or "opencv-notebook": the text that is stored in the
 * library. */
void rv_sampler_describe(const SamplerOptions *options, char *text, size_t size_bytes);
/* The options that rv_sampler_describe wrote as this text; their numbers are rounded to its digits. Returns
 * false if this version does not write such a text. */
bool rv_sampler_parse(const char *text, RvSamplingOptions *out);

#endif
