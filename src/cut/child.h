/* SPDX-License-Identifier: MIT */
/* Another program, started with a list of arguments, watched until its end, and ended with this process. */
#ifndef RV_CUT_CHILD_H
#define RV_CUT_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "reelvec/status.h"

typedef struct ChildOptions {
    const char *const *arguments; // [0] is the program's path; NULL ends them. No shell looks at them
    /* Each line of standard output, without its newline. Returns true if it says that the work has gone on. */
    bool (*line)(void *user, const char *line);
    /* Called about ten times a second and after every line; true ends the program. NULL: not asked. */
    bool (*cancelled)(void *user);
    void *user;
    double
        silence_s; // the program is ended if no line has said for so long that the work goes on; 0: no limit
} ChildOptions;

typedef enum ChildEnd {
    CHILD_EXITED,    // code: the exit status
    CHILD_SIGNALLED, // code: the signal, which nobody here sent
    CHILD_CANCELLED,
    CHILD_SILENT
} ChildEnd;

#define CHILD_ERRORS_MAX 32768

typedef struct ChildResult {
    ChildEnd end;
    int code;
    Buffer errors; // the last part of its standard error, in whole lines; release with rv_buffer_clear
} ChildResult;

/* Start the program and wait for its end. Its standard input is /dev/null. It is in a process group of its own, so that
 * Ctrl-C at a terminal reaches it only through `cancelled`, and the kernel ends it if this thread ends. Whatever is
 * left of the group is ended before the return. Errors: NOT_FOUND (it cannot be started), IO, MEMORY. */
RvStatus rv_child_run(const ChildOptions *options, ChildResult *out, RvError *err);

#endif
