/* SPDX-License-Identifier: MIT */
/* fork() and not posix_spawn(): only between fork() and exec can a child ask the kernel to be ended with its parent
 * (prctl(2), PR_SET_PDEATHSIG). Without it a program that is killed would leave an encoder running for hours. Between
 * the two only functions that are safe in signal handlers are called. */
#include "process/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#if !defined(CLOSE_RANGE_CLOEXEC) // a C library that does not know the call: musl, glibc before 2.34
#define CLOSE_RANGE_CLOEXEC 4
static void close_range(unsigned first, unsigned last, int flags)
{
    (void)syscall(SYS_close_range, first, last, flags);
}
#endif

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

static void become(const char *const *arguments, const int streams[3], int start, pid_t parent, int nicer)
{
    static const int plain[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    setpgid(0, 0);
#if defined(__linux__) // elsewhere a program goes on if its parent is killed
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(127);
    bool good = true;
    for (int i = 0; i < 3; i++)
        good = good && dup2(streams[i], i) == i;
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        signal(plain[i], SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error to be told
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (nicer != 0)
        setpriority(PRIO_PROCESS, 0, nicer);
    if (good)
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
    int cause = errno;
    if (write(start, &cause, sizeof cause) < 0)
        cause = 0; // nobody can be told
    _exit(127);
}

int rv_program_start(const char *const *arguments, int nicer, Program *out, bool *is_program)
{
    enum { OUTPUT = 0, ERRORS = 2, START = 4, NOTHING = 6, ENDS };
    int ends[ENDS] = {-1, -1, -1, -1, -1, -1, -1}, cause = 0;
    bool good = make_pipe(ends + OUTPUT) && make_pipe(ends + ERRORS) && make_pipe(ends + START) &&
                (ends[NOTHING] = move_up(open("/dev/null", O_RDONLY | O_CLOEXEC))) >= 0;
    pid_t parent = getpid(), process = good ? fork() : -1;
    *is_program = false;
    if (process < 0) {
        cause = errno;
        close_all(ends, ENDS);
        return cause;
    }
    if (process == 0)
        become(arguments, (int[]){ends[NOTHING], ends[OUTPUT + 1], ends[ERRORS + 1]}, ends[START + 1], parent,
               nicer);
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
        return 0;
    *is_program = true;
    rv_program_end(out);
    rv_program_close(out);
    return cause;
}

int rv_program_end(const Program *program)
{
    int state = 0;
    kill(-program->process, SIGKILL);
    while (waitpid(program->process, &state, 0) < 0 && errno == EINTR)
        continue;
    return state;
}

void rv_program_close(Program *program)
{
    close_all((int[]){program->output, program->errors}, 2);
    program->output = program->errors = -1;
}
