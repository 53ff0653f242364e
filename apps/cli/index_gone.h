/* SPDX-License-Identifier: MIT */
/* Videos of the library whose files are gone: counting them, and `index --prune`. */
#ifndef RV_CLI_INDEX_GONE_H
#define RV_CLI_INDEX_GONE_H

#include "index_sources.h"

typedef struct CliGone {
    size_t missing_count; // still in the library
    size_t kept_count;    // missing too, not removed as their disk may only not be mounted
    size_t removed_count;
    size_t failed_count; // that could not be removed, and arguments that name nothing; each was told
} CliGone;

/* Mark the sources that the library has already (complete, or failed before unless these are tried again). */
void cli_gone_settle(const RvVideos *known, bool retry_failed, CliSources *sources);

/* Look for videos of the library below the sources' folders, and among their arguments that are gone, whose
 * files are not there; with prune remove them. What lies below an argument without any video stays: a disk
 * that is not mounted is no reason to forget it. False: the library cannot be read, *status is the exit
 * status. */
bool cli_gone_look(RvLibrary *library, const CliSources *sources, bool prune, CliGone *out, int *status);

#endif
