/* SPDX-License-Identifier: MIT */
/* The videos that the arguments of `index` mean, and what was left out below folders. */
#ifndef RV_CLI_INDEX_SOURCES_H
#define RV_CLI_INDEX_SOURCES_H

#include "context.h"

/* What to look for. */
typedef struct CliSourceRules {
    const char **exclude; // [exclude_count]
    size_t exclude_count;
    bool follow;
    int shard, shard_count; // the one of so many that is wanted; shard_count 0: all
} CliSourceRules;

typedef struct CliSource {
    char *path;
    int64_t size_bytes; // 0: of a URL
    bool named;         // on the command line itself, not found below a folder
    bool settled;       // complete or failed in the library, by its path alone
    bool left, again;   // to another process that was indexing it; looked at once more at the end
} CliSource;

typedef struct CliSources {
    CliSource *items;
    size_t count;
    RvStrings folders;      // absolute paths of those that were looked through and hold videos
    RvStrings spared;       // absolute paths of those that hold none
    RvStrings gone;         // arguments that are not there
    size_t failed_count;    // arguments that could not be read; each was told
    size_t unlisted_count;  // videos of other shards
    size_t unreadable_told; // messages about folders below, up to the most that are printed
    RvSources left;         // the sums of what was left out; without videos
    bool interrupted;
} CliSources;

/* Every failure is told on stderr, with the progress moved out of the way. keep_gone: arguments that are not
 * there are kept in `gone`, untold. False: nothing can be done (memory, a pattern that is none); *status is
 * the exit status. To be cleared in any case. */
bool cli_sources_find(const CliValues *arguments, const CliSourceRules *rules, const CliCommon *common,
                      bool keep_gone, CliSources *out, int *status);
void cli_sources_clear(CliSources *sources);

/* "12 other files, 3 excluded left out"; empty where nothing was. */
void cli_sources_left(const CliSources *sources, char *text, size_t size_bytes);

/* A source's absolute path, also where there is no such file but its folder is; a URL as the library keeps
 * it. NULL: out of memory. */
char *cli_source_absolute(const char *path);

#endif
