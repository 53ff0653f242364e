/* SPDX-License-Identifier: MIT */
/* Tests of base/mem.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void grow_keeps_items_and_at_least_doubles(void **state)
{
    (void)state;
    int *items = NULL;
    size_t capacity = 0, moves = 0;
    for (size_t count = 0; count < 10000; count++) {
        if (count == capacity) {
            size_t before = capacity;
            items = rv_mem_grow(items, &capacity, count + 1, sizeof *items, NULL);
            assert_non_null(items);
            assert_true(capacity > count && capacity >= 2 * before);
            moves++;
        }
        items[count] = (int)count;
    }
    assert_true(moves < 12);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(items[i], i);
    items = rv_mem_grow(items, &capacity, 1000000, sizeof *items, NULL);
    assert_non_null(items);
    assert_int_equal(capacity, 1000000);
    assert_int_equal(items[9999], 9999);
    assert_ptr_equal(rv_mem_grow(items, &capacity, 1000000, sizeof *items, NULL), items); // enough already
    assert_int_equal(capacity, 1000000);
    free(items);
}

static void grow_refuses_what_no_memory_holds_and_leaves_the_items(void **state)
{
    (void)state;
    RvError err = {0};
    size_t capacity = 0;
    char *items = rv_mem_grow(NULL, &capacity, 4, 1, &err);
    assert_non_null(items);
    memcpy(items, "abc", 4);
    size_t before = capacity;
    assert_null(rv_mem_grow(items, &capacity, SIZE_MAX / 2, 8, &err));
    assert_int_equal(err.status, RV_ERROR_MEMORY);
    assert_int_equal(capacity, before);
    assert_string_equal(items, "abc");
    free(items);
}

static void alloc_refuses_products_that_overflow(void **state)
{
    RvError err = {0};
    assert_null(rv_mem_alloc(SIZE_MAX / 2, 3, &err));
    assert_int_equal(err.status, RV_ERROR_MEMORY);
    assert_null(rv_mem_alloc_aligned(SIZE_MAX, 1, &err));
    assert_null(rv_mem_alloc_aligned(SIZE_MAX / 4, 5, &err));
}

static void alloc_aligned_gives_whole_cache_lines(void **state)
{
    for (size_t count = 0; count < 130; count++) {
        void *memory = rv_mem_alloc_aligned(count, 1, NULL);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % RV_MEM_ALIGNMENT, 0);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grow_keeps_items_and_at_least_doubles),
        cmocka_unit_test(grow_refuses_what_no_memory_holds_and_leaves_the_items),
        cmocka_unit_test(alloc_refuses_products_that_overflow),
        cmocka_unit_test(alloc_aligned_gives_whole_cache_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
