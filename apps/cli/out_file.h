/* SPDX-License-Identifier: MIT */
/* Files that commands write: whole under their name, or not at all. */
#ifndef RV_CLI_OUT_FILE_H
#define RV_CLI_OUT_FILE_H

#include <stdio.h>

#include "reelvec/status.h"

typedef struct OutFile {
    FILE *file;
    const char *path; // borrowed
    char *temporary;  // what is written to until the end; NULL for devices and pipes, which are written to
                      // directly
} OutFile;

RvStatus cli_out_open(OutFile *out, const char *path, RvError *err);
/* Close and give it its name. On an error nothing is left behind. */
RvStatus cli_out_commit(OutFile *out, RvError *err);
void cli_out_abandon(OutFile *out);

#endif
