/* SPDX-License-Identifier: MIT */
/* Another program, started with a list of arguments, watched until its end, and ended with this process.
 *
 * fork() and not posix_spawn(): only between fork() and exec can a child ask the kernel to be ended with its parent
 * (prctl(2), PR_SET_PDEATHSIG). Without it a program that is killed would leave an encoder running for hours. Between
 * the two only functions that are safe in signal handlers are called. */
#include "cut/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

#define STEP_MS 100
#define LINE_MAX_BYTES 4096

typedef struct Child {
    const ChildOptions *options;
    ChildResult *result;
    pid_t process;
    int output, errors; // our ends of the pipes; -1: at their end
    int start;          // the child writes errno there if it cannot become the program
    char line[LINE_MAX_BYTES];
    size_t line_bytes;
    double heard_s; // on the clock: when a line last said that the work goes on
} Child;

/* ---- starting ------------------------------------------------------------------------------------------ */

static void set_signals(void)
{
    static const int plain[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        signal(plain[i], SIG_DFL);
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error to be told
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become(const char *const *arguments, const int streams[3], int start, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    bool good = true;
    for (int i = 0; i < 3; i++)
        good = good && dup2(streams[i], i) == i;
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    set_signals();
    if (good)
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
    int cause = errno;
    if (write(start, &cause, sizeof cause) < 0)
        cause = 0; // nobody can be told
    _exit(127);
}

static void close_all(int *descriptors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (descriptors[i] >= 0)
            close(descriptors[i]);
        descriptors[i] = -1;
    }
}

// Makes a pipe whose ends are 3 or more, so that none is overwritten by the child's dup2.
static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        while (ends[i] >= 0 && ends[i] < 3) {
            int higher = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);
            close(ends[i]);
            ends[i] = higher;
        }
    }
    return ends[0] >= 0 && ends[1] >= 0;
}

static int open_nothing(void)
{
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || descriptor >= 3)
        return descriptor;
    int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    close(descriptor);
    return higher;
}

static RvStatus start_child(Child *child, RvError *err)
{
    enum { OUTPUT = 0, ERRORS = 2, START = 4, NOTHING = 6, ENDS };
    const char *program = child->options->arguments[0];
    int ends[ENDS] = {-1, -1, -1, -1, -1, -1, -1};
    bool good = make_pipe(ends + OUTPUT) && make_pipe(ends + ERRORS) && make_pipe(ends + START) &&
                (ends[NOTHING] = open_nothing()) >= 0;
    pid_t parent = getpid();
    child->process = good ? fork() : -1;
    if (child->process < 0) {
        int cause = errno;
        close_all(ends, ENDS);
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be started: %s", program, strerror(cause));
    }
    if (child->process == 0)
        become(child->options->arguments, (int[]){ends[NOTHING], ends[OUTPUT + 1], ends[ERRORS + 1]},
               ends[START + 1], parent);
    setpgid(child->process, child->process); // whoever comes first; the group must exist before it is ended
    close_all((int[]){ends[OUTPUT + 1], ends[ERRORS + 1], ends[START + 1], ends[NOTHING]}, 4);
    child->output = ends[OUTPUT];
    child->errors = ends[ERRORS];
    int cause = 0;
    ssize_t got;
    while ((got = read(ends[START], &cause, sizeof cause)) < 0 && errno == EINTR)
        continue;
    close(ends[START]);
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    fcntl(child->errors, F_SETFL, O_NONBLOCK);
    if (got != (ssize_t)sizeof cause)
        return RV_OK;
    while (waitpid(child->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    close_all((int[]){child->output, child->errors}, 2);
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: cannot be started: %s", program, strerror(cause));
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void take_output(Child *child, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\n' && bytes[i] != '\r') {
            if (child->line_bytes + 1 < sizeof child->line)
                child->line[child->line_bytes++] = bytes[i];
            continue;
        }
        child->line[child->line_bytes] = '\0';
        child->line_bytes = 0;
        if (child->options->line != NULL && child->options->line(child->options->user, child->line))
            child->heard_s = rv_clock_s();
    }
}

static void take_errors(Child *child, const char *bytes, size_t count)
{
    Buffer *errors = &child->result->errors;
    size_t keep = CHILD_ERRORS_MAX / 2;
    if (errors->size_bytes + count > CHILD_ERRORS_MAX && errors->size_bytes > keep) {
        const char *text = (const char *)errors->bytes, *from = text + errors->size_bytes - keep;
        const char *line = memchr(from, '\n', keep);
        from = line != NULL ? line + 1 : from;
        size_t left = errors->size_bytes - (size_t)(from - text);
        memmove(errors->bytes, from, left);
        errors->size_bytes = left;
        errors->bytes[left] = '\0';
    }
    rv_buffer_append(errors, bytes, count, NULL); // without memory the message is shorter
}

// Read what is there. Sets *end to -1 at the end of the pipe.
static void drain(Child *child, int *end, void (*take)(Child *child, const char *bytes, size_t count))
{
    char bytes[8192];
    while (*end >= 0) {
        ssize_t count = read(*end, bytes, sizeof bytes);
        if (count > 0) {
            take(child, bytes, (size_t)count);
        } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            close(*end);
            *end = -1;
        }
    }
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

// Returns true once the child has ended. It stays a zombie, so that its number means nobody else.
static bool has_ended(const Child *child)
{
    siginfo_t info = {0};
    int code = waitid(P_PID, (id_t)child->process, &info, WEXITED | WNOHANG | WNOWAIT);
    return code == 0 ? info.si_pid == child->process : errno != EINTR;
}

// End what is left of the child and of what it has started itself. Returns its state.
static int end_group(const Child *child)
{
    int state = 0;
    kill(-child->process, SIGKILL);
    while (waitpid(child->process, &state, 0) < 0 && errno == EINTR)
        continue;
    return state;
}

static void watch(Child *child)
{
    const ChildOptions *options = child->options;
    ChildResult *result = child->result;
    result->end = CHILD_EXITED;
    child->heard_s = rv_clock_s();
    while (result->end == CHILD_EXITED) {
        struct pollfd polled[] = {{.fd = child->output, .events = POLLIN},
                                  {.fd = child->errors, .events = POLLIN}};
        bool open = child->output >= 0 || child->errors >= 0;
        poll(polled, 2, open ? STEP_MS : STEP_MS / 5); // negative descriptors are passed over
        drain(child, &child->output, take_output);
        drain(child, &child->errors, take_errors);
        if (has_ended(child))
            break;
        if (options->cancelled != NULL && options->cancelled(options->user))
            result->end = CHILD_CANCELLED;
        else if (options->silence_s > 0 && rv_clock_s() - child->heard_s > options->silence_s)
            result->end = CHILD_SILENT;
    }
    int state = end_group(child);
    drain(child, &child->output, take_output);
    drain(child, &child->errors, take_errors);
    close_all((int[]){child->output, child->errors}, 2);
    if (result->end != CHILD_EXITED)
        return;
    result->end = WIFSIGNALED(state) ? CHILD_SIGNALLED : CHILD_EXITED;
    result->code = WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state);
}

RvStatus rv_child_run(const ChildOptions *options, ChildResult *out, RvError *err)
{
    Child child = {.options = options, .result = out, .output = -1, .errors = -1};
    *out = (ChildResult){0};
    rv_buffer_init(&out->errors, 2 * CHILD_ERRORS_MAX);
    RvStatus status = start_child(&child, err);
    if (status == RV_OK)
        watch(&child);
    return status;
}
