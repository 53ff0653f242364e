/* SPDX-License-Identifier: MIT */
/* What export --to and import share: one library into another, with progress. */
#ifndef RV_CLI_COPY_RUN_H
#define RV_CLI_COPY_RUN_H

#include "options.h"

typedef struct CopyRun {
    const CliCommon *common;
    const char *from, *to; // addresses of the libraries; NULL for the default library
    const char *video_glob;
    bool replace;
} CopyRun;

/* Returns the exit status. */
int cli_copy_run(const CopyRun *run);

#endif
