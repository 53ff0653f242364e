/* SPDX-License-Identifier: MIT */
/* Sampling by scenes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "clips.h"
#include "collected.h"

static Collected collected;

static void next_gives_the_first_frame_of_each_scene(void **state)
{
    (void)state;
    static const double times_s[] = {0, 1, 2,
                                     3.2}; // where tools/make_clips cuts; the fade at the end is none
    char path[2048];
    if (!clip_path("scenes.mp4", path, sizeof path))
        skip();
    for (size_t first = 0; first < 4; first += 2) {
        SamplerOptions options = {.kind = RV_SAMPLING_SCENES, .first_sample = first};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        assert_int_equal(collected.count, 4 - first);
        for (size_t k = 0; k < collected.count; k++) {
            assert_int_equal(collected.samples[k].index, k + first);
            assert_true(fabs(collected.samples[k].time_s - times_s[k + first]) < 1e-6);
        }
    }
}

static void next_gives_one_scene_where_the_threshold_is_out_of_reach(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("scenes.mp4", path, sizeof path))
        skip();
    SamplerOptions options = {.kind = RV_SAMPLING_SCENES, .scene_threshold = 0.9};
    collect(path, NULL, &options, &collected);
    assert_int_equal(collected.count, 1);
}

static void next_keeps_scenes_half_a_second_long(void **state)
{
    (void)state;
    // The numbers change a large part of the picture every few frames.
    char path[2048];
    if (!clip_path("gop250_closed.mp4", path, sizeof path))
        skip();
    SamplerOptions options = {.kind = RV_SAMPLING_SCENES, .scene_threshold = 0.01};
    collect(path, NULL, &options, &collected);
    assert_true(collected.count >= 10 && collected.count <= 24);
    for (size_t k = 1; k < collected.count; k++)
        assert_true(collected.samples[k].time_s - collected.samples[k - 1].time_s >= 0.5);
}

static void next_compares_across_a_change_of_size(void **state)
{
    (void)state;
    char path[2048];
    if (!clip_path("size_change.ts", path, sizeof path))
        skip();
    SamplerOptions options = {.kind = RV_SAMPLING_SCENES, .scene_threshold = 1};
    collect(path, NULL, &options, &collected);
    assert_int_equal(collected.status, RV_OK);
    assert_int_equal(collected.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_gives_the_first_frame_of_each_scene),
        cmocka_unit_test(next_gives_one_scene_where_the_threshold_is_out_of_reach),
        cmocka_unit_test(next_keeps_scenes_half_a_second_long),
        cmocka_unit_test(next_compares_across_a_change_of_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
