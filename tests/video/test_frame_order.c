/* SPDX-License-Identifier: MIT */
/* Missing, falling and jumping time stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "video/frame_order.h"

#define NO_TIME INT64_MIN

typedef struct Step {
    int64_t pts; // milliseconds, or NO_TIME
    OrderVerdict verdict;
    int64_t us;
} Step;

static void run(const char *why, const Step *steps, size_t count, bool keep_disordered)
{
    VideoClock clock = {.tick_num = 1, .tick_den = 1000};
    FrameOrder order = {.clock = &clock,
                        .rate_num = 30000,
                        .rate_den = 1001,
                        .interval_us = 33366,
                        .keep_disordered = keep_disordered};
    for (size_t i = 0; i < count; i++) {
        int64_t us = -1;
        bool has_pts = steps[i].pts != NO_TIME;
        OrderVerdict verdict = rv_order_place(&order, has_pts, steps[i].pts, &us);
        if (verdict != steps[i].verdict || us != steps[i].us)
            fail_msg("%s, step %zu: verdict %d at %lld us", why, i, verdict, (long long)us);
        if (verdict != ORDER_DROP && verdict != ORDER_DROP_LATE)
            rv_order_take(&order, has_pts, us);
    }
}

#define RUN(why, keep, ...)                                                                                  \
    do {                                                                                                     \
        static const Step steps[] = {__VA_ARGS__};                                                           \
        run(why, steps, sizeof steps / sizeof steps[0], keep);                                               \
    } while (0)

static void place_counts_frames_without_time_stamps(void **state)
{
    (void)state;
    RUN("none at all: by count, rounded once", false, {NO_TIME, ORDER_TAKE, 0}, {NO_TIME, ORDER_TAKE, 33367},
        {NO_TIME, ORDER_TAKE, 66734}, {NO_TIME, ORDER_TAKE, 100100});
    RUN("some: from the last that is known", false, {500, ORDER_TAKE, 0}, {NO_TIME, ORDER_TAKE, 33367},
        {600, ORDER_TAKE, 100000}, {NO_TIME, ORDER_TAKE, 133367});
}

static void place_drops_what_comes_too_late(void **state)
{
    (void)state;
    RUN("late by less than a second", false, {0, ORDER_TAKE, 0}, {80, ORDER_TAKE, 80000},
        {40, ORDER_DROP_LATE, 40000}, {80, ORDER_DROP, 80000}, {120, ORDER_TAKE, 120000});
}

static void place_counts_on_after_a_jump(void **state)
{
    (void)state;
    RUN("back", false, {20000, ORDER_TAKE, 0}, {20040, ORDER_TAKE, 40000}, {0, ORDER_TAKE_BACK, 73366},
        {40, ORDER_TAKE, 113366});
    RUN("ahead by more than an hour", false, {0, ORDER_TAKE, 0}, {3600001, ORDER_TAKE_AHEAD, 33366},
        {3600041, ORDER_TAKE, 73366});
    RUN("ahead by an hour: a long still", false, {0, ORDER_TAKE, 0},
        {3600000, ORDER_TAKE, INT64_C(3600000000)});
    RUN("back and ahead again and again", false, {5000, ORDER_TAKE, 0}, {0, ORDER_TAKE_BACK, 33366},
        {5000, ORDER_TAKE, 5033366}, {0, ORDER_TAKE_BACK, 5066732});
}

static void place_keeps_everything_for_those_who_count(void **state)
{
    (void)state;
    RUN("as they come", true, {20000, ORDER_TAKE, 0}, {0, ORDER_TAKE, -20000000}, {0, ORDER_TAKE, -20000000});
}

static void place_skips_up_to_the_floor(void **state)
{
    (void)state;
    VideoClock clock = {.tick_num = 1, .tick_den = 1000};
    rv_clock_set_zero(&clock, 0);
    FrameOrder order = {.clock = &clock,
                        .rate_num = 25,
                        .rate_den = 1,
                        .interval_us = 40000,
                        .any_frame = true,
                        .last_us = 5000000,
                        .has_floor = true,
                        .floor_us = 5000000};
    int64_t us;
    assert_int_equal(rv_order_place(&order, true, 1000, &us), ORDER_DROP); // 4 s back, and no jump
    assert_int_equal(rv_order_place(&order, true, 5000, &us), ORDER_DROP);
    assert_int_equal(rv_order_place(&order, true, 5040, &us), ORDER_TAKE);
    assert_int_equal(us, 5040000);
    rv_order_take(&order, true, us);
    assert_false(order.has_floor);
    assert_int_equal(order.offset_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_counts_frames_without_time_stamps),
        cmocka_unit_test(place_drops_what_comes_too_late),
        cmocka_unit_test(place_counts_on_after_a_jump),
        cmocka_unit_test(place_keeps_everything_for_those_who_count),
        cmocka_unit_test(place_skips_up_to_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
