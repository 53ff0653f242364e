/* SPDX-License-Identifier: MIT */
/* How long the server waits: what passes while it, or its machine, stands still is not counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web_clock.h"

static void test_it_lasts_as_long_as_it_was_given(void **state)
{
    (void)state;
    WebPatience patience = {.left_s = 30, .looked_s = 1000};
    for (int i = 1; i < 60; i++)
        assert_true(web_patience_lasts_at(&patience, 1000 + 0.5 * i));
    assert_false(web_patience_lasts_at(&patience, 1030));
    assert_false(web_patience_lasts_at(&patience, 1030));
}

static void test_a_standstill_counts_as_one_look(void **state)
{
    (void)state;
    WebPatience patience = {.left_s = 3, .looked_s = 1000};
    assert_true(web_patience_lasts_at(&patience, 5000));
    assert_true(web_patience_lasts_at(&patience, 5000.5));
    assert_true(web_patience_lasts_at(&patience, 90000));
    assert_false(web_patience_lasts_at(&patience, 90000.5));
}

static void test_it_is_of_the_clock(void **state)
{
    (void)state;
    WebPatience long_one = web_patience(1000), none = web_patience(0);
    assert_true(web_patience_lasts(&long_one));
    assert_false(web_patience_lasts(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_lasts_as_long_as_it_was_given),
        cmocka_unit_test(test_a_standstill_counts_as_one_look),
        cmocka_unit_test(test_it_is_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
