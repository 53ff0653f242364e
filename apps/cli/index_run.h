/* SPDX-License-Identifier: MIT */
/* The videos of a command line into the library, one after the other or several at once. */
#ifndef RV_CLI_INDEX_RUN_H
#define RV_CLI_INDEX_RUN_H

#include "context.h"
#include "index_show.h"

/* What indexing needs, whichever list the videos come from. */
typedef struct CliIndexing {
    const CliCommon *common;
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

/* Index all videos that the paths mean; shard (from 0) of shard_count only, 0: all. Gives the exit status. */
int cli_index_run(CliIndexing *indexing, const CliValues *paths, int shard, int shard_count);

#endif
