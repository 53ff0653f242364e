/* SPDX-License-Identifier: MIT */
/* The part of cmocka's interface that the compute tests use, for targets without a cmocka package
 * (tools/check_neon). Only one translation unit per program may include it. */
#ifndef RV_SMALL_CMOCKA_H
#define RV_SMALL_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    void *initial_state;
};

enum { SMALL_PASSED, SMALL_FAILED, SMALL_SKIPPED };
static jmp_buf small_end;

#define cmocka_unit_test(function)                                                                           \
    {                                                                                                        \
        .name = #function, .test = function                                                                  \
    }
#define print_message(...) printf(__VA_ARGS__)
#define skip() longjmp(small_end, SMALL_SKIPPED)
#define fail_msg(...)                                                                                        \
    do {                                                                                                     \
        printf("%s:%d: ", __FILE__, __LINE__);                                                               \
        printf(__VA_ARGS__);                                                                                 \
        printf("\n");                                                                                        \
        longjmp(small_end, SMALL_FAILED);                                                                    \
    } while (0)
#define assert_true(condition)                                                                               \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("not so: %s", #condition);                                                              \
    } while (0)
#define assert_false(condition) assert_true(!(condition))
#define assert_null(pointer) assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_int_equal(a, b) assert_true((long long)(a) == (long long)(b))
#define assert_in_range(value, low, high)                                                                    \
    assert_true((uintmax_t)(value) >= (uintmax_t)(low) && (uintmax_t)(value) <= (uintmax_t)(high))
#define assert_ptr_equal(a, b) assert_true((const void *)(a) == (const void *)(b))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, size) assert_true(memcmp(a, b, size) == 0)

#define cmocka_run_group_tests(tests, set_up, tear_down)                                                     \
    small_run(#tests, tests, sizeof tests / sizeof tests[0])
#define cmocka_run_group_tests_name(name, tests, set_up, tear_down)                                          \
    small_run(name, tests, sizeof tests / sizeof tests[0])

static int small_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    static const char *const outcomes[] = {"[       OK ]", "[  FAILED  ]", "[  SKIPPED ]"};
    volatile int failures = 0;
    for (volatile size_t i = 0; i < count; i++) {
        void *state = tests[i].initial_state;
        int outcome = setjmp(small_end);
        if (outcome == SMALL_PASSED)
            tests[i].test(&state);
        failures += outcome == SMALL_FAILED;
        printf("%s %s\n", outcomes[outcome], tests[i].name);
    }
    printf("%s: %d of %zu failed\n", group, failures, count);
    return failures;
}

#endif
