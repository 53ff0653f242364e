/* SPDX-License-Identifier: MIT */
/* How high the score of each row may be for several queries, by one pass over the codes. */
#include "search/codes/code_bounds.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/find.h"
#include "base/mem.h"

#define TASK_BLOCKS ((size_t)16)
// The codes that all queries look at before the next ones: half of a first-level cache.
#define PIECE_BYTES ((size_t)16384)

typedef struct BoundScan {
    CodeBounds *bounds;
    const CodeScan *job;
    const RowQuery *queries;
    const CodeKernels *kernels;
    size_t *first_task; // [segments + 1]
    size_t row_count;
    atomic_bool damaged, stopped;
} BoundScan;

/* count: up to CODE_BLOCK_ROWS. Returns the highest. */
static float bound_rows(const RowQuery *query, const RowBound *bounds, size_t count, const int32_t *dots,
                        float *high)
{
    float highest = -INFINITY;
    for (size_t i = 0; i < count; i++)
        high[i] = rv_score_bound_high(rv_row_code_coarse_score(query, &bounds[i], dots[i]));
    for (size_t i = 0; i < count; i++)
        highest = high[i] > highest ? high[i] : highest;
    return highest;
}

BlockTimes rv_code_block_times(const CodeRow *rows, size_t count)
{
    BlockTimes times = {INFINITY, -INFINITY};
    for (size_t i = 0; i < count; i++) {
        times.first_s = rows[i].time_s < times.first_s ? rows[i].time_s : times.first_s;
        times.last_s = rows[i].time_s > times.last_s ? rows[i].time_s : times.last_s;
    }
    return times;
}

static void scan_block(BoundScan *scan, size_t segment_index, size_t block)
{
    CodeBounds *bounds = scan->bounds;
    CodeSegment *segment = &scan->job->file->segments[segment_index];
    size_t first = block * CODE_BLOCK_ROWS, left = segment->row_count - first;
    size_t count = left < CODE_BLOCK_ROWS ? left : CODE_BLOCK_ROWS;
    float *block_high =
        bounds->block_high + (bounds->first_block[segment_index] + block) * bounds->query_count;
    BlockTimes *times = &bounds->block_times[bounds->first_block[segment_index] + block];
    *times = rv_code_block_times(NULL, 0);
    for (size_t query = 0; query < bounds->query_count; query++)
        block_high[query] = -INFINITY;
    if (!rv_code_block_counts(scan->job, segment, first, count) &&
        rv_code_block_is_good(segment, block, scan->kernels))
        return;
    *times = rv_code_block_times(segment->rows + first, count);
    size_t piece_rows = PIECE_BYTES / segment->width > 0 ? PIECE_BYTES / segment->width : 1;
    int32_t dots[CODE_BLOCK_ROWS];
    for (size_t done = 0; done < count; done += piece_rows) {
        size_t row = first + done, rows = count - done < piece_rows ? count - done : piece_rows;
        for (size_t query = 0; query < bounds->query_count; query++) {
            float *high = bounds->high + query * scan->row_count + bounds->first_row[segment_index] + row;
            scan->kernels->dot_rows(segment->coarse + row * segment->width, rows, &scan->queries[query].code,
                                    dots);
            float highest = bound_rows(&scan->queries[query], segment->bounds + row, rows, dots, high);
            block_high[query] = highest > block_high[query] ? highest : block_high[query];
        }
    }
    // The checksum comes second, when the block is in the cache.
    if (!rv_code_block_is_good(segment, block, scan->kernels))
        atomic_store(&scan->damaged, true);
}

static bool is_over(BoundScan *scan)
{
    return atomic_load(&scan->damaged) || atomic_load(&scan->stopped);
}

static void scan_task(void *context, size_t index, int worker)
{
    BoundScan *scan = context;
    if (worker == 0 && scan->job->stops != NULL && scan->job->stops(scan->job->stops_user))
        atomic_store(&scan->stopped, true);
    size_t segment_index = rv_find_part(scan->first_task, scan->job->file->segment_count, index);
    const CodeSegment *segment = &scan->job->file->segments[segment_index];
    size_t first = (index - scan->first_task[segment_index]) * TASK_BLOCKS;
    size_t block_count = rv_divide_up(segment->row_count, CODE_BLOCK_ROWS);
    for (size_t block = first; block < first + TASK_BLOCKS && block < block_count && !is_over(scan); block++)
        scan_block(scan, segment_index, block);
}

static RvStatus reserve(BoundScan *scan, RvError *err)
{
    CodeBounds *bounds = scan->bounds;
    const CodeFile *file = scan->job->file;
    size_t high_count = 0;
    scan->first_task = rv_mem_alloc(file->segment_count + 1, sizeof *scan->first_task, err);
    bounds->first_row = rv_mem_alloc(file->segment_count + 1, sizeof *bounds->first_row, err);
    bounds->first_block = rv_mem_alloc(file->segment_count + 1, sizeof *bounds->first_block, err);
    if (scan->first_task == NULL || bounds->first_row == NULL || bounds->first_block == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < file->segment_count; i++) {
        size_t rows = file->segments[i].row_count, blocks = rv_divide_up(rows, CODE_BLOCK_ROWS);
        bounds->first_row[i + 1] = bounds->first_row[i] + rows;
        bounds->first_block[i + 1] = bounds->first_block[i] + blocks;
        scan->first_task[i + 1] = scan->first_task[i] + rv_divide_up(blocks, TASK_BLOCKS);
    }
    scan->row_count = bounds->first_row[file->segment_count];
    high_count = rv_mem_multiply(scan->row_count, bounds->query_count, &high_count) ? high_count : SIZE_MAX;
    bounds->high = rv_mem_alloc_aligned(high_count, sizeof *bounds->high, err);
    bounds->block_high = rv_mem_alloc_aligned(bounds->first_block[file->segment_count] * bounds->query_count,
                                              sizeof *bounds->block_high, err);
    bounds->block_times =
        rv_mem_alloc_aligned(bounds->first_block[file->segment_count], sizeof *bounds->block_times, err);
    bool good = bounds->high != NULL && bounds->block_high != NULL && bounds->block_times != NULL;
    return good ? RV_OK : RV_ERROR_MEMORY;
}

RvStatus rv_code_bounds_find(CodeBounds *bounds, const CodeScan *job, const RowQuery *queries,
                             size_t query_count, CodeOutcome *outcome, RvError *err)
{
    *bounds = (CodeBounds){.query_count = query_count};
    BoundScan scan = {.bounds = bounds, .job = job, .queries = queries, .kernels = rv_code_kernels()};
    RvStatus status = reserve(&scan, err);
    if (status == RV_OK)
        rv_threads_run(job->pool, scan.first_task[job->file->segment_count], scan_task, &scan);
    *outcome = atomic_load(&scan.stopped)   ? CODES_STOPPED
               : atomic_load(&scan.damaged) ? CODES_DAMAGED
                                            : CODES_ANSWER;
    free(scan.first_task);
    return status;
}

void rv_code_bounds_clear(CodeBounds *bounds)
{
    free(bounds->first_row);
    free(bounds->first_block);
    free(bounds->high);
    free(bounds->block_high);
    free(bounds->block_times);
    *bounds = (CodeBounds){0};
}

/* ---- single rows -------------------------------------------------------------------------------------- */

static int32_t dot_of(const uint8_t *plane, const CodeSegment *segment, size_t row, const RowQuery *query)
{
    int32_t dot = 0;
    rv_code_kernels()->dot_rows(plane + row * segment->width, 1, &query->code, &dot);
    return dot;
}

ScoreBound rv_code_row_coarse_bound(const CodeSegment *segment, size_t row, const RowQuery *query)
{
    return rv_row_code_coarse_score(query, &segment->bounds[row],
                                    dot_of(segment->coarse, segment, row, query));
}

bool rv_code_row_fine_bound(const CodeSegment *segment, size_t row, const RowQuery *query, ScoreBound *out)
{
    if (!rv_code_row_is_good(segment, row, rv_code_kernels()))
        return false;
    *out = rv_row_code_fine_score(query, &segment->bounds[row], &segment->rows[row].bound,
                                  dot_of(segment->coarse, segment, row, query),
                                  dot_of(segment->fine, segment, row, query));
    return true;
}

bool rv_code_rows_fine_bounds(const CodeSegment *segment, size_t first, size_t count, const RowQuery *query,
                              const CodeKernels *kernels, ScoreBound *out)
{
    int32_t dots[CODE_BLOCK_ROWS], fine_dots[CODE_BLOCK_ROWS];
    kernels->dot_rows(segment->coarse + first * segment->width, count, &query->code, dots);
    kernels->dot_rows(segment->fine + first * segment->width, count, &query->code, fine_dots);
    for (size_t i = 0; i < count; i++) {
        size_t row = first + i;
        atomic_uchar *checked = &segment->checked_rows[row];
        if (atomic_load_explicit(checked, memory_order_relaxed) == 0) {
            if (!rv_code_row_is_good(segment, row, kernels))
                return false;
            atomic_store_explicit(checked, 1, memory_order_relaxed);
        }
        out[i] = rv_row_code_fine_score(query, &segment->bounds[row], &segment->rows[row].bound, dots[i],
                                        fine_dots[i]);
    }
    return true;
}
