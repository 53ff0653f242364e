/* SPDX-License-Identifier: MIT */
/* Another program. fork() and not posix_spawn(): only between fork and exec can a child ask to be ended with its
 * parent's thread (PR_SET_PDEATHSIG). Between the two only functions are called that are safe in signal handlers. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "web_error.h"

#define NICER 5 // than the server, which has to answer meanwhile

static void close_all(int *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
        ends[i] = -1;
    }
}

/* So that dup2 of the child overwrites none of them. */
static int move_up(int end)
{
    if (end < 0 || end > 2)
        return end;
    int higher = fcntl(end, F_DUPFD_CLOEXEC, 3);
    close(end);
    return higher;
}

static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    return ends[0] >= 0 && ends[1] >= 0;
}

static void become(const char *const *arguments, int nothing, int output, int errors, int start, pid_t parent)
{
    static const int plain[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    bool good = dup2(nothing, 0) == 0 && dup2(output, 1) == 1 && dup2(errors, 2) == 2;
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        signal(plain[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpriority(PRIO_PROCESS, 0, NICER);
    if (good)
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
    int cause = errno;
    if (write(start, &cause, sizeof cause) < 0)
        cause = 0; // nobody can be told
    _exit(127);
}

RvStatus program_start(const char *const *arguments, Program *out, RvError *err)
{
    enum { OUTPUT = 0, ERRORS = 2, START = 4, NOTHING = 6, ENDS };
    int ends[ENDS] = {-1, -1, -1, -1, -1, -1, -1}, cause = 0;
    bool good = make_pipe(ends + OUTPUT) && make_pipe(ends + ERRORS) && make_pipe(ends + START) &&
                (ends[NOTHING] = move_up(open("/dev/null", O_RDONLY | O_CLOEXEC))) >= 0;
    pid_t parent = getpid(), process = good ? fork() : -1;
    if (process < 0) {
        cause = errno;
        close_all(ends, ENDS);
        return web_error(err, RV_ERROR_IO, "%s: cannot be started: %s", arguments[0], strerror(cause));
    }
    if (process == 0)
        become(arguments, ends[NOTHING], ends[OUTPUT + 1], ends[ERRORS + 1], ends[START + 1], parent);
    setpgid(process, process); // whoever comes first; the group must exist before it is ended
    close_all((int[]){ends[OUTPUT + 1], ends[ERRORS + 1], ends[START + 1], ends[NOTHING]}, 4);
    *out = (Program){process, ends[OUTPUT], ends[ERRORS]};
    ssize_t got;
    while ((got = read(ends[START], &cause, sizeof cause)) < 0 && errno == EINTR)
        continue;
    close(ends[START]);
    fcntl(out->output, F_SETFL, O_NONBLOCK);
    fcntl(out->errors, F_SETFL, O_NONBLOCK);
    if (got != (ssize_t)sizeof cause)
        return RV_OK;
    program_end(out);
    return web_error(err, RV_ERROR_NOT_FOUND, "%s: cannot be started: %s", arguments[0], strerror(cause));
}

int program_end(Program *program)
{
    int state = 0;
    kill(-program->process, SIGKILL);
    while (waitpid(program->process, &state, 0) < 0 && errno == EINTR)
        continue;
    close_all((int[]){program->output, program->errors}, 2);
    program->output = program->errors = -1;
    return state;
}
