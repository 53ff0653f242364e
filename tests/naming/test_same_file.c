/* SPDX-License-Identifier: MIT */
/* Tests of naming/same_file.h: links and renamed files are one file, copies are another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "naming/same_file.h"

static void same_file_tells_names_of_one_file(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool same;
        const char *why;
    } cases[] = {{"one", true, "the name itself"},
                 {"./one", true, "another spelling"},
                 {"hard", true, "a hard link"},
                 {"soft", true, "a symbolic link"},
                 {"copy", false, "a copy"},
                 {".", false, "the folder"},
                 {"/dev/null", false, "another device"}};
    char folder[] = "/tmp/reelvec-same-XXXXXX", command[200];
    struct stat one, other;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(system("echo a >one && ln one hard && ln -s one soft && cp one copy"), 0);
    assert_int_equal(stat("one", &one), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(stat(cases[i].name, &other), 0);
        if (rv_same_file(&one, &other) != cases[i].same || rv_same_file(&other, &one) != cases[i].same)
            fail_msg("%s: %s", cases[i].name, cases[i].why);
    }
    assert_int_equal(rename("one", "new"), 0);
    assert_int_equal(stat("new", &other), 0);
    assert_true(rv_same_file(&one, &other));
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_file_tells_names_of_one_file)};
    return cmocka_run_group_tests_name("naming/same_file", tests, NULL, NULL);
}
