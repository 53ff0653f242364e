/* SPDX-License-Identifier: MIT */
/* Rows by way of their codes: those that may be among the best are scored, all others are left out. */
#ifndef RV_SEARCH_SCAN_CODES_H
#define RV_SEARCH_SCAN_CODES_H

#include "search/scan_exact.h"
#include "search/search_index.h"

/* Exact scan of the best rows by way of the codes, within the caller's snapshot. Rows that may be among the
 * `limit` best (or reach min_score) come to the callback as from rv_scan_exact; others may come too. If *done
 * is false, there are no codes or they cannot answer: discard what the callback got and scan all rows.
 * scan: everything but file, query, changed rows, rows and device; vector: float32[dimensions]; lists_from:
 * lists are used for codes of so many rows at least, SIZE_MAX: never. */
RvStatus rv_scan_codes(SearchIndex *index, Store *store, const CodeScan *scan, size_t lists_from,
                       const float *vector, int dimensions, ScoredBlockCallback callback, void *user,
                       bool *done, RvError *err);

#endif
