/* SPDX-License-Identifier: MIT */
/* Another program whose output is read through pipes. It ends with this process, and with the thread that started it. */
#ifndef RV_PROCESS_PROGRAM_H
#define RV_PROCESS_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

/* Who reads errors takes at most so much at once, and then pauses: a program that writes without end, as one that repeats
 * an error does, has to wait, and leaves the processors to others. */
#define PROGRAM_READ_BYTES 65536
#define PROGRAM_PAUSE_MS 20

typedef struct Program {
    pid_t process;      // and number of its group
    int output, errors; // its standard output and error; reading never waits; -1: closed
} Program;

/* arguments[0]: its path; the last is NULL. Standard input is empty. nicer: by how much than this process. Returns 0 or an
 * errno; *is_program: it is the program that cannot be executed, not this process that cannot start one. */
int rv_program_start(const char *const *arguments, int nicer, Program *out, bool *is_program);

/* End it and what it has started, if it has not ended itself. Returns its state as of waitpid; what it has written can
 * still be read. */
int rv_program_end(const Program *program);

/* Close the pipes. */
void rv_program_close(Program *program);

#endif
