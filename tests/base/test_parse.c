/* SPDX-License-Identifier: MIT */
/* Tests of base/parse.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parse.h"

static void parse_int64_takes_whole_decimal_numbers_inside_the_bounds(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t value;
        const char *why;
    } cases[] = {
        {"0", true, 0, "zero"},
        {"-5", true, -5, "negative"},
        {"+7", true, 7, "explicit sign"},
        {"100", true, 100, "the upper bound itself"},
        {"101", false, 0, "over the bound"},
        {"99999999999999999999", false, 0, "over 64 bits"},
        {"", false, 0, "empty"},
        {"-", false, 0, "sign alone"},
        {"1 ", false, 0, "trailing blank"},
        {" 1", false, 0, "leading blank, which strtoll would skip"},
        {"0x10", false, 0, "hexadecimal"},
        {"1.0", false, 0, "a fraction"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        bool valid = rv_parse_int64(cases[i].text, -100, 100, &value);
        if (valid != cases[i].valid || (valid && value != cases[i].value))
            fail_msg("%s: '%s' gave %d, %lld", cases[i].why, cases[i].text, valid, (long long)value);
    }
}

static void parse_double_takes_finite_decimal_numbers(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        double value;
        const char *why;
    } cases[] = {
        {"0.5", true, 0.5, "plain"},         {"1e-3", true, 1e-3, "exponent"},
        {"-2", true, -2, "whole"},           {".5", true, .5, "no zero"},
        {"nan", false, 0, "not a number"},   {"inf", false, 0, "infinite"},
        {"1e999", false, 0, "huge"},         {"0x1p3", false, 0, "hex float"},
        {"1,5", false, 0, "comma"},          {"", false, 0, "empty"},
        {"1.5s", false, 0, "unit"},          {"e", false, 0, "exponent alone"},
        {"1e3", false, 0, "over the bound"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0;
        bool valid = rv_parse_double(cases[i].text, -100, 100, &value);
        if (valid != cases[i].valid || (valid && value != cases[i].value))
            fail_msg("%s: '%s' gave %d, %g", cases[i].why, cases[i].text, valid, value);
    }
}

static void parse_time_takes_seconds_and_clock_notation(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        double value;
        const char *why;
    } cases[] = {
        {"12", true, 12, "seconds"},
        {"90", true, 90, "more than a minute, in seconds alone"},
        {"12.5", true, 12.5, "fraction"},
        {"1:02", true, 62, "minutes"},
        {"1:02:03.5", true, 3723.5, "hours"},
        {"100:00", true, 6000, "many minutes"},
        {"1:60", false, 0, "sixty seconds in clock notation"},
        {"1.5:00", false, 0, "fraction of a minute"},
        {"-1", false, 0, "negative"},
        {"1:", false, 0, "nothing after the colon"},
        {":1", false, 0, "nothing before the colon"},
        {"1:2:3:4", false, 0, "four parts"},
        {"", false, 0, "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0;
        bool valid = rv_parse_time(cases[i].text, &value);
        if (valid != cases[i].valid || (valid && value != cases[i].value))
            fail_msg("%s: '%s' gave %d, %g", cases[i].why, cases[i].text, valid, value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_int64_takes_whole_decimal_numbers_inside_the_bounds),
        cmocka_unit_test(parse_double_takes_finite_decimal_numbers),
        cmocka_unit_test(parse_time_takes_seconds_and_clock_notation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
