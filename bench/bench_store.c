/* SPDX-License-Identifier: MIT */
/* How fast a library of any kind is written and searched, for docs/stores.md, with the frames of
 * generated_library.h.
 *
 *     bench_store URI load ROWS [PICTURE_BYTES] [topics]   frames per second into a new library
 *     bench_store URI search [topics]          median time of exact searches, and with the index if there is
 *                                              one; recall@10 of the index for image-like and text-like
 *                                              queries. CPU: processor time of all threads, which other work
 *                                              disturbs less
 *     bench_store URI search QUERIES.npy       the same for vectors that `reelvec embed --format npy` wrote
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "bench_support.h"
#include "generated_library.h"
#include "search/query.h"

#define DIMENSIONS 512
#define FRAMES_PER_VIDEO 1000
#define QUERIES 40
#define QUERIES_MAX 1000
#define NPY_HEADER_BYTES 128
#define TOP 10

typedef struct Asked {
    double exact_ms[QUERIES_MAX], exact_cpu_ms[QUERIES_MAX], index_ms[QUERIES_MAX], index_cpu_ms[QUERIES_MAX];
    size_t found; // hits by the index that score at least as well as the last exact one
} Asked;

static double cpu_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static SearchIndex *index_used;

static void ask(Store *store, ThreadPool *pool, const float *vector, RvScan scan, RvHits *hits, double *ms,
                double *cpu_ms)
{
    RvError err = {0};
    QueryVector term = {vector, 1};
    RvSearchOptions options = {.top = TOP, .scan = scan};
    double start = rv_clock_s(), cpu_start = cpu_s();
    bench_check(rv_search_frames(index_used, store, pool, &term, 1, DIMENSIONS, &options, hits, &err), &err);
    *ms = 1000 * (rv_clock_s() - start);
    *cpu_ms = 1000 * (cpu_s() - cpu_start);
}

/* Exact and approximate searches alternate, so that other work on the machine disturbs both equally. */
static void ask_all(Store *store, ThreadPool *pool, const char *name, const float *queries, size_t count,
                    const RvAnnInfo *info)
{
    static Asked asked;
    asked.found = 0;
    for (size_t q = 0; q < count; q++) {
        const float *vector = queries + q * DIMENSIONS;
        RvHits exact = {0}, hits = {0};
        ask(store, pool, vector, RV_SCAN_EXACT, &exact, &asked.exact_ms[q], &asked.exact_cpu_ms[q]);
        if (info->present)
            ask(store, pool, vector, RV_SCAN_APPROXIMATE, &hits, &asked.index_ms[q], &asked.index_cpu_ms[q]);
        for (size_t i = 0; i < hits.count; i++)
            asked.found += hits.items[i].score >= exact.items[TOP - 1].score;
        rv_hits_clear(&exact);
        rv_hits_clear(&hits);
    }
    double exact_cpu = bench_median(asked.exact_cpu_ms, count),
           index_cpu = bench_median(asked.index_cpu_ms, count);
    printf("%s, %zu queries: exact %.2f ms, CPU %.2f ms", name, count, bench_median(asked.exact_ms, count),
           exact_cpu);
    if (info->present)
        printf("; %s (%s) %.2f ms, CPU %.2f ms, ratio of CPU %.1f, recall@%d %.3f", info->kind,
               info->settings, bench_median(asked.index_ms, count), index_cpu, exact_cpu / index_cpu, TOP,
               (double)asked.found / (double)(count * TOP));
    printf("\n");
}

/* Returns float32[*count, DIMENSIONS], read from a file with a header as `reelvec embed` writes it. */
static float *read_queries(const char *path, size_t *count)
{
    float *queries = bench_must(malloc(QUERIES_MAX * DIMENSIONS * sizeof *queries));
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, NPY_HEADER_BYTES, SEEK_SET) != 0)
        bench_fail("%s: cannot be read", path);
    *count = fread(queries, DIMENSIONS * sizeof *queries, QUERIES_MAX, file);
    fclose(file);
    return queries;
}

static void search_generated(Store *store, ThreadPool *pool, const Generator *generator, size_t rows,
                             const RvAnnInfo *info)
{
    static float queries[QUERIES][DIMENSIONS];
    for (int text = 0; text < 2; text++) {
        for (size_t q = 0; q < QUERIES; q++)
            bench_make_query(generator, rows, q, text == 1, queries[q]);
        ask_all(store, pool, text == 1 ? "text-like" : "image-like", queries[0], QUERIES, info);
    }
}

static void search(Store *store, const Generator *generator, const char *file)
{
    RvError err = {0};
    RvVideos videos = {0};
    RvAnnInfo info = {0};
    ThreadPool *pool = NULL;
    size_t rows = 0, count = 0;
    bench_check(rv_threads_create(0, &pool, &err), &err);
    bench_check(rv_store_list_videos(store, &videos, &err), &err);
    for (size_t i = 0; i < videos.count; i++)
        rows += (size_t)videos.items[i].frame_count;
    rv_videos_clear(&videos);
    bench_check(rv_search_index_create(NULL, store, NULL, (RvLog){0}, &index_used, &err), &err);
    bench_check(rv_search_index_info(index_used, store, &info, &err), &err);
    printf("%zu frames\n", rows);
    if (file == NULL) {
        search_generated(store, pool, generator, rows, &info);
    } else {
        float *queries = read_queries(file, &count);
        ask_all(store, pool, file, queries, count, &info);
        free(queries);
    }
    rv_threads_destroy(pool);
    rv_search_index_destroy(index_used);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        bench_fail("usage: bench_store URI load ROWS [PICTURE_BYTES] [topics]\n"
                   "       bench_store URI search [topics | QUERIES.npy]");
    Generator generator = {DIMENSIONS, strcmp(argv[argc - 1], "topics") == 0};
    LibraryPlan plan = {.generator = &generator,
                        .row_count = argc > 3 ? strtoull(argv[3], NULL, 10) : 100000,
                        .rows_per_video = FRAMES_PER_VIDEO,
                        .picture_bytes = argc > 4 ? strtoull(argv[4], NULL, 10) : 0,
                        .dimensions = DIMENSIONS};
    bool loads = strcmp(argv[2], "load") == 0;
    Store *store = bench_open_store(argv[1], (StoreOptions){.create = loads});
    if (loads)
        printf("load: %.0f frames/s (%zu frames of %d, pictures of %zu bytes)\n",
               (double)plan.row_count / bench_fill_library(store, &plan), plan.row_count, DIMENSIONS,
               plan.picture_bytes);
    else
        search(store, &generator, argc > 3 && !generator.topics ? argv[3] : NULL);
    rv_store_close(store);
    return 0;
}
