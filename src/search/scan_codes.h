/* SPDX-License-Identifier: MIT */
/* Rows by way of their codes: those that may be among the best are scored, all others are left out. */
#ifndef RV_SEARCH_SCAN_CODES_H
#define RV_SEARCH_SCAN_CODES_H

#include "search/codes/code_scan.h"
#include "search/scan_exact.h"
#include "search/scan_plan.h"
#include "search/search_index.h"

/* The codes of a library for one query, within the caller's snapshot. */
typedef struct CodeSearch {
    SearchIndex *index;
    Store *store;
    const float *vector; // float32[dimensions]
    int dimensions;
    CodeScan scan;
    RowQuery row_query;
    KeyRange *changed; // owned
    CodeOutcome outcome;
    CodeCandidate *candidates; // owned, [candidate_count]
    size_t candidate_count;
    // What the last scan did.
    bool device_answered; // of ScanPlan.on_device: false if it left the first pass to the processor
    size_t lists_probed, list_count; // of ScanPlan.by_lists
} CodeSearch;

/* Fills in facts->codes, code_rows, lists and device. scan: the pool, and which rows count. If index is NULL,
 * there are no codes. Close it also after an error. */
RvStatus rv_code_search_open(CodeSearch *query, SearchIndex *index, Store *store, const CodeScan *scan,
                             const float *vector, int dimensions, ScanFacts *facts, RvError *err);
void rv_code_search_close(CodeSearch *query);

/* Candidates and changed rows (scan->changed), those of the scan's videos, as ranges in rising order. Free *out. Errors:
 * MEMORY. */
RvStatus rv_code_search_ranges(const CodeScan *scan, const CodeCandidate *candidates, size_t count,
                               KeyRange **out, size_t *out_count, RvError *err);

/* Follow the plan, whose way is SCAN_CODES. Rows that may be among the `limit` best (or reach min_score) come
 * to the callback as from rv_scan_exact; others may come too. If *done is false, the plan did not lead to an
 * answer: discard what the callback received, and plan again with the facts, of which one has changed. */
RvStatus rv_code_search_scan(CodeSearch *query, const ScanPlan *plan, ScanFacts *facts,
                             ScoredBlockCallback callback, void *user, bool *done, RvError *err);

#endif
