/* SPDX-License-Identifier: MIT */
/* Tests of base/error.c: messages, hints, and errors that contain others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static void set_writes_the_message_and_no_hint(void **state)
{
    (void)state;
    RvError err = {.hint = RV_HINT_VERIFY, .hint_subject = "old"};
    assert_int_equal(rv_error_set(&err, RV_ERROR_IO, "%s: line\n%d", "a.db", 2), RV_ERROR_IO);
    assert_int_equal(err.status, RV_ERROR_IO);
    assert_string_equal(err.message, "a.db: line?2");
    assert_int_equal(err.hint, RV_HINT_NONE);
    assert_string_equal(err.hint_subject, "");
    assert_int_equal(rv_error_set(NULL, RV_ERROR_IO, "x"), RV_ERROR_IO);
}

static void set_hint_keeps_the_subject_within_its_size(void **state)
{
    (void)state;
    char name[300];
    RvError err = {0};
    assert_int_equal(
        rv_error_set_hint(&err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH, "ViT\n-B/32", "not here"),
        RV_ERROR_NOT_FOUND);
    assert_int_equal(err.hint, RV_HINT_MODEL_FETCH);
    assert_string_equal(err.hint_subject, "ViT?-B/32");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    rv_error_set_hint(&err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH, name, "not here");
    assert_int_equal(strlen(err.hint_subject), RV_ERROR_SUBJECT_SIZE - 1);
    rv_error_set_hint(&err, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_LIST, NULL, "not here");
    assert_string_equal(err.hint_subject, "");
}

static void wrap_keeps_the_hint_of_the_cause(void **state)
{
    (void)state;
    RvError err = {0}, cause = {0};
    rv_error_set_hint(&cause, RV_ERROR_NOT_FOUND, RV_HINT_MODEL_FETCH, "ViT-B/32", "not here");
    assert_int_equal(rv_error_wrap(&err, RV_ERROR_MISMATCH, &cause, "a.db: %s", cause.message),
                     RV_ERROR_MISMATCH);
    assert_string_equal(err.message, "a.db: not here");
    assert_int_equal(err.hint, RV_HINT_MODEL_FETCH);
    assert_string_equal(err.hint_subject, "ViT-B/32");
    // The error may be its own cause.
    rv_error_wrap(&err, err.status, &err, "again: %s", err.message);
    assert_string_equal(err.message, "again: a.db: not here");
    assert_string_equal(err.hint_subject, "ViT-B/32");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_writes_the_message_and_no_hint),
        cmocka_unit_test(set_hint_keeps_the_subject_within_its_size),
        cmocka_unit_test(wrap_keeps_the_hint_of_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
