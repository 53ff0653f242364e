/* SPDX-License-Identifier: MIT */
/* Other programs: their output, how they end, and that none outlives what started it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cut/child.h"

typedef struct Heard {
    char text[4096];
    int lines;
    bool stop; // on the first line
} Heard;

static bool hear(void *user, const char *line)
{
    Heard *heard = user;
    size_t length = strlen(heard->text);
    snprintf(heard->text + length, sizeof heard->text - length, "%s|", line);
    heard->lines++;
    return true;
}

static bool stop_after_a_line(void *user)
{
    const Heard *heard = user;
    return heard->stop && heard->lines > 0;
}

static ChildResult run_shell(const char *script, Heard *heard, double silence_s)
{
    const char *const arguments[] = {"/bin/sh", "-c", script, NULL};
    ChildOptions options = {.arguments = arguments,
                            .line = hear,
                            .cancelled = stop_after_a_line,
                            .user = heard,
                            .silence_s = silence_s};
    ChildResult result;
    RvError err = {0};
    if (rv_child_run(&options, &result, &err) != RV_OK)
        fail_msg("%s", err.message);
    return result;
}

static void output_comes_line_by_line_and_errors_whole(void **state)
{
    Heard heard = {0};
    ChildResult result =
        run_shell("echo one; printf 'two\\rthree\\n'; echo four >&2; printf 'no newline'; exit 7", &heard, 0);
    assert_int_equal(result.end, CHILD_EXITED);
    assert_int_equal(result.code, 7);
    assert_string_equal(heard.text, "one|two|three|");
    assert_string_equal((char *)result.errors.bytes, "four\n");
    rv_buffer_clear(&result.errors);
}

static void input_is_empty_and_no_descriptor_is_passed_on(void **state)
{
    Heard heard = {0};
    int ours = dup(STDERR_FILENO); // not close-on-exec
    ChildResult result = run_shell("cat; ls /proc/self/fd", &heard, 0);
    assert_string_equal(heard.text, "0|1|2|3|"); // 3 is the folder that ls reads
    close(ours);
    rv_buffer_clear(&result.errors);
}

static void of_many_errors_the_last_are_kept(void **state)
{
    Heard heard = {0};
    ChildResult result = run_shell(
        "i=0; while [ $i -lt 20000 ]; do echo \"error number $i\"; i=$((i+1)); done >&2", &heard, 0);
    const char *text = (const char *)result.errors.bytes;
    assert_true(result.errors.size_bytes <= CHILD_ERRORS_MAX);
    assert_memory_equal(text, "error number ", 13);
    assert_non_null(strstr(text, "error number 19999\n"));
    rv_buffer_clear(&result.errors);
}

static void what_cannot_be_started_is_said(void **state)
{
    const char *const arguments[] = {"/no/such/program", NULL};
    ChildOptions options = {.arguments = arguments};
    ChildResult result;
    RvError err = {0};
    assert_int_equal(rv_child_run(&options, &result, &err), RV_ERROR_NOT_FOUND);
    assert_string_equal(err.message, "/no/such/program: cannot be started: No such file or directory");
}

/* Whatever pipe is the first that cannot be made: what was open stays open, and nothing more does. */
static void without_descriptors_others_are_left_alone(void **state)
{
    const char *const arguments[] = {"/bin/true", NULL};
    ChildOptions options = {.arguments = arguments};
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    assert_true(next > 0);
    close(next);
    for (int room = 0; room < 6; room++) {
        ChildResult result;
        RvError err = {0};
        few = (struct rlimit){(rlim_t)(next + room), before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        RvStatus status = rv_child_run(&options, &result, &err);
        setrlimit(RLIMIT_NOFILE, &before);
        assert_int_equal(status, RV_ERROR_IO);
        assert_true(fcntl(0, F_GETFD) >= 0);
        int again = dup(0);
        assert_int_equal(again, next);
        close(again);
    }
}

static void a_signal_is_told(void **state)
{
    Heard heard = {0};
    ChildResult result = run_shell("kill -SEGV $$", &heard, 0);
    assert_int_equal(result.end, CHILD_SIGNALLED);
    assert_int_equal(result.code, SIGSEGV);
    rv_buffer_clear(&result.errors);
}

/* True once no process of this number runs any more. */
static bool is_gone(pid_t process)
{
    for (int i = 0; i < 100; i++) {
        char path[64], text[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            return true;
        size_t count = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[count] = '\0';
        if (strstr(text, ") Z ") != NULL)
            return true;
        usleep(20000);
    }
    return false;
}

static void a_stop_ends_it_and_what_it_started(void **state)
{
    Heard heard = {.stop = true};
    double begun_s = rv_clock_s();
    ChildResult result = run_shell("trap '' TERM INT; sleep 60 & echo $!; wait; sleep 60", &heard, 0);
    assert_int_equal(result.end, CHILD_CANCELLED);
    assert_true(rv_clock_s() - begun_s < 10);
    assert_true(is_gone((pid_t)atoi(heard.text)));
    rv_buffer_clear(&result.errors);
}

static void silence_ends_it(void **state)
{
    Heard heard = {0};
    double begun_s = rv_clock_s();
    ChildResult result = run_shell("echo one; sleep 60", &heard, 0.3);
    assert_int_equal(result.end, CHILD_SILENT);
    assert_true(rv_clock_s() - begun_s < 10);
    rv_buffer_clear(&result.errors);
}

/* The script stops the process that started it, which is this one. */
static void a_standstill_is_no_silence(void **state)
{
    Heard heard = {0};
    ChildResult result =
        run_shell("sleep 0.3; kill -STOP $PPID; sleep 5; kill -CONT $PPID; sleep 0.3; echo one", &heard, 4);
    assert_int_equal(result.end, CHILD_EXITED);
    assert_string_equal(heard.text, "one|");
    rv_buffer_clear(&result.errors);
}

typedef struct Flood {
    double begun_s, took_s;
    long written_bytes;
} Flood;

static bool begin_flood(void *user, const char *line)
{
    Flood *flood = user;
    flood->begun_s = rv_clock_s();
    flood->written_bytes = -atol(line); // its number, until it is known
    return true;
}

/* After a second: how much it has written by then. */
static bool measure_flood(void *user)
{
    Flood *flood = user;
    char path[64], line[128];
    flood->took_s = rv_clock_s() - flood->begun_s;
    if (flood->begun_s == 0 || flood->took_s < 1)
        return false;
    snprintf(path, sizeof path, "/proc/%ld/io", -flood->written_bytes);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "wchar: %ld", &flood->written_bytes);
    if (file != NULL)
        fclose(file);
    return true;
}

/* Line by line, as ffmpeg writes, and as much at once as a pipe takes. */
static void errors_are_read_with_pauses(void **state)
{
    static const char *const scripts[] = {
        "echo $$; exec awk 'BEGIN { while (1) print \"an error of a program that says the same for ever\" "
        ">\"/dev/stderr\" }'",
        "echo $$; exec yes error >&2"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        const char *const arguments[] = {"/bin/sh", "-c", scripts[i], NULL};
        Flood flood = {0};
        ChildOptions options = {
            .arguments = arguments, .line = begin_flood, .cancelled = measure_flood, .user = &flood};
        ChildResult result;
        RvError err = {0};
        assert_int_equal(rv_child_run(&options, &result, &err), RV_OK);
        assert_int_equal(result.end, CHILD_CANCELLED);
        if (flood.written_bytes < 65536 || (double)flood.written_bytes > 6e6 * flood.took_s)
            fail_msg("%zu: %ld bytes in %g s", i, flood.written_bytes, flood.took_s);
        rv_buffer_clear(&result.errors);
    }
}

/* It writes faster than it is read, for ever: to either pipe, and from a session of its own, which is not ended with it. */
static void a_flood_is_no_hindrance(void **state)
{
    static const char *const scripts[] = {"echo one; for i in 1 2 3 4 5 6; do yes >&2 & done; exec yes >&2",
                                          "exec yes", "setsid timeout 20 yes >&2 & echo one; exec sleep 60"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        Heard heard = {.stop = true};
        double begun_s = rv_clock_s();
        ChildResult result = run_shell(scripts[i], &heard, 0);
        assert_int_equal(result.end, CHILD_CANCELLED);
        assert_true(rv_clock_s() - begun_s < 10);
        rv_buffer_clear(&result.errors);
    }
}

/* The kernel ends the program when the process that started it is killed. */
static void it_does_not_outlive_a_killed_parent(void **state)
{
    int ends[2];
    char number[32] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0) {
        char script[64];
        snprintf(script, sizeof script, "echo $$ >/proc/%d/fd/%d; sleep 60; sleep 60", (int)getpid(),
                 ends[1]);
        const char *const arguments[] = {"/bin/sh", "-c", script, NULL};
        ChildOptions options = {.arguments = arguments};
        ChildResult result;
        rv_child_run(&options, &result, NULL);
        _exit(0);
    }
    ssize_t count = read(ends[0], number, sizeof number - 1);
    assert_true(count > 0);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(is_gone((pid_t)atoi(number)));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_comes_line_by_line_and_errors_whole),
        cmocka_unit_test(input_is_empty_and_no_descriptor_is_passed_on),
        cmocka_unit_test(of_many_errors_the_last_are_kept),
        cmocka_unit_test(what_cannot_be_started_is_said),
        cmocka_unit_test(without_descriptors_others_are_left_alone),
        cmocka_unit_test(a_signal_is_told),
        cmocka_unit_test(a_stop_ends_it_and_what_it_started),
        cmocka_unit_test(silence_ends_it),
        cmocka_unit_test(a_standstill_is_no_silence),
        cmocka_unit_test(errors_are_read_with_pauses),
        cmocka_unit_test(a_flood_is_no_hindrance),
        cmocka_unit_test(it_does_not_outlive_a_killed_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
