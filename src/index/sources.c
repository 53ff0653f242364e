/* SPDX-License-Identifier: MIT */
/* The videos that a path names: a file, a URL, or all videos below a folder. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "index/source_names.h"
#include "index/source_patterns.h"
#include "reelvec/sources.h"

void rv_strings_clear(RvStrings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
    *strings = (RvStrings){0};
}

static void forget_videos(RvSources *sources)
{
    rv_strings_clear(&sources->videos);
    free(sources->size_bytes);
    sources->size_bytes = NULL;
}

void rv_sources_clear(RvSources *sources)
{
    forget_videos(sources);
    *sources = (RvSources){0};
}

/* ---- below a folder ----------------------------------------------------------------------------------- */

#define IGNORE_FILE ".reelvecignore"

typedef struct FoundFile {
    char *path;
    int64_t size_bytes;
} FoundFile;

/* Patterns of one folder's IGNORE_FILE. They exist as long as the walk. */
typedef struct FolderPatterns {
    SourcePatterns patterns;
    struct FolderPatterns *before;
} FolderPatterns;

typedef struct FolderWalk {
    const RvSourceOptions *options;
    SourcePatterns excluded; // the caller's patterns
    FolderPatterns *newest_patterns;
    RvSources *out;
    FoundFile *files;
    size_t file_count, file_capacity;
    size_t root_length; // length of the root folder's path as fts shows it
    FTS *tree;
} FolderWalk;

/* Log once that a folder or file is skipped. */
static void leave_unreadable(FolderWalk *walk, const char *path, const char *what, int reason)
{
    const char *advice =
        reason == ENAMETOOLONG ? "; move it up, or mount one of its folders elsewhere (mount --bind)" : "";
    walk->out->unreadable_count++;
    rv_log_line(&walk->options->log, RV_LOG_ERROR, "%.700s: %s: %s%s", path, what, strerror(reason), advice);
}

/* Returns the path relative to a folder above it, without a leading '/'. */
static const char *below(const FTSENT *entry, size_t folder_length)
{
    const char *rest = entry->fts_path + folder_length;
    return rest + strspn(rest, "/");
}

/* True if the caller's patterns match, or those of a folder above. */
static bool is_excluded(const FolderWalk *walk, const FTSENT *entry, bool folder)
{
    if (rv_source_patterns_match(&walk->excluded, below(entry, walk->root_length), folder))
        return true;
    for (const FTSENT *above = entry->fts_parent; above != NULL && above->fts_level >= FTS_ROOTLEVEL;
         above = above->fts_parent) {
        const FolderPatterns *own = above->fts_pointer;
        if (own != NULL && rv_source_patterns_match(&own->patterns, below(entry, above->fts_pathlen), folder))
            return true;
    }
    return false;
}

// Read the folder's IGNORE_FILE. A file that cannot be read is logged, and its patterns are missing.
static RvStatus read_patterns(FolderWalk *walk, FTSENT *folder, RvError *err)
{
    SourcePatterns patterns = {0};
    RvError fault = {0};
    size_t size_bytes = folder->fts_pathlen + sizeof "/" IGNORE_FILE;
    char *path = rv_mem_alloc(size_bytes, 1, err);
    if (path == NULL)
        return RV_ERROR_MEMORY;
    snprintf(path, size_bytes, "%s/" IGNORE_FILE, folder->fts_path);
    RvStatus status = rv_source_patterns_read(&patterns, path, &walk->options->log, &fault);
    free(path);
    FolderPatterns *kept = patterns.count > 0 ? rv_mem_alloc(1, sizeof *kept, &fault) : NULL;
    if (kept != NULL) {
        *kept = (FolderPatterns){patterns, walk->newest_patterns};
        walk->newest_patterns = folder->fts_pointer = kept;
    } else if (patterns.count > 0) {
        rv_source_patterns_clear(&patterns);
        status = RV_ERROR_MEMORY;
    }
    if (status == RV_ERROR_MEMORY && err != NULL)
        *err = fault;
    // If the folder cannot be entered, its files are reported instead.
    else if (status != RV_OK && faccessat(AT_FDCWD, folder->fts_accpath, X_OK, AT_EACCESS) == 0)
        rv_log_line(&walk->options->log, RV_LOG_WARNING, "%s; its patterns are left out", fault.message);
    return status == RV_ERROR_MEMORY ? status : RV_OK;
}

static RvStatus enter_folder(FolderWalk *walk, FTSENT *entry, RvError *err)
{
    if (entry->fts_level == FTS_ROOTLEVEL) {
        walk->root_length = entry->fts_pathlen;
        return read_patterns(walk, entry, err);
    }
    bool skipped = entry->fts_name[0] == '.' || rv_source_is_system_folder(entry->fts_name);
    bool excluded = !skipped && is_excluded(walk, entry, true);
    walk->out->excluded_count += excluded;
    if (!skipped && !excluded)
        return read_patterns(walk, entry, err);
    fts_set(walk->tree, entry, FTS_SKIP);
    return RV_OK;
}

static RvStatus keep_file(FolderWalk *walk, const FTSENT *entry, RvError *err)
{
    if (walk->file_count == walk->file_capacity) {
        FoundFile *files =
            rv_mem_grow(walk->files, &walk->file_capacity, walk->file_count + 1, sizeof *files, err);
        if (files == NULL)
            return RV_ERROR_MEMORY;
        walk->files = files;
    }
    char *path = rv_mem_copy_string(entry->fts_path, err);
    if (path == NULL)
        return RV_ERROR_MEMORY;
    walk->files[walk->file_count++] = (FoundFile){path, (int64_t)entry->fts_statp->st_size};
    return RV_OK;
}

static RvStatus look_at_file(FolderWalk *walk, const FTSENT *entry, RvError *err)
{
    RvSources *out = walk->out;
    if (entry->fts_name[0] == '.')
        return RV_OK;
    if (is_excluded(walk, entry, false)) {
        out->excluded_count++;
        return RV_OK;
    }
    if (!rv_source_named_like_video(entry->fts_path) || entry->fts_info != FTS_F) {
        out->other_count++;
        return RV_OK;
    }
    if (rv_source_holds_text(entry->fts_accpath, (int64_t)entry->fts_statp->st_size)) {
        out->text_count++;
        return RV_OK;
    }
    return keep_file(walk, entry, err);
}

/* A link to a file counts as that file. A link to a folder is followed if the caller asks for it. */
static void look_at_link(FolderWalk *walk, FTSENT *entry)
{
    struct stat facts;
    bool folder = stat(entry->fts_accpath, &facts) == 0 && S_ISDIR(facts.st_mode);
    if (entry->fts_name[0] == '.' || (folder && rv_source_is_system_folder(entry->fts_name)))
        return;
    if (folder && !walk->options->follow)
        walk->out->link_count++;
    else
        fts_set(walk->tree, entry, FTS_FOLLOW);
}

// Handle one entry of the walk by its kind. What cannot be read below the root is reported and skipped.
static RvStatus visit(FolderWalk *walk, FTSENT *entry, RvError *err)
{
    bool root = entry->fts_level == FTS_ROOTLEVEL;
    switch (entry->fts_info) {
    case FTS_D:
        return enter_folder(walk, entry, err);
    case FTS_F:
    case FTS_DEFAULT: // a pipe or a device
        return look_at_file(walk, entry, err);
    case FTS_SL:
        look_at_link(walk, entry);
        return RV_OK;
    case FTS_DC: // a link that leads back to a folder above
    case FTS_SLNONE:
        walk->out->link_count += entry->fts_name[0] != '.';
        return RV_OK;
    case FTS_DNR:
    case FTS_ERR:
        if (root)
            return rv_error_set(err, RV_ERROR_IO, "%.700s: cannot read the folder: %s", entry->fts_path,
                                strerror(entry->fts_errno));
        leave_unreadable(walk, entry->fts_path, "cannot read the folder", entry->fts_errno);
        return RV_OK;
    case FTS_NS: // reported once for a folder whose files cannot be examined; files just deleted are ignored
        if (entry->fts_errno != ENOENT && entry->fts_parent->fts_number++ == 0)
            leave_unreadable(walk, entry->fts_path, "cannot be looked at", entry->fts_errno);
        return RV_OK;
    default: // a folder that is left again
        return RV_OK;
    }
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const FoundFile *)a)->path, ((const FoundFile *)b)->path);
}

static RvStatus walk_tree(FolderWalk *walk, const char *folder, RvError *err)
{
    char *const roots[] = {(char *)folder, NULL};
    walk->tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (walk->tree == NULL)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", folder, strerror(errno));
    RvStatus status = RV_OK;
    FTSENT *entry;
    while (status == RV_OK && (errno = 0, entry = fts_read(walk->tree)) != NULL)
        status = visit(walk, entry, err);
    if (status == RV_OK && errno != 0)
        status = rv_error_set(err, errno == ENOMEM ? RV_ERROR_MEMORY : RV_ERROR_IO,
                              "%.700s: cannot be read to its end: %s", folder, strerror(errno));
    fts_close(walk->tree);
    return status;
}

static RvStatus hand_over(FolderWalk *walk, RvError *err)
{
    RvSources *out = walk->out;
    if (walk->file_count > 1)
        qsort(walk->files, walk->file_count, sizeof *walk->files, compare_files);
    out->videos.items = rv_mem_alloc(walk->file_count + 1, sizeof *out->videos.items, err);
    out->size_bytes = rv_mem_alloc(walk->file_count + 1, sizeof *out->size_bytes, err);
    if (out->videos.items == NULL || out->size_bytes == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < walk->file_count; i++) {
        out->videos.items[i] = walk->files[i].path;
        out->size_bytes[i] = walk->files[i].size_bytes;
    }
    out->videos.count = walk->file_count;
    walk->file_count = 0; // owned by `out` now
    return RV_OK;
}

static RvStatus no_videos(const char *folder, const RvSources *out, RvError *err)
{
    char left[96] = "", unreadable[64] = "";
    size_t count = out->other_count + out->text_count + out->excluded_count + out->link_count;
    if (count > 0)
        snprintf(left, sizeof left, "; %zu other file%s left out", count, count == 1 ? "" : "s");
    if (out->unreadable_count > 0)
        snprintf(unreadable, sizeof unreadable, "; %zu cannot be read", out->unreadable_count);
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%.700s: no videos below this folder%s%s", folder, left,
                        unreadable);
}

static RvStatus find_below(const char *folder, const RvSourceOptions *options, RvSources *out, RvError *err)
{
    FolderWalk walk = {.options = options, .out = out};
    RvStatus status = RV_OK;
    for (size_t i = 0; i < options->exclude_count && status == RV_OK; i++)
        status = rv_source_patterns_add(&walk.excluded, options->exclude[i], err);
    if (status == RV_OK)
        status = walk_tree(&walk, folder, err);
    if (status == RV_OK)
        status = walk.file_count > 0 ? hand_over(&walk, err) : no_videos(folder, out, err);
    for (size_t i = 0; i < walk.file_count; i++)
        free(walk.files[i].path);
    free(walk.files);
    while (walk.newest_patterns != NULL) {
        FolderPatterns *newest = walk.newest_patterns;
        walk.newest_patterns = newest->before;
        rv_source_patterns_clear(&newest->patterns);
        free(newest);
    }
    rv_source_patterns_clear(&walk.excluded);
    return status;
}

/* ---- any source --------------------------------------------------------------------------------------- */

static RvStatus give_back(const char *path_or_url, int64_t size_bytes, RvSources *out, RvError *err)
{
    out->videos.items = rv_mem_alloc(1, sizeof *out->videos.items, err);
    out->size_bytes = rv_mem_alloc(1, sizeof *out->size_bytes, err);
    if (out->videos.items == NULL || out->size_bytes == NULL)
        return RV_ERROR_MEMORY;
    out->videos.items[0] = rv_mem_copy_string(path_or_url, err);
    out->size_bytes[0] = size_bytes;
    out->videos.count = out->videos.items[0] != NULL;
    return out->videos.count > 0 ? RV_OK : RV_ERROR_MEMORY;
}

static RvStatus explain_missing(const char *path, int why, RvError *err)
{
    char *shown = rv_file_copy_shown(path, err);
    if (shown == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = why == ENOENT || why == ENOTDIR ? RV_ERROR_NOT_FOUND : RV_ERROR_IO;
    bool address = status == RV_ERROR_NOT_FOUND && rv_file_is_address(path);
    rv_error_set(err, status, "%.800s: %s%s", shown, strerror(why),
                 address ? "; of addresses, those that begin with http:// or https:// are read" : "");
    free(shown);
    return status;
}

RvStatus rv_sources_find(const char *path_or_url, const RvSourceOptions *options, RvSources *out,
                         RvError *err)
{
    static const RvSourceOptions defaults;
    *out = (RvSources){0};
    if (options == NULL)
        options = &defaults;
    if (RV_CHECK_RESERVED(RvSourceOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    if (path_or_url[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "an empty path names no video");
    struct stat facts;
    RvStatus status = RV_OK;
    if (rv_file_is_url(path_or_url))
        status = give_back(path_or_url, 0, out, err);
    else if (stat(path_or_url, &facts) != 0)
        status = explain_missing(path_or_url, errno, err);
    else if (!S_ISDIR(facts.st_mode))
        status = give_back(path_or_url, (int64_t)facts.st_size, out, err);
    else {
        out->folder = true;
        status = find_below(path_or_url, options, out, err);
    }
    if (status != RV_OK)
        forget_videos(out);
    return status;
}

void rv_source_show(const char *path_or_url, char *text, size_t size_bytes)
{
    rv_file_show_url(path_or_url, text, size_bytes);
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

static RvStatus hash_address(const char *url, Sha256 *sha, RvError *err)
{
    char *shown = rv_file_copy_shown(url, err);
    if (shown == NULL)
        return RV_ERROR_MEMORY;
    rv_sha256_update(sha, shown, strlen(shown));
    free(shown);
    return RV_OK;
}

RvStatus rv_source_shard(const char *path_or_url, int shard_count, int *shard, RvError *err)
{
    *shard = 0;
    if (shard_count < 1)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a list cannot be split into %d shards", shard_count);
    Sha256 *sha = NULL;
    RvStatus status = rv_sha256_create(&sha, err);
    if (status == RV_OK && rv_file_is_url(path_or_url))
        status = hash_address(path_or_url, sha, err);
    else if (status == RV_OK)
        status = hash_file(path_or_url, sha, err);
    char hex[65] = "";
    rv_sha256_finish(sha, status == RV_OK ? hex : NULL);
    if (status != RV_OK)
        return status;
    hex[16] = '\0'; // 64 bits are evenly distributed for any number of shards
    *shard = (int)(strtoull(hex, NULL, 16) % (unsigned long long)shard_count);
    return RV_OK;
}
