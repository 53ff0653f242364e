/* SPDX-License-Identifier: MIT */
/* Exact search in a library file, measured in turn.
 *     turn_search load  LIBRARY VECTORS DIMENSIONS ROWS_PER_VIDEO
 *         make the library from float32[n, dimensions]
 *     turn_search codes LIBRARY
 *         make the codes beside it, as `reelvec index` does at its end
 *     turn_search first LIBRARY QUERIES DIMENSIONS
 *         seconds of opening, first and second query
 *     turn_search serve LIBRARY QUERIES DIMENSIONS ROWS_PER_VIDEO
 *         one query (top 5) per call
 * Answers are the row numbers of the five best of each query. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/codes/codes.h"
#include "search/query.h"
#include "turns.h"

#define BATCH 1024
#define ANSWERED_QUERIES 20

typedef struct Job {
    Store *store;
    ThreadPool *pool;
    const float *queries;
    size_t query_count, next, rows_per_video;
    int dimensions;
} Job;

static void check(RvStatus status, const RvError *err)
{
    if (status != RV_OK)
        turns_fail("turn_search", err->message);
}

static void load(const char *library, const float *vectors, size_t row_count, int dimensions,
                 size_t rows_per_video)
{
    static FrameRecord frames[BATCH];
    Store *store = NULL;
    RvError err = {0};
    ModelIdentity model = {
        .name = "generated", .weights_sha256 = "0", .dimensions = dimensions, .normalized = true};
    check(rv_store_open(library, &(StoreOptions){.create = true}, &store, &err), &err);
    check(rv_store_require_identity(store, &model, &err), &err);
    for (size_t video = 0; video * rows_per_video < row_count; video++) {
        char path[64];
        int64_t id = 0;
        snprintf(path, sizeof path, "/videos/%06zu.mp4", video);
        VideoFacts facts = {.path = path, .content_key = path, .codec = "", .sampling = "interval:1"};
        size_t first = video * rows_per_video;
        size_t end = first + rows_per_video < row_count ? first + rows_per_video : row_count;
        check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
        for (size_t row = first; row < end;) {
            size_t count = end - row < BATCH ? end - row : BATCH;
            for (size_t i = 0; i < count; i++)
                frames[i] = (FrameRecord){.frame_number = (int64_t)(row + i - first) + 1,
                                          .time_s = (double)(row + i - first),
                                          .embedding = vectors + (row + i) * (size_t)dimensions};
            check(rv_store_put_frames(store, id, frames, count, dimensions, &err), &err);
            row += count;
        }
        check(rv_store_finish_video(store, id, (double)(end - first), &err), &err);
    }
    rv_store_close(store);
}

static void make_codes(const char *library)
{
    Store *store = NULL;
    RvError err = {0};
    check(rv_store_open(library, &(StoreOptions){0}, &store, &err), &err);
    check(rv_codes_update(store, NULL, 0, &err), &err);
    rv_store_close(store);
}

/* Videos have the ids 1, 2, ... in the order in which they were put in. */
static void search(Job *job, size_t query, bool print)
{
    QueryVector term = {job->queries + query * (size_t)job->dimensions, 1};
    RvSearchOptions options = {.top = 5};
    RvHits hits = {0};
    RvError err = {0};
    check(rv_search_frames(job->store, job->pool, &term, 1, job->dimensions, &options, &hits, &err), &err);
    for (size_t i = 0; i < hits.count && print; i++)
        printf("%lld ", (long long)(hits.items[i].video_id - 1) * (long long)job->rows_per_video +
                            (long long)hits.items[i].frame_number - 1);
    rv_hits_clear(&hits);
}

static void work(void *context)
{
    Job *job = context;
    search(job, job->next, false);
    job->next = (job->next + 1) % job->query_count;
}

static void answer(void *context)
{
    Job *job = context;
    for (size_t query = 0; query < ANSWERED_QUERIES && query < job->query_count; query++)
        search(job, query, true);
}

static void open_library(Job *job, const char *library)
{
    RvError err = {0};
    check(rv_store_open(library, &(StoreOptions){.read_only = true}, &job->store, &err), &err);
    check(rv_threads_create(0, &job->pool, &err), &err);
}

static void time_first(Job *job, const char *library)
{
    double times[4] = {turns_clock_s()};
    open_library(job, library);
    times[1] = turns_clock_s();
    for (int i = 2; i < 4; i++) {
        search(job, (size_t)i, false);
        times[i] = turns_clock_s();
    }
    printf("%.6f %.6f %.6f\n", times[1] - times[0], times[2] - times[1], times[3] - times[2]);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 3 && strcmp(arguments[1], "codes") == 0) {
        make_codes(arguments[2]);
        return 0;
    }
    if (argument_count < 5)
        turns_fail("usage",
                   "turn_search codes LIBRARY | load|first|serve LIBRARY FLOATS DIMENSIONS [ROWS_PER_VIDEO]");
    size_t size_bytes;
    float *floats = turns_read_file(arguments[3], &size_bytes);
    Job job = {.queries = floats, .dimensions = atoi(arguments[4]), .rows_per_video = 1};
    if (argument_count > 5)
        job.rows_per_video = strtoul(arguments[5], NULL, 10);
    if (job.dimensions < 1 || job.rows_per_video < 1)
        turns_fail("turn_search", "dimensions and rows per video are at least 1");
    job.query_count = size_bytes / sizeof(float) / (size_t)job.dimensions;
    if (strcmp(arguments[1], "load") == 0) {
        load(arguments[2], floats, job.query_count, job.dimensions, job.rows_per_video);
    } else if (strcmp(arguments[1], "first") == 0) {
        time_first(&job, arguments[2]);
    } else {
        open_library(&job, arguments[2]);
        work(&job);
        turns_serve(&(Turns){.work = work, .answer = answer, .context = &job, .window_s = 0.3});
    }
    rv_threads_destroy(job.pool);
    rv_store_close(job.store);
    free(floats);
    return 0;
}
