/* SPDX-License-Identifier: MIT */
/* Waiting: what passes while the process, or its machine, stands still is not counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/patience.h"

static void test_it_lasts_as_long_as_it_was_given(void **state)
{
    (void)state;
    Patience patience = {.left_s = 30, .looked_s = 1000};
    for (int i = 1; i < 60; i++)
        assert_true(rv_patience_lasts(&patience, 1000 + 0.5 * i));
    assert_false(rv_patience_lasts(&patience, 1030));
    assert_false(rv_patience_lasts(&patience, 1030));
}

static void test_a_standstill_counts_as_one_look(void **state)
{
    (void)state;
    Patience patience = {.left_s = 3, .looked_s = 1000};
    assert_true(rv_patience_lasts(&patience, 5000));
    assert_true(rv_patience_lasts(&patience, 5000.5));
    assert_true(rv_patience_lasts(&patience, 90000));
    assert_false(rv_patience_lasts(&patience, 90000.5));
}

static void test_limits_are_moved_by_a_standstill(void **state)
{
    (void)state;
    double looked_s = 1000;
    assert_true(rv_standstill_s(&looked_s, 1000.25) == 0);
    assert_true(rv_standstill_s(&looked_s, 1001.25) == 0);
    assert_true(rv_standstill_s(&looked_s, 1009.25) == 7);
    assert_true(looked_s == 1009.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_lasts_as_long_as_it_was_given),
        cmocka_unit_test(test_a_standstill_counts_as_one_look),
        cmocka_unit_test(test_limits_are_moved_by_a_standstill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
