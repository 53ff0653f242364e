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

/* Every candidate must be in the library, with a score within the bounds of its codes. If not, the codes are
 * not those of this library. */
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

RvStatus rv_code_search_ranges(const CodeScan *scan, const CodeCandidate *candidates, size_t count,
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

/* ---- a query ------------------------------------------------------------------------------------------ */

static CodeFact open_codes(CodeSearch *query, RvError *err, RvStatus *status)
{
    DerivedState state = {0};
    bool usable = false;
    *status = rv_store_derived_state(query->store, CODES_NAME, &state, err);
    if (*status != RV_OK || !state.supported)
        return CODES_UNSUPPORTED;
    if (!state.published)
        return CODES_NONE;
    query->scan.file = rv_codes_hold(&query->index->codes, query->store, &state, query->dimensions);
    if (query->scan.file == NULL)
        return CODES_UNUSABLE;
    *status =
        rv_store_derived_changes(query->store, &state, &query->changed, &query->scan.changed_count, err);
    query->scan.changed = query->changed;
    if (*status == RV_OK)
        *status = rv_row_query_init(&query->row_query, query->vector, query->dimensions, &usable, err);
    query->scan.query = &query->row_query;
    return usable ? CODES_READY : CODES_ODD_QUERY;
}

/* If lists were asked for, a file that does not fit is reported even if the plan has no use for it. */
static ListFact look_at_lists(const CodeSearch *query, RvScan scan)
{
    size_t segments = 0;
    if (scan != RV_SCAN_APPROXIMATE)
        return LISTS_PRESENT;
    const ListFile *file = rv_lists_hold(&query->index->lists, query->store, query->scan.file, &segments);
    rv_lists_release(file);
    return file != NULL ? LISTS_PRESENT : LISTS_UNFIT;
}

RvStatus rv_code_search_open(CodeSearch *query, SearchIndex *index, Store *store, const CodeScan *scan,
                             const float *vector, int dimensions, ScanFacts *facts, RvError *err)
{
    bool present = false;
    RvStatus status = RV_OK;
    *query = (CodeSearch){
        .index = index, .store = store, .vector = vector, .dimensions = dimensions, .scan = *scan};
    facts->codes = index != NULL ? open_codes(query, err, &status) : CODES_UNSUPPORTED;
    if (status != RV_OK || facts->codes != CODES_READY)
        return status;
    facts->code_rows = query->scan.file->row_count;
    facts->device = rv_device_choice_asked(&index->device) ? DEVICE_ASKED : DEVICE_NONE;
    status = rv_lists_present(store, &present, err);
    facts->lists = present ? look_at_lists(query, facts->scan) : LISTS_NONE;
    return status;
}

void rv_code_search_close(CodeSearch *query)
{
    rv_row_query_clear(&query->row_query);
    rv_code_file_release(query->scan.file);
    free(query->candidates);
    free(query->changed);
}

static RvStatus find_candidates(CodeSearch *query, RvError *err)
{
    free(query->candidates);
    query->candidates = NULL;
    return rv_code_scan(&query->scan, &query->outcome, &query->candidates, &query->candidate_count, err);
}

/* *followed is false if the device cannot be used. It is true also if the codes are damaged. */
static RvStatus find_on_device(CodeSearch *query, bool *followed, RvError *err)
{
    DeviceChoice *choice = &query->index->device;
    CodeScan *scan = &query->scan;
    bool damaged = false;
    scan->device_answered = &query->device_answered;
    RvStatus status =
        rv_device_choice_take(choice, query->store, scan->file, scan->pool, &scan->device, &damaged, err);
    *followed = scan->device != NULL || damaged;
    if (damaged)
        query->outcome = CODES_DAMAGED;
    else if (scan->device != NULL)
        status = find_candidates(query, err);
    rv_device_choice_give_back(choice, query->store, scan->device);
    scan->device = NULL;
    scan->device_answered = NULL;
    return status;
}

/* *followed is false if the lists do not fit the codes. */
static RvStatus find_by_lists(CodeSearch *query, bool *followed, RvError *err)
{
    Lists *lists = &query->index->lists;
    size_t segments = 0;
    ListRows rows = {0};
    const ListFile *file = rv_lists_hold(lists, query->store, query->scan.file, &segments);
    *followed = file != NULL;
    if (file == NULL)
        return RV_OK;
    RvStatus status = rv_list_rows_init(&rows, file, segments, query->scan.query, err);
    query->scan.rows = &rows.rows;
    if (status == RV_OK)
        status = find_candidates(query, err);
    query->scan.rows = NULL;
    query->lists_probed = rv_list_rows_probed(&rows);
    query->list_count = file->list_count;
    *followed = query->outcome != CODES_OTHER_ROWS;
    if (status == RV_OK && !*followed)
        rv_lists_invalidate(lists, query->store, file, "a checksum is wrong");
    rv_list_rows_clear(&rows);
    rv_lists_release(file);
    return status;
}

static RvStatus score_candidates(CodeSearch *query, ScoredBlockCallback callback, void *user, bool *right,
                                 RvError *err)
{
    const CodeScan *scan = &query->scan;
    size_t count = query->candidate_count;
    KeyRange *ranges = NULL;
    OpenScan open = {.candidates = query->candidates, .count = count, .callback = callback, .user = user};
    FrameFilter filter = {.after_s = scan->after_s, .before_s = scan->before_s};
    RvStatus status =
        rv_code_search_ranges(scan, query->candidates, count, &ranges, &filter.range_count, err);
    filter.ranges = ranges;
    if (status == RV_OK)
        status = rv_scan_exact(query->store, scan->pool, query->vector, 1, query->dimensions, &filter,
                               check_block, &open, err);
    free(ranges);
    *right = !open.wrong && open.found == count;
    return status;
}

RvStatus rv_code_search_scan(CodeSearch *query, const ScanPlan *plan, ScanFacts *facts,
                             ScoredBlockCallback callback, void *user, bool *done, RvError *err)
{
    bool followed = true, right = true;
    RvStatus status = plan->on_device  ? find_on_device(query, &followed, err)
                      : plan->by_lists ? find_by_lists(query, &followed, err)
                                       : find_candidates(query, err);
    *done = false;
    if (status == RV_OK && query->outcome == CODES_STOPPED)
        return rv_error_set(err, RV_ERROR_CANCELLED, "cancelled");
    if (status == RV_OK && !followed) {
        facts->device = plan->on_device ? DEVICE_LEFT : facts->device;
        facts->lists = plan->by_lists ? LISTS_UNFIT : facts->lists;
        return RV_OK;
    }
    if (status == RV_OK && query->outcome == CODES_ANSWER)
        status = score_candidates(query, callback, user, &right, err);
    *done = status == RV_OK && query->outcome == CODES_ANSWER && right;
    if (status != RV_OK || *done)
        return status;
    facts->codes = query->outcome == CODES_TOO_MANY ? CODES_LEFT_OPEN : CODES_WRONG;
    if (facts->codes == CODES_WRONG)
        rv_codes_invalidate(&query->index->codes, query->store, query->scan.file,
                            query->outcome == CODES_DAMAGED ? "a checksum is wrong"
                                                            : "they do not fit the rows");
    return RV_OK;
}
