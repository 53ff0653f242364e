/* SPDX-License-Identifier: MIT */
/* Running programs in tests, with standard input, both outputs and the exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct Running {
    pid_t pid;
    int input, output, errors; // our ends; -1 when closed
    const char *input_rest;
    bool interrupted;
} Running;

static void take(int *fd, char **text, size_t *size_bytes)
{
    char piece[4096];
    ssize_t got = read(*fd, piece, sizeof piece);
    if (got <= 0) { // at the end of a terminal this is EIO
        close(*fd);
        *fd = -1;
        return;
    }
    *text = realloc(*text, *size_bytes + (size_t)got + 1);
    assert_non_null(*text);
    memcpy(*text + *size_bytes, piece, (size_t)got);
    *size_bytes += (size_t)got;
    (*text)[*size_bytes] = '\0';
}

static void give(Running *running)
{
    size_t length = strlen(running->input_rest);
    ssize_t written = length > 0 ? write(running->input, running->input_rest, length) : 0;
    if (written > 0)
        running->input_rest += written;
    if (written < 0 || *running->input_rest == '\0') {
        close(running->input);
        running->input = -1;
    }
}

static void become(const char *const *arguments, const RunOptions *options, int input, int output, int errors)
{
    if (options->folder != NULL && chdir(options->folder) != 0)
        _exit(126);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    // Whoever runs the tests in the background has them ignore interrupts.
    static const int plain[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        signal(plain[i], SIG_DFL);
    execv(arguments[0], (char *const *)arguments);
    _exit(127);
}

static void start(Running *running, const char *const *arguments, const RunOptions *options)
{
    int in[2] = {-1, -1}, out[2], err[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    if (options->terminal) {
        struct winsize size = {.ws_row = 24, .ws_col = options->columns > 0 ? options->columns : 68};
        assert_int_equal(openpty(&err[0], &err[1], NULL, NULL, &size), 0);
        in[0] = err[1];
        in[1] = dup(err[0]);
    } else {
        assert_int_equal(pipe2(err, O_CLOEXEC), 0);
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    }
    running->pid = fork();
    assert_true(running->pid >= 0);
    if (running->pid == 0)
        become(arguments, options, in[0], options->terminal && options->columns > 0 ? err[1] : out[1],
               err[1]);
    close(out[1]);
    close(err[1]);
    if (!options->terminal)
        close(in[0]);
    running->input = in[1];
    running->output = out[0];
    running->errors = err[0];
    running->input_rest = options->input != NULL ? options->input : "";
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void exchange(Running *running, const RunOptions *options, RunResult *result)
{
    double end_s = now_s() + (options->timeout_s > 0 ? options->timeout_s : 60);
    while (running->output >= 0 || running->errors >= 0) {
        struct pollfd ends[3] = {
            {running->output, POLLIN, 0}, {running->errors, POLLIN, 0}, {running->input, POLLOUT, 0}};
        double left_s = end_s - now_s();
        if (left_s <= 0) {
            kill(running->pid, SIGKILL);
            result->status = -1;
            return;
        }
        poll(ends, 3, (int)(left_s * 1000) + 1);
        if (running->output >= 0 && ends[0].revents != 0)
            take(&running->output, &result->output, &result->output_bytes);
        if (running->errors >= 0 && ends[1].revents != 0)
            take(&running->errors, &result->errors, &result->error_bytes);
        if (running->input >= 0 && ends[2].revents != 0)
            give(running);
        if (options->interrupt_after != NULL && !running->interrupted &&
            (strstr(result->errors, options->interrupt_after) != NULL ||
             strstr(result->output, options->interrupt_after) != NULL)) {
            kill(running->pid, SIGINT);
            running->interrupted = true;
        }
    }
}

RunResult run_program(const char *const *arguments, const RunOptions *options)
{
    static const RunOptions defaults;
    if (options == NULL)
        options = &defaults;
    RunResult result = {.output = calloc(1, 1), .errors = calloc(1, 1)};
    assert_non_null(result.output);
    assert_non_null(result.errors);
    Running running = {0};
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    start(&running, arguments, options);
    exchange(&running, options, &result);
    signal(SIGPIPE, before);
    int ends[] = {running.input, running.output, running.errors};
    for (size_t i = 0; i < 3; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
    }
    int status = 0;
    while (waitpid(running.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (result.status == 0)
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

void run_clear(RunResult *result)
{
    free(result->output);
    free(result->errors);
    *result = (RunResult){0};
}
