/* SPDX-License-Identifier: MIT */
/* Sources: the videos below a folder, how messages name them, and shards of them. Needs no library. */
#ifndef REELVEC_SOURCES_H
#define REELVEC_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A list of strings that reelvec made. */
typedef struct RvStrings {
    char **items;
    size_t count;
} RvStrings;
RV_API void rv_strings_clear(RvStrings *strings);

/* Zeroed options are good defaults. */
typedef struct RvSourceOptions {
    const char *const
        *exclude; /* [exclude_count] globs of files and folders to leave out, see docs/folders.md */
    size_t exclude_count;
    bool follow; /* follow symbolic links to folders; links to files always count as files */
    RvLog log;   /* RV_LOG_ERROR: what cannot be read; RV_LOG_WARNING: lines of .reelvecignore */
    uint64_t reserved[8];
} RvSourceOptions;

typedef struct RvSources {
    RvStrings videos;        /* in byte order of their paths */
    int64_t *size_bytes;     /* [videos.count]; 0 for a URL */
    bool folder;             /* the path is a folder; the counts below are of what was left out of it: */
    size_t other_count;      /* files whose names do not end like a video's, pipes, devices */
    size_t text_count;       /* files named like videos whose first bytes are text */
    size_t excluded_count;   /* files and folders that match a pattern */
    size_t link_count;       /* symbolic links: to folders, if not followed; to nothing; in circles */
    size_t unreadable_count; /* folders that cannot be read, each reported to the log */
    uint64_t reserved[8];
} RvSources;

/* Threads: all functions of this header may be called from any thread at any time. */

/* The videos that a path names: the path itself if it is a file or a URL; if it is a folder, all files below
 * it whose names end like a video's. Left out of a folder are hidden files, folders of the system
 * (lost+found, recycle bins, ...), and what matches a pattern of the options or of a file .reelvecignore. A
 * folder below it that cannot be read does not stop the others. The caller clears *out. Errors: NOT_FOUND
 * (also for a folder without videos), IO, ARGUMENT (a pattern); the counts are filled even then. */
RV_API RvStatus rv_sources_find(const char *path_or_url, const RvSourceOptions *options, RvSources *out,
                                RvError *err);
RV_API void rv_sources_clear(RvSources *sources);

/* Write a source as messages show it and as the library stores it: an address without user and password, a
 * path unchanged. Cut if it is longer than size_bytes. */
RV_API void rv_source_show(const char *path_or_url, char *text, size_t size_bytes);

/* *shard: which of shard_count shards, 0 to shard_count - 1, a video belongs to. It depends only on the
 * content (size, first and last 64 KiB; for a URL the address without user and password). A file's name and
 * folder do not matter, so copies of a file are in the same shard. */
RV_API RvStatus rv_source_shard(const char *path_or_url, int shard_count, int *shard, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
