/* SPDX-License-Identifier: MIT */
/* The words for damage, as a library keeps them (src/video/damage.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "video/damage.h"

static void describe_says_what_and_where(void **state)
{
    (void)state;
    static const struct {
        Damage damage;
        const char *text;
    } cases[] = {
        {{.stop_text = "", .end_us = 4000000}, ""},
        {{.packets_refused = 1, .first_us = 1680000, .stop_text = ""},
         "damaged after 1.680 s: 1 packet could not be decoded"},
        {{.packets_refused = 3, .cut = true, .announced_s = 40, .stop_text = "", .end_us = 15320000},
         "damaged after 0.000 s: 3 packets could not be decoded; cut short after 15.320 s of 40.000 s"},
        {{.cut = true, .announced_s = 15, .stop_text = "", .end_us = 15320000}, "cut short after 15.320 s"},
        {{.stop_text = "Invalid data found", .end_us = 2000000},
         "not readable after 2.000 s: Invalid data found"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200], small[20];
        rv_damage_describe(&cases[i].damage, text, sizeof text);
        assert_string_equal(text, cases[i].text);
        rv_damage_describe(&cases[i].damage, small, sizeof small); // cut off, and no further
        assert_true(strlen(small) < sizeof small && strncmp(small, text, strlen(small)) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(describe_says_what_and_where)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
