/* SPDX-License-Identifier: MIT */
/* How fast frames are written to a library file, and how fast it is searched.
 *
 *     bench_search [ROWS [DIMENSIONS [THREADS [FOLDER]]]]
 *         generated frames (generated_library.h), searched by rows and by codes. FOLDER keeps the library.
 *         REELVEC_BENCH_QUERIES: how many queries of each kind; REELVEC_BENCH_CODES: by codes only
 *     bench_search load  LIBRARY VECTORS DIMENSIONS ROWS_PER_VIDEO
 *         make the library from float32[n, dimensions]
 *     bench_search codes LIBRARY
 *         make the codes beside it, as `reelvec index` does at its end
 *     bench_search first LIBRARY QUERIES DIMENSIONS
 *         seconds of opening, first and second query
 *     bench_search serve LIBRARY QUERIES DIMENSIONS ROWS_PER_VIDEO
 *         for bench/run: one query (top 5) per call; the answer is the row numbers of the five best of each
 *         query */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_support.h"
#include "generated_library.h"
#include "search/query.h"

#define VIDEO_FRAMES 1000
#define PICTURE_BYTES 20000
#define ANSWERED_QUERIES 20

typedef struct Bench {
    Store *store;
    SearchIndex *index;
    ThreadPool *pool;
    int dimensions;
    size_t query_count, next, rows_per_video;
    float *queries; // [query_count, dimensions]; a query of several terms also uses the vectors after its own
    bool moments;
} Bench;

static void open_library(Bench *bench, const char *path, StoreOptions options)
{
    RvError err = {0};
    bench->store = bench_open_store(path, options);
    bench_check(rv_search_index_create(NULL, bench->store, NULL, (RvLog){0}, &bench->index, &err), &err);
}

static void close_library(Bench *bench)
{
    rv_search_index_destroy(bench->index);
    rv_store_close(bench->store);
}

/* Returns the seconds of one search. */
static double one_query(Bench *bench, size_t query, size_t term_count, RvFusion fusion, RvHits *hits)
{
    RvError err = {0};
    QueryVector terms[3];
    for (size_t t = 0; t < term_count; t++)
        terms[t] =
            (QueryVector){bench->queries + (query + t) % bench->query_count * (size_t)bench->dimensions, 1};
    RvSearchOptions options = {.top = 5, .fusion = fusion, .moments = bench->moments};
    double start_s = rv_clock_s();
    bench_check(rv_search_frames(bench->index, bench->store, bench->pool, terms, term_count,
                                 bench->dimensions, &options, hits, &err),
                &err);
    return rv_clock_s() - start_s;
}

static double time_queries(Bench *bench, size_t term_count, RvFusion fusion, const char *name)
{
    double *taken_s = bench_must(calloc(bench->query_count, sizeof *taken_s));
    for (size_t query = 0; query < bench->query_count; query++) {
        RvHits hits = {0};
        taken_s[query] = one_query(bench, query, term_count, fusion, &hits);
        rv_hits_clear(&hits);
    }
    double first_s = taken_s[0], middle_s = bench_median(taken_s, bench->query_count);
    printf("%-28s first %8.2f ms  median %8.2f ms  best %8.2f ms\n", name, 1e3 * first_s, 1e3 * middle_s,
           1e3 * taken_s[0]);
    free(taken_s);
    return middle_s;
}

static void time_moments(Bench *bench, const char *name)
{
    bench->moments = true;
    time_queries(bench, 1, RV_FUSION_MEAN, name);
    bench->moments = false;
}

/* Fails unless searches with codes have the same answers as searches by rows. */
static void compare_answers(Bench *bench, RvHits *by_rows)
{
    size_t differences = 0;
    for (size_t query = 0; query < bench->query_count; query++) {
        RvHits hits = {0};
        one_query(bench, query, 1, RV_FUSION_MEAN, &hits);
        bool same = hits.count == by_rows[query].count;
        for (size_t i = 0; same && i < hits.count; i++)
            same = hits.items[i].video_id == by_rows[query].items[i].video_id &&
                   hits.items[i].frame_number == by_rows[query].items[i].frame_number &&
                   memcmp(&hits.items[i].score, &by_rows[query].items[i].score, sizeof(double)) == 0;
        differences += !same;
        rv_hits_clear(&hits);
    }
    printf("answers that differ from those of the float32 rows: %zu of %zu\n", differences,
           bench->query_count);
}

/* Measure searches that read every row from SQLite, then make the codes and compare the answers. */
static void bench_rows(Bench *bench, const char *path, size_t row_count)
{
    RvError err = {0};
    RvHits *by_rows = bench_must(calloc(bench->query_count, sizeof *by_rows));
    // The codes are removed, and the library is opened read-only, so that no query makes them.
    char codes[4200];
    snprintf(codes, sizeof codes, "%s" CODES_SUFFIX, path);
    unlink(codes);
    open_library(bench, path, (StoreOptions){.read_only = true});
    size_t all_queries = bench->query_count;
    if (row_count > 300000 && all_queries > 3)
        bench->query_count = 3; // reading all rows from SQLite is slow
    time_queries(bench, 1, RV_FUSION_MEAN, "every row, 1 term, mean");
    time_moments(bench, "every row, moments");
    for (size_t query = 0; query < bench->query_count; query++)
        one_query(bench, query, 1, RV_FUSION_MEAN, &by_rows[query]);
    time_queries(bench, 3, RV_FUSION_ZSCORE, "every row, 3 terms, zscore");
    time_queries(bench, 3, RV_FUSION_RRF, "every row, 3 terms, rrf");
    close_library(bench);
    open_library(bench, path, (StoreOptions){.create = true});
    double start_s = rv_clock_s();
    bench_check(rv_codes_update(&bench->index->codes, bench->store, bench->pool, 1, &err), &err);
    int64_t code_bytes = 0, code_rows = 0;
    bench_check(rv_codes_size(&bench->index->codes, bench->store, &code_bytes, &code_rows, &err), &err);
    printf("codes made in %.2f s: %.0f bytes a row\n", rv_clock_s() - start_s,
           (double)code_bytes / (double)code_rows);
    compare_answers(bench, by_rows);
    for (size_t query = 0; query < bench->query_count; query++)
        rv_hits_clear(&by_rows[query]);
    bench->query_count = all_queries;
    close_library(bench);
    free(by_rows);
}

static void bench_library(const char *path, size_t row_count, int dimensions, int thread_count)
{
    RvError err = {0};
    Generator generator = {.dimensions = dimensions};
    const char *count = getenv("REELVEC_BENCH_QUERIES");
    Bench bench = {.dimensions = dimensions, .query_count = count != NULL ? (size_t)atoi(count) : 11};
    bench.queries = bench_must(malloc(bench.query_count * (size_t)dimensions * sizeof *bench.queries));
    bench_check(rv_threads_create(thread_count, &bench.pool, &err), &err);
    for (size_t i = 0; i < bench.query_count; i++)
        bench_make_query(&generator, row_count, i, true, bench.queries + i * (size_t)dimensions);
    printf("%zu rows of %d, %d threads, codes by %s\n", row_count, dimensions, rv_threads_count(bench.pool),
           rv_code_kernels()->name);
    if (getenv("REELVEC_BENCH_CODES") == NULL)
        bench_rows(&bench, path, row_count);
    open_library(&bench, path, (StoreOptions){0});
    time_queries(&bench, 1, RV_FUSION_MEAN, "codes, 1 term, mean");
    time_moments(&bench, "codes, moments");
    time_queries(&bench, 3, RV_FUSION_MEAN, "codes, 3 terms, mean");
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak resident memory, mapped codes included: %.0f MB\n", (double)usage.ru_maxrss / 1024);
    close_library(&bench);
    rv_threads_destroy(bench.pool);
    free(bench.queries);
}

static void time_loading(const char *path, size_t row_count, int dimensions, size_t picture_bytes)
{
    Store *store = bench_open_store(path, (StoreOptions){.create = true});
    Generator generator = {.dimensions = dimensions};
    double taken_s = bench_fill_library(store, &(LibraryPlan){.generator = &generator,
                                                              .row_count = row_count,
                                                              .rows_per_video = VIDEO_FRAMES,
                                                              .picture_bytes = picture_bytes,
                                                              .dimensions = dimensions});
    rv_store_close(store);
    struct stat facts;
    double size = stat(path, &facts) == 0 ? (double)facts.st_size : 0;
    printf("%zu rows of %d, pictures of %zu bytes: %.2f s, %.0f frames/s, %.0f bytes/frame\n", row_count,
           dimensions, picture_bytes, taken_s, (double)row_count / taken_s, size / (double)row_count);
}

static void drop(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", CODES_SUFFIX};
    char name[4200];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static int show(int argument_count, char **arguments)
{
    size_t row_count = argument_count > 1 ? (size_t)strtoull(arguments[1], NULL, 10) : 100000;
    int dimensions = argument_count > 2 ? atoi(arguments[2]) : 512;
    int thread_count = argument_count > 3 ? atoi(arguments[3]) : 0;
    const char *keep = argument_count > 4 ? arguments[4] : NULL;
    char folder[] = "/tmp/reelvec-bench-XXXXXX", path[4100];
    struct stat facts;
    if (keep == NULL && mkdtemp(folder) == NULL)
        bench_fail("%s: cannot be made", folder);
    snprintf(path, sizeof path, "%s/library.db", keep != NULL ? keep : folder);
    if (keep == NULL) {
        time_loading(path, row_count / 10, dimensions, PICTURE_BYTES);
        drop(path);
    }
    if (stat(path, &facts) != 0)
        time_loading(path, row_count, dimensions, 0);
    bench_library(path, row_count, dimensions, thread_count);
    if (keep == NULL) {
        drop(path);
        rmdir(folder);
    }
    return 0;
}

/* ---- for bench/run ------------------------------------------------------------------------------------ */

static void work(void *context)
{
    Bench *bench = context;
    RvHits hits = {0};
    one_query(bench, bench->next, 1, RV_FUSION_MEAN, &hits);
    rv_hits_clear(&hits);
    bench->next = (bench->next + 1) % bench->query_count;
}

static void answer(void *context)
{
    Bench *bench = context;
    for (size_t query = 0; query < ANSWERED_QUERIES && query < bench->query_count; query++) {
        RvHits hits = {0};
        one_query(bench, query, 1, RV_FUSION_MEAN, &hits);
        for (size_t i = 0; i < hits.count; i++)
            printf("%lld ", (long long)(hits.items[i].video_id - 1) * (long long)bench->rows_per_video +
                                (long long)hits.items[i].frame_number - 1);
        rv_hits_clear(&hits);
    }
}

static void open_for_turns(Bench *bench, const char *library)
{
    RvError err = {0};
    open_library(bench, library, (StoreOptions){.read_only = true});
    bench_check(rv_threads_create(0, &bench->pool, &err), &err);
}

static void time_first(Bench *bench, const char *library)
{
    double start_s = rv_clock_s();
    open_for_turns(bench, library);
    double open_s = rv_clock_s();
    work(bench);
    double first_s = rv_clock_s();
    work(bench);
    printf("%.6f %.6f %.6f\n", open_s - start_s, first_s - open_s, rv_clock_s() - first_s);
}

static int make_codes(const char *library)
{
    RvError err = {0};
    Bench bench = {0};
    open_library(&bench, library, (StoreOptions){0});
    bench_check(rv_threads_create(0, &bench.pool, &err), &err);
    bench_check(rv_codes_update(&bench.index->codes, bench.store, bench.pool, 0, &err), &err);
    rv_threads_destroy(bench.pool);
    close_library(&bench);
    return 0;
}

int main(int argument_count, char **arguments)
{
    const char *what = argument_count > 2 ? arguments[1] : "";
    if (strcmp(what, "codes") == 0)
        return make_codes(arguments[2]);
    bool loads = strcmp(what, "load") == 0, first = strcmp(what, "first") == 0;
    if (argument_count < 5 || (!loads && !first && strcmp(what, "serve") != 0))
        return show(argument_count, arguments);
    size_t size_bytes;
    Bench bench = {.queries = bench_read_file(arguments[3], &size_bytes),
                   .dimensions = atoi(arguments[4]),
                   .rows_per_video = argument_count > 5 ? strtoul(arguments[5], NULL, 10) : 1};
    if (bench.dimensions < 1 || bench.rows_per_video < 1)
        bench_fail("dimensions and rows per video are at least 1");
    bench.query_count = size_bytes / sizeof(float) / (size_t)bench.dimensions;
    if (loads) {
        open_library(&bench, arguments[2], (StoreOptions){.create = true});
        bench_fill_library(bench.store, &(LibraryPlan){.vectors = bench.queries,
                                                       .row_count = bench.query_count,
                                                       .rows_per_video = bench.rows_per_video,
                                                       .dimensions = bench.dimensions});
    } else if (first) {
        time_first(&bench, arguments[2]);
    } else {
        open_for_turns(&bench, arguments[2]);
        bench_serve(&(Turns){.work = work, .answer = answer, .context = &bench, .window_s = 0.3});
    }
    rv_threads_destroy(bench.pool);
    close_library(&bench);
    free(bench.queries);
    return 0;
}
