/* SPDX-License-Identifier: MIT */
/* What commands share while they run: messages, opening library and model, interruption, standard output. */
#ifndef RV_CLI_CONTEXT_H
#define RV_CLI_CONTEXT_H

#include <stdbool.h>

#include "options.h"
#include "progress.h"
#include "reelvec/reelvec.h"
#include "signals.h"

/* One line "reelvec: ..." on stderr, safe for terminals. */
void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line on stdout, likewise, at once: a reader on a pipe sees each result when it is there. */
void cli_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print the error; gives back the exit status that belongs to it: wrong usage for ARGUMENT, else failed. */
int cli_fail(const RvError *err);

/* The same for commands' own errors. */
int cli_fail_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int cli_fail_memory(void);

/* Warnings of the library to stderr unless quiet. progress may be NULL; its bar is moved out of the way. */
RvLog cli_log(const CliCommon *common, CliProgress *progress);

/* --model, else REELVEC_MODEL, else "ViT-B/32"; --library, else REELVEC_LIBRARY, else NULL (the default
 * path). */
const char *cli_model(const CliCommon *common);
/* Whether neither of the first two says which. */
bool cli_model_is_open(const CliCommon *common);
const char *cli_library(const CliCommon *common);

typedef enum CliLibraryUse { CLI_LIBRARY_READ, CLI_LIBRARY_CHANGE, CLI_LIBRARY_CREATE } CliLibraryUse;

/* The default library's folder is made for CLI_LIBRARY_CREATE by the library itself. */
RvStatus cli_open_library(const CliCommon *common, CliLibraryUse use, RvLog log, RvLibrary **out,
                          RvError *err);
/* The model of cli_model in the precision of --precision, else REELVEC_PRECISION. */
RvStatus cli_open_encoder(const CliCommon *common, RvLog log, RvEncoder **out, RvError *err);
/* The same for a library: where neither --model nor REELVEC_MODEL says which, the library's own model.
 * library NULL: that of cli_library, which need not be there yet. */
RvStatus cli_open_library_encoder(const CliCommon *common, RvLibrary *library, RvLog log, RvEncoder **out,
                                  RvError *err);

/* At the program's start: where a standard stream is closed, the next file that is opened would get its
 * number, and be written to by messages. Something that cannot be written to (or read) takes the place. */
void cli_keep_descriptors(void);

/* Seconds of a clock that never jumps. */
double cli_clock_s(void);

/* Write out what is buffered. False when standard output is broken; nothing more should be printed then. */
bool cli_flush(void);

/* The exit status, checked against what happened to standard output. */
int cli_finish(int status);

#endif
