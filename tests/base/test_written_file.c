/* SPDX-License-Identifier: MIT */
/* What a file may replace, and which parts of files are removed. The program's tests have more kinds (cli/out_file). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "reelvec/files.h"
#include "whole_file.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/reelvec-written-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void only_files_of_one_kind_are_replaced(void **state)
{
    (void)state;
    char path[128];
    RvError err = {0};
    snprintf(path, sizeof path, "%s/a", folder);
    assert_int_equal(rv_file_check_replaced(path, RV_FILE_TEXT, &err), RV_OK); // nothing is there
    assert_int_equal(rv_file_check_replaced(folder, RV_FILE_TEXT, &err), RV_OK);
    assert_int_equal(rv_file_check_replaced("/dev/null", RV_FILE_PICTURE, &err), RV_OK);
    write_whole(path, "notes", 5);
    assert_int_equal(rv_file_check_replaced(path, RV_FILE_TEXT, NULL), RV_OK);
    assert_int_equal(rv_file_check_replaced(path, RV_FILE_NPY, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "is a text; it is not replaced by a NumPy file"));
    assert_int_equal(rv_file_check_replaced(path, (RvFileKind)3, &err), RV_ERROR_ARGUMENT);
    assert_string_equal(err.message, "a kind of files 3 is not known");
}

/* Of this process too: it has the number of one that was killed, or writes the same file in another thread. */
static void parts_of_this_process_go_if_nobody_has_them(void **state)
{
    (void)state;
    char path[128], part[160];
    snprintf(path, sizeof path, "%s/b", folder);
    snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    write_whole(part, "half", 4);
    FILE *file = fopen(part, "r+b");
    assert_non_null(file);
    assert_int_equal(flock(fileno(file), LOCK_EX), 0);
    rv_file_remove_parts(path);
    assert_int_equal(access(part, F_OK), 0);
    fclose(file);
    rv_file_remove_parts(path);
    assert_int_not_equal(access(part, F_OK), 0);
    rv_file_remove_parts("/nowhere/at/all"); // nothing to remove
    rv_file_sync_name("/nowhere/at/all");
    rv_file_sync_name(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_files_of_one_kind_are_replaced),
        cmocka_unit_test(parts_of_this_process_go_if_nobody_has_them),
    };
    return cmocka_run_group_tests_name("base/written_file", tests, make_folder, drop_folder);
}
