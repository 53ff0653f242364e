/* SPDX-License-Identifier: MIT */
/* Index the videos of a command line, one after the other or several at once. */
#ifndef RV_CLI_INDEX_RUN_H
#define RV_CLI_INDEX_RUN_H

#include "index_show.h"
#include "index_sources.h"
#include "options.h"
#include "reelvec/reelvec.h"

/* What indexing needs, regardless of which list the videos come from. */
typedef struct CliIndexing {
    const CliCommon *common;
    bool verbose; // print a line for every video
    RvLibrary *library;
    RvEncoder *encoder;
    RvIndexOptions options; // its progress function is set by the code that runs the list
    int jobs;
    CliIndexShow show;
    bool stopped; // set after a failure that would affect every other video too
    int stop_status;
} CliIndexing;

/* True if an error would affect every other video too. */
bool cli_index_is_general(RvStatus status);

/* True if the library's server could not be reached, not a video's: the message begins with the library's
 * address. */
bool cli_index_lost_library(const CliIndexing *indexing, RvStatus status, const RvError *err);

/* True if a line must be printed for a video with this outcome. Changes are always printed, other outcomes if
 * the user named the video or asked for all. */
bool cli_index_is_reported(const CliIndexing *indexing, RvIndexOutcome outcome, bool named);

/* Index the sources. With `prune`, remove videos whose files are gone afterwards. Returns the exit status. */
int cli_index_run(CliIndexing *indexing, CliSources *sources, bool prune);

#endif
