/* SPDX-License-Identifier: MIT */
/* The videos of a command line into the library, one after the other or several at once. */
#ifndef RV_CLI_INDEX_RUN_H
#define RV_CLI_INDEX_RUN_H

#include "context.h"
#include "index_show.h"
#include "index_sources.h"

/* What indexing needs, whichever list the videos come from. */
typedef struct CliIndexing {
    const CliCommon *common;
    bool verbose; // a line for every video
    RvLibrary *library;
    RvEncoder *encoder;
    RvIndexOptions options; // its progress is set by who runs the list
    int jobs;
    CliIndexShow show;
    bool stopped; // something that would befall every other video too
    int stop_status;
} CliIndexing;

/* Whether an error would befall every other video too. */
bool cli_index_is_general(RvStatus status);

/* Whether it was the library's server that could not be reached, and not a video's: the message begins with
 * its address. */
bool cli_index_lost_library(const CliIndexing *indexing, RvStatus status, const RvError *err);

/* Whether a line is due for a video that ended so: what changed always; other videos where the person named
 * them, or wants to hear of all. */
bool cli_index_is_told(const CliIndexing *indexing, RvIndexOutcome outcome, bool named);

/* Index the sources. prune: then remove videos whose files are gone. Gives the exit status. */
int cli_index_run(CliIndexing *indexing, CliSources *sources, bool prune);

#endif
