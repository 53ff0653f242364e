/* SPDX-License-Identifier: MIT */
/* Labels against a count of them one by one, and rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/timecode.h"

/* The next label, as a clock would count it that leaves out the first `drop` labels of each minute but every tenth. */
typedef struct Clock {
    int hours, minutes, seconds, frames;
} Clock;

static void tick(Clock *clock, int nominal, int drop)
{
    if (++clock->frames < nominal)
        return;
    clock->frames = 0;
    if (++clock->seconds < 60)
        return;
    clock->seconds = 0;
    if (++clock->minutes == 60) {
        clock->minutes = 0;
        clock->hours = (clock->hours + 1) % 24;
    }
    if (clock->minutes % 10 != 0)
        clock->frames = drop;
}

static void labels_are_those_of_a_clock(void **state)
{
    (void)state;
    static const struct {
        RvRate rate;
        int nominal, drop, hours;
        const char *why;
    } cases[] = {
        {{30000, 1001}, 30, 2, 24, "29.97 drop-frame"},
        {{30000, 1001}, 30, 0, 24, "29.97"},
        {{60000, 1001}, 60, 4, 24, "59.94 drop-frame"},
        {{24000, 1001}, 24, 0, 3, "23.976"},
        {{25, 1}, 25, 0, 3, "25"},
        {{120, 1}, 120, 0, 2, "120"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Clock clock = {0};
        bool drop = cases[i].drop > 0;
        int64_t frame = 0, read;
        for (; clock.hours < cases[i].hours &&
               (frame == 0 || clock.hours + clock.minutes + clock.seconds + clock.frames > 0);
             frame++) {
            char expected[32], text[TIMECODE_SIZE];
            snprintf(expected, sizeof expected, "%02d:%02d:%02d%c%02d", clock.hours, clock.minutes,
                     clock.seconds, drop ? ';' : ':', clock.frames);
            rv_timecode_write(frame, cases[i].rate, drop, text);
            bool read_drop = !drop;
            if (strcmp(text, expected) != 0 || !rv_timecode_read(text, cases[i].rate, &read, &read_drop) ||
                read != frame || read_drop != drop)
                fail_msg("%s: frame %lld is %s, not %s; read as %lld", cases[i].why, (long long)frame, text,
                         expected, (long long)read);
            tick(&clock, cases[i].nominal, cases[i].drop);
        }
        if (cases[i].hours == 24)
            assert_int_equal(frame, rv_timecode_day(cases[i].rate, drop));
    }
}

static void labels_wrap_at_midnight(void **state)
{
    (void)state;
    char text[TIMECODE_SIZE];
    RvRate pal = {25, 1}, ntsc = {30000, 1001};
    rv_timecode_write(rv_timecode_day(pal, false), pal, false, text);
    assert_string_equal(text, "00:00:00:00");
    rv_timecode_write(-1, pal, false, text);
    assert_string_equal(text, "23:59:59:24");
    rv_timecode_write(-1, ntsc, true, text);
    assert_string_equal(text, "23:59:59;29");
    rv_timecode_write(INT64_MIN, ntsc, true, text);
    rv_timecode_write(INT64_MAX, ntsc, true, text);
}

static void texts_that_are_no_labels_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        RvRate rate;
        bool ok;
        int64_t frame;
        bool drop;
        const char *why;
    } cases[] = {
        {"01:00:00:00", {25, 1}, true, 90000, false, "plain"},
        {"1:0:0:0", {25, 1}, true, 90000, false, "single digits"},
        {"01:00:00;00", {25, 1}, true, 90000, false, "25 is never drop-frame"},
        {"01:00:00;00", {30, 1}, true, 108000, false, "nor is 30"},
        {"01:00:00;00", {30000, 1001}, true, 107892, true, "drop-frame"},
        {"01:00:00.00", {30000, 1001}, true, 107892, true, "drop-frame with a point"},
        {"00:01:00;00", {30000, 1001}, true, 1800, true, "a label that is left out means the next"},
        {"00:01:00;02", {30000, 1001}, true, 1800, true, "that one"},
        {"00:10:00;00", {30000, 1001}, true, 17982, true, "a tenth minute has all"},
        {"00:01:00;03", {60000, 1001}, true, 3600, true, "four are left out"},
        {"00:00:00:25", {25, 1}, false, 0, false, "a frame too many"},
        {"24:00:00:00", {25, 1}, false, 0, false, "hours"},
        {"00:60:00:00", {25, 1}, false, 0, false, "minutes"},
        {"00:00:60:00", {25, 1}, false, 0, false, "seconds"},
        {"00:00:00", {25, 1}, false, 0, false, "too short"},
        {"00:00:00:00:00", {25, 1}, false, 0, false, "too long"},
        {"00:00:00:00 ", {25, 1}, false, 0, false, "a blank"},
        {"00:00:00:-1", {25, 1}, false, 0, false, "a sign"},
        {"00:00;00:00", {30000, 1001}, false, 0, false, "a semicolon elsewhere"},
        {"", {25, 1}, false, 0, false, "nothing"},
        {"00:00:00:119", {120, 1}, true, 119, false, "three digits"},
        {"00:00:00:0119", {120, 1}, false, 0, false, "four"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t frame = -7;
        bool drop = false, ok = rv_timecode_read(cases[i].text, cases[i].rate, &frame, &drop);
        if (ok != cases[i].ok || frame != (ok ? cases[i].frame : -7) || drop != cases[i].drop)
            fail_msg("%s (\"%s\"): %d, %lld, drop %d", cases[i].why, cases[i].text, ok, (long long)frame,
                     drop);
    }
}

static void frames_keep_their_length_in_another_rate(void **state)
{
    (void)state;
    static const struct {
        RvRate from;
        int64_t frames;
        RvRate to;
        int64_t expected;
    } cases[] = {
        {{25, 1}, 100, {25, 1}, 100},
        {{25, 1}, 100, {50, 1}, 200},
        {{25, 1}, 1, {24, 1}, 1},
        {{24000, 1001}, 24000, {30000, 1001}, 30000},
        {{30, 1}, 30000, {30000, 1001}, 29970},
        {{60, 1}, 1, {30, 1}, 1},
        {{60, 1}, -1, {30, 1}, 0},
        {{60, 1}, -3, {30, 1}, -1},
        {{25, 1}, (int64_t)1 << 40, {120000, 1001}, 5272383429895},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t got = rv_rate_convert(cases[i].from, cases[i].frames, cases[i].to);
        if (got != cases[i].expected)
            fail_msg("case %zu: %lld", i, (long long)got);
    }
    assert_int_equal(rv_timecode_recount(90000, (RvRate){25, 1}, false, (RvRate){50, 1}), 180000);
    assert_int_equal(rv_timecode_recount(780, (RvRate){25, 2}, false, (RvRate){25, 1}), 1500);
    assert_int_equal(rv_timecode_recount(107892, (RvRate){30000, 1001}, true, (RvRate){25, 1}), 90000);
    // A frame's own time is that frame again.
    RvRate ntsc = {30000, 1001};
    for (int64_t frame = 0; frame < 3000000; frame += 7)
        assert_int_equal(rv_rate_frames(ntsc, rv_rate_seconds(ntsc, frame)), frame);
}

static void rates_have_names_and_neighbours(void **state)
{
    (void)state;
    static const struct {
        double rate;
        RvRate usual;
        const char *name;
    } cases[] = {
        {23.976, {24000, 1001}, "23.976"},
        {23.98, {24000, 1001}, "23.976"},
        {24, {24, 1}, "24"},
        {29.97, {30000, 1001}, "29.97"},
        {29.98, {30000, 1001}, "29.97"},
        {29.99, {30, 1}, "30"},
        {59.94, {60000, 1001}, "59.94"},
        {47.9, {48, 1}, "48"},
        {100.1, {100, 1}, "100"},
        {119.88, {120000, 1001}, "119.88"},
        {1, {24000, 1001}, "23.976"},
        {240, {120, 1}, "120"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[RATE_TEXT_SIZE];
        RvRate usual = rv_rate_usual(cases[i].rate);
        rv_rate_write(usual, text);
        if (!rv_rate_equal(usual, cases[i].usual) || strcmp(text, cases[i].name) != 0)
            fail_msg("%f: %s", cases[i].rate, text);
    }
    static const struct {
        RvRate rate;
        bool whole, over_1001;
    } wholes[] = {{{25, 1}, true, false},      {{50, 2}, true, false},        {{24000, 1001}, true, true},
                  {{60000, 2002}, true, true}, {{15000, 1001}, true, true},   {{25, 2}, false, false},
                  {{2997, 100}, false, false}, {{24001, 1001}, false, false}, {{1000, 1}, true, false}};
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        bool over_1001, whole = rv_rate_is_whole(wholes[i].rate, &over_1001);
        if (whole != wholes[i].whole || over_1001 != wholes[i].over_1001)
            fail_msg("%d/%d: %d, %d", wholes[i].rate.num, wholes[i].rate.den, whole, over_1001);
    }
    assert_false(rv_rate_is_valid((RvRate){0, 0}));
    assert_false(rv_rate_is_valid((RvRate){25, 0}));
    assert_false(rv_rate_is_valid((RvRate){-25, 1}));
    assert_false(rv_rate_is_valid((RvRate){1, 2}));
    assert_false(rv_rate_is_valid((RvRate){2000, 1}));
    assert_false(rv_rate_is_valid((RvRate){1999, 1}));
    assert_false(rv_rate_is_valid((RvRate){1001, 1}));
    assert_false(rv_rate_is_valid((RvRate){INT_MAX, INT_MAX / 1001}));
    assert_true(rv_rate_is_valid((RvRate){1000, 1}));
    assert_true(rv_rate_is_valid((RvRate){INT_MAX, INT_MAX}));
    assert_true(rv_rate_is_valid((RvRate){1, 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_those_of_a_clock),
        cmocka_unit_test(labels_wrap_at_midnight),
        cmocka_unit_test(texts_that_are_no_labels_are_refused),
        cmocka_unit_test(frames_keep_their_length_in_another_rate),
        cmocka_unit_test(rates_have_names_and_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
