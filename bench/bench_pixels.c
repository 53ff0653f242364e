/* SPDX-License-Identifier: MIT */
/* Conversion of decoded video frames to the model's input, on one thread, for bench/run.
 *     bench_pixels VIDEO fast|exact SIDE [shortest|squash|longest [bicubic|bilinear]]
 * Takes the first frames of the video, one per second, and converts them one after the other. */
#include <stdlib.h>
#include <string.h>

#include "bench_support.h"
#include "pixels/convert.h"
#include "sampling/sampler.h"

#define FRAMES_MAX 8

typedef struct Job {
    FrameConverter *converter;
    Frame frames[FRAMES_MAX];
    size_t frame_count, next;
    ModelInput input;
    uint8_t *input_u8;
} Job;

static void work(void *context)
{
    Job *job = context;
    RvError err = {0};
    bench_check(
        rv_converter_model_input(job->converter, &job->frames[job->next], &job->input, job->input_u8, &err),
        &err);
    job->next = (job->next + 1) % job->frame_count;
}

static void read_frames(Job *job, const char *path)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    RvError err = {0};
    bool end = false;
    bench_check(rv_video_open(path, NULL, &reader, &err), &err);
    bench_check(rv_sampler_open(reader, NULL, &sampler, &err), &err);
    while (job->frame_count < FRAMES_MAX) {
        Sample sample;
        bench_check(rv_sampler_next(sampler, &sample, &end, &err), &err);
        if (end)
            break;
        bench_check(rv_frame_ref(sample.frame, &job->frames[job->frame_count++], &err), &err);
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
}

int main(int argument_count, char **arguments)
{
    if (argument_count < 4 || argument_count > 6)
        bench_fail("usage: bench_pixels VIDEO fast|exact SIDE [shortest|squash|longest [bicubic|bilinear]]");
    Job job = {.input.size = atoi(arguments[3])};
    const char *mode = argument_count > 4 ? arguments[4] : "shortest";
    job.input.mode = strcmp(mode, "squash") == 0    ? RESIZE_SQUASH
                     : strcmp(mode, "longest") == 0 ? RESIZE_LONGEST
                                                    : RESIZE_SHORTEST;
    if (argument_count > 5 && strcmp(arguments[5], "bilinear") == 0)
        job.input.filter = RESIZE_BILINEAR;
    ConverterOptions options = {.exact = strcmp(arguments[2], "exact") == 0};
    RvError err = {0};
    if (job.input.size < 1)
        bench_fail("the side is at least 1");
    job.input_u8 = bench_must(malloc((size_t)job.input.size * (size_t)job.input.size * 3));
    bench_check(rv_converter_create(&options, &job.converter, &err), &err);
    read_frames(&job, arguments[1]);
    bench_serve(&(Turns){.work = work, .context = &job, .window_s = 0.2});
    for (size_t i = 0; i < job.frame_count; i++)
        rv_frame_clear(&job.frames[i]);
    rv_converter_destroy(job.converter);
    free(job.input_u8);
    return 0;
}
