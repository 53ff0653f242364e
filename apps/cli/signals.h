/* SPDX-License-Identifier: MIT */
/* What signals do to the program, and what is cleared away before one ends it. */
#ifndef RV_CLI_SIGNALS_H
#define RV_CLI_SIGNALS_H

#include <stdbool.h>

/* At the program's start. Broken pipes and files that may not grow become errors to handle. A mapped file
 * that became shorter (SIGBUS) ends the program with a message that names the file, and exit status 1: the
 * library maps weights and codes, whose files other programs may cut. */
void cli_signals_begin(void);

/* Ctrl-C, SIGTERM and SIGHUP: the first is only noted, the second ends the program. */
void cli_catch_interrupts(void);
bool cli_interrupted(void);

/* The exit status that says which signal it was: 130, 143, 129. Only when cli_interrupted(). */
int cli_interrupt_status(void);

/* A file that is removed when a signal ends the program, until it is forgotten. The path is copied. */
void cli_temporary_add(const char *path);
void cli_temporary_forget(const char *path);

#endif
