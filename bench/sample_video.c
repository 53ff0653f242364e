/* SPDX-License-Identifier: MIT */
/* Decode the chosen frames of a video and nothing else: what bench/run times against other decoders.
 *     sample_video VIDEO EVERY_SECONDS|keyframes
 * Prints how many frames were chosen, and of how many packets how many were decoded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sampling/sampler.h"
#include "turns.h"

int main(int argument_count, char **arguments)
{
    if (argument_count != 3)
        turns_fail("usage", "sample_video VIDEO EVERY_SECONDS|keyframes");
    bool keyframes = strcmp(arguments[2], "keyframes") == 0;
    SamplerOptions options = {.sampling = keyframes ? RV_SAMPLING_KEYFRAMES : RV_SAMPLING_INTERVAL,
                              .interval_s = keyframes ? 0 : atof(arguments[2])};
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    RvError err = {0};
    size_t count = 0;
    if (rv_video_open(arguments[1], NULL, &reader, &err) != RV_OK ||
        rv_sampler_open(reader, &options, &sampler, &err) != RV_OK)
        turns_fail("sample_video", err.message);
    for (bool end = false; !end;) {
        Sample sample;
        if (rv_sampler_next(sampler, &sample, &end, &err) != RV_OK)
            turns_fail("sample_video", err.message);
        count += !end;
    }
    SamplerStats stats = rv_sampler_stats(sampler);
    printf("%zu frames, %zu packets, %zu decoded\n", count, stats.packets_read, stats.packets_decoded);
    rv_sampler_close(sampler);
    rv_video_close(reader);
    return 0;
}
