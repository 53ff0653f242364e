/* SPDX-License-Identifier: MIT */
/* How fast a library takes frames in and answers, beside the limits of the machine: reading the codes once
 * from memory, and (through a file that numpy reads) a plain float32 product. Usage: bench_search [ROWS
 * [DIMENSIONS [THREADS [FOLDER]]]]; FOLDER keeps the library and, as rows.f32, the vectors of a library of up
 * to 2,000,000 rows. REELVEC_BENCH_QUERIES: how many queries of each kind. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "median.h"
#include "search/codes/codes.h"
#include "search/query.h"

#define BATCH 256
#define VIDEO_FRAMES 2000
#define SCENE_FRAMES 20
#define PICTURE_BYTES 20000
#define KEEP_ROWS_MAX 2000000

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

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 40) / (double)(1 << 24) - 0.5;
}

/* Like frames of videos: what all pictures share, what the video, the scene and the frame have of their own.
 */
typedef struct Generator {
    uint64_t state;
    int dimensions;
    float *common, *video, *scene;
} Generator;

static void add_noise(Generator *generator, const float *from, double amount, float *to)
{
    RvError err = {0};
    // Uniform values of this width have this length.
    double width = amount * sqrt(12.0 / generator->dimensions);
    for (int i = 0; i < generator->dimensions; i++)
        to[i] = (float)((from != NULL ? from[i] : 0) + width * uniform(&generator->state));
    check(rv_search_normalize(to, generator->dimensions, &err), &err);
}

static Generator open_generator(int dimensions)
{
    Generator generator = {.state = 1, .dimensions = dimensions};
    generator.common = malloc(3 * (size_t)dimensions * sizeof(float));
    if (generator.common == NULL)
        exit(1);
    generator.video = generator.common + dimensions;
    generator.scene = generator.video + dimensions;
    add_noise(&generator, NULL, 1, generator.common);
    return generator;
}

static void next_frame(Generator *generator, size_t number, float *vector)
{
    if (number % VIDEO_FRAMES == 0)
        add_noise(generator, generator->common, 0.7, generator->video);
    if (number % SCENE_FRAMES == 0)
        add_noise(generator, generator->video, 0.6, generator->scene);
    add_noise(generator, generator->scene, 0.25, vector);
}

/* A text lies off to the side of all pictures, nearer to some scene. */
static void make_query(Generator *generator, const float *scene, float *vector)
{
    add_noise(generator, NULL, 1, vector);
    for (int i = 0; i < generator->dimensions; i++)
        vector[i] += 0.3f * scene[i];
    RvError err = {0};
    check(rv_search_normalize(vector, generator->dimensions, &err), &err);
}

static void load(Store *store, size_t row_count, int dimensions, size_t picture_bytes, FILE *rows)
{
    RvError err = {0};
    Generator generator = open_generator(dimensions);
    ModelIdentity model = {
        .name = "generated", .weights_sha256 = "0", .dimensions = dimensions, .normalized = true};
    float *vectors = malloc(BATCH * (size_t)dimensions * sizeof *vectors);
    uint8_t *picture = calloc(1, PICTURE_BYTES);
    int64_t id = 0;
    if (vectors == NULL || picture == NULL)
        exit(1);
    check(rv_store_require_identity(store, &model, &err), &err);
    for (size_t first = 0, next = 0; first < row_count; first = next) {
        FrameRecord frames[BATCH];
        char path[64];
        size_t in_video = first % VIDEO_FRAMES, count = VIDEO_FRAMES - in_video;
        count = count < BATCH ? count : BATCH;
        count = count < row_count - first ? count : row_count - first;
        next = first + count;
        if (in_video == 0) {
            snprintf(path, sizeof path, "/videos/%06zu.mp4", first / VIDEO_FRAMES);
            VideoFacts facts = {.path = path, .content_key = path, .codec = "", .sampling = "interval:1"};
            check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
        }
        for (size_t i = 0; i < count; i++) {
            float *vector = vectors + i * (size_t)dimensions;
            next_frame(&generator, first + i, vector);
            frames[i] = (FrameRecord){(int64_t)(in_video + i + 1), (double)(in_video + i), vector,
                                      picture_bytes > 0 ? picture : NULL, picture_bytes};
        }
        check(rv_store_put_frames(store, id, frames, count, dimensions, &err), &err);
        if (rows != NULL && fwrite(vectors, (size_t)dimensions * sizeof *vectors, count, rows) != count)
            exit(1);
        if (next % VIDEO_FRAMES == 0 || next == row_count)
            check(rv_store_finish_video(store, id, VIDEO_FRAMES, &err), &err);
    }
    free(generator.common);
    free(picture);
    free(vectors);
}

/* ---- queries ------------------------------------------------------------------------------------------ */

typedef struct Bench {
    Store *store;
    ThreadPool *pool;
    int dimensions;
    size_t query_count;
    float *queries; // [query_count, 3, dimensions]
} Bench;

static double one_query(Bench *bench, size_t query, size_t term_count, RvFusion fusion, RvHits *hits)
{
    RvError err = {0};
    QueryVector terms[3];
    for (size_t t = 0; t < term_count; t++)
        terms[t] = (QueryVector){bench->queries + (3 * query + t) * (size_t)bench->dimensions, 1};
    RvSearchOptions options = {.top = 5, .fusion = fusion};
    double start_s = now_s();
    check(rv_search_frames(bench->store, bench->pool, terms, term_count, bench->dimensions, &options, hits,
                           &err),
          &err);
    return now_s() - start_s;
}

static double time_queries(Bench *bench, size_t term_count, RvFusion fusion, const char *name)
{
    double *taken_s = calloc(bench->query_count, sizeof *taken_s);
    if (taken_s == NULL)
        exit(1);
    for (size_t query = 0; query < bench->query_count; query++) {
        RvHits hits = {0};
        taken_s[query] = one_query(bench, query, term_count, fusion, &hits);
        rv_hits_clear(&hits);
    }
    double first_s = taken_s[0], middle_s = median(taken_s, bench->query_count);
    printf("%-28s first %8.2f ms  median %8.2f ms  best %8.2f ms\n", name, 1e3 * first_s, 1e3 * middle_s,
           1e3 * taken_s[0]);
    free(taken_s);
    return middle_s;
}

typedef struct Sum {
    const CodeFile *file;
    uint64_t sums[64];
} Sum;

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#endif
static void
add_words(const uint8_t *bytes, size_t size, uint64_t sums[8])
{
    for (size_t at = 0; at + 64 <= size; at += 64) {
        uint64_t words[8];
        __builtin_prefetch(bytes + at + CODE_FETCH_BYTES);
        memcpy(words, bytes + at, sizeof words);
        for (int lane = 0; lane < 8; lane++)
            sums[lane] += words[lane];
    }
}

/* Reads every byte of the coarse plane once; a piece of 1 MiB. */
static void sum_piece(void *context, size_t index, int worker)
{
    Sum *sum = context;
    uint64_t sums[8] = {0};
    size_t piece = (size_t)1 << 20, at = index * piece;
    for (size_t s = 0; s < sum->file->segment_count; s++) {
        const CodeSegment *segment = &sum->file->segments[s];
        size_t size = segment->row_count * segment->width;
        if (at >= size) {
            at -= (size + piece - 1) / piece * piece;
            continue;
        }
        size_t end = at + piece < size ? at + piece : size;
        add_words(segment->coarse + at, end - at, sums);
        break;
    }
    for (int lane = 0; lane < 8; lane++)
        sum->sums[worker % 64] += sums[lane];
}

/* Queries and readings in turn, so that both meet the same machine. */
static void compare_with_memory(Bench *bench)
{
    RvError err = {0};
    DerivedState state;
    check(rv_store_derived_state(bench->store, CODES_NAME, &state, &err), &err);
    Sum sum = {.file = rv_codes_open(bench->store, &state, bench->dimensions)};
    double *query_s = calloc(2 * bench->query_count, sizeof *query_s), *sum_s = query_s + bench->query_count;
    if (sum.file == NULL || query_s == NULL)
        exit(1);
    size_t pieces = 0;
    for (size_t s = 0; s < sum.file->segment_count; s++)
        pieces +=
            (sum.file->segments[s].row_count * sum.file->segments[s].width + ((size_t)1 << 20) - 1) >> 20;
    for (size_t query = 0; query < bench->query_count; query++) {
        RvHits hits = {0};
        query_s[query] = one_query(bench, query, 1, RV_FUSION_MEAN, &hits);
        rv_hits_clear(&hits);
        double start_s = now_s();
        rv_threads_run(bench->pool, pieces, sum_piece, &sum);
        sum_s[query] = now_s() - start_s;
    }
    double q = median(query_s, bench->query_count), m = median(sum_s, bench->query_count);
    printf("in turn: query %.2f ms, reading the codes once %.2f ms (%.1f GB/s): ratio %.2f\n", 1e3 * q,
           1e3 * m, (double)sum.file->row_count * (double)rv_row_code_width(bench->dimensions) / m / 1e9,
           q / m);
    free(query_s);
}

/* Codes or not, the same answer. */
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

static Store *open_store(const char *path, bool read_only)
{
    RvError err = {0};
    Store *store = NULL;
    StoreOptions options = {.create = !read_only, .read_only = read_only};
    check(rv_store_open(path, &options, &store, &err), &err);
    return store;
}

/* Every row out of SQLite, then the codes made, and their answers compared. */
static void bench_rows(Bench *bench, const char *path, size_t row_count)
{
    RvError err = {0};
    RvHits *by_rows = calloc(bench->query_count, sizeof *by_rows);
    if (by_rows == NULL)
        exit(1);
    // Without codes, and read only, so that no query makes them.
    char codes[4200];
    snprintf(codes, sizeof codes, "%s" CODES_SUFFIX, path);
    unlink(codes);
    bench->store = open_store(path, true);
    size_t all_queries = bench->query_count;
    if (row_count > 300000 && all_queries > 3)
        bench->query_count = 3; // rows out of SQLite are slow
    time_queries(bench, 1, RV_FUSION_MEAN, "every row, 1 term, mean");
    for (size_t query = 0; query < bench->query_count; query++)
        one_query(bench, query, 1, RV_FUSION_MEAN, &by_rows[query]);
    time_queries(bench, 3, RV_FUSION_ZSCORE, "every row, 3 terms, zscore");
    time_queries(bench, 3, RV_FUSION_RRF, "every row, 3 terms, rrf");
    rv_store_close(bench->store);
    bench->store = open_store(path, false);
    double start_s = now_s();
    check(rv_codes_update(bench->store, bench->pool, 1, &err), &err);
    int64_t code_bytes = 0, code_rows = 0;
    check(rv_codes_size(bench->store, &code_bytes, &code_rows, &err), &err);
    printf("codes made in %.2f s: %.0f bytes a row\n", now_s() - start_s,
           (double)code_bytes / (double)code_rows);
    compare_answers(bench, by_rows);
    for (size_t query = 0; query < bench->query_count; query++)
        rv_hits_clear(&by_rows[query]);
    bench->query_count = all_queries;
    rv_store_close(bench->store);
    free(by_rows);
}

static void bench_library(const char *path, size_t row_count, int dimensions, int thread_count)
{
    RvError err = {0};
    const char *count = getenv("REELVEC_BENCH_QUERIES");
    Bench bench = {.dimensions = dimensions, .query_count = count != NULL ? (size_t)atoi(count) : 11};
    bench.queries = malloc(bench.query_count * 3 * (size_t)dimensions * sizeof *bench.queries);
    if (bench.queries == NULL || bench.query_count < 1)
        exit(1);
    check(rv_threads_create(thread_count, &bench.pool, &err), &err);
    Generator generator = open_generator(dimensions);
    for (size_t i = 0; i < 3 * bench.query_count; i++) {
        add_noise(&generator, generator.common, 0.7, generator.video);
        make_query(&generator, generator.video, bench.queries + i * (size_t)dimensions);
    }
    free(generator.common);
    printf("%zu rows of %d, %d threads, codes by %s\n", row_count, dimensions, rv_threads_count(bench.pool),
           rv_code_kernels()->name);
    if (getenv("REELVEC_BENCH_CODES") == NULL)
        bench_rows(&bench, path, row_count);
    bench.store = open_store(path, false);
    time_queries(&bench, 1, RV_FUSION_MEAN, "codes, 1 term, mean");
    time_queries(&bench, 3, RV_FUSION_MEAN, "codes, 3 terms, mean");
    compare_with_memory(&bench);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak resident memory, mapped codes included: %.0f MB\n", (double)usage.ru_maxrss / 1024);
    rv_store_close(bench.store);
    rv_threads_destroy(bench.pool);
    free(bench.queries);
}

static void time_loading(const char *path, size_t row_count, int dimensions, size_t picture_bytes,
                         const char *rows)
{
    Store *store = open_store(path, false);
    FILE *file = rows != NULL && row_count <= KEEP_ROWS_MAX ? fopen(rows, "wb") : NULL;
    double start_s = now_s();
    load(store, row_count, dimensions, picture_bytes, file);
    double taken_s = now_s() - start_s;
    if (file != NULL)
        fclose(file);
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

int main(int argument_count, char **arguments)
{
    size_t row_count = argument_count > 1 ? (size_t)strtoull(arguments[1], NULL, 10) : 100000;
    int dimensions = argument_count > 2 ? atoi(arguments[2]) : 512;
    int thread_count = argument_count > 3 ? atoi(arguments[3]) : 0;
    const char *keep = argument_count > 4 ? arguments[4] : NULL;
    char folder[] = "/tmp/reelvec-bench-XXXXXX", path[4100], rows[4100];
    if (keep == NULL && mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/library.db", keep != NULL ? keep : folder);
    snprintf(rows, sizeof rows, "%s/rows.f32", keep != NULL ? keep : folder);
    struct stat facts;
    if (keep == NULL) {
        time_loading(path, row_count / 10, dimensions, PICTURE_BYTES, NULL);
        drop(path);
    }
    if (stat(path, &facts) != 0)
        time_loading(path, row_count, dimensions, 0, keep != NULL ? rows : NULL);
    bench_library(path, row_count, dimensions, thread_count);
    if (keep == NULL) {
        drop(path);
        rmdir(folder);
    }
    return 0;
}
