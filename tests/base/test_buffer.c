/* SPDX-License-Identifier: MIT */
/* Tests of base/buffer.c and base/mem.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"

static void append_keeps_content_and_terminates_it(void **state)
{
    Buffer buffer;
    rv_buffer_init(&buffer, 100000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rv_buffer_append_format(&buffer, NULL, "%03d,", i), RV_OK);
    assert_int_equal(buffer.size_bytes, 4000);
    assert_int_equal(strlen((const char *)buffer.bytes), 4000);
    assert_memory_equal(buffer.bytes + 3996, "999,", 5);
    rv_buffer_reset(&buffer);
    assert_int_equal(buffer.size_bytes, 0);
    rv_buffer_clear(&buffer);
}

static void append_refuses_more_than_the_maximum_and_keeps_what_is_there(void **state)
{
    Buffer buffer;
    RvError err = {0};
    rv_buffer_init(&buffer, 8);
    assert_int_equal(rv_buffer_append(&buffer, "12345678", 8, &err), RV_OK);
    assert_int_equal(rv_buffer_append(&buffer, "9", 1, &err), RV_ERROR_MEMORY);
    assert_non_null(strstr(err.message, "8 bytes"));
    assert_string_equal((const char *)buffer.bytes, "12345678");
    rv_buffer_clear(&buffer);
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
        cmocka_unit_test(append_keeps_content_and_terminates_it),
        cmocka_unit_test(append_refuses_more_than_the_maximum_and_keeps_what_is_there),
        cmocka_unit_test(alloc_refuses_products_that_overflow),
        cmocka_unit_test(alloc_aligned_gives_whole_cache_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
