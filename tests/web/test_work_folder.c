/* SPDX-License-Identifier: MIT */
/* The folders in which an answer is made: one that cannot be had is not left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "work_folder.h"

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *list = opendir(path);
    assert_non_null(list);
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static void test_one_that_cannot_be_locked_is_not_left(void **state)
{
    (void)state;
    char place[] = "/tmp/reelvec-test-XXXXXX";
    WorkFolder folder;
    RvError err = {0};
    assert_non_null(mkdtemp(place));
    assert_int_equal(setenv("TMPDIR", place, 1), 0);
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = files.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    RvStatus status = work_folder_make(&folder, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(status, RV_ERROR_IO);
    assert_non_null(strstr(err.message, strerror(EMFILE)));
    assert_int_equal(count_entries(place), 0);

    assert_int_equal(work_folder_make(&folder, &err), RV_OK);
    assert_int_equal(count_entries(place), 1);
    work_folders_sweep(); // it is in use
    assert_int_equal(count_entries(place), 1);
    work_folder_remove(&folder);
    assert_int_equal(count_entries(place), 0);
    assert_int_equal(rmdir(place), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_that_cannot_be_locked_is_not_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
