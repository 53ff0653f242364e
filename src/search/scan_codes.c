/* SPDX-License-Identifier: MIT */
/* Rows by way of their codes: those that may be among the best are scored, all others are left out. */
#include "search/scan_codes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/ivf/ivf_rows.h"

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

/* ranges [count] cut to the videos; returns NULL if memory is short. */
static KeyRange *cut_to_videos(const KeyRange *ranges, size_t count, const CodeScan *scan, size_t *cut_count)
{
    // Each step of the two lists makes one range at most.
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

/* A scan of the codes under way. */
typedef struct Work {
    SearchIndex *index;
    Store *store;
    CodeScan scan;
    const float *vector;
    int dimensions;
    CodeCandidate *candidates; // owned, [count]
    size_t count;
    CodeOutcome outcome;
} Work;

static RvStatus score_open(Work *work, ScoredBlockCallback callback, void *user, bool *done, RvError *err)
{
    const CodeScan *scan = &work->scan;
    KeyRange *ranges = NULL;
    OpenScan open = {
        .candidates = work->candidates, .count = work->count, .callback = callback, .user = user};
    FrameFilter filter = {.after_s = scan->after_s, .before_s = scan->before_s};
    RvStatus status = make_ranges(scan, work->candidates, work->count, &ranges, &filter.range_count, err);
    filter.ranges = ranges;
    if (status == RV_OK)
        status = rv_scan_exact(work->store, scan->pool, work->vector, 1, work->dimensions, &filter,
                               check_block, &open, err);
    free(ranges);
    *done = status == RV_OK && !open.wrong && open.found == work->count;
    if (status == RV_OK && !*done)
        rv_codes_invalidate(&work->index->codes, work->store, scan->file, "they do not fit the rows");
    return status;
}

static RvStatus find_candidates(Work *work, RvError *err)
{
    free(work->candidates);
    work->candidates = NULL;
    return rv_code_scan(&work->scan, &work->outcome, &work->candidates, &work->count, err);
}

static RvStatus scan_on_device(Work *work, bool *used, RvError *err)
{
    CodeScan *scan = &work->scan;
    bool damaged = false;
    RvStatus status = rv_device_choice_take(&work->index->device, work->store, scan->file, scan->pool,
                                            &scan->device, &damaged, err);
    *used = scan->device != NULL || damaged;
    if (damaged)
        work->outcome = CODES_DAMAGED;
    else if (scan->device != NULL)
        status = find_candidates(work, err);
    rv_device_choice_give_back(&work->index->device, work->store, scan->device);
    scan->device = NULL;
    return status;
}

static RvStatus scan_by_lists(Work *work, bool *used, RvError *err)
{
    size_t segments = 0;
    ListRows rows = {0};
    const ListFile *lists = rv_lists_hold(&work->index->lists, work->store, work->scan.file, &segments);
    if (lists == NULL)
        return RV_OK;
    RvStatus status = rv_list_rows_init(&rows, lists, segments, work->scan.query, err);
    work->scan.rows = &rows.rows;
    if (status == RV_OK)
        status = find_candidates(work, err);
    work->scan.rows = NULL;
    rv_list_rows_clear(&rows);
    *used = status != RV_OK || work->outcome != CODES_OTHER_ROWS;
    if (!*used)
        rv_lists_invalidate(&work->index->lists, work->store, lists, "a checksum is wrong");
    rv_lists_release(lists);
    return status;
}

static RvStatus scan_file(Work *work, size_t lists_from, RvError *err)
{
    RvStatus status = RV_OK;
    bool used = false;
    // RV_SCAN_APPROXIMATE overrides the device.
    if (lists_from > 0)
        status = scan_on_device(work, &used, err);
    // Lists serve to find few rows, and none but good ones.
    if (status == RV_OK && !used && work->scan.file->row_count >= lists_from && work->scan.limit != SIZE_MAX)
        status = scan_by_lists(work, &used, err);
    return status == RV_OK && !used ? find_candidates(work, err) : status;
}

RvStatus rv_scan_codes(SearchIndex *index, Store *store, const CodeScan *scan, size_t lists_from,
                       const float *vector, int dimensions, ScoredBlockCallback callback, void *user,
                       bool *done, RvError *err)
{
    DerivedState state = {0};
    KeyRange *changed = NULL;
    RowQuery query = {0};
    bool usable = false;
    Work work = {.index = index,
                 .store = store,
                 .scan = *scan,
                 .vector = vector,
                 .dimensions = dimensions,
                 .outcome = CODES_TOO_MANY};
    *done = false;
    RvStatus status = rv_store_derived_state(store, CODES_NAME, &state, err);
    if (status == RV_OK)
        work.scan.file = rv_codes_hold(&index->codes, store, &state, dimensions);
    if (work.scan.file == NULL)
        return status;
    status = rv_store_derived_changes(store, &state, &changed, &work.scan.changed_count, err);
    work.scan.changed = changed;
    if (status == RV_OK)
        status = rv_row_query_init(&query, vector, dimensions, &usable, err);
    work.scan.query = &query;
    if (status == RV_OK && usable)
        status = scan_file(&work, lists_from, err);
    if (status == RV_OK && work.outcome == CODES_DAMAGED)
        rv_codes_invalidate(&index->codes, store, work.scan.file, "a checksum is wrong");
    if (status == RV_OK && work.outcome == CODES_ANSWER)
        status = score_open(&work, callback, user, done, err);
    free(work.candidates);
    rv_row_query_clear(&query);
    rv_code_file_release(work.scan.file);
    free(changed);
    return status;
}
