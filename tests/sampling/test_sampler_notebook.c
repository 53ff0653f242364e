/* SPDX-License-Identifier: MIT */
/* Sampling by count, as the OpenCV notebook does; tools/compare_opencv.py checks it against OpenCV itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clips.h"
#include "collected.h"

static Collected collected;

static void next_gives_every_nth_frame_by_count(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        size_t count;
        int step;
        const char *why;
    } cases[] = {
        {"plain.mp4", 4, 25, "25 frames per second"},
        {"rate_29_97.mp4", 11, 29, "29.97 becomes 29"},
        {"gop50_open.mp4", 12, 25, "B-frames count in the order they are shown"},
        {"single_frame.mp4", 1, 25, "one frame"},
        {"raw.h264", 4, 25, "no time stamps"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        SamplerOptions options = {.notebook = true};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        if (collected.count != cases[i].count)
            fail_msg("%s (%s): %zu samples, not %zu", cases[i].clip, cases[i].why, collected.count,
                     cases[i].count);
        for (size_t k = 0; k < collected.count; k++) {
            assert_int_equal(collected.samples[k].number, (int)k * cases[i].step);
            assert_true(collected.samples[k].time_s == (double)k);
        }
    }
}

static void next_gives_the_counts_that_opencv_gives(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count;
    } videos[] = {{"videos/bottle-detection.mp4", 41}, {"videos/car-detection.mp4", 32}};
    for (size_t i = 0; i < 2; i++) {
        char path[2048];
        if (!shared_path(videos[i].name, path, sizeof path))
            skip();
        SamplerOptions options = {.notebook = true};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.count, videos[i].count);
        assert_int_equal(collected.expected, videos[i].count);
    }
}

static void next_counts_frames_whose_clock_jumps(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("jump_back.ts", path, sizeof path))
        skip();
    SamplerOptions options = {.notebook = true};
    collect(path, NULL, &options, &collected);
    assert_int_equal(collected.count, 4);
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(collected.samples[k].number, (int)k * 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_gives_every_nth_frame_by_count),
        cmocka_unit_test(next_gives_the_counts_that_opencv_gives),
        cmocka_unit_test(next_counts_frames_whose_clock_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
