/* SPDX-License-Identifier: MIT */
/* Patterns of what a walk through folders leaves out: of --exclude, and of the files .reelvecignore. */
#ifndef RV_SOURCE_PATTERNS_H
#define RV_SOURCE_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/log.h"
#include "reelvec/status.h"

/* A pattern is a glob of fnmatch(3): * ? [...], in one part of a path.
 *   "*.ts"         without '/': the name of a file or folder, at any depth
 *   "raw/day?", "/raw"  with '/' at its beginning or inside: the path from where the pattern is given
 *   "cache/"       with '/' at its end: folders only */
typedef struct SourcePattern {
    char *glob;
    bool whole_path, folders_only;
} SourcePattern;

typedef struct SourcePatterns {
    SourcePattern *items;
    size_t count;
} SourcePatterns;

/* Errors: ARGUMENT ("!" in front and "**" are not known; nothing in it). */
RvStatus rv_source_patterns_add(SourcePatterns *patterns, const char *text, RvError *err);

/* Add those of a file, one a line; empty lines, lines that begin with '#' and spaces at the end of a line do
 * not count. What is wrong with a line goes to the log. No file is no failure. Errors: IO, FORMAT, MEMORY. */
RvStatus rv_source_patterns_read(SourcePatterns *patterns, const char *path, const RvLog *log, RvError *err);

/* path: from where the patterns are given, without '/' in front. */
bool rv_source_patterns_match(const SourcePatterns *patterns, const char *path, bool folder);

void rv_source_patterns_clear(SourcePatterns *patterns);

#endif
