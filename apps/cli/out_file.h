/* SPDX-License-Identifier: MIT */
/* Files that commands write: whole under their name, or not at all, and never in the place of another kind of
 * file. */
#ifndef RV_CLI_OUT_FILE_H
#define RV_CLI_OUT_FILE_H

#include <stdio.h>

#include "reelvec/status.h"

/* What is written. A file that is there already is replaced if it is of the same kind, or empty. */
typedef enum OutKind {
    OUT_TEXT,    // CSV, JSON, SQL
    OUT_NPY,     // NumPy's
    OUT_PICTURE, // PNG, JPEG
} OutKind;

typedef struct OutFile {
    FILE *file;
    const char *path; // borrowed
    char *temporary;  // what is written to until the end; NULL for devices and pipes, which are written to
                      // directly
} OutFile;

/* Also removes what a killed process left beside the path (PATH.PID.part). */
RvStatus cli_out_open(OutFile *out, const char *path, OutKind kind, RvError *err);
/* Close and give it its name. On an error nothing is left behind. */
RvStatus cli_out_commit(OutFile *out, RvError *err);
void cli_out_abandon(OutFile *out);

#endif
