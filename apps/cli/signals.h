/* SPDX-License-Identifier: MIT */
/* What signals do to the program, and what is removed before one ends it. */
#ifndef RV_CLI_SIGNALS_H
#define RV_CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Call at the program's start. Writing to a broken pipe or to a file that may not grow becomes an error to
 * handle. If a mapped file becomes shorter (SIGBUS), the program ends with a message that names the file, and
 * with exit status 1: the library maps weights and codes, whose files other programs may truncate. */
void cli_signals_begin(void);

/* Handle Ctrl-C, SIGTERM and SIGHUP: the first signal is only recorded, the second ends the program. */
void cli_catch_interrupts(void);

/* True once a signal was recorded; commands test it between steps. */
bool cli_interrupted(void);

/* Returns the exit status for the recorded signal: 130, 143, 129. Valid only if cli_interrupted(). */
int cli_interrupt_status(void);

/* Hold back the signals that cli_wait_for_program() handles, so that none ends this program between the start of
 * another one and the wait for it. *before: the mask until now, for either function below. */
void cli_hold_signals(sigset_t *before);
void cli_release_signals(const sigset_t *before);

/* Wait for the end of a program that was started from here, with signals held. Meanwhile Ctrl-C and Ctrl-\ are left to
 * it, which gets them from the terminal too; SIGTERM and SIGHUP are passed on. mask: what cli_hold_signals() gave.
 * *ended: as of waitpid. *signal_number: the last of these signals that came, 0 if none did. Returns false with errno
 * if there is no such program. */
bool cli_wait_for_program(pid_t program, const sigset_t *mask, int *ended, int *signal_number);

/* Register a file that is removed if a signal ends the program, until _forget is called. The path is
 * copied. */
void cli_temporary_add(const char *path);
void cli_temporary_forget(const char *path);

#endif
