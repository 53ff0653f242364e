/* SPDX-License-Identifier: MIT */
/* Codes of a library's rows: kept in LIBRARY-codes beside it, used by searches, never trusted over the rows.
 */
#ifndef RV_CODES_H
#define RV_CODES_H

#include "base/threads.h"
#include "search/codes/code_file.h"
#include "search/codes/code_scan.h"
#include "search/ivf/ivf.h"
#include "search/scan_exact.h"

#define CODES_SUFFIX "-codes"
#define CODES_NAME "codes"

/* Rows from which codes pay: scoring this many rows out of SQLite takes about as long as everything else of a
 * query. */
#define CODES_MIN_ROWS 20000

/* Exact scan of the best rows by way of the codes, within the caller's snapshot. Rows that may be among the
 * `limit` best (or reach min_score) come to the callback as from rv_scan_exact; others may come too. *done is
 * false where there are no codes or they cannot answer: nothing counts that the callback got, scan all rows.
 * scan: everything but file, query, changed rows and lists; vector: float32[dimensions]. */
RvStatus rv_codes_scan(Store *store, const CodeScan *scan, const float *vector, int dimensions,
                       ScoredBlockCallback callback, void *user, bool *done, RvError *err);

/* Let searches that look at every row run on a compute device, as ComputeOptions.device names it, where it
 * has room for the codes. It is opened by the first search, which fails with UNSUPPORTED where there is none.
 * Errors: ARGUMENT (no such name). */
RvStatus rv_codes_use_device(Store *store, const char *name, RvError *err);

/* Bring the codes up to date where the library can keep them, has min_rows rows at least (0: CODES_MIN_ROWS)
 * and enough has changed. Outside of snapshots. Another process that does the same is left to it. Errors:
 * those of reading and writing; the library is as good as before. */
RvStatus rv_codes_update(Store *store, ThreadPool *pool, int64_t min_rows, RvError *err);
/* The same, once for each opened store and where there are no codes at all; a failure goes to the log. */
void rv_codes_ensure(Store *store, ThreadPool *pool);

/* Compare the codes with the rows: each fault is one line. Libraries without codes have no faults. */
RvStatus rv_codes_verify(Store *store, void (*fault)(void *user, const char *line), void *user,
                         size_t *fault_count, RvError *err);

/* Bytes of the file and rows in it; 0 where there is none. */
RvStatus rv_codes_size(Store *store, int64_t *size_bytes, int64_t *row_count, RvError *err);

/* ---- parts of the above ---- */

/* The library's mapped file, NULL where there is none that belongs to `state`; borrowed until the next call.
 * Why a file that is there cannot be used goes to the log, once. */
CodeFile *rv_codes_open(Store *store, const DerivedState *state, int dimensions);
/* The same with the library's state as it is now. *file: NULL also where there ought to be codes, as then
 * state->published says. */
RvStatus rv_codes_find(Store *store, DerivedState *state, CodeFile **file, RvError *err);
/* Forget the mapped file: it was found to be wrong, and is not opened again while the library names the same
 * token. */
void rv_codes_distrust(Store *store, const char *reason);
/* What the store keeps of the library's lists; NULL when memory is short. */
ListCache *rv_codes_list_cache(Store *store);

#endif
