/* SPDX-License-Identifier: MIT */
/* Patterns of what a walk through folders leaves out: from --exclude and from the files .reelvecignore. */
#include "index/source_patterns.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)

RvStatus rv_source_patterns_add(SourcePatterns *patterns, const char *text, RvError *err)
{
    size_t length = strlen(text);
    bool folders_only = length > 0 && text[length - 1] == '/';
    while (length > 0 && text[length - 1] == '/')
        length--;
    if (length == 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "'%s': a pattern that names nothing", text);
    if (text[0] == '!' || strstr(text, "**") != NULL)
        return rv_error_set(
            err, RV_ERROR_ARGUMENT,
            "'%s': neither '!' in front nor '**' is known here; write [!] for a '!', and a pattern "
            "without '/' for any depth",
            text);
    SourcePattern *items = realloc(patterns->items, (patterns->count + 1) * sizeof *items);
    if (items == NULL)
        return rv_error_memory(err, (patterns->count + 1) * sizeof *items);
    patterns->items = items;
    bool whole_path = memchr(text, '/', length) != NULL;
    const char *begin = text[0] == '/' ? text + 1 : text;
    char *glob = rv_mem_copy_string(begin, err);
    if (glob == NULL)
        return RV_ERROR_MEMORY;
    glob[length - (size_t)(begin - text)] = '\0';
    patterns->items[patterns->count++] = (SourcePattern){glob, whole_path, folders_only};
    return RV_OK;
}

static RvStatus add_line(SourcePatterns *patterns, char *line, const char *path, size_t number,
                         const RvLog *log, RvError *err)
{
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        line[--length] = '\0';
    if (length == 0 || line[0] == '#')
        return RV_OK;
    RvError fault = {0};
    RvStatus status = rv_source_patterns_add(patterns, line, &fault);
    if (status == RV_ERROR_ARGUMENT)
        rv_log_line(log, RV_LOG_WARNING, "%.700s:%zu: %s; the line is left out", path, number, fault.message);
    else if (status != RV_OK && err != NULL)
        *err = fault;
    return status == RV_ERROR_ARGUMENT ? RV_OK : status;
}

RvStatus rv_source_patterns_read(SourcePatterns *patterns, const char *path, const RvLog *log, RvError *err)
{
    Buffer text;
    struct stat facts;
    if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > (off_t)FILE_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: larger than 1 MiB, which is no list of patterns",
                            path);
    rv_buffer_init(&text, FILE_MAX_BYTES);
    RvStatus status = rv_file_read(path, &text, err);
    if (status == RV_ERROR_NOT_FOUND) {
        rv_buffer_clear(&text);
        return RV_OK;
    }
    char *rest = status == RV_OK ? (char *)text.bytes : NULL, *line;
    for (size_t number = 1; status == RV_OK && (line = strsep(&rest, "\n")) != NULL; number++)
        status = add_line(patterns, line, path, number, log, err);
    rv_buffer_clear(&text);
    return status;
}

bool rv_source_patterns_match(const SourcePatterns *patterns, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < patterns->count; i++) {
        const SourcePattern *pattern = &patterns->items[i];
        if (pattern->folders_only && !folder)
            continue;
        if (fnmatch(pattern->glob, pattern->whole_path ? path : name, FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

void rv_source_patterns_clear(SourcePatterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        free(patterns->items[i].glob);
    free(patterns->items);
    *patterns = (SourcePatterns){0};
}
