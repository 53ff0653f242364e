/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/npy.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "npy.h"

static void npy_header_follows_the_format(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size_bytes = 0;
    FILE *file = open_memstream(&bytes, &size_bytes);
    cli_npy_header(file, 3, 512);
    fflush(file);
    assert_int_equal(size_bytes, 128);
    assert_memory_equal(
        bytes, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 512), }",
        10 + 61);
    assert_int_equal(bytes[127], '\n');
    assert_int_equal(bytes[126], ' ');
    const float values[] = {1.0f, -2.5f};
    cli_npy_values(file, values, 2);
    fclose(file);
    assert_int_equal(size_bytes, 136);
    assert_memory_equal(bytes + 128, "\x00\x00\x80\x3f\x00\x00\x20\xc0", 8);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(npy_header_follows_the_format)};
    return cmocka_run_group_tests_name("cli/npy", tests, NULL, NULL);
}
