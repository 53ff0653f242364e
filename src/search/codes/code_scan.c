/* SPDX-License-Identifier: MIT */
/* The rows that may be among the best, found by their codes.
 *
 * First pass: the coarse codes of all rows, from memory at the speed of memory. A row's score lies in [low,
 * high]. The k-th highest `low` of any rows is a score that k rows reach at least, so a row whose `high` is
 * below it is out, ties included. Second pass: the fine codes of those that are left, with bounds some
 * hundred times as close.
 *
 * With scan->rows the first pass looks at one round of rows after another. It stops between rounds only, so
 * that what is looked at does not depend on which thread was faster. */
#include "search/codes/code_scan.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "search/codes/code_device.h"
#include "search/codes/kth_highest.h"

#define TASK_BLOCKS ((size_t)16)
#define REFINE_TASK ((size_t)64)
// Candidates beyond these shares of the rows cost more than scoring every row.
#define OPEN_SHARE 4
#define ANSWER_SHARE 8
#define OPEN_MIN ((size_t)16384)
// Doubles of the device may differ by their last bit.
#define PROMISE_ROUNDING 1e-9

typedef struct OpenRow {
    uint32_t segment;
    uint32_t padding;
    size_t row;
    double low, high;
} OpenRow;

typedef struct OpenRows {
    OpenRow *items;
    size_t count, capacity;
} OpenRows;

typedef struct Scan {
    const CodeScan *job;
    const CodeKernels *kernels;
    OpenRows *open; // [workers]
    size_t open_limit;
    pthread_mutex_t mutex; // guards lowest
    KthHighest lowest;     // of the lower bounds
    _Atomic double threshold;
    atomic_size_t open_count;
    atomic_bool damaged, other_rows, too_many, no_memory, stopped;
    size_t *first_task; // [segments + 1]: task indexes
    size_t *first_row;  // [segments + 1]: counted over the segments
    OpenRows all;
} Scan;

/* ---- the threshold ------------------------------------------------------------------------------------ */

static void raise_threshold(Scan *scan, double low)
{
    // A bound that is infinite or not a number proves nothing.
    if (scan->lowest.heap == NULL || !isfinite(low) || low <= atomic_load(&scan->threshold))
        return;
    pthread_mutex_lock(&scan->mutex);
    if (rv_kth_highest_offer(&scan->lowest, low) && scan->lowest.heap[0] > atomic_load(&scan->threshold))
        atomic_store(&scan->threshold, scan->lowest.heap[0]);
    pthread_mutex_unlock(&scan->mutex);
}

/* ---- first pass --------------------------------------------------------------------------------------- */

static void keep_open(Scan *scan, OpenRows *open, OpenRow row)
{
    if (open->count == open->capacity) {
        OpenRow *items = rv_mem_grow(open->items, &open->capacity, open->count + 1, sizeof *items, NULL);
        if (items == NULL) {
            atomic_store(&scan->no_memory, true);
            return;
        }
        open->items = items;
    }
    open->items[open->count++] = row;
    if (atomic_fetch_add(&scan->open_count, 1) >= scan->open_limit)
        atomic_store(&scan->too_many, true);
}

/* Of up to CODE_BLOCK_ROWS scored rows those that may be among the best. */
static void keep_rows(Scan *scan, uint32_t segment_index, size_t first, size_t count, const int32_t *dots,
                      OpenRows *open)
{
    const RowQuery *query = scan->job->query;
    const CodeSegment *segment = &scan->job->file->segments[segment_index];
    const RowBound *bounds = segment->bounds + first;
    double high[CODE_BLOCK_ROWS];
    for (size_t i = 0; i < count; i++) {
        ScoreBound bound = rv_row_code_coarse_score(query, &bounds[i], dots[i]);
        high[i] = bound.score + bound.error;
    }
    double threshold = atomic_load_explicit(&scan->threshold, memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
        // Written so that a bound that is not a number keeps the row open.
        if (high[i] < threshold || !rv_code_row_counts(scan->job, segment, &segment->rows[first + i]))
            continue;
        ScoreBound bound = rv_row_code_coarse_score(query, &bounds[i], dots[i]);
        OpenRow row = {segment_index, 0, first + i, bound.score - bound.error, high[i]};
        keep_open(scan, open, row);
        raise_threshold(scan, row.low);
        threshold = atomic_load_explicit(&scan->threshold, memory_order_relaxed);
    }
}

static void scan_block(Scan *scan, uint32_t segment_index, size_t block, OpenRows *open)
{
    CodeSegment *segment = &scan->job->file->segments[segment_index];
    size_t first = block * CODE_BLOCK_ROWS, count = segment->row_count - first;
    count = count < CODE_BLOCK_ROWS ? count : CODE_BLOCK_ROWS;
    if (!rv_code_block_counts(scan->job, segment, first, count) &&
        rv_code_block_is_good(segment, block, scan->kernels))
        return;
    int32_t dots[CODE_BLOCK_ROWS];
    scan->kernels->dot_rows(segment->coarse + first * segment->width, count, &scan->job->query->code, dots);
    // The checksum comes second, when the block is in the cache.
    if (!rv_code_block_is_good(segment, block, scan->kernels)) {
        atomic_store(&scan->damaged, true);
        return;
    }
    keep_rows(scan, segment_index, first, count, dots, open);
}

static bool is_over(Scan *scan)
{
    return atomic_load(&scan->damaged) || atomic_load(&scan->other_rows) || atomic_load(&scan->too_many) ||
           atomic_load(&scan->no_memory) || atomic_load(&scan->stopped);
}

/* Called by every task; worker 0 is the caller's thread. */
static void ask_to_stop(Scan *scan, int worker)
{
    if (worker == 0 && scan->job->stops != NULL && scan->job->stops(scan->job->stops_user))
        atomic_store(&scan->stopped, true);
}

static void scan_task(void *context, size_t index, int worker)
{
    Scan *scan = context;
    ask_to_stop(scan, worker);
    size_t low = rv_find_part(scan->first_task, scan->job->file->segment_count, index);
    const CodeSegment *segment = &scan->job->file->segments[low];
    size_t block_count = (segment->row_count + CODE_BLOCK_ROWS - 1) / CODE_BLOCK_ROWS;
    size_t first = (index - scan->first_task[low]) * TASK_BLOCKS;
    for (size_t block = first; block < first + TASK_BLOCKS && block < block_count && !is_over(scan); block++)
        scan_block(scan, (uint32_t)low, block, &scan->open[worker]);
}

/* ---- the rounds of scan->rows ------------------------------------------------------------------------- */

static void scan_run(Scan *scan, const CodeRun *run, OpenRows *open)
{
    size_t segment_index = rv_find_part(scan->first_row, scan->job->rows->segment_count, run->first);
    const CodeSegment *segment = &scan->job->file->segments[segment_index];
    size_t first = run->first - scan->first_row[segment_index], count = run->count;
    bool checked = atomic_load_explicit(run->checked, memory_order_relaxed) != 0;
    if (first > segment->row_count || count > segment->row_count - first || count > CODE_BLOCK_ROWS) {
        atomic_store(&scan->other_rows, true);
        return;
    }
    if (checked && !rv_code_block_counts(scan->job, segment, first, count))
        return;
    int32_t dots[CODE_BLOCK_ROWS];
    scan->kernels->dot_rows(segment->coarse + first * segment->width, count, &scan->job->query->code, dots);
    if (!checked && rv_code_block_checksum(segment->coarse + first * segment->width, segment->bounds + first,
                                           segment->rows + first, count, segment->width,
                                           scan->kernels) != run->checksum) {
        atomic_store(&scan->other_rows, true);
        return;
    }
    atomic_store_explicit(run->checked, 1, memory_order_relaxed);
    keep_rows(scan, (uint32_t)segment_index, first, count, dots, open);
}

static void piece_task(void *context, size_t index, int worker)
{
    Scan *scan = context;
    CodeRun runs[CODE_PIECE_RUNS];
    ask_to_stop(scan, worker);
    size_t count = scan->job->rows->runs(scan->job->rows, index, runs);
    for (size_t i = 0; i < count && !is_over(scan); i++)
        scan_run(scan, &runs[i], &scan->open[worker]);
}

static void scan_rounds(Scan *scan)
{
    CodeRows *rows = scan->job->rows;
    size_t piece_count = 0;
    while (!is_over(scan) && rows->next(rows, scan->lowest.count == scan->lowest.limit,
                                        atomic_load(&scan->threshold), &piece_count))
        rv_threads_run(scan->job->pool, piece_count, piece_task, scan);
}

/* ---- first pass on a device --------------------------------------------------------------------------- */

typedef struct DeviceRows {
    Scan *scan;
    const CodeDeviceRow *rows;
    size_t count;
} DeviceRows;

static void device_task(void *context, size_t index, int worker)
{
    const DeviceRows *found = context;
    Scan *scan = found->scan;
    size_t end = (index + 1) * REFINE_TASK < found->count ? (index + 1) * REFINE_TASK : found->count;
    for (size_t i = index * REFINE_TASK; i < end && !is_over(scan); i++) {
        const CodeSegment *segment = &scan->job->file->segments[found->rows[i].segment];
        size_t row = found->rows[i].row;
        int32_t dot = 0;
        if (row >= segment->row_count)
            continue;
        scan->kernels->dot_rows(segment->coarse + row * segment->width, 1, &scan->job->query->code, &dot);
        keep_rows(scan, found->rows[i].segment, row, 1, &dot, &scan->open[worker]);
    }
}

static void reset_threshold(Scan *scan)
{
    scan->lowest.count = 0;
    atomic_store(&scan->threshold, scan->job->min_score != NULL ? *scan->job->min_score : -INFINITY);
}

/* The best of the blocks of rows are rows of their own, so the k-th highest of them is a threshold. The rows
 * that reach it are bounded here once more, from the host's codes, so that a wrong answer of the device is
 * noticed. Returns false if the device left the pass to the processor; then nothing has changed. */
static bool scan_on_device(Scan *scan)
{
    CodeDevice *device = scan->job->device;
    DeviceRows found = {.scan = scan};
    const float *best = NULL;
    size_t best_count = 0;
    reset_threshold(scan);
    if (!rv_code_device_score(device, scan->job, &best, &best_count))
        return false;
    for (size_t i = 0; i < best_count; i++)
        raise_threshold(scan, best[i]);
    double promised = atomic_load(&scan->threshold);
    reset_threshold(scan);
    if (promised == -INFINITY || !rv_code_device_above(device, promised, &found.rows, &found.count))
        return false;
    rv_threads_run(scan->job->pool, (found.count + REFINE_TASK - 1) / REFINE_TASK, device_task, &found);
    if (is_over(scan) || atomic_load(&scan->threshold) >= promised - fabs(promised) * PROMISE_ROUNDING)
        return true;
    rv_code_device_reject(device, "it gave scores that the codes do not have");
    return false;
}

/* The open rows of all workers that still reach the threshold, in one list. */
static RvStatus gather_open(Scan *scan, int worker_count, RvError *err)
{
    size_t count = 0;
    double threshold = atomic_load(&scan->threshold);
    scan->all.items = rv_mem_alloc(atomic_load(&scan->open_count), sizeof *scan->all.items, err);
    if (scan->all.items == NULL)
        return RV_ERROR_MEMORY;
    for (int worker = 0; worker < worker_count; worker++) {
        for (size_t i = 0; i < scan->open[worker].count; i++) {
            if (!(scan->open[worker].items[i].high < threshold))
                scan->all.items[count++] = scan->open[worker].items[i];
        }
    }
    scan->all.count = count;
    return RV_OK;
}

/* Segments of which all blocks are looked at have tasks. */
static void count_tasks(Scan *scan)
{
    const CodeFile *file = scan->job->file;
    for (size_t i = 0; i < file->segment_count; i++) {
        size_t rows = file->segments[i].row_count;
        bool whole = scan->job->rows == NULL || i >= scan->job->rows->segment_count;
        size_t tasks =
            whole ? (rows + TASK_BLOCKS * CODE_BLOCK_ROWS - 1) / (TASK_BLOCKS * CODE_BLOCK_ROWS) : 0;
        scan->first_task[i + 1] = scan->first_task[i] + tasks;
        scan->first_row[i + 1] = scan->first_row[i] + rows;
    }
}

/* The first pass by the processor. What a device has left behind is discarded. */
static void scan_here(Scan *scan, int worker_count)
{
    reset_threshold(scan);
    atomic_store(&scan->open_count, 0);
    for (int worker = 0; worker < worker_count; worker++)
        scan->open[worker].count = 0;
    count_tasks(scan);
    rv_threads_run(scan->job->pool, scan->first_task[scan->job->file->segment_count], scan_task, scan);
    if (scan->job->rows != NULL)
        scan_rounds(scan);
}

static RvStatus first_pass(Scan *scan, RvError *err)
{
    const CodeFile *file = scan->job->file;
    int worker_count = scan->job->pool != NULL ? rv_threads_count(scan->job->pool) : 1;
    scan->open = rv_mem_alloc((size_t)worker_count, sizeof *scan->open, err);
    scan->first_task = rv_mem_alloc(file->segment_count + 1, sizeof *scan->first_task, err);
    scan->first_row = rv_mem_alloc(file->segment_count + 1, sizeof *scan->first_row, err);
    bool good = scan->open != NULL && scan->first_task != NULL && scan->first_row != NULL;
    RvStatus status = good ? RV_OK : RV_ERROR_MEMORY;
    bool by_device = status == RV_OK && scan->job->device != NULL && scan_on_device(scan);
    if (status == RV_OK && !by_device)
        scan_here(scan, worker_count);
    if (scan->job->device_answered != NULL)
        *scan->job->device_answered = by_device;
    if (status == RV_OK && atomic_load(&scan->no_memory))
        status = rv_error_memory(err, scan->open_limit * sizeof(OpenRow));
    if (status == RV_OK && !is_over(scan))
        status = gather_open(scan, worker_count, err);
    for (int worker = 0; scan->open != NULL && worker < worker_count; worker++)
        free(scan->open[worker].items);
    free(scan->open);
    free(scan->first_task);
    free(scan->first_row);
    return status;
}

/* ---- second pass -------------------------------------------------------------------------------------- */

static void refine_task(void *context, size_t index, int worker)
{
    (void)worker;
    Scan *scan = context;
    const RowQuery *query = scan->job->query;
    size_t end = (index + 1) * REFINE_TASK < scan->all.count ? (index + 1) * REFINE_TASK : scan->all.count;
    for (size_t i = index * REFINE_TASK; i < end; i++) {
        OpenRow *row = &scan->all.items[i];
        const CodeSegment *segment = &scan->job->file->segments[row->segment];
        if (!rv_code_row_is_good(segment, row->row, scan->kernels)) {
            atomic_store(&scan->damaged, true);
            return;
        }
        int32_t dot, fine_dot;
        scan->kernels->dot_rows(segment->coarse + row->row * segment->width, 1, &query->code, &dot);
        scan->kernels->dot_rows(segment->fine + row->row * segment->width, 1, &query->code, &fine_dot);
        ScoreBound bound = rv_row_code_fine_score(query, &segment->bounds[row->row],
                                                  &segment->rows[row->row].bound, dot, fine_dot);
        row->low = bound.score - bound.error;
        row->high = bound.score + bound.error;
    }
}

static int compare_keys(const void *a, const void *b)
{
    int64_t left = ((const CodeCandidate *)a)->key, right = ((const CodeCandidate *)b)->key;
    return (left > right) - (left < right);
}

static RvStatus second_pass(Scan *scan, CodeCandidate **candidates, size_t *count, RvError *err)
{
    rv_threads_run(scan->job->pool, (scan->all.count + REFINE_TASK - 1) / REFINE_TASK, refine_task, scan);
    if (is_over(scan))
        return RV_OK;
    scan->lowest.count = 0;
    for (size_t i = 0; i < scan->all.count; i++)
        raise_threshold(scan, scan->all.items[i].low);
    CodeCandidate *kept = rv_mem_alloc(scan->all.count, sizeof *kept, err);
    if (kept == NULL)
        return RV_ERROR_MEMORY;
    double threshold = atomic_load(&scan->threshold);
    for (size_t i = 0; i < scan->all.count; i++) {
        const OpenRow *row = &scan->all.items[i];
        if (!(row->high < threshold))
            kept[(*count)++] = (CodeCandidate){scan->job->file->segments[row->segment].rows[row->row].key,
                                               row->low, row->high};
    }
    if (*count > 1)
        qsort(kept, *count, sizeof *kept, compare_keys);
    *candidates = kept;
    return RV_OK;
}

bool rv_code_scan_pays(size_t row_count, size_t limit, bool has_bound)
{
    return limit == SIZE_MAX ? has_bound : limit <= row_count / ANSWER_SHARE;
}

RvStatus rv_code_scan(const CodeScan *job, CodeOutcome *outcome, CodeCandidate **candidates, size_t *count,
                      RvError *err)
{
    size_t rows = job->file->row_count;
    *candidates = NULL;
    *count = 0;
    *outcome = CODES_TOO_MANY;
    if (!rv_code_scan_pays(rows, job->limit, job->min_score != NULL))
        return RV_OK;
    Scan scan = {.job = job, .kernels = rv_code_kernels(), .mutex = PTHREAD_MUTEX_INITIALIZER};
    scan.open_limit = rows / OPEN_SHARE > OPEN_MIN ? rows / OPEN_SHARE : OPEN_MIN;
    RvStatus status = RV_OK;
    if (job->limit != SIZE_MAX) {
        scan.lowest =
            (KthHighest){.heap = rv_mem_alloc(job->limit, sizeof(double), err), .limit = job->limit};
        status = scan.lowest.heap != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status == RV_OK)
        status = first_pass(&scan, err);
    if (status == RV_OK && !is_over(&scan))
        status = second_pass(&scan, candidates, count, err);
    if (status == RV_OK && atomic_load(&scan.stopped))
        *outcome = CODES_STOPPED;
    else if (status == RV_OK && atomic_load(&scan.damaged))
        *outcome = CODES_DAMAGED;
    else if (status == RV_OK && atomic_load(&scan.other_rows))
        *outcome = CODES_OTHER_ROWS;
    else if (status == RV_OK && !atomic_load(&scan.too_many) && *count <= rows / ANSWER_SHARE)
        *outcome = CODES_ANSWER;
    free(scan.lowest.heap);
    free(scan.all.items);
    return status;
}
