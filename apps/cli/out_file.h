/* SPDX-License-Identifier: MIT */
/* Files that commands write: complete under their name or not at all, and never replacing a file of another
 * kind. */
#ifndef RV_CLI_OUT_FILE_H
#define RV_CLI_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "reelvec/files.h"

typedef struct OutFile {
    FILE *file;
    const char *path; // borrowed
    char *target;     // the file that gets its name in the end: the path, or what it leads to as a link
    char *temporary;  // the file that is written to until the end; NULL for devices, pipes and open descriptors, which
                      // are written to directly
} OutFile;

/* True if what is written there goes to standard output: "-", "/dev/stdout" and the like. */
bool cli_out_is_stdout(const char *path);

/* Open a file for writing, if rv_file_check_replaced allows it. Also removes what killed processes left of it. Errors:
 * IO, ARGUMENT (a file of another kind), MEMORY. */
RvStatus cli_out_open(OutFile *out, const char *path, RvFileKind kind, RvError *err);
/* Close the file and give it its name. After an error nothing is left behind. */
RvStatus cli_out_commit(OutFile *out, RvError *err);

/* Close the file and remove what was written. Accepts a file that was never opened. */
void cli_out_abandon(OutFile *out);

#endif
