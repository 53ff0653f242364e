/* SPDX-License-Identifier: MIT */
/* Codes of a library's rows in searches: what is mapped, and the exact scan of what they leave open. */
#include "search/codes/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "compute/compute.h"
#include "search/codes/code_device.h"

#define PATH_BYTES 8192
#define DEVICE_NAME_BYTES 32

/* The compute device that searches the codes. */
typedef struct DeviceChoice {
    char name[DEVICE_NAME_BYTES]; // "": none
    CodeDevice *device;           // opened by the first search
    bool refuses, complained;
    uint8_t refused[STORE_TOKEN_BYTES]; // the codes that it did not take
} DeviceChoice;

/* What a store keeps between searches. */
typedef struct CodeCache {
    CodeFile file; // descriptor -1: none
    bool distrusts, complained, ensured;
    uint8_t distrusted[STORE_TOKEN_BYTES];
    ListCache lists;
    DeviceChoice choice;
} CodeCache;

static void destroy_cache(void *object)
{
    CodeCache *cache = object;
    rv_code_file_close(&cache->file);
    rv_list_file_close(&cache->lists.file);
    rv_code_device_close(cache->choice.device);
    free(cache);
}

static CodeCache *cache_of(Store *store)
{
    CodeCache *cache = rv_store_attached(store);
    if (cache == NULL) {
        cache = rv_mem_alloc(1, sizeof *cache, NULL);
        if (cache == NULL)
            return NULL;
        cache->file.descriptor = -1;
        rv_store_attach(store, cache, destroy_cache);
    }
    return cache;
}

ListCache *rv_codes_list_cache(Store *store)
{
    CodeCache *cache = cache_of(store);
    return cache != NULL ? &cache->lists : NULL;
}

static void complain(Store *store, CodeCache *cache, const char *reason)
{
    if (!cache->complained)
        rv_log_line(
            rv_store_log(store), RV_LOG_WARNING,
            "%s: the codes for fast search are not used (%s); every row is read instead, and they are "
            "made again with the next videos",
            rv_store_uri(store), reason);
    cache->complained = true;
}

CodeFile *rv_codes_open(Store *store, const DerivedState *state, int dimensions)
{
    CodeCache *cache = cache_of(store);
    char path[PATH_BYTES];
    RvError err = {0};
    if (cache == NULL || !state->published ||
        (cache->distrusts && memcmp(cache->distrusted, state->token, sizeof state->token) == 0))
        return NULL;
    CodeFile *file = &cache->file;
    bool open = file->descriptor >= 0;
    if (open && (file->dimensions != dimensions || !rv_code_file_is_whole(file))) {
        rv_code_file_close(file);
        open = false;
    }
    if (open && memcmp(file->token, state->token, sizeof state->token) == 0)
        return file;
    RvStatus status = rv_store_derived_path(store, CODES_SUFFIX, path, sizeof path, &err);
    if (open && status == RV_OK && rv_code_file_extend(file, path, state->token, &err) == RV_OK)
        return file;
    rv_code_file_close(file);
    if (status == RV_OK)
        status = rv_code_file_open(path, dimensions, state->token, file, &err);
    if (status == RV_OK)
        return file;
    complain(store, cache, err.message);
    return NULL;
}

RvStatus rv_codes_find(Store *store, DerivedState *state, CodeFile **file, RvError *err)
{
    ModelIdentity identity;
    bool present = false;
    *state = (DerivedState){0};
    *file = NULL;
    RvStatus status = rv_store_identity(store, &identity, &present, err);
    if (status == RV_OK)
        status = rv_store_derived_state(store, CODES_NAME, state, err);
    if (status != RV_OK)
        return status;
    state->published = state->published && present;
    if (state->published)
        *file = rv_codes_open(store, state, identity.dimensions);
    return RV_OK;
}

void rv_codes_distrust(Store *store, const char *reason)
{
    CodeCache *cache = cache_of(store);
    if (cache == NULL)
        return;
    memcpy(cache->distrusted, cache->file.token, sizeof cache->distrusted);
    cache->distrusts = true;
    rv_code_file_close(&cache->file);
    complain(store, cache, reason);
}

void rv_codes_ensure(Store *store, ThreadPool *pool)
{
    CodeCache *cache = cache_of(store);
    DerivedState state = {0};
    RvError err = {0};
    if (cache == NULL || cache->ensured || rv_store_is_read_only(store))
        return;
    cache->ensured = true;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &state, &err);
    if (status == RV_OK && state.supported && !state.published)
        status = rv_codes_update(store, pool, 0, &err);
    if (status != RV_OK)
        complain(store, cache, err.message);
}

/* ---- searching on a device ---------------------------------------------------------------------------- */

RvStatus rv_codes_use_device(Store *store, const char *name, RvError *err)
{
    CodeCache *cache = cache_of(store);
    RvStatus status = rv_compute_check_name(name, err);
    if (status != RV_OK)
        return status;
    if (cache == NULL)
        return rv_error_memory(err, sizeof *cache);
    rv_code_device_close(cache->choice.device);
    cache->choice = (DeviceChoice){0};
    snprintf(cache->choice.name, sizeof cache->choice.name, "%s", name);
    return RV_OK;
}

static void search_here(Store *store, DeviceChoice *choice, const char *reason)
{
    if (!choice->complained)
        rv_log_line(rv_store_log(store), RV_LOG_WARNING, "%s: searched on the CPU: %s", rv_store_uri(store),
                    reason);
    choice->complained = true;
}

static void leave_device(DeviceChoice *choice)
{
    rv_code_device_close(choice->device);
    choice->device = NULL;
    choice->name[0] = '\0';
}

/* The device, with the file's codes; NULL: search on the processor. The only error is that there is none; all
 * else goes to the log. */
static RvStatus find_device(Store *store, CodeFile *file, ThreadPool *pool, CodeDevice **out, bool *damaged,
                            RvError *err)
{
    DeviceChoice *choice = &cache_of(store)->choice;
    RvError reason = {0};
    *out = NULL;
    *damaged = false;
    if (choice->name[0] == '\0' ||
        (choice->refuses && memcmp(choice->refused, file->token, sizeof choice->refused) == 0))
        return RV_OK;
    if (choice->device == NULL) {
        RvStatus status = rv_code_device_open(choice->name, rv_store_log(store), &choice->device, err);
        if (status != RV_OK)
            return status;
    }
    if (choice->device == NULL) {
        leave_device(choice);
        return RV_OK;
    }
    RvStatus status = rv_code_device_load(choice->device, file, pool, damaged, &reason);
    choice->refuses = status == RV_ERROR_MEMORY || status == RV_ERROR_UNSUPPORTED;
    memcpy(choice->refused, file->token, sizeof choice->refused);
    if (status == RV_OK && !*damaged)
        *out = choice->device;
    if (status != RV_OK)
        search_here(store, choice, reason.message);
    if (status != RV_OK && !choice->refuses)
        leave_device(choice);
    return RV_OK;
}

static void check_device(Store *store, const CodeScan *scan)
{
    const char *failure = scan->device != NULL ? rv_code_device_failure(scan->device) : NULL;
    if (failure == NULL)
        return;
    search_here(store, &cache_of(store)->choice, failure);
    leave_device(&cache_of(store)->choice);
}

/* ---- the rows that are left open ---------------------------------------------------------------------- */

typedef struct OpenScan {
    const CodeCandidate *candidates; // [count], by key
    size_t count, found;
    bool wrong; // a score lies outside of its bounds
    ScoredBlockCallback callback;
    void *user;
} OpenScan;

static const CodeCandidate *find_candidate(const OpenScan *open, int64_t key)
{
    size_t at = rv_find_first(open->candidates, open->count, sizeof *open->candidates,
                              offsetof(CodeCandidate, key), key);
    return at < open->count && open->candidates[at].key == key ? &open->candidates[at] : NULL;
}

/* Every candidate must be in the library, and its score where its codes said: else they are not this
 * library's. */
static RvStatus check_block(void *user, const ScoredBlock *block, RvError *err)
{
    OpenScan *open = user;
    for (size_t i = 0; i < block->rows->count; i++) {
        int64_t key = rv_store_key(block->rows->video_ids[i], block->rows->frame_numbers[i]);
        const CodeCandidate *candidate = find_candidate(open, key);
        if (candidate == NULL)
            continue;
        open->found++;
        if (block->scores[i] < candidate->low || block->scores[i] > candidate->high)
            open->wrong = true;
    }
    return open->callback(open->user, block, err);
}

/* ranges [count] cut to the videos; gives NULL when memory is short. */
static KeyRange *cut_to_videos(const KeyRange *ranges, size_t count, const CodeScan *scan, size_t *cut_count)
{
    // Each step of the two lists gives one range at most.
    KeyRange *cut = rv_mem_alloc(count + scan->video_count, sizeof *cut, NULL);
    size_t video = 0, at = 0;
    *cut_count = 0;
    while (cut != NULL && at < count && video < scan->video_count) {
        KeyRange keys = rv_store_video_keys(scan->video_ids[video]);
        int64_t from = keys.first > ranges[at].first ? keys.first : ranges[at].first;
        int64_t to = keys.last < ranges[at].last ? keys.last : ranges[at].last;
        if (from <= to)
            cut[(*cut_count)++] = (KeyRange){from, to};
        if (ranges[at].last < keys.last)
            at++;
        else
            video++;
    }
    return cut;
}

/* Candidates and changed rows as ranges. */
static RvStatus make_ranges(const CodeScan *scan, const CodeCandidate *candidates, size_t count,
                            KeyRange **out, size_t *out_count, RvError *err)
{
    size_t cut_count = scan->changed_count;
    KeyRange *cut =
        scan->some_videos ? cut_to_videos(scan->changed, scan->changed_count, scan, &cut_count) : NULL;
    const KeyRange *changed = scan->some_videos ? cut : scan->changed;
    KeyRange *ranges = rv_mem_alloc(count + cut_count, sizeof *ranges, err);
    if (ranges == NULL || (scan->some_videos && cut == NULL)) {
        free(ranges);
        free(cut);
        return rv_error_memory(err, scan->changed_count * sizeof *ranges);
    }
    for (size_t i = 0; i < count; i++)
        ranges[i] = (KeyRange){candidates[i].key, candidates[i].key};
    if (cut_count > 0)
        memcpy(ranges + count, changed, cut_count * sizeof *ranges);
    free(cut);
    *out_count = rv_store_join_ranges(ranges, count + cut_count);
    *out = ranges;
    return RV_OK;
}

static RvStatus score_open(Store *store, const CodeScan *scan, const float *vector, int dimensions,
                           const CodeCandidate *candidates, size_t count, ScoredBlockCallback callback,
                           void *user, bool *done, RvError *err)
{
    KeyRange *ranges = NULL;
    OpenScan open = {.candidates = candidates, .count = count, .callback = callback, .user = user};
    FrameFilter filter = {.after_s = scan->after_s, .before_s = scan->before_s};
    RvStatus status = make_ranges(scan, candidates, count, &ranges, &filter.range_count, err);
    filter.ranges = ranges;
    if (status == RV_OK)
        status = rv_scan_exact(store, scan->pool, vector, 1, dimensions, &filter, check_block, &open, err);
    free(ranges);
    *done = status == RV_OK && !open.wrong && open.found == count;
    if (status == RV_OK && !*done)
        rv_codes_distrust(store, "they do not fit the rows");
    return status;
}

static RvStatus scan_open_file(Store *store, CodeScan *scan, const float *vector, int dimensions,
                               ScoredBlockCallback callback, void *user, bool *done, RvError *err)
{
    RowQuery query;
    bool usable = false;
    CodeOutcome outcome = CODES_TOO_MANY;
    CodeCandidate *candidates = NULL;
    size_t count = 0;
    RvStatus status = rv_row_query_init(&query, vector, dimensions, &usable, err);
    scan->query = &query;
    bool damaged = false;
    // Who asks for lists gets them.
    if (status == RV_OK && usable && scan->lists_from > 0)
        status = find_device(store, scan->file, scan->pool, &scan->device, &damaged, err);
    // Lists alone serve to find few rows, and none but good ones.
    if (scan->device == NULL && scan->file->row_count >= scan->lists_from && scan->limit != SIZE_MAX)
        scan->lists = rv_lists_open(store, scan->file, &scan->listed_segments);
    if (damaged)
        outcome = CODES_DAMAGED;
    else if (status == RV_OK && usable)
        status = rv_code_scan(scan, &outcome, &candidates, &count, err);
    check_device(store, scan);
    if (status == RV_OK && outcome == CODES_NOT_LISTED) {
        rv_lists_distrust(store, "a checksum is wrong");
        scan->lists = NULL;
        status = rv_code_scan(scan, &outcome, &candidates, &count, err);
    }
    rv_row_query_clear(&query);
    if (status == RV_OK && outcome == CODES_DAMAGED)
        rv_codes_distrust(store, "a checksum is wrong");
    if (status == RV_OK && outcome == CODES_ANSWER)
        status = score_open(store, scan, vector, dimensions, candidates, count, callback, user, done, err);
    free(candidates);
    return status;
}

RvStatus rv_codes_scan(Store *store, const CodeScan *scan, const float *vector, int dimensions,
                       ScoredBlockCallback callback, void *user, bool *done, RvError *err)
{
    DerivedState state = {0};
    KeyRange *changed = NULL;
    size_t changed_count = 0;
    *done = false;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &state, err);
    CodeFile *file = status == RV_OK ? rv_codes_open(store, &state, dimensions) : NULL;
    if (file == NULL)
        return status;
    status = rv_store_derived_changes(store, &state, &changed, &changed_count, err);
    if (status == RV_OK) {
        CodeScan job = *scan;
        job.file = file;
        job.changed = changed;
        job.changed_count = changed_count;
        status = scan_open_file(store, &job, vector, dimensions, callback, user, done, err);
    }
    free(changed);
    return status;
}
