/* SPDX-License-Identifier: MIT */
/* Tests of base/buffer.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

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

static void a_failure_is_kept_until_the_buffer_is_reset(void **state)
{
    Buffer buffer;
    RvError err = {0}, later = {0};
    (void)state;
    rv_buffer_init(&buffer, 8);
    rv_buffer_append(&buffer, "1234", 4, &err);
    rv_buffer_append(&buffer, "56789", 5, &err);
    assert_int_equal(rv_buffer_append(&buffer, "5", 1, &later), RV_ERROR_MEMORY);
    assert_int_equal(rv_buffer_append_format(&buffer, &later, "%d", 5), RV_ERROR_MEMORY);
    assert_int_equal(rv_buffer_reserve(&buffer, 0, &later), RV_ERROR_MEMORY);
    assert_string_equal((const char *)buffer.bytes, "1234");
    assert_non_null(strstr(err.message, "8 bytes"));
    assert_string_equal(later.message, "");
    rv_buffer_reset(&buffer);
    assert_int_equal(rv_buffer_append(&buffer, "5", 1, &err), RV_OK);
    assert_string_equal((const char *)buffer.bytes, "5");
    rv_buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_keeps_content_and_terminates_it),
        cmocka_unit_test(append_refuses_more_than_the_maximum_and_keeps_what_is_there),
        cmocka_unit_test(a_failure_is_kept_until_the_buffer_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
