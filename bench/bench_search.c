/* SPDX-License-Identifier: MIT */
/* How fast a library takes frames in and answers: 100,000 random rows of 512 in an SQLite file.
 * Usage: bench_search [ROWS [DIMENSIONS [THREADS]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "search/search.h"

#define BATCH 16
#define QUERIES 5
#define PICTURE_BYTES 20000

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void check(RvStatus status, const RvError *err)
{
    if (status == RV_OK)
        return;
    fprintf(stderr, "bench_search: %s\n", err->message);
    exit(1);
}

static void make_vector(unsigned *seed, int dimensions, float *vector)
{
    for (int i = 0; i < dimensions; i++)
        vector[i] = (float)rand_r(seed) / (float)RAND_MAX - 0.5f;
    RvError err = {0};
    check(rv_search_normalize(vector, dimensions, &err), &err);
}

static void load(Store *store, size_t row_count, int dimensions, size_t picture_bytes)
{
    RvError err = {0};
    unsigned seed = 1;
    int64_t id = 0;
    ModelIdentity model = {
        .name = "random", .weights_sha256 = "0", .dimensions = dimensions, .normalized = true};
    VideoFacts facts = {.path = "/random", .content_key = "random", .codec = "", .sampling = "interval:1"};
    float *vectors = malloc(BATCH * (size_t)dimensions * sizeof *vectors);
    uint8_t *picture = calloc(1, PICTURE_BYTES);
    if (vectors == NULL || picture == NULL)
        exit(1);
    check(rv_store_require_identity(store, &model, &err), &err);
    check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
    for (size_t first = 0; first < row_count; first += BATCH) {
        FrameRecord frames[BATCH];
        size_t count = row_count - first < BATCH ? row_count - first : BATCH;
        for (size_t i = 0; i < count; i++) {
            float *vector = vectors + i * (size_t)dimensions;
            make_vector(&seed, dimensions, vector);
            frames[i] = (FrameRecord){(int64_t)(first + i + 1), (double)(first + i), vector,
                                      picture_bytes > 0 ? picture : NULL, picture_bytes};
        }
        check(rv_store_put_frames(store, id, frames, count, dimensions, &err), &err);
    }
    check(rv_store_finish_video(store, id, (double)row_count, &err), &err);
    free(picture);
    free(vectors);
}

static void time_queries(Store *store, int dimensions, int thread_count, size_t term_count, RvFusion fusion,
                         const char *name)
{
    RvError err = {0};
    ThreadPool *pool = NULL;
    unsigned seed = 2;
    float *vectors = malloc(term_count * (size_t)dimensions * sizeof *vectors);
    QueryVector terms[4];
    double best_s = 1e9, sum_s = 0;
    if (vectors == NULL)
        exit(1);
    check(rv_threads_create(thread_count, &pool, &err), &err);
    for (int round = 0; round < QUERIES; round++) {
        for (size_t t = 0; t < term_count; t++) {
            make_vector(&seed, dimensions, vectors + t * (size_t)dimensions);
            terms[t] = (QueryVector){vectors + t * (size_t)dimensions, 1};
        }
        RvSearchOptions options = {.top = 10, .fusion = fusion};
        RvHits hits = {0};
        double start_s = now_s();
        check(rv_search_frames(store, pool, terms, term_count, dimensions, &options, &hits, &err), &err);
        double taken_s = now_s() - start_s;
        best_s = taken_s < best_s ? taken_s : best_s;
        sum_s += taken_s;
        rv_hits_clear(&hits);
    }
    printf("%-6s %zu terms  %d threads  best %7.1f ms  mean %7.1f ms\n", name, term_count,
           rv_threads_count(pool), 1e3 * best_s, 1e3 * sum_s / QUERIES);
    rv_threads_destroy(pool);
    free(vectors);
}

int main(int argument_count, char **arguments)
{
    size_t row_count = argument_count > 1 ? (size_t)strtoull(arguments[1], NULL, 10) : 100000;
    int dimensions = argument_count > 2 ? atoi(arguments[2]) : 512;
    int thread_count = argument_count > 3 ? atoi(arguments[3]) : 0;
    char folder[] = "/tmp/reelvec-bench-XXXXXX", path[64], log[80];
    RvError err = {0};
    Store *store = NULL;
    RvLibraryOptions options = {.create = true};
    if (mkdtemp(folder) == NULL)
        return 1;
    for (int with_pictures = 0; with_pictures < 2; with_pictures++) {
        size_t rows = with_pictures ? row_count / 10 : row_count;
        snprintf(path, sizeof path, "%s/library.db", folder);
        check(rv_store_open(path, &options, &store, &err), &err);
        double start_s = now_s();
        load(store, rows, dimensions, with_pictures ? PICTURE_BYTES : 0);
        double taken_s = now_s() - start_s;
        RvLibraryInfo info = {0};
        check(rv_store_info(store, NULL, &info, &err), &err);
        printf("%zu rows of %d, pictures of %d bytes: %.2f s, %.0f frames/s, %.0f bytes/frame\n", rows,
               dimensions, with_pictures ? PICTURE_BYTES : 0, taken_s, (double)rows / taken_s,
               (double)info.size_bytes / (double)rows);
        time_queries(store, dimensions, 1, 1, RV_FUSION_MEAN, "mean");
        time_queries(store, dimensions, thread_count, 1, RV_FUSION_MEAN, "mean");
        time_queries(store, dimensions, thread_count, 3, RV_FUSION_MEAN, "mean");
        time_queries(store, dimensions, thread_count, 3, RV_FUSION_ZSCORE, "zscore");
        time_queries(store, dimensions, thread_count, 3, RV_FUSION_RRF, "rrf");
        rv_store_close(store);
        unlink(path);
        snprintf(log, sizeof log, "%s-wal", path);
        unlink(log);
    }
    rmdir(folder);
    return 0;
}
