/* SPDX-License-Identifier: MIT */
/* The approximate index of a library that has codes: inverted lists, kept in LIBRARY-lists beside it. */
#include "search/ivf/ivf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "search/codes/codes.h"
#include "search/ivf/ivf_build.h"
#include "search/new_file.h"

#define KIND "ivf"
#define REMADE "it is made again with the next videos, or when it is built"
#define DEFAULT_SEED 1

/* ---- the file of a store ------------------------------------------------------------------------------ */

static void set_fault(ListCache *cache, const char *reason)
{
    snprintf(cache->fault, sizeof cache->fault, "%.150s; " REMADE, reason);
}

/* Whether the file is the one that the cache has seen; then it has. */
static bool is_seen(ListCache *cache, const struct stat *facts)
{
    uint64_t modified_ns = (uint64_t)facts->st_mtim.tv_sec * 1000000000u + (uint64_t)facts->st_mtim.tv_nsec;
    bool seen = cache->inode == facts->st_ino && cache->device == facts->st_dev &&
                cache->size_bytes == (uint64_t)facts->st_size && cache->modified_ns == modified_ns;
    cache->device = facts->st_dev;
    cache->inode = facts->st_ino;
    cache->size_bytes = (uint64_t)facts->st_size;
    cache->modified_ns = modified_ns;
    return seen;
}

static void forget(ListCache *cache)
{
    rv_list_file_close(&cache->file);
    cache->fault[0] = '\0';
    cache->inode = 0;
}

/* What the file beside the library is now; NULL where there is none. With a fault it has no bytes, or it has
 * some that were good and were found to be wrong. */
static ListCache *load(Store *store)
{
    ListCache *cache = rv_codes_list_cache(store);
    char path[NEW_FILE_PATH_BYTES];
    struct stat facts;
    RvError err = {0};
    if (cache == NULL || rv_store_derived_path(store, LISTS_SUFFIX, path, sizeof path, NULL) != RV_OK ||
        lstat(path, &facts) != 0) {
        if (cache != NULL)
            forget(cache);
        return NULL;
    }
    if (is_seen(cache, &facts))
        return cache;
    rv_list_file_close(&cache->file);
    cache->fault[0] = '\0';
    if (rv_list_file_open(path, &cache->file, &err) != RV_OK)
        set_fault(cache, err.message);
    return cache;
}

static void complain(Store *store, ListCache *cache, const char *fault)
{
    if (!cache->complained)
        rv_log_line(rv_store_log(store), RV_LOG_WARNING,
                    "%s: the approximate index is not used, search looks at every frame: %s",
                    rv_store_uri(store), fault);
    cache->complained = true;
}

RvStatus rv_lists_present(Store *store, bool *present, RvError *err)
{
    char path[NEW_FILE_PATH_BYTES];
    struct stat facts;
    *present = false;
    // A kind of library without a place for files has no lists.
    RvStatus status = rv_store_derived_path(store, LISTS_SUFFIX, path, sizeof path, err);
    if (status == RV_OK)
        *present = lstat(path, &facts) == 0;
    return status == RV_ERROR_NOT_FOUND ? RV_OK : status;
}

/* What keeps the lists from being used with these codes; NULL: nothing. Codes may change, so that what does
 * not fit now may fit again. */
static const char *find_fault(const ListCache *cache, const CodeFile *codes)
{
    if (cache->fault[0] != '\0')
        return cache->fault;
    return codes == NULL || rv_list_segments(&cache->file, codes) == 0 ? "it belongs to other codes; " REMADE
                                                                       : NULL;
}

ListFile *rv_lists_open(Store *store, const CodeFile *codes, size_t *segments)
{
    ListCache *cache = load(store);
    const char *fault = cache != NULL ? find_fault(cache, codes) : NULL;
    *segments = cache != NULL && fault == NULL ? rv_list_segments(&cache->file, codes) : 0;
    if (fault != NULL)
        complain(store, cache, fault);
    return *segments > 0 ? &cache->file : NULL;
}

void rv_lists_distrust(Store *store, const char *reason)
{
    ListCache *cache = rv_codes_list_cache(store);
    if (cache == NULL)
        return;
    set_fault(cache, reason);
    complain(store, cache, cache->fault);
}

/* ---- making it ---------------------------------------------------------------------------------------- */

/* The library's codes as they are now; NULL where it has none. They stay mapped until the store looks for
 * codes again. */
static RvStatus open_codes(Store *store, CodeFile **codes, RvError *err)
{
    DerivedState state;
    *codes = NULL;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = rv_codes_find(store, &state, codes, err);
    rv_store_end_snapshot(store);
    return status;
}

typedef struct Making {
    Store *store;
    ThreadPool *pool;
    NewFile file;
    ListSettings settings;
    const ListFile *before; // lists to add to; NULL: all anew
    CodeFile *codes;
} Making;

static RvStatus write_lists(Making *making, RvError *err)
{
    ListFile lists = {0};
    RvStatus status = making->before != NULL
                          ? rv_list_extend(making->codes, making->pool, making->before, &lists, err)
                          : rv_list_build(making->codes, making->pool, &making->settings, &lists, err);
    if (status == RV_OK)
        status = rv_new_file_begin(&making->file, err);
    if (status == RV_OK)
        status = rv_list_file_write(&lists, making->file.descriptor, err);
    if (status == RV_OK)
        status = rv_new_file_place(&making->file, err);
    rv_list_file_close(&lists);
    return status;
}

static RvStatus make(Making *making, bool *busy, RvError *err)
{
    ThreadPool *own = NULL, *given = making->pool;
    RvStatus status = rv_new_file_take(&making->file, err);
    *busy = status == RV_OK && !making->file.taken;
    if (status == RV_OK && !*busy && given == NULL) {
        status = rv_threads_create(rv_store_thread_count(making->store), &own, err);
        making->pool = own;
    }
    if (status == RV_OK && !*busy)
        status = write_lists(making, err);
    rv_new_file_drop(&making->file);
    making->pool = given;
    rv_threads_destroy(own);
    return status;
}

/* Codes of every row, whatever their number. Damaged ones show when lists are made of them. */
static RvStatus prepare_codes(Making *making, RvError *err)
{
    RvStatus status = rv_codes_update(making->store, making->pool, 1, err);
    if (status == RV_OK)
        status = open_codes(making->store, &making->codes, err);
    if (status == RV_OK && making->codes == NULL)
        status = rv_error_set(err, RV_ERROR_NOT_FOUND,
                              "%s: there are no frames to index, or another process is at work on them",
                              rv_store_uri(making->store));
    return status;
}

static void take_request(const AnnRequest *request, ListSettings *settings)
{
    settings->seed = DEFAULT_SEED;
    for (size_t i = 0; i < request->setting_count; i++) {
        const struct AnnSetting *setting = &request->settings[i];
        if (strcmp(setting->name, "lists") == 0)
            settings->lists = (uint32_t)setting->value;
        else if (strcmp(setting->name, "probes") == 0)
            settings->probes = (uint32_t)setting->value;
        else
            settings->seed = (uint64_t)setting->value;
    }
}

RvStatus rv_lists_build(Store *store, ThreadPool *pool, const RvAnnOptions *options, RvError *err)
{
    if (!rv_store_ann_is_derived(store))
        return rv_store_ann_build(store, options, err);
    AnnRequest request;
    Making making = {.store = store, .pool = pool};
    bool busy = false;
    RvStatus status = rv_store_ann_request(store, options, &request, err);
    if (status == RV_OK)
        status = rv_new_file_init(&making.file, store, LISTS_SUFFIX, err);
    if (status != RV_OK)
        return status;
    take_request(&request, &making.settings);
    status = prepare_codes(&making, err);
    if (status == RV_OK)
        status = make(&making, &busy, err);
    if (status == RV_ERROR_FORMAT) {
        rv_codes_distrust(store, "a checksum is wrong");
        status = prepare_codes(&making, err);
        if (status == RV_OK)
            status = make(&making, &busy, err);
    }
    if (status == RV_OK && busy)
        status = rv_error_set(err, RV_ERROR_BUSY, "%s: another process is building the index",
                              rv_store_uri(store));
    return status;
}

RvStatus rv_lists_update(Store *store, ThreadPool *pool, RvError *err)
{
    Making making = {.store = store, .pool = pool, .settings.seed = DEFAULT_SEED};
    bool busy = false;
    ListCache *cache = rv_store_ann_is_derived(store) && !rv_store_is_read_only(store) ? load(store) : NULL;
    if (cache == NULL)
        return RV_OK;
    RvStatus status = open_codes(store, &making.codes, err);
    if (status != RV_OK || making.codes == NULL)
        return status;
    if (cache->file.bytes != NULL) {
        size_t segments = rv_list_segments(&cache->file, making.codes);
        // A fault that a search has found is not one of the file's own: nothing of it is kept.
        bool good = segments > 0 && cache->fault[0] == '\0';
        if (good && segments == making.codes->segment_count)
            return RV_OK;
        making.before = good ? &cache->file : NULL;
        making.settings = cache->file.settings;
    }
    status = rv_new_file_init(&making.file, store, LISTS_SUFFIX, err);
    return status == RV_OK ? make(&making, &busy, err) : status;
}

RvStatus rv_lists_drop(Store *store, bool *dropped, RvError *err)
{
    char path[NEW_FILE_PATH_BYTES];
    *dropped = false;
    if (!rv_store_ann_is_derived(store))
        return rv_store_ann_drop(store, dropped, err);
    if (rv_store_is_read_only(store))
        return rv_error_set(err, RV_ERROR_IO, "%s: the library is open for reading only",
                            rv_store_uri(store));
    RvStatus status = rv_store_derived_path(store, LISTS_SUFFIX, path, sizeof path, err);
    if (status != RV_OK)
        return status;
    *dropped = unlink(path) == 0;
    if (!*dropped && errno != ENOENT)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    return RV_OK;
}

/* ---- looking at it ------------------------------------------------------------------------------------ */

static void write_settings(const ListFile *lists, char *text, size_t size_bytes)
{
    int length = snprintf(text, size_bytes, "lists=%zu", lists->list_count);
    if (lists->settings.probes > 0)
        length += snprintf(text + length, size_bytes - (size_t)length, ",probes=%u", lists->settings.probes);
    if (lists->settings.seed != DEFAULT_SEED)
        snprintf(text + length, size_bytes - (size_t)length, ",seed=%llu",
                 (unsigned long long)lists->settings.seed);
}

/* Within a snapshot: rows that the lists do not have yet. */
static RvStatus count_newer(Store *store, const CodeFile *codes, const ListFile *lists, int64_t *count,
                            RvError *err)
{
    DerivedState state;
    KeyRange *changed = NULL;
    size_t changed_count = 0;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &state, err);
    if (status == RV_OK)
        status = rv_store_derived_changes(store, &state, &changed, &changed_count, err);
    *count = (int64_t)(codes->row_count - lists->row_count);
    for (size_t i = 0; status == RV_OK && i < changed_count; i++) {
        int64_t rows = 0;
        status = rv_store_count_frames(store, &changed[i], &rows, err);
        *count += rows;
    }
    free(changed);
    return status;
}

RvStatus rv_lists_info(Store *store, RvAnnInfo *out, RvError *err)
{
    *out = (RvAnnInfo){0};
    if (!rv_store_ann_is_derived(store))
        return rv_store_ann_info(store, out, err);
    CodeFile *codes = NULL;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = open_codes(store, &codes, err);
    ListCache *cache = status == RV_OK ? load(store) : NULL;
    if (cache != NULL) {
        out->present = true;
        snprintf(out->kind, sizeof out->kind, KIND);
        out->size_bytes = (int64_t)cache->size_bytes;
        if (cache->file.bytes != NULL) {
            write_settings(&cache->file, out->settings, sizeof out->settings);
            out->row_count = (int64_t)cache->file.row_count;
        }
        const char *fault = find_fault(cache, codes);
        snprintf(out->fault, sizeof out->fault, "%s", fault != NULL ? fault : "");
        out->automatic = fault == NULL && codes->row_count >= LISTS_MIN_ROWS;
        if (fault == NULL)
            status = count_newer(store, codes, &cache->file, &out->newer_count, err);
    }
    rv_store_end_snapshot(store);
    return status;
}

static void report(const char *text, void (*fault)(void *user, const char *line), void *user,
                   size_t *fault_count)
{
    char line[320];
    snprintf(line, sizeof line, "approximate index: %s", text);
    ++*fault_count;
    if (fault != NULL)
        fault(user, line);
}

RvStatus rv_lists_verify(Store *store, void (*fault)(void *user, const char *line), void *user,
                         size_t *fault_count, RvError *err)
{
    ListCache *cache = rv_store_ann_is_derived(store) ? load(store) : NULL;
    CodeFile *codes = NULL;
    ThreadPool *pool = NULL;
    bool same = false;
    if (cache == NULL)
        return RV_OK;
    RvStatus status = open_codes(store, &codes, err);
    const char *found = status == RV_OK ? find_fault(cache, codes) : NULL;
    if (found != NULL)
        report(found, fault, user, fault_count);
    if (status != RV_OK || found != NULL)
        return status;
    status = rv_threads_create(rv_store_thread_count(store), &pool, err);
    if (status == RV_OK)
        status = rv_list_compare(codes, pool, &cache->file, &same, err);
    if (status == RV_OK && !same)
        report("its lists are not those of the frames; " REMADE, fault, user, fault_count);
    rv_threads_destroy(pool);
    return status;
}
