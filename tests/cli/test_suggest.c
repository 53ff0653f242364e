/* SPDX-License-Identifier: MIT */
/* Tests of apps/cli/suggest.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "suggest.h"

static void suggest_finds_the_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"index",  "search", "list",  "info",
                                        "remove", "verify", "sheet", "embed"};
    static const struct {
        const char *word, *expected, *why;
    } cases[] = {
        {"serach", "search", "neighbours swapped"},
        {"indx", "index", "one left out"},
        {"lists", "list", "one too many"},
        {"lsit", "list", "swapped in a short word"},
        {"veri", "verify", "the beginning"},
        {"delete", NULL, "another word"},
        {"x", NULL, "too short to tell"},
        {"", NULL, "empty"},
        {"a-very-long-word-that-is-beyond-all-names-there-are", NULL, "longer than the tables"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = cli_suggest(cases[i].word, words, sizeof words / sizeof words[0]);
        if ((found == NULL) != (cases[i].expected == NULL) ||
            (found != NULL && strcmp(found, cases[i].expected) != 0))
            fail_msg("%s: %s gives %s", cases[i].why, cases[i].word, found != NULL ? found : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(suggest_finds_the_nearest)};
    return cmocka_run_group_tests_name("cli/suggest", tests, NULL, NULL);
}
