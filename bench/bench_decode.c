/* SPDX-License-Identifier: MIT */
/* Measures reading and decoding only: the chosen frames of a video are decoded and not used.
 *     bench_decode VIDEO [EVERY_S|keyframes [THREADS [full|once]]]
 * Prints the medians of wall and processor seconds of three rounds. full: everything is decoded, without
 * short cuts. once: one round, which bench/run times beside other decoders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "bench_support.h"
#include "sampling/sampler.h"

#define ROUNDS 3

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* One pass over the video; returns the number of samples. */
static size_t decode(const char *video, const VideoOptions *video_options,
                     const SamplerOptions *sampler_options, SamplerStats *stats)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    Sample sample;
    RvError err = {0};
    bool end = false;
    size_t count = 0;
    bench_check(rv_video_open(video, video_options, &reader, &err), &err);
    bench_check(rv_sampler_open(reader, sampler_options, &sampler, &err), &err);
    while (!end) {
        bench_check(rv_sampler_next(sampler, &sample, &end, &err), &err);
        count += end ? 0 : 1;
    }
    *stats = rv_sampler_stats(sampler);
    rv_sampler_close(sampler);
    rv_video_close(reader);
    return count;
}

int main(int argument_count, char **arguments)
{
    if (argument_count < 2)
        bench_fail("usage: bench_decode VIDEO [EVERY_S|keyframes [THREADS [full|once]]]");
    const char *every = argument_count > 2 ? arguments[2] : "1",
               *how = argument_count > 4 ? arguments[4] : "";
    bool keyframes = strcmp(every, "keyframes") == 0;
    VideoOptions video_options = {.thread_count = argument_count > 3 ? atoi(arguments[3]) : 0};
    SamplerOptions sampler_options = {.kind = keyframes ? RV_SAMPLING_KEYFRAMES : RV_SAMPLING_INTERVAL,
                                      .interval_s = keyframes ? 0 : atof(every),
                                      .decode_everything = strcmp(how, "full") == 0};
    double walls[ROUNDS], processors[ROUNDS];
    SamplerStats stats = {0};
    size_t frame_count = 0, rounds = strcmp(how, "once") == 0 ? 1 : ROUNDS;
    for (size_t i = 0; i < rounds; i++) {
        double start_s = rv_clock_s(), processor_start_s = processor_s();
        frame_count = decode(arguments[1], &video_options, &sampler_options, &stats);
        walls[i] = rv_clock_s() - start_s;
        processors[i] = processor_s() - processor_start_s;
    }
    printf("%s: %zu frames, %zu of %zu packets decoded, wall %.3f s, processors %.3f s\n", arguments[1],
           frame_count, stats.packets_decoded, stats.packets_read, bench_median(walls, rounds),
           bench_median(processors, rounds));
    return 0;
}
