/* SPDX-License-Identifier: MIT */
/* Tests of base/find.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/find.h"

typedef struct Item {
    double before;
    int64_t key;
    char behind;
} Item;

#define ITEMS_MAX 9

/* Every length and every wanted key, against looking at one after the other. */
static void find_first_equals_a_walk(void **state)
{
    (void)state;
    static const int64_t keys[ITEMS_MAX] = {INT64_MIN, -7, -7, 0, 3, 3, 3, 4, INT64_MAX};
    static const int64_t wanted[] = {INT64_MIN, -8, -7, -6, 0, 1, 3, 4, 5, INT64_MAX};
    Item items[ITEMS_MAX] = {{0}};
    for (size_t i = 0; i < ITEMS_MAX; i++)
        items[i].key = keys[i];
    for (size_t count = 0; count <= ITEMS_MAX; count++) {
        for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
            size_t expected = 0;
            while (expected < count && keys[expected] < wanted[w])
                expected++;
            assert_int_equal(rv_find_first(items, count, sizeof *items, offsetof(Item, key), wanted[w]),
                             expected);
            assert_int_equal(rv_find_first(keys, count, sizeof *keys, 0, wanted[w]), expected);
        }
    }
    assert_int_equal(rv_find_first(NULL, 0, sizeof *items, offsetof(Item, key), 1), 0);
}

static void find_part_names_the_part_that_holds_the_index(void **state)
{
    (void)state;
    static const size_t starts[] = {0, 1, 4, 4, 9}; // the third part is empty
    static const size_t parts[] = {0, 1, 1, 1, 3, 3, 3, 3, 3};
    for (size_t index = 0; index < sizeof parts / sizeof parts[0]; index++)
        assert_int_equal(rv_find_part(starts, 4, index), parts[index]);
    assert_int_equal(rv_find_part(starts, 4, 100), 3);
    assert_int_equal(rv_find_part(starts, 1, 7), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(find_first_equals_a_walk),
        cmocka_unit_test(find_part_names_the_part_that_holds_the_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
