/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/hints.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "hints.h"

static void text_is_the_message_and_the_words_of_the_hint(void **state)
{
    (void)state;
    static const struct {
        RvHint hint;
        const char *subject, *expected, *why;
    } cases[] = {
        {RV_HINT_NONE, "", "a.db: fails", "no hint"},
        {RV_HINT_VERIFY, "", "a.db: fails; run `reelvec verify`", "a command"},
        {RV_HINT_MODEL, "",
         "a.db: fails; use another library or pass the model that made it; where --model, "
         "REELVEC_MODEL and the settings name none, it is found by itself; `reelvec reembed` makes a library of the other one",
         "an option"},
        {RV_HINT_MODEL_FETCH, "ViT-B/32", "a.db: fails; fetch it with `reelvec model fetch ViT-B/32`",
         "a name"},
        {RV_HINT_MODEL_OR_LIBRARY, "%s", "a.db: fails; pass --model %s or search another library",
         "a name that looks like a format"},
        {RV_HINT_MODEL_FETCH, "x; rm -r ~", "a.db: fails; fetch it with `reelvec model fetch \"x; rm -r ~\"`",
         "a name that a shell would run"},
        {RV_HINT_MODEL_REPLACE, "it's $HOME",
         "a.db: fails; `reelvec model remove 'it'\\''s $HOME'` first, or give another name with --name",
         "a name that a shell would expand"},
        {RV_HINT_MODEL_FETCH, "it's\na\\b!",
         "a.db: fails; fetch it with `reelvec model fetch $'it\\047s\\012a\\134b\\041'`",
         "a name that a terminal cannot show"},
        {RV_HINT_REEMBED + 1, "", "a.db: fails", "a hint of a newer library"},
        {(RvHint)-1, "", "a.db: fails", "no number of a hint"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[CLI_ERROR_TEXT_SIZE];
        RvError err = {.message = "a.db: fails", .hint = cases[i].hint};
        snprintf(err.hint_subject, sizeof err.hint_subject, "%s", cases[i].subject);
        if (strcmp(cli_error_text(&err, text, sizeof text), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].why, text);
    }
}

static void every_hint_has_words_with_a_name_where_it_has_a_subject(void **state)
{
    (void)state;
    static const RvHint named[] = {RV_HINT_MODEL_OR_LIBRARY,  RV_HINT_MODEL_FETCH,
                                   RV_HINT_MODEL_FETCH_AGAIN, RV_HINT_MODEL_FETCH_OR_ADD,
                                   RV_HINT_MODEL_REPLACE,     RV_HINT_REEMBED};
    for (int hint = RV_HINT_NONE + 1; hint <= RV_HINT_REEMBED; hint++) {
        char text[CLI_ERROR_TEXT_SIZE];
        const RvError err = {.message = "!", .hint = (RvHint)hint, .hint_subject = "the-subject"};
        bool wants_name = false;
        for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
            wants_name = wants_name || named[i] == (RvHint)hint;
        cli_error_text(&err, text, sizeof text);
        if (text[1] == '\0' || (strstr(text, "the-subject") != NULL) != wants_name)
            fail_msg("hint %d: %s", hint, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_the_message_and_the_words_of_the_hint),
        cmocka_unit_test(every_hint_has_words_with_a_name_where_it_has_a_subject),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
