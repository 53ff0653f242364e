/* SPDX-License-Identifier: MIT */
/* Sampling by keyframes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clips.h"
#include "collected.h"

static Collected collected;

static void next_gives_every_keyframe_and_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *clip;
        size_t count;
        int distance; // frames from one keyframe to the next
        size_t most_decoded;
        const char *why;
    } cases[] = {
        {"gop50_closed.mp4", 6, 50, 6, "one packet each"},
        {"gop50_open.mp4", 6, 50, 300,
         "keyframes that are no clean start are decoded with what comes before"},
        {"gop250_closed.mp4", 2, 250, 2, "long groups"},
        {"hevc_open.mp4", 6, 50, 6, "clean random access points"},
        {"every_frame_key.mp4", 100, 1, 100, "all of them"},
        {"vp9.webm", 8, 40, 8, "VP9"},
        {"prores.mov", 50, 1, 50, "a codec of keyframes only"},
        {"single_frame.mp4", 1, 1, 1, "one frame"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[2048];
        if (!clip_path(cases[i].clip, path, sizeof path))
            skip();
        SamplerOptions options = {.kind = RV_SAMPLING_KEYFRAMES};
        collect(path, NULL, &options, &collected);
        assert_int_equal(collected.status, RV_OK);
        if (collected.count != cases[i].count)
            fail_msg("%s (%s): %zu keyframes, not %zu", cases[i].clip, cases[i].why, collected.count,
                     cases[i].count);
        for (size_t k = 0; k < collected.count; k++) {
            assert_int_equal(collected.samples[k].number, (int)k * cases[i].distance);
            assert_true(collected.samples[k].keyframe);
            double time_s = (double)collected.samples[k].number / 25;
            double difference_s = collected.samples[k].time_s - time_s;
            assert_true(difference_s > -0.0011 && difference_s < 0.0011); // Matroska rounds to milliseconds
        }
        if (collected.stats.packets_decoded > cases[i].most_decoded)
            fail_msg("%s (%s): %zu packets decoded", cases[i].clip, cases[i].why,
                     collected.stats.packets_decoded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(next_gives_every_keyframe_and_its_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
