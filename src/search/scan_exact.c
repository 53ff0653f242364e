/* SPDX-License-Identifier: MIT */
/* Every row against every query vector, block by block, on all threads. */
#include "search/scan_exact.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "compute/kernels/kernels.h"

#define TASK_ROWS ((size_t)64)
// Multiply-adds below which waking threads takes longer than the work: about 50 microseconds of one core.
#define THREADED_WORK ((size_t)1 << 20)

typedef struct ExactScan {
    Store *store;
    ThreadPool *pool;
    const float *queries;
    size_t query_count, dimensions;
    const ScanKernels *kernels;
    const FrameBlock *block; // the current one
    float *scores;           // [query_count, capacity]
    size_t capacity;
    ScoredBlockCallback callback;
    void *user;
} ExactScan;

static void score_rows(void *context, size_t index, int worker)
{
    (void)worker;
    const ExactScan *scan = context;
    size_t first = index * TASK_ROWS;
    size_t count = scan->block->count - first;
    scan->kernels->dot_block_f32(scan->block->embeddings + first * scan->dimensions, scan->dimensions,
                                 count < TASK_ROWS ? count : TASK_ROWS, scan->queries, scan->dimensions,
                                 scan->query_count, scan->dimensions, scan->scores + first, scan->capacity);
}

static RvStatus reserve_scores(ExactScan *scan, size_t row_count, RvError *err)
{
    if (row_count <= scan->capacity)
        return RV_OK;
    size_t score_count = 0;
    if (!rv_mem_multiply(scan->query_count, row_count, &score_count))
        return rv_error_memory(err, SIZE_MAX);
    free(scan->scores);
    scan->capacity = 0;
    scan->scores = rv_mem_alloc_aligned(score_count, sizeof *scan->scores, err);
    if (scan->scores == NULL)
        return RV_ERROR_MEMORY;
    scan->capacity = row_count;
    return RV_OK;
}

RvStatus rv_scan_check_score(const Store *store, int64_t video_id, int64_t frame_number, float score,
                             RvError *err)
{
    if (isfinite(score))
        return RV_OK;
    return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                             "%s: video %lld, frame %lld: the embedding holds values that are not finite",
                             rv_store_uri(store), (long long)video_id, (long long)frame_number);
}

static RvStatus check_scores(const ExactScan *scan, RvError *err)
{
    const FrameBlock *block = scan->block;
    RvStatus status = RV_OK;
    for (size_t query = 0; status == RV_OK && query < scan->query_count; query++) {
        const float *scores = scan->scores + query * scan->capacity;
        for (size_t row = 0; status == RV_OK && row < block->count; row++)
            status = rv_scan_check_score(scan->store, block->video_ids[row], block->frame_numbers[row],
                                         scores[row], err);
    }
    return status;
}

static RvStatus score_block(void *user, const FrameBlock *block, RvError *err)
{
    ExactScan *scan = user;
    if ((size_t)block->dimensions != scan->dimensions)
        return rv_error_set(err, RV_ERROR_MISMATCH, "%s: holds %d-dimension embeddings, the query has %zu",
                            rv_store_uri(scan->store), block->dimensions, scan->dimensions);
    RvStatus status = reserve_scores(scan, block->count, err);
    if (status != RV_OK)
        return status;
    scan->block = block;
    size_t task_count = (block->count + TASK_ROWS - 1) / TASK_ROWS;
    bool large = block->count * scan->dimensions * scan->query_count >= THREADED_WORK;
    rv_threads_run(large ? scan->pool : NULL, task_count, score_rows, scan);
    status = check_scores(scan, err);
    ScoredBlock scored = {block, scan->scores, scan->capacity};
    return status == RV_OK ? scan->callback(scan->user, &scored, err) : status;
}

RvStatus rv_scan_exact(Store *store, ThreadPool *pool, const float *queries, size_t query_count,
                       int dimensions, const FrameFilter *filter, ScoredBlockCallback callback, void *user,
                       RvError *err)
{
    ExactScan scan = {.store = store,
                      .pool = pool,
                      .queries = queries,
                      .query_count = query_count,
                      .dimensions = (size_t)dimensions,
                      .kernels = rv_scan_kernels(),
                      .callback = callback,
                      .user = user};
    RvStatus status = rv_store_scan(store, filter, score_block, &scan, err);
    free(scan.scores);
    return status;
}

RvStatus rv_scan_nearest(Store *store, ThreadPool *pool, const NearestQuery *query,
                         ScoredBlockCallback callback, void *user, bool *done, RvError *err)
{
    ExactScan scan = {.store = store,
                      .pool = pool,
                      .queries = query->vector,
                      .query_count = 1,
                      .dimensions = (size_t)query->dimensions,
                      .kernels = rv_scan_kernels(),
                      .callback = callback,
                      .user = user};
    RvStatus status = rv_store_nearest(store, query, score_block, &scan, done, err);
    free(scan.scores);
    return status;
}
