/* SPDX-License-Identifier: MIT */
/* Signals: what ends the program, with which status, and what it clears away before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "message.h"
#include "signals.h"

static char path[64];

static int make_file(void **state)
{
    (void)state;
    strcpy(path, "/tmp/reelvec-signals-XXXXXX");
    int descriptor = mkstemp(path);
    if (descriptor < 0 || ftruncate(descriptor, 3 * 65536) != 0)
        return -1;
    close(descriptor);
    return 0;
}

static int drop_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* Run in a child; gives its wait status, and what it said on standard error. */
static int run(void (*task)(int argument), int argument, char *said, size_t size_bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        signal(SIGINT, SIG_DFL); // ignored if the tests run in the background
        task(argument);
        _exit(77);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got = 0;
    while (length + 1 < size_bytes && (got = read(ends[0], said + length, size_bytes - 1 - length)) > 0)
        length += (size_t)got;
    said[length] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void note_one(int signal_number)
{
    cli_signals_begin();
    cli_catch_interrupts();
    cli_temporary_add(path);
    raise(signal_number);
    _exit(cli_interrupted() ? cli_finish(CLI_INTERRUPTED) : 1);
}

static void note_two(int signal_number)
{
    cli_signals_begin();
    cli_temporary_add(path); // before: the gentler handlers take the place of the others
    cli_catch_interrupts();
    raise(SIGINT);
    raise(signal_number);
}

static void end_at_once(int signal_number)
{
    cli_signals_begin();
    cli_temporary_add(path);
    raise(signal_number);
}

static void end_after_forgetting(int signal_number)
{
    cli_signals_begin();
    cli_temporary_add(path);
    cli_temporary_forget(path);
    raise(signal_number);
}

static void be_hung_up_under_nohup(int signal_number)
{
    signal(SIGHUP, SIG_IGN);
    cli_signals_begin();
    cli_temporary_add(path);
    cli_catch_interrupts();
    raise(signal_number);
    _exit(cli_interrupted() ? 1 : 0);
}

static void status_says_which_signal_it_was(void **state)
{
    static const struct {
        void (*task)(int);
        int signal_number, exit_status; // -1: the signal itself ends it
        bool removed;
    } cases[] = {
        {note_one, SIGINT, 130, false},
        {note_one, SIGTERM, 143, false},
        {note_one, SIGHUP, 129, false},
        {note_two, SIGINT, 130, true},
        {note_two, SIGTERM, 143, true},
        {note_two, SIGHUP, 129, true},
        {end_at_once, SIGINT, -1, true},
        {end_at_once, SIGTERM, -1, true},
        {end_at_once, SIGHUP, -1, true},
        {end_after_forgetting, SIGTERM, -1, false},
        {be_hung_up_under_nohup, SIGHUP, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char said[1000];
        assert_int_equal(make_file(state), 0);
        int status = run(cases[i].task, cases[i].signal_number, said, sizeof said);
        bool as_told = cases[i].exit_status >= 0
                           ? WIFEXITED(status) && WEXITSTATUS(status) == cases[i].exit_status
                           : WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal_number;
        if (!as_told || (access(path, F_OK) != 0) != cases[i].removed)
            fail_msg("case %zu: status %x, %s", i, (unsigned)status,
                     access(path, F_OK) == 0 ? "left" : "removed");
        unlink(path);
    }
}

static void *read_last_byte(void *memory)
{
    volatile unsigned char *bytes = memory;
    _exit(bytes[3 * 65536 - 1] == 0 ? 5 : 6);
}

static void read_what_is_gone(int thread_count)
{
    int descriptor = open(path, O_RDWR);
    cli_signals_begin();
    void *memory = mmap(NULL, 3 * 65536, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED || ftruncate(descriptor, 65536) != 0)
        return;
    pthread_t thread;
    for (int i = 0; i < thread_count; i++)
        pthread_create(&thread, NULL, read_last_byte, memory);
    if (thread_count == 0)
        read_last_byte(memory);
    for (;;)
        pause();
}

static void file_that_became_shorter_is_named(void **state)
{
    (void)state;
    for (int threads = 0; threads < 9; threads += 4) {
        char said[1000];
        int status = run(read_what_is_gone, threads, said, sizeof said);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_non_null(strstr(said, path));
        assert_non_null(strstr(said, ": became shorter while it was being read"));
        assert_null(strstr(strstr(said, "became") + 1, "became")); // once
    }
}

static void get_a_foreign_bus_error(int signal_number)
{
    cli_signals_begin();
    kill(getpid(), signal_number);
    kill(getpid(), signal_number);
}

static void other_bus_errors_end_the_program_as_ever(void **state)
{
    (void)state;
    char said[1000];
    int status = run(get_a_foreign_bus_error, SIGBUS, said, sizeof said);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static void write_too_much(int size_bytes)
{
    struct rlimit limit = {(rlim_t)size_bytes, (rlim_t)size_bytes};
    cli_signals_begin();
    FILE *file = fopen(path, "r+b");
    if (file == NULL || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return;
    for (int i = 0; i < size_bytes; i++)
        fputs("some bytes", file);
    _exit(fflush(file) != 0 || ferror(file) ? 0 : 1);
}

static void file_that_may_not_grow_is_an_error(void **state)
{
    (void)state;
    char said[1000];
    int status = run(write_too_much, 100000, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_file, drop_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_says_which_signal_it_was),
        CASE(file_that_became_shorter_is_named),
        CASE(other_bus_errors_end_the_program_as_ever),
        CASE(file_that_may_not_grow_is_an_error),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
