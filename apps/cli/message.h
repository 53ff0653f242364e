/* SPDX-License-Identifier: MIT */
/* What commands print: messages and errors on stderr, lines on standard output, and the exit status. */
#ifndef RV_CLI_MESSAGE_H
#define RV_CLI_MESSAGE_H

#include <stdbool.h>

#include "options.h"
#include "progress.h"
#include "reelvec/reelvec.h"

/* Print one line "reelvec: ..." on stderr, safe for terminals. */
void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print one line on stdout, safe for terminals, and flush it: a reader of a pipe receives each result at
 * once. */
void cli_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a line of facts, "name     value": on a terminal it is wrapped, and goes on at `column`. */
void cli_print_fact(size_t column, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print the error. Returns its exit status: wrong usage for ARGUMENT, failed for any other error. */
int cli_fail(const RvError *err);

/* The same for errors of the commands themselves. */
int cli_fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print "out of memory". Returns the exit status. */
int cli_fail_memory(void);

/* Returns a log that prints the library's warnings on stderr, unless --quiet. progress may be NULL; its bar
 * is moved out of the way. */
RvLog cli_log(const CliCommon *common, CliProgress *progress);

/* Call at the program's start. If a standard stream is closed, the next file that is opened would get its
 * number and messages would be written to it. /dev/null takes the place, opened so that it cannot be written
 * to (or read). */
void cli_keep_descriptors(void);

/* Write out what is buffered. Returns false if standard output is broken; nothing more should be printed
 * then. */
bool cli_flush(void);

/* Returns the exit status, replaced by a failure if standard output failed. */
int cli_finish(int status);

#endif
