/* SPDX-License-Identifier: MIT */
/* Another program, started with a list of arguments, watched until its end, and ended with this process. */
#include "cut/child.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "process/patience.h"
#include "process/program.h"

#define STEP_MS 100
#define LINE_MAX_BYTES 4096
#define LAST_READS 16 // of PROGRAM_READ_BYTES: a pipe holds 16 pages, of 64 KiB at most

typedef struct Child {
    const ChildOptions *options;
    ChildResult *result;
    Program program; // whose pipes are closed at their ends
    char line[LINE_MAX_BYTES];
    size_t line_bytes;
    Patience patience; // until a line says again that the work goes on
} Child;

static RvStatus start_child(Child *child, RvError *err)
{
    const char *const *arguments = child->options->arguments;
    bool is_program;
    int cause = rv_program_start(arguments, 0, &child->program, &is_program);
    if (cause == 0)
        return RV_OK;
    return rv_error_set(err, is_program ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: cannot be started: %s",
                        arguments[0], strerror(cause));
}

static void be_patient(Child *child)
{
    child->patience = (Patience){child->options->silence_s, rv_clock_s()};
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
            be_patient(child);
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

// Read what is there, up to PROGRAM_READ_BYTES; sets *end to -1 at the end of the pipe. Returns how much it was.
static size_t drain(Child *child, int *end, void (*take)(Child *child, const char *bytes, size_t count))
{
    char bytes[8192];
    size_t taken = 0;
    while (*end >= 0 && taken < PROGRAM_READ_BYTES) {
        ssize_t count = read(*end, bytes, sizeof bytes);
        if (count > 0) {
            take(child, bytes, (size_t)count);
            taken += (size_t)count;
        } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        } else {
            close(*end);
            *end = -1;
        }
    }
    return taken;
}

// Both pipes. Returns true if there was much, or errors: the program can wait then.
static bool drain_both(Child *child)
{
    size_t output = drain(child, &child->program.output, take_output);
    size_t errors = drain(child, &child->program.errors, take_errors);
    return output >= PROGRAM_READ_BYTES || errors > 0;
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

// Returns true once the child has ended. It stays a zombie, so that its number means nobody else.
static bool has_ended(const Child *child)
{
    siginfo_t info = {0};
    int code = waitid(P_PID, (id_t)child->program.process, &info, WEXITED | WNOHANG | WNOWAIT);
    return code == 0 ? info.si_pid == child->program.process : errno != EINTR;
}

static void watch(Child *child)
{
    const ChildOptions *options = child->options;
    ChildResult *result = child->result;
    result->end = CHILD_EXITED;
    be_patient(child);
    while (result->end == CHILD_EXITED) {
        struct pollfd polled[] = {{.fd = child->program.output, .events = POLLIN},
                                  {.fd = child->program.errors, .events = POLLIN}};
        bool open = child->program.output >= 0 || child->program.errors >= 0;
        poll(polled, 2, open ? STEP_MS : STEP_MS / 5); // negative descriptors are passed over
        bool floods = drain_both(child);
        if (has_ended(child))
            break;
        if (floods)
            usleep(PROGRAM_PAUSE_MS * 1000);
        if (options->cancelled != NULL && options->cancelled(options->user))
            result->end = CHILD_CANCELLED;
        else if (options->silence_s > 0 && !rv_patience_lasts(&child->patience, rv_clock_s()))
            result->end = CHILD_SILENT;
    }
    int state = rv_program_end(&child->program);
    // What is left in the pipes, which is bounded, as whatever has left the group may write for ever.
    for (int i = 0; i < LAST_READS && drain_both(child); i++)
        continue;
    rv_program_close(&child->program);
    if (result->end != CHILD_EXITED)
        return;
    result->end = WIFSIGNALED(state) ? CHILD_SIGNALLED : CHILD_EXITED;
    result->code = WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state);
}

RvStatus rv_child_run(const ChildOptions *options, ChildResult *out, RvError *err)
{
    Child child = {.options = options, .result = out};
    *out = (ChildResult){0};
    rv_buffer_init(&out->errors, 2 * CHILD_ERRORS_MAX);
    RvStatus status = start_child(&child, err);
    if (status == RV_OK)
        watch(&child);
    return status;
}
