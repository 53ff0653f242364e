/* SPDX-License-Identifier: MIT */
/* The videos that a path names: a file, a URL, or all videos below a folder. */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "reelvec/library.h"

void rv_strings_clear(RvStrings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
    *strings = (RvStrings){0};
}

static RvStatus append(RvStrings *strings, const char *text, RvError *err)
{
    // The capacity is the next power of two of the count.
    if ((strings->count & (strings->count - 1)) == 0) {
        size_t capacity = strings->count > 0 ? strings->count * 2 : 1;
        char **items = realloc(strings->items, capacity * sizeof *items);
        if (items == NULL)
            return rv_error_memory(err, capacity * sizeof *items);
        strings->items = items;
    }
    char *copy = rv_mem_copy_string(text, err);
    if (copy == NULL)
        return RV_ERROR_MEMORY;
    strings->items[strings->count++] = copy;
    return RV_OK;
}

static bool named_like_a_video(const char *name)
{
    static const char *const endings[] = {"3g2",  "3gp", "asf",  "avi", "divx", "dv",  "f4v", "flv",
                                          "m2ts", "m2v", "m4v",  "mkv", "mov",  "mp4", "mpe", "mpeg",
                                          "mpg",  "mts", "mxf",  "nut", "ogm",  "ogv", "rm",  "rmvb",
                                          "ts",   "vob", "webm", "wmv", "y4m"};
    const char *dot = strrchr(name, '.');
    if (name[0] == '.' || dot == NULL)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    }
    return false;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static RvStatus walk(const char *folder, RvStrings *out, RvError *err)
{
    char *const roots[] = {(char *)folder, NULL};
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (tree == NULL)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", folder, strerror(errno));
    RvStatus status = RV_OK;
    FTSENT *entry;
    while (status == RV_OK && (entry = fts_read(tree)) != NULL) {
        bool below = entry->fts_level > FTS_ROOTLEVEL;
        if (entry->fts_info == FTS_D && below && entry->fts_name[0] == '.')
            fts_set(tree, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_F && named_like_a_video(entry->fts_name))
            status = append(out, entry->fts_path, err);
        else if (entry->fts_info == FTS_DNR)
            status = rv_error_set(err, RV_ERROR_IO, "%s: cannot read the folder: %s", entry->fts_path,
                                  strerror(entry->fts_errno));
    }
    fts_close(tree);
    return status;
}

RvStatus rv_sources_expand(const char *path_or_url, RvStrings *out, RvError *err)
{
    *out = (RvStrings){0};
    if (path_or_url[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "an empty path names no video");
    struct stat facts;
    RvStatus status = RV_OK;
    if (rv_file_is_url(path_or_url))
        status = append(out, path_or_url, err);
    else if (stat(path_or_url, &facts) != 0)
        status = rv_error_set(err, errno == ENOENT || errno == ENOTDIR ? RV_ERROR_NOT_FOUND : RV_ERROR_IO,
                              "%s: %s", path_or_url, strerror(errno));
    else if (!S_ISDIR(facts.st_mode))
        status = append(out, path_or_url, err);
    else {
        status = walk(path_or_url, out, err);
        if (status == RV_OK && out->count == 0)
            status = rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no videos below this folder", path_or_url);
        if (out->count > 1)
            qsort(out->items, out->count, sizeof out->items[0], compare_strings);
    }
    if (status != RV_OK)
        rv_strings_clear(out);
    return status;
}

/* ---- shards ------------------------------------------------------------------------------------------- */

#define SHARD_EDGE_BYTES 65536

static RvStatus hash_edge(FILE *file, const char *path, long long offset, Sha256 *sha, RvError *err)
{
    uint8_t edge[SHARD_EDGE_BYTES];
    if (fseeko(file, (off_t)offset, SEEK_SET) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    size_t got = fread(edge, 1, sizeof edge, file);
    if (ferror(file))
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be read", path);
    rv_sha256_update(sha, edge, got);
    return RV_OK;
}

static RvStatus hash_file(const char *path, Sha256 *sha, RvError *err)
{
    struct stat facts;
    errno = 0;
    FILE *file = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "rbe") : NULL;
    if (file == NULL)
        return rv_error_set(err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO,
                            "%s: not a file that can be read", path);
    long long size_bytes = (long long)facts.st_size;
    char size_text[32];
    rv_sha256_update(sha, size_text, (size_t)snprintf(size_text, sizeof size_text, "%lld\n", size_bytes));
    RvStatus status = hash_edge(file, path, 0, sha, err);
    if (status == RV_OK && size_bytes > SHARD_EDGE_BYTES)
        status = hash_edge(file, path, size_bytes - SHARD_EDGE_BYTES, sha, err);
    fclose(file);
    return status;
}

RvStatus rv_source_shard(const char *path_or_url, int shard_count, int *shard, RvError *err)
{
    *shard = 0;
    if (shard_count < 1)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a list cannot be split into %d shards", shard_count);
    Sha256 *sha = NULL;
    RvStatus status = rv_sha256_create(&sha, err);
    if (status == RV_OK && rv_file_is_url(path_or_url))
        rv_sha256_update(sha, path_or_url, strlen(path_or_url));
    else if (status == RV_OK)
        status = hash_file(path_or_url, sha, err);
    char hex[65] = "";
    rv_sha256_finish(sha, status == RV_OK ? hex : NULL);
    if (status != RV_OK)
        return status;
    hex[16] = '\0'; // 64 bits: even enough for any number of shards
    *shard = (int)(strtoull(hex, NULL, 16) % (unsigned long long)shard_count);
    return RV_OK;
}
