/* SPDX-License-Identifier: MIT */
/* Tests of src/timeline/rate_read.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reelvec/timeline.h"

static void rate_read_takes_what_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        RvRate rate; // 0/0: refused
    } cases[] = {
        {"25", {25, 1}},
        {"25.0", {25, 1}},
        {"30", {30, 1}},
        {"29.97", {30000, 1001}},
        {"23.976", {24000, 1001}},
        {"23.98", {24000, 1001}},
        {"59.94", {60000, 1001}},
        {"119.88", {120000, 1001}},
        {"47.952", {48000, 1001}},
        {"24", {24, 1}},
        {"60", {60, 1}},
        {"30000/1001", {30000, 1001}},
        {"25/2", {25, 2}},
        {"2997/100", {30000, 1001}},
        {"2398/100", {24000, 1001}},
        {"23976/1000", {24000, 1001}},
        {"60000/2002", {30000, 1001}},
        {"30/1", {30, 1}},
        {"15000/1001", {15000, 1001}},
        {"1", {1, 1}},
        {"1000", {1000, 1}},
        {"12.5", {0, 0}},
        {"29.9", {0, 0}},
        {"", {0, 0}},
        {"0", {0, 0}},
        {"-25", {0, 0}},
        {"25/0", {0, 0}},
        {"1001", {0, 0}},
        {"1/2", {0, 0}},
        {"25/", {0, 0}},
        {"/1", {0, 0}},
        {"25 fps", {0, 0}},
        {"nan", {0, 0}},
        {"99999999999/1", {0, 0}},
        {"25/1/1", {0, 0}},
        {"0000000000000000025/1", {0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvRate rate = {7, 7};
        bool good = rv_rate_read(cases[i].text, &rate);
        bool wanted = cases[i].rate.den != 0;
        RvRate expected = wanted ? cases[i].rate : (RvRate){7, 7};
        if (good != wanted || rate.num != expected.num || rate.den != expected.den)
            fail_msg("'%s': %d, %d/%d", cases[i].text, good, rate.num, rate.den);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_read_takes_what_people_write),
    };
    return cmocka_run_group_tests_name("timeline/rate_read", tests, NULL, NULL);
}
