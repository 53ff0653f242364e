/* SPDX-License-Identifier: MIT */
/* Output files: whole or not at all, never in the place of another kind of file, nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "out_file.h"
#include "whole_file.h"

static char folder[64], path[128];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/reelvec-out-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/out.csv", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static RvStatus write_out(RvFileKind kind, RvError *err)
{
    OutFile out;
    RvStatus status = cli_out_open(&out, path, kind, err);
    if (status != RV_OK)
        return status;
    fputs("new", out.file);
    return cli_out_commit(&out, err);
}

#define BYTES(text) text, sizeof(text) - 1

static void file_of_another_kind_is_not_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size_bytes;
        RvFileKind kind;
        const char *words; // NULL: it is replaced
    } cases[] = {
        {BYTES("SQLite format 3\0 and so on"), RV_FILE_TEXT, "a library or another SQLite database"},
        {BYTES("SQLite format 3\0 and so on"), RV_FILE_PICTURE, "a library or another SQLite database"},
        {BYTES("SQLite format 3\0 and so on"), RV_FILE_NPY, "a library or another SQLite database"},
        {BYTES("\0\0\0\x18"
               "ftypmp42"),
         RV_FILE_PICTURE, "a file of another kind"},
        {BYTES("%PDF-1.4\n"), RV_FILE_TEXT, "a file of another kind"},
        {BYTES("my notes\n"), RV_FILE_PICTURE, "is a text; it is not replaced by a picture"},
        {BYTES("my notes\n"), RV_FILE_NPY, "is a text; it is not replaced by a NumPy file"},
        {BYTES("\x89PNG\r\n\x1a\n..."), RV_FILE_TEXT, "is a picture; it is not replaced by a text"},
        {BYTES("\x93NUMPY\x01\0"), RV_FILE_TEXT, "is a NumPy file"},
        {BYTES("path,frame_number\r\n\x1b[2Ja\xff.mp4,1\r\n"), RV_FILE_TEXT, NULL},
        {BYTES("{\"a\": \"\xc3\xa4\"}\n"), RV_FILE_TEXT, NULL},
        {BYTES("\x89PNG\r\n\x1a\n..."), RV_FILE_PICTURE, NULL},
        {BYTES("\xff\xd8\xff\xe0"), RV_FILE_PICTURE, NULL},
        {BYTES("\xff\xd8\xff\xe0"), RV_FILE_OWN_PICTURE, "is a picture that was not written by reelvec"},
        {BYTES("\x93NUMPY\x01\0"), RV_FILE_NPY, NULL},
        {BYTES(""), RV_FILE_PICTURE, NULL},
        {BYTES(""), RV_FILE_TEXT, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvError error = {0};
        size_t size_bytes = 0;
        write_whole(path, cases[i].bytes, cases[i].size_bytes);
        RvStatus status = write_out(cases[i].kind, &error);
        uint8_t *now = read_whole(path, &size_bytes);
        bool kept = size_bytes == cases[i].size_bytes && memcmp(now, cases[i].bytes, size_bytes) == 0;
        if (cases[i].words != NULL &&
            (status != RV_ERROR_ARGUMENT || strstr(error.message, cases[i].words) == NULL || !kept))
            fail_msg("case %zu: %s", i, error.message);
        if (cases[i].words == NULL && (status != RV_OK || kept || memcmp(now, "new", 3) != 0))
            fail_msg("case %zu: %s", i, error.message);
        free(now);
        assert_int_equal(files_in(folder), 1);
    }
}

/* The id of a process that has ended and was waited for. */
static long dead_process(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return child;
}

static void what_a_killed_process_left_is_removed(void **state)
{
    (void)state;
    static const struct {
        const char *format; // of the process
        bool removed;
    } cases[] = {{"%s/out.csv.%ld.part", true},    {"%s/out.csv.%ld.part.txt", false},
                 {"%s/out.csv.x%ld.part", false},  {"%s/out.csv.0%ld.part", false},
                 {"%s/other.csv.%ld.part", false}, {"%s/out.csv.-%ld.part", false}};
    long process = dead_process();
    char name[200], locked[200], alive[200];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, cases[i].format, folder, process);
        write_whole(name, "half", 4);
    }
    snprintf(alive, sizeof alive, "%s/out.csv.%ld.part", folder, (long)getppid());
    write_whole(alive, "half", 4);
    RvError error = {0};
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, cases[i].format, folder, process);
        if ((access(name, F_OK) != 0) != cases[i].removed)
            fail_msg("%s", name);
    }
    assert_int_equal(access(alive, F_OK), 0);
    // The number is of a process of another machine, which has the file locked.
    snprintf(locked, sizeof locked, "%s/out.csv.%ld.part", folder, process);
    write_whole(locked, "half", 4);
    FILE *file = fopen(locked, "r+b");
    assert_non_null(file);
    assert_int_equal(flock(fileno(file), LOCK_EX), 0);
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    assert_int_equal(access(locked, F_OK), 0);
    fclose(file);
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    assert_int_not_equal(access(locked, F_OK), 0);
}

/* In a folder of several people somebody may have made a link of the name that the part will have. */
static void nothing_is_written_through_a_name_that_is_there(void **state)
{
    (void)state;
    char victim[200], part[200];
    RvError error = {0};
    size_t size_bytes = 0;
    snprintf(victim, sizeof victim, "%s/victim", folder);
    snprintf(part, sizeof part, "%s/out.csv.%ld.part", folder, (long)getpid());
    write_whole(victim, "kept", 4);
    assert_int_equal(link(victim, part), 0);
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    uint8_t *now = read_whole(victim, &size_bytes);
    assert_int_equal(size_bytes, 4);
    assert_memory_equal(now, "kept", 4);
    free(now);
    assert_int_equal(files_in(folder), 2);
    // What cannot be removed stays, and is named.
    assert_int_equal(mkdir(part, 0700), 0);
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_ERROR_IO);
    assert_non_null(strstr(error.message, "File exists"));
    assert_int_equal(rmdir(part), 0);
    unlink(victim);
}

static void abandoned_file_leaves_what_was_there(void **state)
{
    (void)state;
    OutFile out;
    RvError error = {0};
    size_t size_bytes = 0;
    write_whole(path, "old", 3);
    assert_int_equal(cli_out_open(&out, path, RV_FILE_TEXT, &error), RV_OK);
    fputs("half", out.file);
    assert_int_equal(files_in(folder), 2);
    cli_out_abandon(&out);
    assert_int_equal(files_in(folder), 1);
    uint8_t *now = read_whole(path, &size_bytes);
    assert_int_equal(size_bytes, 3);
    assert_memory_equal(now, "old", 3);
    free(now);
    assert_int_equal(cli_out_open(&out, folder, RV_FILE_TEXT, &error), RV_ERROR_IO);
    assert_int_equal(cli_out_open(&out, "/dev/full", RV_FILE_TEXT, &error), RV_OK);
    fputs("x", out.file);
    assert_int_equal(cli_out_commit(&out, &error), RV_ERROR_IO);
    assert_non_null(strstr(error.message, "No space left"));
}

static void assert_content(const char *of, const char *content)
{
    size_t size_bytes = 0;
    uint8_t *now = read_whole(of, &size_bytes);
    assert_int_equal(size_bytes, strlen(content));
    assert_memory_equal(now, content, size_bytes);
    free(now);
}

/* The link stays, and its file is replaced as if it had been named: complete, or not at all. */
static void what_a_link_leads_to_is_written(void **state)
{
    (void)state;
    char file[200], link[200];
    struct stat facts;
    RvError error = {0};
    snprintf(file, sizeof file, "%s/folder", folder);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/folder/real.csv", folder);
    snprintf(link, sizeof link, "%s/link.csv", folder);
    write_whole(file, "old", 3);
    assert_int_equal(symlink("folder/real.csv", link), 0);
    assert_int_equal(symlink("link.csv", path), 0); // a link to a link
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    assert_content(file, "new");
    assert_true(lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode));
    assert_true(lstat(link, &facts) == 0 && S_ISLNK(facts.st_mode));
    assert_int_equal(files_in(folder), 3);
    // One that leads nowhere becomes a file.
    assert_int_equal(unlink(file), 0);
    assert_int_equal(write_out(RV_FILE_TEXT, &error), RV_OK);
    assert_true(lstat(path, &facts) == 0 && S_ISREG(facts.st_mode));
}

/* Such a name may be a link to the file that the descriptor is open on: it is written to as it is open. */
static void an_open_descriptor_is_written_to(void **state)
{
    (void)state;
    char name[64];
    RvError error = {0};
    assert_true(cli_out_is_stdout("-") && cli_out_is_stdout("/dev/stdout") && cli_out_is_stdout("/dev/fd/1"));
    assert_false(cli_out_is_stdout("/dev/stderr") || cli_out_is_stdout("out.csv"));
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    OutFile out;
    assert_int_equal(cli_out_open(&out, name, RV_FILE_PICTURE, &error), RV_OK);
    fputs("new", out.file);
    assert_int_equal(cli_out_commit(&out, &error), RV_OK);
    assert_int_equal(write(fd, " after", 6), 6);
    close(fd);
    assert_content(path, "before new after");
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(cli_out_open(&out, name, RV_FILE_TEXT, &error), RV_ERROR_IO); // it is closed
}

/* What the program has opened itself, as SQLite a library's log, is not meant by a number; nor is what is only read. */
static void no_descriptor_of_the_program_is_written_to(void **state)
{
    static const int modes[] = {O_RDWR | O_CREAT | O_CLOEXEC, O_RDONLY};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char name[64];
        RvError error = {0};
        OutFile out;
        int fd = open(path, modes[i], 0600);
        assert_true(fd >= 0);
        snprintf(name, sizeof name, "/dev/fd/%d", fd);
        assert_int_equal(cli_out_open(&out, name, RV_FILE_TEXT, &error), RV_ERROR_IO);
        assert_non_null(strstr(error.message, "Bad file descriptor"));
        assert_content(path, "");
        close(fd);
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(file_of_another_kind_is_not_replaced),
        CASE(nothing_is_written_through_a_name_that_is_there),
        CASE(what_a_killed_process_left_is_removed),
        CASE(abandoned_file_leaves_what_was_there),
        CASE(what_a_link_leads_to_is_written),
        CASE(an_open_descriptor_is_written_to),
        CASE(no_descriptor_of_the_program_is_written_to),
    };
    return cmocka_run_group_tests_name("output files", tests, NULL, NULL);
}
