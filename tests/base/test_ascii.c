/* SPDX-License-Identifier: MIT */
/* Words of ASCII are compared alike in every locale. */
#include <ctype.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "base/file.h"

static const struct {
    const char *text, *word;
    bool begins, equal;
} cases[] = {
    {"AVI", "avi", true, true},
    {"DIVX", "divx", true, true},
    {"MARIADB://host", "mariadb://", true, false},
    {"mariadb:/", "mariadb://", false, false},
    {"", "a", false, false},
    {"a", "", true, false},
    {"", "", true, true},
    {"[", "{", false, false},
    {"@", "`", false, false},
    {"\xc4\xb0", "i", false, false}, // U+0130, the Turkish capital of i
};

static void check_cases(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (rv_ascii_begins(cases[i].text, cases[i].word) != cases[i].begins ||
            rv_ascii_equal(cases[i].text, cases[i].word) != cases[i].equal)
            fail_msg("'%s' and '%s'", cases[i].text, cases[i].word);
    }
    assert_true(rv_file_is_url("HTTPS://example.org/") && rv_file_is_url("http://example.org/"));
    assert_false(rv_file_is_url("https:/example.org"));
}

static void ascii_letters_have_one_case(void **state)
{
    (void)state;
    check_cases();
}

/* The system's Turkish locale, or one that is compiled here (glibc looks in LOCPATH). */
static bool speak_turkish(void)
{
    const char *build = getenv("REELVEC_BUILD");
    char folder[3000], command[9200];
    if (setlocale(LC_ALL, "tr_TR.UTF-8") != NULL)
        return true;
    snprintf(folder, sizeof folder, "%s/locales", build != NULL ? build : "/tmp");
    snprintf(command, sizeof command,
             "mkdir -p '%s' && { test -d '%s/tr_TR.UTF-8' || localedef -i tr_TR -f UTF-8 '%s/tr_TR.UTF-8'; } "
             ">/dev/null 2>&1",
             folder, folder, folder);
    return system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 &&
           setlocale(LC_ALL, "tr_TR.UTF-8") != NULL;
}

static void ascii_letters_have_one_case_in_turkish(void **state)
{
    (void)state;
    if (!speak_turkish()) {
        print_message("needs the locale tr_TR.UTF-8: package locales, whose localedef makes it\n");
        skip();
    }
    // Else this would show nothing. Sanitizers have a strcasecmp of their own, without locales.
    assert_int_not_equal(tolower('I'), 'i');
    check_cases();
    setlocale(LC_ALL, "C");
}

static void texts_end_in_endings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *ending;
        bool exact, any_case;
    } endings[] = {
        {"a.bin", ".bin", true, true}, {"a.BIN", ".bin", false, true},   {".bin", ".bin", true, true},
        {"bin", ".bin", false, false}, {"a.bin ", ".bin", false, false}, {"a", "", true, true},
        {"", "", true, true},          {"", "a", false, false},
    };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (rv_text_ends(endings[i].text, endings[i].ending) != endings[i].exact ||
            rv_ascii_ends(endings[i].text, endings[i].ending) != endings[i].any_case)
            fail_msg("'%s' and '%s'", endings[i].text, endings[i].ending);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_letters_have_one_case),
        cmocka_unit_test(texts_end_in_endings),
        cmocka_unit_test(ascii_letters_have_one_case_in_turkish),
    };
    return cmocka_run_group_tests_name("ASCII", tests, NULL, NULL);
}
