/* SPDX-License-Identifier: MIT */
/* Sampling by time: the frame on screen at k x interval, one for each whole interval, at least one. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "sampling/sampler_kind.h"

#define ROUNDING_TICK_MAX_US 10000

// Returns the time of sample k in microseconds. It is computed from k each time, so that errors do not add
// up: 3 x (1/3) s is 1 s.
static int64_t sample_us(const Sampler *sampler, size_t k)
{
    return sampler->from_us + llround((double)k * sampler->options.interval_s * 1e6);
}

// Returns the first sample at or after a time.
static size_t sample_at(const Sampler *sampler, int64_t us)
{
    if (us <= sampler->from_us)
        return 0;
    size_t k = (size_t)((double)(us - sampler->from_us) / (sampler->options.interval_s * 1e6));
    while (k > 0 && sample_us(sampler, k - 1) >= us)
        k--;
    while (sample_us(sampler, k) < us)
        k++;
    return k;
}

static bool interval_wanted(void *user, const FrameTiming *timing)
{
    const Sampler *sampler = user;
    if (sampler->span && timing->from_us <= 0)
        return true; // the first frame sets time zero
    size_t k = sample_at(sampler, timing->from_us);
    if (k < sampler->options.first_sample)
        k = sampler->options.first_sample;
    int64_t us = sample_us(sampler, k);
    return us < timing->until_us && us <= sampler->to_us;
}

static RvStatus fetch_ahead(Sampler *sampler, RvError *err)
{
    RvStatus status = rv_frames_next(sampler->frames, &sampler->ahead, &sampler->ended, err);
    sampler->has_ahead = status == RV_OK && !sampler->ended;
    return status;
}

static void step_ahead(Sampler *sampler)
{
    rv_frame_clear(&sampler->current.frame);
    sampler->current = sampler->ahead;
    sampler->ahead = (TimedFrame){0};
    sampler->has_current = true;
    sampler->has_ahead = false;
    sampler->current_used = false;
}

/* A frame that stays on screen yields a sample for each interval. The number of samples is bounded by what
 * the file holds, in packets and in bytes; otherwise a file of one kilobyte could ask for years of samples. A
 * day at one per second (86,400) of a file with some fifty packets is allowed. */
#define SAMPLES_FREE 200000
#define SAMPLES_PER_PACKET 100
#define SAMPLES_PER_BYTE 1

static RvStatus refuse(const Sampler *sampler, double samples, const char *held, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_UNSUPPORTED,
        "%s: %.0f frames, one every %g s, are more than its %s can be meant for (beyond %d, %d for each "
        "packet and %d for each byte); choose a longer interval",
        rv_video_name(sampler->reader), samples, sampler->options.interval_s, held, SAMPLES_FREE,
        SAMPLES_PER_PACKET, SAMPLES_PER_BYTE);
}

// Check the number of samples that the container announces, before anything is decoded.
static RvStatus interval_open(Sampler *sampler, RvError *err)
{
    const SamplerOptions *options = &sampler->options;
    const VideoInfo *info = rv_video_info(sampler->reader);
    sampler->span = options->from_s > 0 || options->to_s > 0;
    sampler->from_us = llround(options->from_s * 1e6);
    sampler->to_us = options->to_s > 0 ? llround(options->to_s * 1e6) : INT64_MAX;
    double end_s = options->to_s > 0 ? fmin(options->to_s, info->duration_s) : info->duration_s;
    double samples = (end_s - options->from_s) / options->interval_s;
    if (samples <= SAMPLES_FREE || info->size_bytes <= 0 ||
        samples <= (double)info->size_bytes * SAMPLES_PER_BYTE)
        return RV_OK;
    char held[64];
    snprintf(held, sizeof held, "%lld bytes", (long long)info->size_bytes);
    return refuse(sampler, samples, held, err);
}

// Check the number of samples against what has been read so far, for containers that announce nothing or
// announce it wrongly.
static RvStatus check_count(const Sampler *sampler, RvError *err)
{
    if (sampler->next_index < SAMPLES_FREE)
        return RV_OK;
    size_t packets_read = rv_frames_stats(sampler->frames).packets_read;
    if (sampler->next_index / SAMPLES_PER_PACKET < packets_read)
        return RV_OK;
    char held[64];
    snprintf(held, sizeof held, "%zu packets", packets_read);
    return refuse(sampler, (double)sampler->next_index + 1, held, err);
}

// True if the interval of sample k is inside the video; of a span, if its time is. This is certain once a frame is
// known that is on screen at the interval's end, or the video has ended. The end may be a rounded time stamp: a video
// of 10 s with time stamps in milliseconds holds ten seconds. Ticks that are frames or seconds are not rounded.
static bool is_whole(const Sampler *sampler, size_t k)
{
    int64_t needed_us = sampler->span ? sample_us(sampler, k) + 1 : sample_us(sampler, k + 1);
    if ((k == 0 && !sampler->span) || needed_us <= sampler->current.timing.until_us)
        return true;
    if (sampler->has_ahead)
        return needed_us <= sampler->ahead.timing.until_us;
    int64_t tick_us = rv_frames_tick_us(sampler->frames);
    int64_t tolerance_us = sampler->span ? 0 : (tick_us <= ROUNDING_TICK_MAX_US ? tick_us : 0) + 1;
    return sampler->ended && needed_us <= rv_frames_end_us(sampler->frames) + tolerance_us;
}

// Take the video's first frame, which sets time zero, and go to the span from there. Sets sampler->lost if what is
// found there does not show the frame at from_us.
static RvStatus enter_span(Sampler *sampler, RvError *err)
{
    RvStatus status = fetch_ahead(sampler, err);
    if (status != RV_OK || !sampler->has_ahead)
        return status;
    step_ahead(sampler);
    if (sampler->options.no_seek || sampler->from_us < sampler->current.timing.until_us)
        return RV_OK;
    FramesPlace place;
    status = rv_frames_seek(sampler->frames, sampler->from_us, &place, err);
    if (status == RV_OK && place == FRAMES_PLACED)
        status = fetch_ahead(sampler, err);
    bool found = sampler->has_ahead ? sampler->ahead.timing.from_us <= sampler->from_us
                                    : sampler->from_us >= rv_frames_end_us(sampler->frames);
    sampler->lost = place == FRAMES_LOST || (place == FRAMES_PLACED && !found);
    return status;
}

// Find the frame that is on screen at the time of sample k. `current` is the newest frame that may be it;
// `ahead` is the one after it, which is fetched only if the end of `current` does not already decide.
static RvStatus interval_next(Sampler *sampler, Sample *out, bool *end, RvError *err)
{
    size_t k = sampler->next_index;
    int64_t time_us = sample_us(sampler, k);
    RvStatus status;
    if (sampler->span && !sampler->has_current) {
        status = enter_span(sampler, err);
        if (status != RV_OK)
            return status;
    }
    *end = sampler->lost || time_us > sampler->to_us;
    if (*end)
        return RV_OK;
    for (;;) {
        bool covered = sampler->has_current && time_us < sampler->current.timing.until_us;
        if (covered && is_whole(sampler, k))
            break;
        if (sampler->has_ahead) {
            if (sampler->has_current && time_us < sampler->ahead.timing.from_us)
                break;
            step_ahead(sampler);
            continue;
        }
        if (sampler->ended) {
            // The tolerance at the end may reach beyond the end of the last frame.
            *end = !sampler->has_current || !is_whole(sampler, k);
            if (*end)
                return RV_OK;
            break;
        }
        status = fetch_ahead(sampler, err);
        if (status != RV_OK)
            return status;
    }
    status = check_count(sampler, err);
    if (status != RV_OK)
        return status;
    *out = rv_sampler_current(sampler, k, (double)time_us / 1e6, sampler->current_used);
    sampler->current_used = true;
    sampler->next_index++;
    return RV_OK;
}

static size_t interval_expected(const Sampler *sampler)
{
    double duration_s = rv_video_info(sampler->reader)->duration_s;
    if (!(duration_s > 0))
        return 0;
    const SamplerOptions *options = &sampler->options;
    double end_s = options->to_s > 0 && options->to_s < duration_s ? options->to_s : duration_s;
    double count = floor((end_s - options->from_s + 1e-6) / options->interval_s + 1e-9);
    return count < 1 ? 1 : (size_t)count + (sampler->span ? 1 : 0);
}

static void interval_describe(const SamplerOptions *options, char *text, size_t size_bytes)
{
    snprintf(text, size_bytes, "interval:%.10g", options->interval_s);
}

const SamplerKind rv_sampler_interval = {
    .open = interval_open,
    .wanted = interval_wanted,
    .next = interval_next,
    .expected = interval_expected,
    .describe = interval_describe,
};
