/* SPDX-License-Identifier: MIT */
/* Time zero, and exact microseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "video/video_clock.h"

static void set_zero_follows_the_container_within_reason(void **state)
{
    (void)state;
    static const struct {
        bool has_start;
        ClockTime start;
        int64_t first_pts;   // ticks of 1/1000 s
        int64_t expected_us; // of the first frame
        const char *why;
    } cases[] = {
        {false, {0, 1}, 1234, 0, "no start: the first frame is zero"},
        {true, {1, 1}, 1000, 0, "both at 1 s"},
        {true, {0, 1}, 2000, 2000000, "sound begins 2 s before"},
        {true, {3, 1}, 2000, 0, "a start after the first frame is none"},
        {true, {0, 1}, 60000, 60000000, "a minute before: still believed"},
        {true, {0, 1}, 60001, 0, "more than a minute, and nothing says so: a broken clock"},
        {true, {-7, 1000}, 0, 0, "an audio codec's lead-in counts as 0"},
        {true, {-7, 1000}, 40, 40000, "the same, video later"},
        {true, {-2, 1}, -2000, 0, "negative time stamps of the video itself"},
        {true, {-3, 1}, -2000, 1000000, "negative, sound before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        VideoClock clock = {
            .tick_num = 1, .tick_den = 1000, .has_start = cases[i].has_start, .start = cases[i].start};
        rv_clock_set_zero(&clock, cases[i].first_pts);
        if (rv_clock_us(&clock, cases[i].first_pts) != cases[i].expected_us)
            fail_msg("%s: %lld", cases[i].why, (long long)rv_clock_us(&clock, cases[i].first_pts));
    }
}

static void set_zero_believes_a_header(void **state)
{
    (void)state;
    static const struct {
        ClockTime start;
        int64_t length_us, first_pts; // ticks of 1/1000 s
        int64_t expected_us;          // of the first frame
        int64_t end_us;               // of the container
        const char *why;
    } cases[] = {
        {{0, 1}, 82000000, 70000, 70000000, 82000000, "sound begins 70 s before"},
        {{5, 1}, 82000000, 75000, 70000000, 82000000, "the same, from 5 s on"},
        {{0, 1}, 70000000, 70000, 70000000, 70000000, "to the end"},
        {{0, 1}, 69999000, 70000, 0, 0, "beyond the end: a broken clock"},
        {{0, 1}, 69999000, 60000, 60000000, 69999000, "a minute needs no header"},
        {{-7, 1000}, 4007000, 0, 0, 4000000, "an audio codec's lead-in is not of the length"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        VideoClock clock = {.tick_num = 1,
                            .tick_den = 1000,
                            .has_start = true,
                            .start = cases[i].start,
                            .length_us = cases[i].length_us};
        rv_clock_set_zero(&clock, cases[i].first_pts);
        if (rv_clock_us(&clock, cases[i].first_pts) != cases[i].expected_us ||
            rv_clock_end_us(&clock) != cases[i].end_us)
            fail_msg("%s: %lld, end %lld", cases[i].why, (long long)rv_clock_us(&clock, cases[i].first_pts),
                     (long long)rv_clock_end_us(&clock));
    }
}

static void is_pause_for_an_hour_or_as_long_as_the_header_says(void **state)
{
    (void)state;
    const int64_t hour_us = CLOCK_JUMP_US;
    VideoClock clock = {.tick_num = 1, .tick_den = 1000};
    rv_clock_set_zero(&clock, 0);
    assert_true(rv_clock_is_pause(&clock, 5, 5 + hour_us));
    assert_false(rv_clock_is_pause(&clock, 5, 6 + hour_us));
    clock.length_us = 2 * hour_us;
    assert_true(rv_clock_is_pause(&clock, 5, 2 * hour_us));
    assert_true(rv_clock_is_pause(&clock, 5, 2 * hour_us + 900000)); // a header of whole seconds
    assert_false(rv_clock_is_pause(&clock, 5, 2 * hour_us + 1100000));
}

static void us_is_exact_and_rounds_up(void **state)
{
    (void)state;
    static const struct {
        int num, den;
        int64_t zero, pts, expected;
        const char *why;
    } cases[] = {
        {1, 90000, 3003, 93003, 1000000, "one second after a time that is no whole microsecond"},
        {1, 90000, 0, 1, 12, "11.1 us"},
        {1001, 30000, 0, 30, 1001000, "29.97 frames per second"},
        {1001, 30000, 0, 1, 33367, "33366.67 us"},
        {1, 11456, 0, 11456, 1000000, "an odd time base"},
        {1, 1000, 0, -1, -1000, "before zero"},
        {1, 90000, 0, -1, -11, "before zero, rounded up too"},
        {1, 1000000000, 0, 1000000001, 1000001, "finer than a microsecond: just past one second"},
        {1, 1, 0, 3000000000, 3000000000000000, "a century"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        VideoClock clock = {.tick_num = cases[i].num, .tick_den = cases[i].den};
        rv_clock_set_zero(&clock, cases[i].zero);
        if (rv_clock_us(&clock, cases[i].pts) != cases[i].expected)
            fail_msg("%s: %lld", cases[i].why, (long long)rv_clock_us(&clock, cases[i].pts));
    }
}

static void ticks_is_the_last_time_stamp_up_to_a_time(void **state)
{
    (void)state;
    static const struct {
        int num, den;
        ClockTime start;
    } clocks[] = {{1, 90000, {1, 3}},
                  {1001, 30000, {-1, 7}},
                  {1, 1000, {5, 1}},
                  {1, 11456, {0, 1}},
                  {1, 1000000000, {1, 90000}},
                  {1, 1, {0, 1}},
                  {1, INT32_MAX, {1, INT32_MAX - 1}}};
    static const int64_t times_us[] = {0,     1,      11,      12,        33366,
                                       33367, 999999, 1000000, 123456789, INT64_C(10000000000000)};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        VideoClock clock = {
            .tick_num = clocks[i].num, .tick_den = clocks[i].den, .zero = clocks[i].start, .has_zero = true};
        for (size_t k = 0; k < sizeof times_us / sizeof times_us[0]; k++) {
            int64_t pts = rv_clock_ticks(&clock, times_us[k]);
            assert_true(rv_clock_us(&clock, pts) <= times_us[k]);
            assert_true(rv_clock_us(&clock, pts + 1) > times_us[k]);
        }
    }
}

static void us_does_not_overflow_at_the_edge_of_sane_times(void **state)
{
    (void)state;
    VideoClock clock = {
        .tick_num = 1, .tick_den = INT32_MAX, .has_start = true, .start = {.num = 1, .den = INT32_MAX - 1}};
    int64_t pts = INT64_C(3200000000) * INT32_MAX;
    assert_true(rv_clock_is_sane(&clock, pts));
    rv_clock_set_zero(&clock, 0);
    assert_int_equal(rv_clock_us(&clock, pts), INT64_C(3200000000000000));
    assert_int_equal(rv_clock_us(&clock, -pts), INT64_C(-3200000000000000));
}

static void is_sane_refuses_what_is_no_time(void **state)
{
    (void)state;
    VideoClock clock = {.tick_num = 1, .tick_den = 1000};
    assert_true(rv_clock_is_sane(&clock, 0));
    assert_true(rv_clock_is_sane(&clock, INT64_C(3000000000000)));
    assert_false(rv_clock_is_sane(&clock, INT64_C(4000000000000)));
    assert_false(rv_clock_is_sane(&clock, INT64_MAX));
    assert_false(rv_clock_is_sane(&clock, INT64_MIN));
}

static void length_us_refuses_absurd_lengths(void **state)
{
    (void)state;
    VideoClock clock = {.tick_num = 1, .tick_den = 24};
    assert_int_equal(rv_clock_length_us(&clock, 24), 1000000);
    assert_int_equal(rv_clock_length_us(&clock, 1), 41666);
    assert_int_equal(rv_clock_length_us(&clock, 0), 0);
    assert_int_equal(rv_clock_length_us(&clock, -5), 0);
    assert_int_equal(rv_clock_length_us(&clock, INT64_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_zero_follows_the_container_within_reason),
        cmocka_unit_test(set_zero_believes_a_header),
        cmocka_unit_test(is_pause_for_an_hour_or_as_long_as_the_header_says),
        cmocka_unit_test(us_is_exact_and_rounds_up),
        cmocka_unit_test(ticks_is_the_last_time_stamp_up_to_a_time),
        cmocka_unit_test(us_does_not_overflow_at_the_edge_of_sane_times),
        cmocka_unit_test(is_sane_refuses_what_is_no_time),
        cmocka_unit_test(length_us_refuses_absurd_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
