/* SPDX-License-Identifier: MIT */
/* A decoded video frame to the model's input, measured in turn, one thread.
 *     turn_pixels VIDEO fast|exact SIDE
 * Takes the first frames of the video, one per second, and converts them one after the other. */
#include <stdlib.h>
#include <string.h>

#include "pixels/convert.h"
#include "sampling/sampler.h"
#include "turns.h"

#define FRAMES_MAX 8

typedef struct Job {
    FrameConverter *converter;
    Frame frames[FRAMES_MAX];
    size_t frame_count, next;
    int side;
    uint8_t *input_u8;
} Job;

static void work(void *context)
{
    Job *job = context;
    RvError err = {0};
    if (rv_converter_model_input(job->converter, &job->frames[job->next], job->side, job->input_u8, &err) !=
        RV_OK)
        turns_fail("turn_pixels", err.message);
    job->next = (job->next + 1) % job->frame_count;
}

static void read_frames(Job *job, const char *path)
{
    VideoReader *reader = NULL;
    Sampler *sampler = NULL;
    RvError err = {0};
    bool end = false;
    if (rv_video_open(path, NULL, &reader, &err) != RV_OK ||
        rv_sampler_open(reader, NULL, &sampler, &err) != RV_OK)
        turns_fail("turn_pixels", err.message);
    while (job->frame_count < FRAMES_MAX) {
        Sample sample;
        if (rv_sampler_next(sampler, &sample, &end, &err) != RV_OK)
            turns_fail("turn_pixels", err.message);
        if (end)
            break;
        if (rv_frame_ref(sample.frame, &job->frames[job->frame_count++], &err) != RV_OK)
            turns_fail("turn_pixels", err.message);
    }
    rv_sampler_close(sampler);
    rv_video_close(reader);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 4)
        turns_fail("usage", "turn_pixels VIDEO fast|exact SIDE");
    Job job = {.side = atoi(arguments[3])};
    ConverterOptions options = {.exact = strcmp(arguments[2], "exact") == 0};
    RvError err = {0};
    job.input_u8 = malloc((size_t)job.side * (size_t)job.side * 3);
    if (job.side < 1 || job.input_u8 == NULL || rv_converter_create(&options, &job.converter, &err) != RV_OK)
        turns_fail("turn_pixels", err.message);
    read_frames(&job, arguments[1]);
    work(&job);
    turns_serve(&(Turns){.work = work, .context = &job, .window_s = 0.2});
    for (size_t i = 0; i < job.frame_count; i++)
        rv_frame_clear(&job.frames[i]);
    rv_converter_destroy(job.converter);
    free(job.input_u8);
    return 0;
}
