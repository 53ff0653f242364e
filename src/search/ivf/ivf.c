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
#include "store/new_file.h"

#define KIND "ivf"
#define REMADE "it is made again with the next videos, or when it is built"
#define DEFAULT_SEED 1

/* ---- the file in memory ------------------------------------------------------------------------------- */

typedef struct HeldLists {
    ListFile file; // first, so that a file leads to what holds it
    atomic_int holder_count;
} HeldLists;

static void release(HeldLists *held)
{
    if (held == NULL || atomic_fetch_sub(&held->holder_count, 1) > 1)
        return;
    rv_list_file_close(&held->file);
    free(held);
}

void rv_lists_release(const ListFile *file)
{
    release((HeldLists *)file);
}

void rv_list_memory_init(ListMemory *memory)
{
    *memory = (ListMemory){0};
    pthread_mutex_init(&memory->mutex, NULL);
}

void rv_list_memory_clear(ListMemory *memory)
{
    release(memory->held);
    pthread_mutex_destroy(&memory->mutex);
}

static void set_fault(ListMemory *memory, const char *reason)
{
    snprintf(memory->fault, sizeof memory->fault, "%.150s; " REMADE, reason);
}

/* Whether the file is the one that was seen last; afterwards it is. */
static bool is_seen(ListMemory *memory, const struct stat *facts)
{
    uint64_t modified_ns = (uint64_t)facts->st_mtim.tv_sec * 1000000000u + (uint64_t)facts->st_mtim.tv_nsec;
    bool seen = memory->inode == facts->st_ino && memory->device == (uint64_t)facts->st_dev &&
                memory->size_bytes == (uint64_t)facts->st_size && memory->modified_ns == modified_ns;
    memory->device = (uint64_t)facts->st_dev;
    memory->inode = facts->st_ino;
    memory->size_bytes = (uint64_t)facts->st_size;
    memory->modified_ns = modified_ns;
    return seen;
}

static void forget(ListMemory *memory)
{
    release(memory->held);
    memory->held = NULL;
    memory->fault[0] = '\0';
}

static void read_lists(ListMemory *memory, const char *path)
{
    RvError err = {0};
    HeldLists *held = rv_mem_alloc(1, sizeof *held, &err);
    RvStatus status = held != NULL ? rv_list_file_open(path, &held->file, &err) : RV_ERROR_MEMORY;
    if (status == RV_OK) {
        atomic_init(&held->holder_count, 1);
        memory->held = held;
        return;
    }
    free(held);
    set_fault(memory, err.message);
}

/* The file beside the library as it is now. A file that could be read (file is not NULL) may have a fault too,
 * which was found when it was compared with the codes. */
typedef struct Found {
    bool present;
    const ListFile *file; // held; NULL: none, or one that cannot be read
    char fault[LIST_FAULT_BYTES];
    int64_t size_bytes;
} Found;

static void look(Lists *lists, Store *store, Found *out)
{
    ListMemory *memory = lists->memory;
    char path[NEW_FILE_PATH_BYTES];
    struct stat facts;
    *out = (Found){0};
    pthread_mutex_lock(&memory->mutex);
    out->present = rv_store_derived_path(store, LISTS_SUFFIX, path, sizeof path, NULL) == RV_OK &&
                   lstat(path, &facts) == 0;
    if (!out->present) {
        forget(memory);
        memory->inode = 0;
    } else if (!is_seen(memory, &facts)) {
        forget(memory);
        read_lists(memory, path);
    }
    if (memory->held != NULL) {
        atomic_fetch_add(&memory->held->holder_count, 1);
        out->file = &memory->held->file;
    }
    memcpy(out->fault, memory->fault, sizeof out->fault);
    out->size_bytes = (int64_t)memory->size_bytes;
    pthread_mutex_unlock(&memory->mutex);
}

static void warn(Lists *lists, const Store *store, const char *fault)
{
    if (!atomic_exchange(&lists->warned, true))
        rv_log_line(&lists->log, RV_LOG_WARNING,
                    "%s: the approximate index is not used, search looks at every frame: %s",
                    rv_store_uri(store), fault);
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
static const char *find_fault(const Found *found, const CodeFile *codes)
{
    if (found->fault[0] != '\0')
        return found->fault;
    return codes == NULL || rv_list_segments(found->file, codes) == 0 ? "it belongs to other codes; " REMADE
                                                                      : NULL;
}

const ListFile *rv_lists_hold(Lists *lists, Store *store, const CodeFile *codes, size_t *segments)
{
    Found found;
    look(lists, store, &found);
    const char *fault = found.present ? find_fault(&found, codes) : NULL;
    *segments = found.present && fault == NULL ? rv_list_segments(found.file, codes) : 0;
    if (fault != NULL)
        warn(lists, store, fault);
    if (*segments > 0)
        return found.file;
    rv_lists_release(found.file);
    return NULL;
}

void rv_lists_invalidate(Lists *lists, const Store *store, const ListFile *file, const char *reason)
{
    ListMemory *memory = lists->memory;
    char fault[LIST_FAULT_BYTES] = "";
    pthread_mutex_lock(&memory->mutex);
    // Another thread may have read another file meanwhile.
    if (memory->held != NULL && &memory->held->file == file) {
        set_fault(memory, reason);
        memcpy(fault, memory->fault, sizeof fault);
    }
    pthread_mutex_unlock(&memory->mutex);
    if (fault[0] != '\0')
        warn(lists, store, fault);
}

/* ---- making it ---------------------------------------------------------------------------------------- */

/* The library's codes as they are now, to be released; NULL if it has none. */
static RvStatus open_codes(Codes *codes, Store *store, CodeFile **file, RvError *err)
{
    DerivedState state;
    *file = NULL;
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = rv_codes_find(codes, store, &state, file, err);
    rv_store_end_snapshot(store);
    return status;
}

typedef struct Making {
    Codes *codes;
    Store *store;
    ThreadPool *pool;
    NewFile file;
    ListSettings settings;
    const ListFile *before; // lists to add to; NULL: all lists are made
    CodeFile *rows;         // held: the codes that lists are made of
} Making;

static RvStatus write_lists(Making *making, RvError *err)
{
    ListFile lists = {0};
    RvStatus status = making->before != NULL
                          ? rv_list_extend(making->rows, making->pool, making->before, &lists, err)
                          : rv_list_build(making->rows, making->pool, &making->settings, &lists, err);
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
    RvStatus status = rv_new_file_take(&making->file, err);
    *busy = status == RV_OK && !making->file.taken;
    if (status == RV_OK && !*busy)
        status = write_lists(making, err);
    rv_new_file_drop(&making->file);
    return status;
}

/* Codes of every row, whatever their number, and lists of them. Damaged codes show when lists are made. */
static RvStatus make_with_codes(Making *making, bool *busy, RvError *err)
{
    RvStatus status = rv_codes_update(making->codes, making->store, making->pool, 1, err);
    if (status == RV_OK)
        status = open_codes(making->codes, making->store, &making->rows, err);
    if (status == RV_OK && making->rows == NULL)
        status = rv_error_set(err, RV_ERROR_NOT_FOUND,
                              "%s: there are no frames to index, or another process is at work on them",
                              rv_store_uri(making->store));
    if (status == RV_OK)
        status = make(making, busy, err);
    if (status == RV_ERROR_FORMAT && making->rows != NULL)
        rv_codes_invalidate(making->codes, making->store, making->rows, "a checksum is wrong");
    rv_code_file_release(making->rows);
    making->rows = NULL;
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

RvStatus rv_lists_build(Lists *lists, Codes *codes, Store *store, ThreadPool *pool,
                        const RvAnnOptions *options, RvError *err)
{
    (void)lists; // the next look finds another file
    AnnRequest request;
    Making making = {.codes = codes, .store = store, .pool = pool};
    bool busy = false;
    RvStatus status = rv_store_ann_request(store, options, &request, err);
    if (status == RV_OK)
        status = rv_new_file_init(&making.file, store, LISTS_SUFFIX, err);
    if (status != RV_OK)
        return status;
    take_request(&request, &making.settings);
    status = make_with_codes(&making, &busy, err);
    if (status == RV_ERROR_FORMAT)
        status = make_with_codes(&making, &busy, err);
    if (status == RV_OK && busy)
        status = rv_error_set(err, RV_ERROR_BUSY, "%s: another process is building the index",
                              rv_store_uri(store));
    return status;
}

/* Whether there is something to do; then settings and `before` are filled in. */
static bool plan_update(Making *making, const Found *found)
{
    if (found->file == NULL)
        return true;
    size_t segments = rv_list_segments(found->file, making->rows);
    // A fault that a search has found is not one of the file's own: nothing of it is kept.
    bool good = segments > 0 && found->fault[0] == '\0';
    making->before = good ? found->file : NULL;
    making->settings = found->file->settings;
    return !good || segments < making->rows->segment_count;
}

RvStatus rv_lists_update(Lists *lists, Codes *codes, Store *store, ThreadPool *pool, RvError *err)
{
    Making making = {.codes = codes, .store = store, .pool = pool, .settings.seed = DEFAULT_SEED};
    Found found = {0};
    bool busy = false;
    if (rv_store_ann_is_derived(store) && !rv_store_is_read_only(store))
        look(lists, store, &found);
    if (!found.present)
        return RV_OK;
    RvStatus status = open_codes(codes, store, &making.rows, err);
    if (status == RV_OK && making.rows != NULL && plan_update(&making, &found)) {
        status = rv_new_file_init(&making.file, store, LISTS_SUFFIX, err);
        if (status == RV_OK)
            status = make(&making, &busy, err);
    }
    rv_code_file_release(making.rows);
    rv_lists_release(found.file);
    return status;
}

RvStatus rv_lists_drop(Store *store, bool *dropped, RvError *err)
{
    char path[NEW_FILE_PATH_BYTES];
    *dropped = false;
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

static RvStatus fill_info(Store *store, const Found *found, const CodeFile *codes, RvAnnInfo *out,
                          RvError *err)
{
    const char *fault = find_fault(found, codes);
    out->present = true;
    snprintf(out->kind, sizeof out->kind, KIND);
    out->size_bytes = found->size_bytes;
    if (found->file != NULL) {
        write_settings(found->file, out->settings, sizeof out->settings);
        out->row_count = (int64_t)found->file->row_count;
    }
    snprintf(out->fault, sizeof out->fault, "%s", fault != NULL ? fault : "");
    out->automatic = fault == NULL && codes->row_count >= LISTS_MIN_ROWS;
    return fault == NULL ? count_newer(store, codes, found->file, &out->newer_count, err) : RV_OK;
}

RvStatus rv_lists_info(Lists *lists, Codes *codes, Store *store, RvAnnInfo *out, RvError *err)
{
    CodeFile *file = NULL;
    Found found = {0};
    *out = (RvAnnInfo){0};
    RvStatus status = rv_store_begin_snapshot(store, err);
    if (status != RV_OK)
        return status;
    status = open_codes(codes, store, &file, err);
    if (status == RV_OK)
        look(lists, store, &found);
    if (found.present)
        status = fill_info(store, &found, file, out, err);
    rv_store_end_snapshot(store);
    rv_lists_release(found.file);
    rv_code_file_release(file);
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

RvStatus rv_lists_verify(Lists *lists, Codes *codes, Store *store, ThreadPool *pool,
                         void (*fault)(void *user, const char *line), void *user, size_t *fault_count,
                         RvError *err)
{
    Found found;
    CodeFile *file = NULL;
    bool same = false;
    look(lists, store, &found);
    if (!found.present)
        return RV_OK;
    RvStatus status = open_codes(codes, store, &file, err);
    const char *wrong = status == RV_OK ? find_fault(&found, file) : NULL;
    if (status == RV_OK && wrong == NULL) {
        status = rv_list_compare(file, pool, found.file, &same, err);
        if (status == RV_OK && !same)
            wrong = "its lists are not those of the frames; " REMADE;
    }
    if (wrong != NULL)
        report(wrong, fault, user, fault_count);
    rv_code_file_release(file);
    rv_lists_release(found.file);
    return status;
}
