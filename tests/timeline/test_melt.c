/* SPDX-License-Identifier: MIT */
/* A timeline of MLT played by melt shows exactly the frames that were asked for. The clips show their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clips.h"
#include "numbered_frames.h"
#include "run.h"
#include "timeline/timeline_cuts.h"
#include "video/frame_stream.h"
#include "whole_file.h"

static bool want_all(void *user, const FrameTiming *timing)
{
    (void)user;
    (void)timing;
    return true;
}

/* The numbers that a video's frames show; returns how many there are. */
static size_t read_numbers(const char *path, int *numbers, size_t capacity)
{
    VideoReader *reader;
    FrameStream *stream;
    RvError err;
    if (rv_video_open(path, NULL, &reader, &err) != RV_OK)
        fail_msg("%s", err.message);
    FrameStreamOptions options = {.wanted = want_all};
    assert_int_equal(rv_frames_open(reader, &options, &stream, NULL), RV_OK);
    TimedFrame frame = {0};
    size_t count = 0;
    for (bool end = false;;) {
        assert_int_equal(rv_frames_next(stream, &frame, &end, NULL), RV_OK);
        if (end)
            break;
        assert_true(count < capacity);
        numbers[count++] = frame_number_shown(&frame.frame);
    }
    rv_frame_clear(&frame.frame);
    rv_frames_close(stream);
    rv_video_close(reader);
    return count;
}

static void melt_plays_the_frames(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        double start_s, end_s;
        int first, count; // the frames that the clip shows of it
    } cases[] = {
        {"plain.mp4", 0.4, 1, 10, 15},       {"plain.mp4", 3.8, 9, 95, 5},
        {"gop50_open.mp4", 5, 5.4, 125, 10}, {"plain.ts", 1, 1.2, 25, 5},
        {"late_video.mkv", 3, 3.2, 25, 5},   {"offset5.ts", 1, 1.2, 25, 5},
        {".facts/pal.mov", 1, 1.2, 25, 5},   {"edit_list.mp4", 0, 0.2, 38, 5},
        {"plain.mkv", 0, 0.04, 0, 1},
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    char paths[COUNT][2048], timeline[1024], video[1024], consumer[1100];
    RvMoment moments[COUNT];
    memset(moments, 0, sizeof moments);
    for (size_t i = 0; i < COUNT; i++) {
        if (!clip_path(cases[i].clip, paths[i], sizeof paths[i]))
            skip();
        moments[i] = (RvMoment){.video = paths[i], .start_s = cases[i].start_s, .end_s = cases[i].end_s};
    }
    if (access("/usr/bin/melt", X_OK) != 0) {
        printf("/usr/bin/melt is missing: install the package melt\n");
        skip();
    }
    RvTextFiles files;
    RvError err;
    RvTimelineOptions options = {.format = "mlt"};
    if (rv_timeline_make(moments, COUNT, &options, &files, &err) != RV_OK)
        fail_msg("%s", err.message);
    build_path("melt.mlt", timeline, sizeof timeline);
    build_path("melt.mkv", video, sizeof video);
    write_whole(timeline, files.items[0].text, files.items[0].size_bytes);
    rv_text_files_clear(&files);
    snprintf(consumer, sizeof consumer, "avformat:%s", video);
    const char *const arguments[] = {"/usr/bin/melt", timeline, "-consumer",    consumer,
                                     "vcodec=ffv1",   "an=1",   "real_time=-1", NULL};
    RunResult result = run_program(arguments, NULL);
    if (result.status != 0)
        fail_msg("melt: %s", result.errors);
    run_clear(&result);
    int numbers[200];
    size_t count = read_numbers(video, numbers, 200), at = 0;
    for (size_t i = 0; i < COUNT; i++) {
        for (int k = 0; k < cases[i].count; k++, at++) {
            if (at >= count || numbers[at] != cases[i].first + k)
                fail_msg("%s from %.2f: frame %zu of %zu shows %d, not %d", cases[i].clip, cases[i].start_s,
                         at, count, numbers[at], cases[i].first + k);
        }
    }
    assert_int_equal(at, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(melt_plays_the_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
