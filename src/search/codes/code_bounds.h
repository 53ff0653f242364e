/* SPDX-License-Identifier: MIT */
/* How high the score of each row may be for several queries, by one pass over the codes. */
#ifndef RV_CODE_BOUNDS_H
#define RV_CODE_BOUNDS_H

#include <math.h>

#include "search/codes/code_job.h"
#include "search/codes/code_scan.h"

/* Times from first to last; none if first > last. */
typedef struct BlockTimes {
    double first_s, last_s;
} BlockTimes;

/* Rows and blocks are counted over the segments of the file. */
typedef struct CodeBounds {
    size_t query_count;
    size_t *first_row, *first_block; // [segment_count + 1]
    // [query_count, rows]: no row's float32 score is higher, whether or not the row counts. Perhaps not set in
    // blocks of which no row counts.
    float *high;
    float *
        block_high; // [blocks, query_count]: the highest of the block's rows; -INFINITY only if none of them counts
    BlockTimes *block_times; // [blocks]: of all rows of the block, if one of them counts
} CodeBounds;

/* Returns the times of these rows. */
BlockTimes rv_code_block_times(const CodeRow *rows, size_t count);

/* job: its query, limit, lists and device are not used. queries [query_count]. In a block with a row that
 * counts (rv_code_row_counts) all rows have bounds. *outcome: CODES_ANSWER, CODES_DAMAGED or CODES_STOPPED. Clear
 * it also after an error. Errors: MEMORY. */
RvStatus rv_code_bounds_find(CodeBounds *bounds, const CodeScan *job, const RowQuery *queries,
                             size_t query_count, CodeOutcome *outcome, RvError *err);
void rv_code_bounds_clear(CodeBounds *bounds);

/* The bounds of one row by both planes. Returns false if a checksum is wrong. */
bool rv_code_row_fine_bound(const CodeSegment *segment, size_t row, const RowQuery *query, ScoreBound *out);
/* The same of rows that follow each other, at most CODE_BLOCK_ROWS. A row's checksum is looked at once for each mapping of
 * the file. */
bool rv_code_rows_fine_bounds(const CodeSegment *segment, size_t first, size_t count, const RowQuery *query,
                              const CodeKernels *kernels, ScoreBound *out);
/* The same of one row by the coarse plane, whose checksum was right when rv_code_bounds_find read it. */
ScoreBound rv_code_row_coarse_bound(const CodeSegment *segment, size_t row, const RowQuery *query);

/* The lowest float32 that is not below any score of the bound; INFINITY if nothing is known. */
static inline float rv_score_bound_high(ScoreBound bound)
{
    double high = bound.score + bound.error;
    // The added terms are more than the conversion rounds away, denormal numbers included.
    float up = (float)(high + (high < 0 ? -high : high) * 1e-7 + 1e-40);
    return up < (float)INFINITY ? up : (float)INFINITY;
}

#endif
