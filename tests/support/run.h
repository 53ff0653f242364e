/* SPDX-License-Identifier: MIT */
/* Running programs in tests, with standard input, both outputs and the exit status. */
#ifndef RV_TESTS_RUN_H
#define RV_TESTS_RUN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct RunOptions {
    const char *input;  // text for standard input; NULL: /dev/null
    const char *folder; // to run in; NULL: the caller's
    int timeout_s;      // 0: 60; the program is killed then
    bool terminal;      // standard input and error are a terminal of 68 columns, whose output is in `errors`
    unsigned short columns; // with `terminal`: of that many columns, and standard output is it too
    const char *interrupt_after; // send SIGINT when this text has appeared on either output
} RunOptions;

typedef struct RunResult {
    int status;   // exit status; 128 + signal; -1: timeout
    char *output; // standard output, followed by a NUL
    size_t output_bytes;
    char *errors; // standard error, likewise
    size_t error_bytes;
} RunResult;

/* Run a program. arguments: [0] is the program; NULL ends them. Fails the test if it cannot be started. Clear
 * the result with run_clear. */
RunResult run_program(const char *const *arguments, const RunOptions *options);
void run_clear(RunResult *result);

#endif
