/* SPDX-License-Identifier: MIT */
/* The front of all ways to choose frames: checks, defaults, registry. */
#include "sampling/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "sampling/sampler_kind.h"

#define MIN_INTERVAL_S 0.001
#define MAX_INTERVAL_S 1e7
#define DEFAULT_INTERVAL_S 1.0
// Cuts between unlike pictures change the mean luma difference by 0.15 to 0.3, fast pans by less than 0.1.
#define DEFAULT_SCENE_THRESHOLD 0.12

static const SamplerKind *const kinds[] = {
    [RV_SAMPLING_INTERVAL] = &rv_sampler_interval,
    [RV_SAMPLING_KEYFRAMES] = &rv_sampler_keyframes,
    [RV_SAMPLING_SCENES] = &rv_sampler_scenes,
};

/* NULL if the number names no kind. */
static const SamplerKind *kind_of(const SamplerOptions *options)
{
    if (options->notebook)
        return &rv_sampler_notebook;
    return (unsigned)options->kind < sizeof kinds / sizeof kinds[0] ? kinds[options->kind] : NULL;
}

/* A time that is not a number fails the first condition. */
static RvStatus check_span(const SamplerOptions *options, RvError *err)
{
    bool inside = options->from_s >= 0 && options->from_s <= MAX_INTERVAL_S && options->to_s >= 0 &&
                  options->to_s <= MAX_INTERVAL_S && (options->to_s == 0 || options->to_s >= options->from_s);
    if (!inside)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%g to %g seconds is no span of a video", options->from_s,
                            options->to_s);
    bool span = options->from_s > 0 || options->to_s > 0;
    if (span && (options->kind != RV_SAMPLING_INTERVAL || options->notebook))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a span of a video is sampled by an interval only");
    return RV_OK;
}

RvStatus rv_sampler_options(const RvSamplingOptions *options, SamplerOptions *out, RvError *err)
{
    bool notebook = options->compat != NULL && strcmp(options->compat, "opencv-notebook") == 0;
    *out = (SamplerOptions){.kind = options->kind,
                            .notebook = notebook,
                            .interval_s = options->interval_s,
                            .scene_threshold = options->scene_threshold,
                            .from_s = options->from_s,
                            .to_s = options->to_s};
    if (options->compat != NULL && !notebook)
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "there is no way of sampling that is compatible with '%s'; opencv-notebook is one",
            options->compat);
    RvStatus status = check_span(out, err);
    if (status != RV_OK)
        return status;
    return RV_CHECK_RESERVED(RvSamplingOptions, options, err);
}

static SamplerOptions with_defaults(const SamplerOptions *options)
{
    SamplerOptions filled = options != NULL ? *options : (SamplerOptions){0};
    if (filled.interval_s == 0)
        filled.interval_s = DEFAULT_INTERVAL_S;
    if (filled.scene_threshold == 0)
        filled.scene_threshold = DEFAULT_SCENE_THRESHOLD;
    return filled;
}

static RvStatus check(const SamplerOptions *options, RvError *err)
{
    if (kind_of(options) == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "way of sampling %d is not known", (int)options->kind);
    if (!(options->interval_s >= MIN_INTERVAL_S && options->interval_s <= MAX_INTERVAL_S))
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "an interval of %g seconds makes no sense; give %g to %g seconds",
                            options->interval_s, MIN_INTERVAL_S, MAX_INTERVAL_S);
    if (!(options->scene_threshold > 0 && options->scene_threshold <= 1))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a scene threshold of %g makes no sense; give 0 to 1",
                            options->scene_threshold);
    return RV_OK;
}

RvStatus rv_sampler_open(VideoReader *reader, const SamplerOptions *options, Sampler **out, RvError *err)
{
    *out = NULL;
    SamplerOptions filled = with_defaults(options);
    RvStatus status = check(&filled, err);
    if (status != RV_OK)
        return status;
    Sampler *sampler = rv_mem_alloc(1, sizeof *sampler, err);
    if (sampler == NULL)
        return RV_ERROR_MEMORY;
    sampler->options = filled;
    sampler->kind = kind_of(&filled);
    sampler->reader = reader;
    sampler->next_index = filled.first_sample;
    FrameStreamOptions stream_options = {.wanted = sampler->kind->wanted,
                                         .user = sampler,
                                         .decode_everything =
                                             filled.decode_everything || sampler->kind->every_frame,
                                         .keep_disordered = sampler->kind->keep_disordered};
    if (sampler->kind->open != NULL)
        status = sampler->kind->open(sampler, err);
    if (status == RV_OK)
        status = rv_frames_open(reader, &stream_options, &sampler->frames, err);
    if (status != RV_OK) {
        rv_sampler_close(sampler);
        return status;
    }
    *out = sampler;
    return RV_OK;
}

void rv_sampler_close(Sampler *sampler)
{
    if (sampler == NULL)
        return;
    rv_frame_clear(&sampler->current.frame);
    rv_frame_clear(&sampler->ahead.frame);
    rv_frames_close(sampler->frames);
    rv_luma_destroy(sampler->scaler);
    free(sampler);
}

Sample rv_sampler_current(const Sampler *sampler, size_t index, double time_s, bool repeated)
{
    return (Sample){.index = index, .time_s = time_s, .repeated = repeated, .frame = &sampler->current.frame};
}

RvStatus rv_sampler_advance(Sampler *sampler, RvError *err)
{
    return rv_frames_next(sampler->frames, &sampler->current, &sampler->ended, err);
}

RvStatus rv_sampler_next(Sampler *sampler, Sample *out, bool *end, RvError *err)
{
    *end = false;
    return sampler->kind->next(sampler, out, end, err);
}

bool rv_sampler_is_lost(const Sampler *sampler)
{
    return sampler->lost;
}

size_t rv_sampler_expected(const Sampler *sampler)
{
    return sampler->kind->expected(sampler);
}

SamplerStats rv_sampler_stats(const Sampler *sampler)
{
    FrameStreamStats stats = rv_frames_stats(sampler->frames);
    return (SamplerStats){.packets_read = stats.packets_read,
                          .packets_decoded = stats.packets_decoded,
                          .packets_damaged = stats.packets_damaged,
                          .frames_decoded = stats.frames_decoded};
}

void rv_sampler_describe_damage(const Sampler *sampler, char *text, size_t size_bytes)
{
    rv_frames_describe_damage(sampler->frames, text, size_bytes);
}

void rv_sampler_describe(const SamplerOptions *options, char *text, size_t size_bytes)
{
    SamplerOptions filled = with_defaults(options);
    const SamplerKind *kind = kind_of(&filled);
    if (kind != NULL)
        kind->describe(&filled, text, size_bytes);
    else if (size_bytes > 0)
        text[0] = '\0';
}

/* The number behind the prefix; a program's locale may have written it with a comma. */
static bool parse_number(const char *text, const char *prefix, double max, double *out)
{
    char number[40];
    size_t length = strlen(prefix);
    if (strncmp(text, prefix, length) != 0 || strlen(text + length) >= sizeof number)
        return false;
    strcpy(number, text + length);
    char *comma = strchr(number, ',');
    if (comma != NULL)
        *comma = '.';
    return rv_parse_double(number, 0, max, out) && *out > 0;
}

bool rv_sampler_parse(const char *text, RvSamplingOptions *out)
{
    *out = (RvSamplingOptions){0};
    if (strcmp(text, "opencv-notebook") == 0)
        out->compat = "opencv-notebook";
    else if (strcmp(text, "keyframes") == 0)
        out->kind = RV_SAMPLING_KEYFRAMES;
    else if (parse_number(text, "scenes:", 1, &out->scene_threshold))
        out->kind = RV_SAMPLING_SCENES;
    else
        return parse_number(text, "interval:", MAX_INTERVAL_S, &out->interval_s);
    return true;
}
