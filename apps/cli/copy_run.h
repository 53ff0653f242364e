/* SPDX-License-Identifier: MIT */
/* What export --to, import and reembed share: one library into another, with progress. */
#ifndef RV_CLI_COPY_RUN_H
#define RV_CLI_COPY_RUN_H

#include "options.h"
#include "reelvec/library.h"

typedef struct CopyRun {
    const CliCommon *common;
    const char *from, *to; // addresses of the libraries; NULL for the default library
    const char *video_glob;
    bool replace;
} CopyRun;

/* Errors: NOT_FOUND if there is a name or pattern and the library has no such video. To be called before the other
 * library is made. */
RvStatus cli_copy_check_videos(RvLibrary *from, const char *video_glob, RvError *err);

/* Returns the exit status. */
int cli_copy_run(const CopyRun *run);

#endif
