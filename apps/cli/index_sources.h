/* SPDX-License-Identifier: MIT */
/* The videos that the arguments of `index` name, and what was left out below folders. */
#ifndef RV_CLI_INDEX_SOURCES_H
#define RV_CLI_INDEX_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "reelvec/reelvec.h"

/* Which videos to find. */
typedef struct CliSourceRules {
    const char **exclude; // [exclude_count]
    size_t exclude_count;
    bool follow;
    int shard, shard_count; // the wanted shard of so many; shard_count 0 means all videos
} CliSourceRules;

typedef struct CliSource {
    char *path;
    int64_t size_bytes; // 0 for a URL
    bool named;         // on the command line itself, not found below a folder
    bool settled;       // complete or failed in the library, judged by its path alone
    bool left, again;   // left to another process that was indexing it; tried again at the end
} CliSource;

typedef struct CliSources {
    CliSource *items;
    size_t count;
    RvStrings folders;         // absolute paths of folders that were searched and hold videos
    RvStrings spared;          // absolute paths of folders that hold none
    RvStrings gone;            // arguments that do not exist
    size_t failed_count;       // arguments that could not be read; each was reported
    size_t unlisted_count;     // number of videos of other shards
    size_t unreadable_printed; // messages printed about folders that could not be read
    RvSources left;            // counts of what was left out; its list of videos is empty
    bool interrupted;
} CliSources;

/* Find the videos. Every failure is printed on stderr after moving the progress bar out of the way.
 * keep_gone: arguments that do not exist are stored in `gone` and not reported. Returns false if the command
 * cannot go on (memory, a faulty pattern); *status is then the exit status. Call cli_sources_clear in any
 * case. */
bool cli_sources_find(const CliValues *arguments, const CliSourceRules *rules, const CliCommon *common,
                      bool keep_gone, CliSources *out, int *status);
void cli_sources_clear(CliSources *sources);

/* Write "12 other files, 3 excluded left out"; "" if nothing was. */
void cli_sources_left(const CliSources *sources, char *text, size_t size_bytes);

/* Returns a source's absolute path, also if only its folder exists; for a URL, the form that the library
 * stores. Returns NULL if memory is refused. Free with free(). */
char *cli_source_absolute(const char *path);

#endif
