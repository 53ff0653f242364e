/* SPDX-License-Identifier: MIT */
/* Tests of src/sources.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reelvec/library.h"

static char folder[64];

static void make(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (name[strlen(name) - 1] == '/') {
        assert_int_equal(mkdir(path, 0755), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static int make_tree(void **state)
{
    static const char *const names[] = {"b.MP4",     "a.mkv",         "notes.txt",    ".hidden.mp4",
                                        "sub/",      "sub/c.webm",    ".git/",        ".git/d.mp4",
                                        "sub/deep/", "sub/deep/e.ts", "sub/no-video", "empty/"};
    strcpy(folder, "/tmp/reelvec-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        make(names[i]);
    char loop[256];
    snprintf(loop, sizeof loop, "%s/sub/deep/loop", folder);
    return symlink(folder, loop);
}

static int remove_tree(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void expand_lists_videos_below_a_folder_in_order(void **state)
{
    static const char *const expected[] = {"a.mkv", "b.MP4", "sub/c.webm", "sub/deep/e.ts"};
    RvStrings strings;
    RvError err = {0};
    if (rv_sources_expand(folder, &strings, &err) != RV_OK)
        fail_msg("%s", err.message);
    assert_int_equal(strings.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(strings.items[i] + strlen(folder) + 1, expected[i]);
    rv_strings_clear(&strings);
}

static void expand_gives_files_and_urls_back_as_they_are(void **state)
{
    char path[256];
    RvStrings strings;
    snprintf(path, sizeof path, "%s/notes.txt", folder); // asked for by name, whatever its ending
    const char *const sources[] = {path, "https://example.org/a.mp4"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rv_sources_expand(sources[i], &strings, NULL), RV_OK);
        assert_int_equal(strings.count, 1);
        assert_string_equal(strings.items[0], sources[i]);
        rv_strings_clear(&strings);
    }
}

static void expand_names_what_is_not_there(void **state)
{
    char path[256];
    RvStrings strings;
    RvError err = {0};
    assert_int_equal(rv_sources_expand("/no/such/folder", &strings, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/folder"));
    snprintf(path, sizeof path, "%s/empty", folder);
    assert_int_equal(rv_sources_expand(path, &strings, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "no videos"));
    assert_int_equal(rv_sources_expand("", &strings, &err), RV_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expand_lists_videos_below_a_folder_in_order),
        cmocka_unit_test(expand_gives_files_and_urls_back_as_they_are),
        cmocka_unit_test(expand_names_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
