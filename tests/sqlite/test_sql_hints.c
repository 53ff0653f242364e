/* SPDX-License-Identifier: MIT */
/* Tests of apps/sqlite/sql_hints.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sql_hints.h"

static void text_is_the_message_and_words_for_users_of_sql(void **state)
{
    (void)state;
    static const struct {
        RvHint hint;
        const char *expected, *why;
    } cases[] = {
        {RV_HINT_NONE, "fails", "no hint"},
        {RV_HINT_MODEL, "fails; set REELVEC_MODEL to the model that made the library", "another model"},
        {RV_HINT_MODEL_LOCATE, "fails; set REELVEC_MODEL to its checkpoint", "the environment"},
        {RV_HINT_MODEL_FETCH_OR_ADD,
         "fails; fetch it with `reelvec model fetch ViT-B/32`, or set REELVEC_MODEL to its checkpoint",
         "a name"},
        {RV_HINT_MEAN_FUSION, "fails", "a hint about what SQL does not have"},
        {RV_HINT_PARTIAL + 1, "fails", "a hint of a newer library"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[SQL_ERROR_TEXT_SIZE];
        const RvError err = {.message = "fails", .hint = cases[i].hint, .hint_subject = "ViT-B/32"};
        if (strcmp(sql_error_text(&err, text, sizeof text), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].why, text);
    }
}

static void no_hint_names_an_option(void **state)
{
    (void)state;
    for (int hint = RV_HINT_NONE; hint <= RV_HINT_CPU; hint++) {
        char text[SQL_ERROR_TEXT_SIZE];
        const RvError err = {.message = "fails", .hint = (RvHint)hint};
        assert_null(strstr(sql_error_text(&err, text, sizeof text), "--"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_the_message_and_words_for_users_of_sql),
        cmocka_unit_test(no_hint_names_an_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
