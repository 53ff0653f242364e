/* SPDX-License-Identifier: MIT */
/* How long a search for a sequence takes beside the searches for its parts.
 *
 *     bench_sequence [ROWS [THREADS [FOLDER [ROWS_PER_VIDEO]]]]
 *         generated frames of 512 dimensions (generated_library.h) with codes. In turn: the parts, each alone (top 5,
 *         every frame), and the sequence of them (top 5, within 60 s). FOLDER keeps the library.
 *         REELVEC_BENCH_QUERIES: how many of each; REELVEC_BENCH_ROWS: compare the answers with those without codes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_support.h"
#include "generated_library.h"
#include "search/query.h"

#define DIMENSIONS 512
#define PARTS_MAX 4
#define VIDEO_FRAMES 1000

typedef struct Bench {
    Store *store;
    SearchIndex *index;
    ThreadPool *pool;
    size_t query_count;
    float *queries; // [query_count, DIMENSIONS]
} Bench;

static void search(Bench *bench, SearchIndex *index, const QueryVector *terms, size_t term_count,
                   RvHits *hits, RvSearchReport *report)
{
    RvError err = {0};
    RvSearchOptions options = {.top = 5, .scan = RV_SCAN_EXACT, .report = report};
    bench_check(rv_search_frames(index, bench->store, bench->pool, terms, term_count, DIMENSIONS, &options,
                                 hits, &err),
                &err);
}

/* Returns the seconds of one search. */
static double time_search(Bench *bench, const QueryVector *terms, size_t term_count, int64_t *read_count)
{
    RvHits hits = {0};
    RvSearchReport report = {0};
    double start_s = rv_clock_s();
    search(bench, bench->index, terms, term_count, &hits, &report);
    double taken_s = rv_clock_s() - start_s;
    if (strcmp(report.way, "codes") != 0)
        bench_fail("a search was done by %s, because %s", report.way, report.reason);
    *read_count += report.frames_scored;
    rv_hits_clear(&hits);
    return taken_s;
}

static void make_terms(const Bench *bench, size_t query, size_t part_count, QueryVector *terms)
{
    for (size_t part = 0; part < part_count; part++)
        terms[part] =
            (QueryVector){.vector = bench->queries + (query + part) % bench->query_count * DIMENSIONS,
                          .weight = 1,
                          .part = part};
}

static void time_sequences(Bench *bench, size_t part_count)
{
    size_t count = bench->query_count;
    double *alone_s = bench_must(calloc(3 * count, sizeof *alone_s)), *together_s = alone_s + count,
           *ratios = together_s + count;
    int64_t alone_read = 0, together_read = 0;
    for (size_t query = 0; query < count; query++) {
        QueryVector terms[PARTS_MAX];
        make_terms(bench, query, part_count, terms);
        for (size_t part = 0; part < part_count; part++) {
            QueryVector term = {.vector = terms[part].vector, .weight = 1};
            alone_s[query] += time_search(bench, &term, 1, &alone_read);
        }
        together_s[query] = time_search(bench, terms, part_count, &together_read);
        ratios[query] = together_s[query] / alone_s[query];
    }
    double ratio = bench_median(ratios, count);
    printf(
        "%zu parts: alone %7.2f ms together, %3.0f rows read; sequence %7.2f ms, %3.0f rows read; ratio %.2f (%.2f to "
        "%.2f)\n",
        part_count, 1e3 * bench_median(alone_s, count), (double)alone_read / (double)count,
        1e3 * bench_median(together_s, count), (double)together_read / (double)count, ratio, ratios[0],
        ratios[count - 1]);
    free(alone_s);
}

static void compare_answers(Bench *bench)
{
    size_t differences = 0, compared = 0;
    for (size_t query = 0; query < bench->query_count && query < 5; query++) {
        for (size_t part_count = 2; part_count <= PARTS_MAX; part_count++, compared++) {
            QueryVector terms[PARTS_MAX];
            RvHits by_codes = {0}, by_rows = {0};
            make_terms(bench, query, part_count, terms);
            search(bench, bench->index, terms, part_count, &by_codes, NULL);
            search(bench, NULL, terms, part_count, &by_rows, NULL);
            bool same = by_codes.count == by_rows.count;
            for (size_t i = 0; same && i < by_codes.count; i++)
                same = memcmp(by_codes.items[i].parts, by_rows.items[i].parts,
                              part_count * sizeof(RvHitPart)) == 0;
            differences += !same;
            rv_hits_clear(&by_codes);
            rv_hits_clear(&by_rows);
        }
    }
    printf("answers that differ from those of the float32 rows: %zu of %zu\n", differences, compared);
}

static void open_library(Bench *bench, const char *path, size_t row_count, size_t rows_per_video)
{
    RvError err = {0};
    Generator generator = {.dimensions = DIMENSIONS, .topics = true};
    struct stat facts;
    bool is_new = stat(path, &facts) != 0;
    bench->store = bench_open_store(path, (StoreOptions){.create = true});
    if (is_new)
        bench_fill_library(bench->store, &(LibraryPlan){.generator = &generator,
                                                        .row_count = row_count,
                                                        .rows_per_video = rows_per_video,
                                                        .dimensions = DIMENSIONS});
    bench_check(rv_search_index_create(NULL, bench->store, NULL, (RvLog){0}, &bench->index, &err), &err);
    bench_check(rv_codes_update(&bench->index->codes, bench->store, bench->pool, 1, &err), &err);
    bench->queries = bench_must(malloc(bench->query_count * DIMENSIONS * sizeof *bench->queries));
    for (size_t i = 0; i < bench->query_count; i++)
        bench_make_query(&generator, row_count, i, true, bench->queries + i * DIMENSIONS);
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

int main(int argument_count, char **arguments)
{
    RvError err = {0};
    size_t row_count = argument_count > 1 ? (size_t)strtoull(arguments[1], NULL, 10) : 100000;
    int thread_count = argument_count > 2 ? atoi(arguments[2]) : 0;
    const char *keep = argument_count > 3 ? arguments[3] : NULL, *count = getenv("REELVEC_BENCH_QUERIES");
    size_t rows_per_video = argument_count > 4 ? (size_t)strtoull(arguments[4], NULL, 10) : VIDEO_FRAMES;
    char folder[] = "/tmp/reelvec-bench-XXXXXX", path[4100];
    Bench bench = {.query_count = count != NULL ? (size_t)atoi(count) : 21};
    if (row_count < 1000 || rows_per_video < 1 || bench.query_count < PARTS_MAX)
        bench_fail("at least 1000 rows, 1 row a video and %d queries", PARTS_MAX);
    if (keep == NULL && mkdtemp(folder) == NULL)
        bench_fail("%s: cannot be made", folder);
    snprintf(path, sizeof path, "%s/library.db", keep != NULL ? keep : folder);
    bench_check(rv_threads_create(thread_count, &bench.pool, &err), &err);
    open_library(&bench, path, row_count, rows_per_video);
    printf("%zu rows of %d, %zu a video, %d threads, codes by %s\n", row_count, DIMENSIONS, rows_per_video,
           rv_threads_count(bench.pool), rv_code_kernels()->name);
    time_sequences(&bench, 2); // maps the codes
    for (size_t parts = 2; parts <= PARTS_MAX; parts++)
        time_sequences(&bench, parts);
    if (getenv("REELVEC_BENCH_ROWS") != NULL)
        compare_answers(&bench);
    free(bench.queries);
    rv_search_index_destroy(bench.index);
    rv_store_close(bench.store);
    rv_threads_destroy(bench.pool);
    if (keep == NULL) {
        drop(path);
        rmdir(folder);
    }
    return 0;
}
