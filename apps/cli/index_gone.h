/* SPDX-License-Identifier: MIT */
/* Videos of the library whose files are gone: counting them, and `index --prune`. */
#ifndef RV_CLI_INDEX_GONE_H
#define RV_CLI_INDEX_GONE_H

#include "index_sources.h"
#include "reelvec/reelvec.h"

typedef struct CliGone {
    size_t missing_count; // still in the library
    size_t kept_count;    // missing too, but not removed, because their disk may only not be mounted
    size_t removed_count;
    size_t failed_count; // could not be removed, or an argument names nothing; each was reported
} CliGone;

/* Mark the sources that the library already has: complete, or failed before unless failed ones are tried
 * again. */
void cli_gone_settle(const RvVideos *known, bool retry_failed, CliSources *sources);

/* Find videos of the library whose files do not exist, below the sources' folders and among the arguments
 * that are gone. With `prune`, remove them. Videos below an argument that holds no video stay: a disk that is
 * not mounted is no reason to remove its videos. Returns false if the library cannot be read; *status is then
 * the exit status. */
bool cli_gone_look(RvLibrary *library, const CliSources *sources, bool prune, CliGone *out, int *status);

#endif
