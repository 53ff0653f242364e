/* SPDX-License-Identifier: MIT */
/* What a file may replace, and which parts of files are removed. The program's tests have more kinds (cli/out_file). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    assert_int_equal(rv_file_check_replaced(path, (RvFileKind)4, &err), RV_ERROR_ARGUMENT);
    assert_string_equal(err.message, "a kind of files 4 is not known");
}

#define BYTES(text) text, sizeof(text) - 1
#define PNG_HEADER "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
#define JFIF "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"

static void own_pictures_are_known_by_their_mark(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size_bytes;
        bool own;
        const char *why;
    } cases[] = {
        {BYTES(PNG_HEADER RV_FILE_PNG_MARK "\0\0\0\x0c"
                                           "IDAT"),
         true, "a PNG with the mark"},
        {BYTES(PNG_HEADER RV_FILE_PNG_MARK), true, "cut off behind it"},
        {BYTES(PNG_HEADER "\0\0\0\x0c"
                          "IDAT" RV_FILE_PNG_MARK),
         false, "a mark elsewhere"},
        {BYTES(PNG_HEADER), false, "a PNG that is no longer than its header"},
        {BYTES("\x89PNG\r\n\x1a\n"), false, "the signature alone"},
        {BYTES(PNG_HEADER "\0\0\0\x10tEXtSoftware\0gimp 3."), false, "of another program"},
        {BYTES(JFIF RV_FILE_JPEG_MARK "\xff\xdb"), true, "a JPEG with the mark"},
        {BYTES(JFIF "\xff\xdb"), false, "a JPEG without it"},
        {BYTES("\xff\xd8\xff\xe1\0\x10"
               "Exif"),
         false, "of a camera"},
        {BYTES("\xff\xd8\xff\xe0\xff\xff"), false, "a segment that ends behind the file"},
        {BYTES("\xff\xd8\xff\xe0"), false, "no segment at all"},
    };
    char path[128];
    snprintf(path, sizeof path, "%s/picture", folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError err = {0};
        write_whole(path, cases[i].bytes, cases[i].size_bytes);
        RvStatus status = rv_file_check_replaced(path, RV_FILE_OWN_PICTURE, &err);
        if (status != (cases[i].own ? RV_OK : RV_ERROR_ARGUMENT))
            fail_msg("%s: %s", cases[i].why, err.message);
        if (!cases[i].own) {
            assert_non_null(
                strstr(err.message, "is a picture that was not written by reelvec; give another name"));
            assert_int_equal(err.hint, RV_HINT_FORCE);
        }
        assert_int_equal(rv_file_check_replaced(path, RV_FILE_PICTURE, &err), RV_OK);
        assert_int_equal(rv_file_check_replaced(path, RV_FILE_TEXT, &err), RV_ERROR_ARGUMENT);
    }
    write_whole(path, "notes", 5);
    RvError err = {0};
    assert_int_equal(rv_file_check_replaced(path, RV_FILE_OWN_PICTURE, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "is a text; it is not replaced by a picture"));
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

/* However it is spelled, and through any number of links. */
static void an_open_descriptor_is_known_by_its_name(void **state)
{
    static const struct {
        const char *name;
        int descriptor;
    } names[] = {{"/dev/stdin", 0},
                 {"/dev/stdout", 1},
                 {"/dev/stderr", 2},
                 {"/dev/fd/1", 1},
                 {"/proc/self/fd/12", 12}, // which is closed
                 {"/proc/thread-self/fd/1", 1},
                 {"//dev/stdout", 1},
                 {"/dev/./stdout", 1},
                 {"/dev/fd//1", 1},
                 {"/dev/../dev/fd/2", 2},
                 {"/dev/fd/", -1},
                 {"/dev/fd/1x", -1},
                 {"/dev/fd/-1", -1},
                 {"/dev/stdout/x", -1},
                 {"/dev/fd/4294967297", -1},
                 {"/dev/fd/99999999999999999999", -1},
                 {"/proc/1/fd/1", -1}, // of another process
                 {"/proc/self/exe", -1},
                 {"/dev/null", -1},
                 {"stdout", -1},
                 {"-", -1},
                 {"", -1}};
    char link[128], other[128];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (rv_file_descriptor(names[i].name) != names[i].descriptor)
            fail_msg("%s: %d", names[i].name, rv_file_descriptor(names[i].name));
        bool device = strcmp(names[i].name, "/dev/null") == 0;
        if (strcmp(names[i].name, "/proc/1/fd/1") != 0) // which may be a pipe
            assert_int_equal(rv_file_in_place(names[i].name), device || names[i].descriptor >= 0);
    }
    snprintf(link, sizeof link, "%s/to_stdout", folder);
    snprintf(other, sizeof other, "%s/to_link", folder);
    assert_int_equal(symlink("/dev/stdout", link), 0);
    assert_int_equal(symlink("to_stdout", other), 0);
    assert_int_equal(rv_file_descriptor(link), 1);
    assert_int_equal(rv_file_descriptor(other), 1);
    unlink(link);
    unlink(other);
    assert_int_equal(symlink("to_link", link), 0); // in a circle
    assert_int_equal(symlink("to_stdout", other), 0);
    assert_int_equal(rv_file_descriptor(link), -1);
    unlink(link);
    unlink(other);
}

static void check_target(const char *path, const char *expected)
{
    char *target = NULL;
    RvError err = {0};
    assert_int_equal(rv_file_target(path, &target, &err), RV_OK);
    assert_string_equal(target, expected);
    rv_free(target);
}

static void of_a_link_to_a_file_that_file_is_replaced(void **state)
{
    char file[128], link[128], *whole = realpath(folder, NULL), expected[200];
    (void)state;
    assert_non_null(whole);
    snprintf(file, sizeof file, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(expected, sizeof expected, "%s/file", whole);
    free(whole);
    write_whole(file, "a", 1);
    check_target(file, file);
    assert_int_equal(symlink("file", link), 0);
    check_target(link, expected);
    const char *const others[] = {"nowhere", "link", "/dev/null", "/tmp"}; // no file is behind them
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        unlink(link);
        assert_int_equal(symlink(others[i], link), 0);
        check_target(link, link);
    }
    unlink(link);
    check_target(link, link);
}

#define NOT_HERE 77

/* A folder above the current one may be closed to who writes, who can still write here. Root passes everywhere. */
static void a_link_whose_end_cannot_be_told_is_not_replaced(void **state)
{
    char file[128], above[128], inner[128];
    (void)state;
    snprintf(above, sizeof above, "%s/above", folder);
    snprintf(inner, sizeof inner, "%s/above/inner", folder);
    snprintf(file, sizeof file, "%s/above/inner/file", folder);
    assert_int_equal(mkdir(above, 0700) | mkdir(inner, 0777) | chmod(inner, 0777) | chmod(folder, 0755), 0);
    write_whole(file, "a", 1);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        RvError err = {0};
        char *target = NULL;
        if (chdir(inner) != 0 || symlink("file", "link") != 0)
            _exit(1);
        if (geteuid() == 0 && setuid(65534) != 0) // in a container of one user
            _exit(NOT_HERE);
        if (geteuid() != 65534 && chmod(above, 0) != 0)
            _exit(1);
        RvStatus status = rv_file_target("link", &target, &err);
        if (status == RV_ERROR_IO && target == NULL)
            _exit(strstr(err.message, "link: where this link leads to cannot be told") != NULL ? 0 : 2);
        _exit(1);
    }
    int state_of_child = 0;
    assert_int_equal(waitpid(child, &state_of_child, 0), child);
    chmod(above, 0700);
    assert_true(WIFEXITED(state_of_child));
    if (WEXITSTATUS(state_of_child) == NOT_HERE) {
        print_message("there is no other user here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(state_of_child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_files_of_one_kind_are_replaced),
        cmocka_unit_test(own_pictures_are_known_by_their_mark),
        cmocka_unit_test(parts_of_this_process_go_if_nobody_has_them),
        cmocka_unit_test(an_open_descriptor_is_known_by_its_name),
        cmocka_unit_test(of_a_link_to_a_file_that_file_is_replaced),
        cmocka_unit_test(a_link_whose_end_cannot_be_told_is_not_replaced),
    };
    return cmocka_run_group_tests_name("base/written_file", tests, make_folder, drop_folder);
}
