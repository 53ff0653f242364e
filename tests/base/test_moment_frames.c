/* SPDX-License-Identifier: MIT */
/* Which frames a moment has: by counting evenly spaced ones, and by their times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/moment_frames.h"
#include "base/random.h"
#include "base/timecode.h"

typedef struct Case {
    RvRate rate;
    double seconds;
    int64_t frame;
} Case;

static void check_cases(int64_t (*frame_of)(RvRate rate, double seconds), const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t frame = frame_of(cases[i].rate, cases[i].seconds);
        if (frame != cases[i].frame)
            fail_msg("%d/%d at %f: %lld", cases[i].rate.num, cases[i].rate.den, cases[i].seconds,
                     (long long)frame);
    }
}

static void the_frame_on_screen_is_the_last_that_began(void **state)
{
    (void)state;
    static const Case cases[] = {
        {{25, 1}, 0, 0},
        {{25, 1}, 0.039, 0},
        {{25, 1}, 0.0395, 1},
        {{25, 1}, 0.04, 1},
        {{25, 1}, -0.0005, 0},
        {{25, 1}, -0.001, -1},
        {{24000, 1001}, 6, 143}, // which is there from 5.964 s on
        {{24000, 1001}, 6.006, 144},
        {{80, 1}, 0.012, 1}, // 12.5 ms in whole ones
        {{1000, 1}, 0.0014, 1},
        {{25, 1}, -1e300, -((int64_t)1 << 53)},
        {{25, 1}, 1e300, (int64_t)1 << 53},
    };
    check_cases(rv_moment_frame_at, cases, sizeof cases / sizeof cases[0]);
}

static void the_first_frame_behind_begins_at_the_end_or_later(void **state)
{
    (void)state;
    static const Case cases[] = {
        {{25, 1}, 0, 0},
        {{25, 1}, 0.0005, 0},
        {{25, 1}, 0.001, 1},
        {{25, 1}, 0.04, 1},
        {{25, 1}, 0.0405, 1},
        {{25, 1}, 0.041, 2},
        {{25, 1}, -0.039, 0},
        {{24000, 1001}, 6, 144}, // frame 143 began before
        {{24000, 1001}, 6.006, 144},
        {{80, 1}, 0.013, 1}, // 12.5 ms in whole ones
        {{25, 1}, -1e300, -((int64_t)1 << 53)},
        {{25, 1}, 1e300, (int64_t)1 << 53},
    };
    check_cases(rv_moment_frame_behind, cases, sizeof cases / sizeof cases[0]);
}

/* A frame's own time in whole milliseconds means that frame, as a start and as an end: moments that touch there share no
 * frame and leave none out. */
static void a_time_in_milliseconds_means_its_frame(void **state)
{
    (void)state;
    RvRate ntsc = {60000, 1001};
    for (int64_t frame = 0; frame < 3000000; frame += 7) {
        double rounded_s = round(rv_rate_seconds(ntsc, frame) * 1000) / 1000;
        assert_int_equal(rv_moment_frame_at(ntsc, rounded_s), frame);
        assert_int_equal(rv_moment_frame_behind(ntsc, rounded_s), frame);
    }
}

/* Clips go by the times of frames in microseconds, lists of cuts by their numbers. */
static void times_and_numbers_agree(void **state)
{
    (void)state;
    static const RvRate rates[] = {{24000, 1001}, {25, 1}, {30000, 1001}, {60000, 1001}, {60, 1}, {12, 1}};
    uint64_t seed = 15;
    for (int i = 0; i < 3000; i++) {
        RvRate rate = rates[i % (sizeof rates / sizeof rates[0])];
        int64_t start_us = (int64_t)(rv_random_next(&seed) % 4000) * 1000, first = 0, count = 0;
        int64_t end_us = start_us + 2000 + (int64_t)(rv_random_next(&seed) % 1000) * 1000;
        for (int64_t frame = 0; frame < 400; frame++) {
            int64_t begins_us = llround(rv_rate_seconds(rate, frame) * 1e6);
            if (begins_us <= rv_moment_first_until_us(start_us))
                first = frame;
            count += begins_us < rv_moment_behind_from_us(end_us);
        }
        assert_int_equal(rv_moment_frame_at(rate, (double)start_us / 1e6), first);
        assert_int_equal(rv_moment_frame_behind(rate, (double)end_us / 1e6), count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frame_on_screen_is_the_last_that_began),
        cmocka_unit_test(the_first_frame_behind_begins_at_the_end_or_later),
        cmocka_unit_test(a_time_in_milliseconds_means_its_frame),
        cmocka_unit_test(times_and_numbers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
