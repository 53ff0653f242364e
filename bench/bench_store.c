/* SPDX-License-Identifier: MIT */
/* How fast libraries of any kind are written and searched, for docs/stores.md, with the frames of
 * generated_library.h.
 *
 *     bench_store URI load ROWS [PICTURE_BYTES] [topics]   frames per second into a new library
 *     bench_store URI... search [COUNT] [topics]
 *         median time of COUNT (40) exact searches, and with the index if there is one, for image-like and
 *         text-like queries; recall@10 of both against all frames, compared here one by one. CPU: processor
 *         time of all threads of this process, which other work disturbs less. Several libraries of the same
 *         frames are searched in turn, so that other work disturbs all equally
 *     bench_store URI... search QUERIES.npy
 *         the same for vectors that `reelvec embed --format npy` wrote; recall@10 of the index against the
 *         exact search
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/parse.h"
#include "bench_support.h"
#include "generated_library.h"
#include "search/query.h"

#define DIMENSIONS 512
#define FRAMES_PER_VIDEO 1000
#define QUERIES 40
#define QUERIES_MAX 1000
#define LIBRARIES_MAX 16
#define NPY_HEADER_BYTES 128
#define TOP 10
#define LANES 8
#define ROUNDING 1e-5 // of a score; two ways to sum 512 products of float32 differ by less

typedef struct Way {
    double ms[QUERIES_MAX], cpu_ms[QUERIES_MAX];
    size_t found; // hits that score at least as well as the last wanted one
} Way;

typedef struct Library {
    Store *store;
    SearchIndex *index;
    RvAnnInfo info;
    Way exact, approximate;
} Library;

static Library libraries[LIBRARIES_MAX];

typedef struct Queries {
    float vectors[QUERIES_MAX][DIMENSIONS];
    bool have_truth;
    double truth[QUERIES_MAX]; // the score of the last wanted hit
    size_t count;
} Queries;

static double cpu_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* ---- what the libraries should answer ----------------------------------------------------------------- */

static double dot(const float *a, const float *b)
{
    double sums[LANES] = {0}, sum = 0;
    for (int i = 0; i < DIMENSIONS; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            sums[lane] += (double)a[i + lane] * b[i + lane];
    for (int lane = 0; lane < LANES; lane++)
        sum += sums[lane];
    return sum;
}

/* Put score among the best, whose last one is the worst. */
static void keep_best(double *best, double score)
{
    size_t place = TOP;
    while (place > 0 && best[place - 1] < score)
        place--;
    if (place == TOP)
        return;
    memmove(best + place + 1, best + place, (TOP - 1 - place) * sizeof *best);
    best[place] = score;
}

/* Compare the queries of each kind with every frame. */
static void find_truth(const Generator *generator, size_t rows, Queries *kinds, size_t kind_count)
{
    static double best[2][QUERIES_MAX][TOP];
    float frame[DIMENSIONS];
    for (size_t kind = 0; kind < kind_count; kind++)
        for (size_t q = 0; q < kinds[kind].count; q++)
            for (size_t i = 0; i < TOP; i++)
                best[kind][q][i] = -2;
    for (size_t row = 0; row < rows; row++) {
        bench_make_frame(generator, row, frame);
        for (size_t kind = 0; kind < kind_count; kind++)
            for (size_t q = 0; q < kinds[kind].count; q++)
                keep_best(best[kind][q], dot(kinds[kind].vectors[q], frame));
    }
    for (size_t kind = 0; kind < kind_count; kind++) {
        kinds[kind].have_truth = true;
        for (size_t q = 0; q < kinds[kind].count; q++)
            kinds[kind].truth[q] = best[kind][q][TOP - 1] - ROUNDING;
    }
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static void ask(const Library *library, ThreadPool *pool, const Queries *queries, size_t query, RvScan scan,
                Way *way, double *last_score)
{
    RvError err = {0};
    RvHits hits = {0};
    QueryVector term = {queries->vectors[query], 1};
    RvSearchOptions options = {.top = TOP, .scan = scan};
    double start = rv_clock_s(), cpu_start = cpu_s();
    bench_check(
        rv_search_frames(library->index, library->store, pool, &term, 1, DIMENSIONS, &options, &hits, &err),
        &err);
    way->ms[query] = 1000 * (rv_clock_s() - start);
    way->cpu_ms[query] = 1000 * (cpu_s() - cpu_start);
    if (scan == RV_SCAN_EXACT && !queries->have_truth)
        *last_score = hits.items[hits.count - 1].score;
    for (size_t i = 0; i < hits.count; i++)
        way->found += hits.items[i].score >= *last_score;
    rv_hits_clear(&hits);
}

static void print_way(const char *name, Way *way, size_t count)
{
    printf("%s%.2f ms, CPU %.2f ms, recall@%d %.3f", name, bench_median(way->ms, count),
           bench_median(way->cpu_ms, count), TOP, (double)way->found / (double)(count * TOP));
}

/* Exact and approximate searches of all libraries alternate. */
static void ask_all(ThreadPool *pool, size_t library_count, const char *name, const Queries *queries)
{
    for (size_t i = 0; i < library_count; i++)
        libraries[i].exact.found = libraries[i].approximate.found = 0;
    for (size_t q = 0; q < queries->count; q++)
        for (size_t i = 0; i < library_count; i++) {
            Library *library = &libraries[i];
            double last_score = queries->truth[q];
            ask(library, pool, queries, q, RV_SCAN_EXACT, &library->exact, &last_score);
            if (library->info.present)
                ask(library, pool, queries, q, RV_SCAN_APPROXIMATE, &library->approximate, &last_score);
        }
    printf("%s, %zu queries\n", name, queries->count);
    for (size_t i = 0; i < library_count; i++) {
        Library *library = &libraries[i];
        printf("  library %zu: ", i + 1);
        print_way("exact: ", &library->exact, queries->count);
        if (library->info.present) {
            printf("; %s (%s): ", library->info.kind, library->info.settings);
            print_way("", &library->approximate, queries->count);
        }
        printf("\n");
    }
}

/* Reads float32[count, DIMENSIONS] from a file with a header as `reelvec embed` writes it. */
static void read_queries(const char *path, Queries *queries)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, NPY_HEADER_BYTES, SEEK_SET) != 0)
        bench_fail("%s: cannot be read", path);
    queries->count = fread(queries->vectors, sizeof queries->vectors[0], QUERIES_MAX, file);
    fclose(file);
}

static void search_generated(ThreadPool *pool, size_t library_count, const Generator *generator, size_t rows,
                             size_t count)
{
    static Queries kinds[2];
    for (size_t kind = 0; kind < 2; kind++) {
        kinds[kind].count = count;
        for (size_t q = 0; q < count; q++)
            bench_make_query(generator, rows, q, kind == 1, kinds[kind].vectors[q]);
    }
    find_truth(generator, rows, kinds, 2);
    ask_all(pool, library_count, "image-like", &kinds[0]);
    ask_all(pool, library_count, "text-like", &kinds[1]);
}

/* Returns the number of frames. */
static size_t open_library(const char *uri, Library *library)
{
    RvError err = {0};
    RvVideos videos = {0};
    size_t rows = 0;
    library->store = bench_open_store(uri, (StoreOptions){0});
    bench_check(rv_store_list_videos(library->store, &videos, &err), &err);
    for (size_t i = 0; i < videos.count; i++)
        rows += (size_t)videos.items[i].frame_count;
    rv_videos_clear(&videos);
    bench_check(rv_search_index_create(NULL, library->store, NULL, (RvLog){0}, &library->index, &err), &err);
    bench_check(rv_search_index_info(library->index, library->store, &library->info, &err), &err);
    return rows;
}

static void search(char **uris, size_t library_count, int word_count, char **words)
{
    static Queries asked;
    RvError err = {0};
    Generator generator = {DIMENSIONS, false};
    ThreadPool *pool = NULL;
    const char *file = NULL;
    int64_t count = QUERIES;
    size_t rows = 0;
    for (int i = 0; i < word_count; i++)
        if (strcmp(words[i], "topics") == 0)
            generator.topics = true;
        else if (!rv_parse_int64(words[i], 1, QUERIES_MAX, &count))
            file = words[i];
    bench_check(rv_threads_create(0, &pool, &err), &err);
    for (size_t i = 0; i < library_count; i++) {
        size_t found = open_library(uris[i], &libraries[i]);
        if (i > 0 && found != rows)
            bench_fail("library %zu has %zu frames, the first one %zu", i + 1, found, rows);
        rows = found;
    }
    printf("%zu frames\n", rows);
    if (file == NULL) {
        search_generated(pool, library_count, &generator, rows, (size_t)count);
    } else {
        read_queries(file, &asked);
        ask_all(pool, library_count, file, &asked);
    }
    rv_threads_destroy(pool);
    for (size_t i = 0; i < library_count; i++) {
        rv_search_index_destroy(libraries[i].index);
        rv_store_close(libraries[i].store);
    }
}

static void load(const char *uri, int word_count, char **words)
{
    Generator generator = {DIMENSIONS, word_count > 0 && strcmp(words[word_count - 1], "topics") == 0};
    LibraryPlan plan = {.generator = &generator,
                        .row_count = word_count > 0 ? strtoull(words[0], NULL, 10) : 100000,
                        .rows_per_video = FRAMES_PER_VIDEO,
                        .picture_bytes = word_count > 1 ? strtoull(words[1], NULL, 10) : 0,
                        .dimensions = DIMENSIONS};
    Store *store = bench_open_store(uri, (StoreOptions){.create = true});
    printf("load: %.0f frames/s (%zu frames of %d, pictures of %zu bytes)\n",
           (double)plan.row_count / bench_fill_library(store, &plan), plan.row_count, DIMENSIONS,
           plan.picture_bytes);
    rv_store_close(store);
}

int main(int argc, char **argv)
{
    int at = 1;
    while (at < argc && strcmp(argv[at], "load") != 0 && strcmp(argv[at], "search") != 0)
        at++;
    if (at == argc || at == 1 || at - 1 > LIBRARIES_MAX || (at > 2 && strcmp(argv[at], "load") == 0))
        bench_fail("usage: bench_store URI load ROWS [PICTURE_BYTES] [topics]\n"
                   "       bench_store URI... search [COUNT] [topics] | QUERIES.npy");
    if (strcmp(argv[at], "load") == 0)
        load(argv[1], argc - at - 1, argv + at + 1);
    else
        search(argv + 1, (size_t)(at - 1), argc - at - 1, argv + at + 1);
    return 0;
}
