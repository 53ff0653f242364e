/* SPDX-License-Identifier: MIT */
/* The rows that may be among the best, found by their codes. */
#ifndef RV_CODE_SCAN_H
#define RV_CODE_SCAN_H

#include "search/codes/code_job.h"

/* A row whose float32 score, which lies in [low, high], may count. */
typedef struct CodeCandidate {
    int64_t key;
    double low, high;
} CodeCandidate;

typedef enum CodeOutcome {
    CODES_ANSWER,     // the candidates hold all rows of the answer
    CODES_TOO_MANY,   // they would be so many that scoring all rows is faster
    CODES_DAMAGED,    // a checksum is wrong
    CODES_STOPPED,    // scan->stops returned true
    CODES_OTHER_ROWS, // scan->rows are not of this file: a checksum differs
} CodeOutcome;

/* Whether a scan of codes can be faster than scoring all rows. has_bound: min_score is not NULL. */
bool rv_code_scan_pays(size_t row_count, size_t limit, bool has_bound);

/* Rows of the file among which the `limit` best are, by rising key; free *candidates. With scan->rows: most
 * of them, and never fewer rows than are wanted if so many count. The result does not depend on the number of
 * threads. Errors: MEMORY. */
RvStatus rv_code_scan(const CodeScan *scan, CodeOutcome *outcome, CodeCandidate **candidates, size_t *count,
                      RvError *err);

#endif
