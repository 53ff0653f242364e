/* SPDX-License-Identifier: MIT */
/* What a library of any kind takes and gives, for docs/stores.md. Rows are made as frames of videos are:
 * scenes of 20 frames that drift, in a narrow cone of directions, some of them standing still. With `topics`
 * scenes are themselves clustered: they show one of 400 subjects; without, each has a direction of its own.
 *
 *     bench_store URI load ROWS [PICTURE_BYTES] [topics]   frames per second into a new library
 *     bench_store URI search [topics]          median time of exact searches, and with the index where there
 *                                              is one; recall@10 of the index for image-like and text-like
 *                                              queries. CPU: of all threads, which other work disturbs less
 *     bench_store URI search QUERIES.npy       the same for vectors that `reelvec embed --format npy` wrote
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "median.h"
#include "search/ivf/ivf.h"
#include "search/query.h"

#define DIMENSIONS 512
#define BATCH 256
#define FRAMES_PER_VIDEO 1000
#define FRAMES_PER_SCENE 20
#define QUERIES 40
#define QUERIES_MAX 1000
#define NPY_HEADER_BYTES 128
#define TOP 10

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
    fprintf(stderr, "bench_store: %s\n", err->message);
    exit(1);
}

/* SplitMix64 (Steele, Lea, Flood 2014), to a sum of uniforms that is normal enough. */
static float next_normal(uint64_t *state)
{
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t z = *state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        sum += (float)((z ^ (z >> 31)) >> 40) / 8388608.0f - 1;
    }
    return sum * 0.866f;
}

static void add_direction(uint64_t seed, float weight, float *vector)
{
    uint64_t state = seed * 0x2545f4914f6cdd1du + 1;
    for (int i = 0; i < DIMENSIONS; i++)
        vector[i] += weight * next_normal(&state);
}

enum {
    COMMON_IMAGE = 1,
    COMMON_TEXT = 2,
    TOPICS = 1000,
    TOPIC_COUNT = 400,
    SCENES = 1000000,
    DRIFTS = 2000000,
    OWN = 100000000
};

static bool with_topics;

/* The direction of a scene: its own, or its subject's with something of its own. Four scenes that follow each
 * other share a subject. */
static void add_scene(int64_t scene, float weight, float *vector)
{
    uint64_t topic = (uint64_t)(scene / 4) * 2654435761u % TOPIC_COUNT;
    if (with_topics)
        add_direction(TOPICS + topic, 0.8f * weight, vector);
    add_direction((uint64_t)(SCENES + scene), (with_topics ? 0.6f : 1) * weight, vector);
}

/* Two pictures have a cosine of about 0.5, two frames of a scene of about 0.95, as with CLIP. */
static void make_frame(int64_t frame, float *vector)
{
    int64_t scene = frame / FRAMES_PER_SCENE;
    float place = (float)(frame % FRAMES_PER_SCENE) / FRAMES_PER_SCENE;
    memset(vector, 0, DIMENSIONS * sizeof *vector);
    add_direction(COMMON_IMAGE, 1, vector);
    add_scene(scene, 0.95f, vector);
    add_direction((uint64_t)(DRIFTS + scene), 0.4f * place, vector);
    if (scene % 5 != 0)
        add_direction((uint64_t)(OWN + frame), 0.2f, vector);
    RvError err = {0};
    check(rv_search_normalize(vector, DIMENSIONS, &err), &err);
}

/* Image-like: a picture of a stored scene. Text-like: from another cone, with a cosine of 0.2 to 0.3 to what
 * fits. */
static void make_query(int64_t row_count, int query, bool text, float *vector)
{
    int64_t scene = (int64_t)query * 7919 % (row_count / FRAMES_PER_SCENE);
    memset(vector, 0, DIMENSIONS * sizeof *vector);
    add_direction(text ? COMMON_TEXT : COMMON_IMAGE, 1, vector);
    add_scene(scene, text ? 0.3f : 0.9f, vector);
    add_direction((uint64_t)(3 * OWN + query), 0.4f, vector);
    RvError err = {0};
    check(rv_search_normalize(vector, DIMENSIONS, &err), &err);
}

static void load(Store *store, int64_t row_count, size_t picture_bytes)
{
    static float vectors[BATCH][DIMENSIONS];
    static FrameRecord frames[BATCH];
    uint8_t *picture = calloc(1, picture_bytes + 1);
    ModelIdentity model = {
        .name = "bench", .weights_sha256 = "0", .dimensions = DIMENSIONS, .normalized = true};
    RvError err = {0};
    double spent = 0;
    check(rv_store_require_identity(store, &model, &err), &err);
    for (int64_t first = 0; first < row_count; first += FRAMES_PER_VIDEO) {
        char path[40];
        int64_t id = 0;
        snprintf(path, sizeof path, "/bench/%06lld.mp4", (long long)(first / FRAMES_PER_VIDEO));
        VideoFacts facts = {.path = path, .content_key = path, .codec = "", .sampling = "interval:1"};
        check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
        for (int64_t at = 0; at < FRAMES_PER_VIDEO && first + at < row_count; at += BATCH) {
            size_t count = 0;
            for (; count < BATCH && at + (int64_t)count < FRAMES_PER_VIDEO; count++) {
                make_frame(first + at + (int64_t)count, vectors[count]);
                frames[count] =
                    (FrameRecord){at + (int64_t)count + 1, (double)at + (double)count, vectors[count],
                                  picture_bytes > 0 ? picture : NULL, picture_bytes};
            }
            double start = now_s();
            check(rv_store_put_frames(store, id, frames, count, DIMENSIONS, &err), &err);
            spent += now_s() - start;
        }
        check(rv_store_finish_video(store, id, FRAMES_PER_VIDEO, &err), &err);
    }
    printf("load: %.0f frames/s (%lld frames of %d, pictures of %zu bytes)\n", (double)row_count / spent,
           (long long)row_count, DIMENSIONS, picture_bytes);
    free(picture);
}

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

static void ask(Store *store, ThreadPool *pool, const float *vector, RvScan scan, RvHits *hits, double *ms,
                double *cpu_ms)
{
    RvError err = {0};
    QueryVector term = {vector, 1};
    RvSearchOptions options = {.top = TOP, .scan = scan};
    double start = now_s(), cpu_start = cpu_s();
    check(rv_search_frames(store, pool, &term, 1, DIMENSIONS, &options, hits, &err), &err);
    *ms = 1000 * (now_s() - start);
    *cpu_ms = 1000 * (cpu_s() - cpu_start);
}

/* Exact and approximate searches take turns, so that what else runs on the machine meets both. */
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
    double exact_cpu = median(asked.exact_cpu_ms, count), index_cpu = median(asked.index_cpu_ms, count);
    printf("%s, %zu queries: exact %.2f ms, CPU %.2f ms", name, count, median(asked.exact_ms, count),
           exact_cpu);
    if (info->present)
        printf("; %s (%s) %.2f ms, CPU %.2f ms, ratio of CPU %.1f, recall@%d %.3f", info->kind,
               info->settings, median(asked.index_ms, count), index_cpu, exact_cpu / index_cpu, TOP,
               (double)asked.found / (double)(count * TOP));
    printf("\n");
}

/* float32[*count, DIMENSIONS] behind a header as `reelvec embed` writes it. */
static float *read_queries(const char *path, size_t *count)
{
    float *queries = malloc(QUERIES_MAX * DIMENSIONS * sizeof *queries);
    FILE *file = fopen(path, "rb");
    if (queries == NULL || file == NULL || fseek(file, NPY_HEADER_BYTES, SEEK_SET) != 0) {
        fprintf(stderr, "bench_store: %s: cannot be read\n", path);
        exit(1);
    }
    *count = fread(queries, DIMENSIONS * sizeof *queries, QUERIES_MAX, file);
    fclose(file);
    return queries;
}

static void search_generated(Store *store, ThreadPool *pool, int64_t rows, const RvAnnInfo *info)
{
    static float queries[QUERIES][DIMENSIONS];
    for (int text = 0; text < 2; text++) {
        for (int q = 0; q < QUERIES; q++)
            make_query(rows, q, text == 1, queries[q]);
        ask_all(store, pool, text == 1 ? "text-like" : "image-like", queries[0], QUERIES, info);
    }
}

static void search(Store *store, const char *file)
{
    RvError err = {0};
    RvVideos videos = {0};
    RvAnnInfo info = {0};
    ThreadPool *pool = NULL;
    int64_t rows = 0;
    check(rv_threads_create(0, &pool, &err), &err);
    check(rv_store_list_videos(store, &videos, &err), &err);
    for (size_t i = 0; i < videos.count; i++)
        rows += videos.items[i].frame_count;
    rv_videos_clear(&videos);
    check(rv_lists_info(store, &info, &err), &err);
    printf("%lld frames\n", (long long)rows);
    if (file == NULL) {
        search_generated(store, pool, rows, &info);
    } else {
        size_t count = 0;
        float *queries = read_queries(file, &count);
        ask_all(store, pool, file, queries, count, &info);
        free(queries);
    }
    rv_threads_destroy(pool);
}

int main(int argc, char **argv)
{
    RvError err = {0};
    Store *store = NULL;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_store URI load ROWS [PICTURE_BYTES] [topics] | bench_store URI search "
                        "[topics | QUERIES.npy]\n");
        return 2;
    }
    bool loads = strcmp(argv[2], "load") == 0;
    with_topics = strcmp(argv[argc - 1], "topics") == 0;
    check(rv_store_open(argv[1], &(StoreOptions){.create = loads}, &store, &err), &err);
    if (loads)
        load(store, argc > 3 ? atoll(argv[3]) : 100000, argc > 4 ? (size_t)atoll(argv[4]) : 0);
    else
        search(store, argc > 3 && !with_topics ? argv[3] : NULL);
    rv_store_close(store);
    return 0;
}
