/* SPDX-License-Identifier: MIT */
/* Patterns of what a walk through folders leaves out: from --exclude and from the files .reelvecignore. */
#ifndef RV_SOURCE_PATTERNS_H
#define RV_SOURCE_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

/* A pattern is a glob of fnmatch(3) with * ? [...], each within one part of a path.
 *
 *     "*.ts"              without '/': the name of a file or folder, at any depth
 *     "raw/day?", "/raw"  with '/' at its beginning or inside: the path, relative to where the pattern is
 * given "cache/"            with '/' at its end: folders only */
typedef struct SourcePattern {
    char *glob;
    bool whole_path, folders_only;
} SourcePattern;

typedef struct SourcePatterns {
    SourcePattern *items;
    size_t count;
} SourcePatterns;

/* Add one pattern. Errors: ARGUMENT (an empty pattern, or "!" in front or "**", which are not supported),
 * MEMORY. */
RvStatus rv_source_patterns_add(SourcePatterns *patterns, const char *text, RvError *err);

/* Add the patterns of a file, one per line. Empty lines, lines that begin with '#' and trailing spaces are
 * ignored. A faulty line is logged. A file that does not exist is not an error. Errors: IO, FORMAT,
 * MEMORY. */
RvStatus rv_source_patterns_read(SourcePatterns *patterns, const char *path, const RvLog *log, RvError *err);

/* True if a pattern matches. path: relative to where the patterns are given, without '/' in front. */
bool rv_source_patterns_match(const SourcePatterns *patterns, const char *path, bool folder);

void rv_source_patterns_clear(SourcePatterns *patterns);

#endif
