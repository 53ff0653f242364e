/* SPDX-License-Identifier: MIT */
/* Another program whose output is read through pipes. It ends with this process, and with the thread that started it. */
#ifndef RV_WEB_PROGRAM_H
#define RV_WEB_PROGRAM_H

#include <sys/types.h>

#include "reelvec/status.h"

typedef struct Program {
    pid_t process;      // and number of its group
    int output, errors; // its standard output and error; reading never waits
} Program;

/* arguments[0]: its path; the last is NULL. Standard input is empty. Errors: IO, NOT_FOUND. */
RvStatus program_start(const char *const *arguments, Program *out, RvError *err);

/* End it and what it has started, if it has not ended itself, and close the pipes. Returns its state as of waitpid. */
int program_end(Program *program);

#endif
