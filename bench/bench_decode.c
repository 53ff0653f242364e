/* SPDX-License-Identifier: MIT */
/* Reading and decoding alone: the chosen frames of a video, nothing done with them.
 *     bench_decode VIDEO [EVERY_S [THREADS [full]]]
 * Five rounds, medians of wall and processor seconds; "full" decodes everything, without short cuts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "median.h"
#include "sampling/sampler.h"

#define ROUNDS 3

static void stop(const char *message)
{
    fprintf(stderr, "bench_decode: %s\n", message);
    exit(1);
}

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static double processor_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* One pass over the video; the number of samples. */
static size_t decode(const char *video, const VideoOptions *video_options,
                     const SamplerOptions *sampler_options, SamplerStats *stats)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    Sample sample;
    RvError err = {0};
    bool end = false;
    size_t count = 0;
    if (rv_video_open(video, video_options, &reader, &err) != RV_OK ||
        rv_sampler_open(reader, sampler_options, &sampler, &err) != RV_OK)
        stop(err.message);
    while (!end) {
        if (rv_sampler_next(sampler, &sample, &end, &err) != RV_OK)
            stop(err.message);
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
        stop("usage: bench_decode VIDEO [EVERY_S [THREADS [full]]]");
    VideoOptions video_options = {.thread_count = argument_count > 3 ? atoi(arguments[3]) : 0};
    SamplerOptions sampler_options = {.interval_s = argument_count > 2 ? atof(arguments[2]) : 1,
                                      .decode_everything =
                                          argument_count > 4 && strcmp(arguments[4], "full") == 0};
    double walls[ROUNDS], processors[ROUNDS];
    SamplerStats stats = {0};
    size_t count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double start_s = now_s(), processor_start_s = processor_s();
        count = decode(arguments[1], &video_options, &sampler_options, &stats);
        walls[i] = now_s() - start_s;
        processors[i] = processor_s() - processor_start_s;
    }
    printf("%s: %zu frames, %zu of %zu packets decoded, wall %.3f s, processors %.3f s\n", arguments[1],
           count, stats.packets_decoded, stats.packets_read, median(walls, ROUNDS),
           median(processors, ROUNDS));
    return 0;
}
