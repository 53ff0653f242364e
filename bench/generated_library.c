/* SPDX-License-Identifier: MIT */
#include "generated_library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "bench_support.h"
#include "search/query.h"

#define FRAMES_PER_SCENE 20
#define BATCH 256

/* The first seed of each kind of direction. */
enum {
    COMMON_IMAGE = 1,
    COMMON_TEXT = 2,
    TOPICS = 1000,
    TOPIC_COUNT = 400,
    SCENES = 1000000,
    DRIFTS = 2000000,
    OWN = 100000000
};

/* Returns a sum of four uniform numbers, which is close enough to a normal distribution. */
static float next_normal(uint64_t *state)
{
    float sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (float)(rv_random_next(state) >> 40) / 8388608.0f - 1;
    return sum * 0.866f;
}

static void add_direction(const Generator *generator, uint64_t seed, float weight, float *vector)
{
    uint64_t state = seed * 0x2545f4914f6cdd1du + 1;
    for (int i = 0; i < generator->dimensions; i++)
        vector[i] += weight * next_normal(&state);
}

static void normalize(const Generator *generator, float *vector)
{
    RvError err = {0};
    bench_check(rv_search_normalize(vector, generator->dimensions, &err), &err);
}

/* Add the direction of a scene: its own direction, or its subject's mixed with a little of its own. Four
 * consecutive scenes have the same subject. */
static void add_scene(const Generator *generator, size_t scene, float weight, float *vector)
{
    uint64_t topic = scene / 4 * 2654435761u % TOPIC_COUNT;
    if (generator->topics)
        add_direction(generator, TOPICS + topic, 0.8f * weight, vector);
    add_direction(generator, SCENES + scene, (generator->topics ? 0.6f : 1) * weight, vector);
}

void bench_make_frame(const Generator *generator, size_t frame, float *vector)
{
    size_t scene = frame / FRAMES_PER_SCENE;
    float place = (float)(frame % FRAMES_PER_SCENE) / FRAMES_PER_SCENE;
    memset(vector, 0, (size_t)generator->dimensions * sizeof *vector);
    add_direction(generator, COMMON_IMAGE, 1, vector);
    add_scene(generator, scene, 0.95f, vector);
    add_direction(generator, DRIFTS + scene, 0.4f * place, vector);
    if (scene % 5 != 0)
        add_direction(generator, OWN + frame, 0.2f, vector);
    normalize(generator, vector);
}

void bench_make_query(const Generator *generator, size_t row_count, size_t query, bool text, float *vector)
{
    size_t scene_count = row_count / FRAMES_PER_SCENE,
           scene = query * 7919 % (scene_count > 0 ? scene_count : 1);
    memset(vector, 0, (size_t)generator->dimensions * sizeof *vector);
    add_direction(generator, text ? COMMON_TEXT : COMMON_IMAGE, 1, vector);
    add_scene(generator, scene, text ? 0.3f : 0.9f, vector);
    add_direction(generator, 3 * (uint64_t)OWN + query, 0.4f, vector);
    normalize(generator, vector);
}

/* Makes the next frames of one video, at most BATCH. space: float32[BATCH, dimensions]. */
static size_t make_batch(const LibraryPlan *plan, size_t first, size_t end, const uint8_t *picture,
                         float *space, FrameRecord *frames)
{
    size_t count = end - first < BATCH ? end - first : BATCH, width = (size_t)plan->dimensions;
    for (size_t i = 0; i < count; i++) {
        size_t row = first + i, in_video = row % plan->rows_per_video;
        const float *vector = plan->vectors != NULL ? plan->vectors + row * width : space + i * width;
        if (plan->vectors == NULL)
            bench_make_frame(plan->generator, row, space + i * width);
        frames[i] = (FrameRecord){(int64_t)in_video + 1, (double)in_video, vector,
                                  plan->picture_bytes > 0 ? picture : NULL, plan->picture_bytes};
    }
    return count;
}

double bench_fill_library(Store *store, const LibraryPlan *plan)
{
    FrameRecord frames[BATCH];
    float *space = bench_must(malloc(BATCH * (size_t)plan->dimensions * sizeof *space));
    uint8_t *picture = bench_must(calloc(1, plan->picture_bytes + 1));
    ModelIdentity model,
        generated = {
            .name = "generated", .weights_sha256 = "0", .dimensions = plan->dimensions, .normalized = true};
    RvError err = {0};
    bool has_model = false;
    double start_s = rv_clock_s(), making_s = 0;
    bench_check(rv_store_identity(store, &model, &has_model, &err), &err);
    if (has_model && model.dimensions != plan->dimensions)
        bench_fail("the library's vectors have %d dimensions, not %d", model.dimensions, plan->dimensions);
    if (!has_model)
        bench_check(rv_store_require_identity(store, &generated, &err), &err);
    for (size_t first = plan->first_row; first < plan->row_count; first += plan->rows_per_video) {
        char path[64];
        int64_t id = 0;
        size_t end =
            first + plan->rows_per_video < plan->row_count ? first + plan->rows_per_video : plan->row_count;
        snprintf(path, sizeof path, "%s/%06zu.mp4", plan->folder != NULL ? plan->folder : "/videos",
                 first / plan->rows_per_video);
        VideoFacts facts = {.path = path, .content_key = path, .codec = "", .sampling = "interval:1"};
        bench_check(rv_store_begin_video(store, &facts, 0, &id, &err), &err);
        for (size_t row = first, count; row < end; row += count) {
            double begun_s = rv_clock_s();
            count = make_batch(plan, row, end, picture, space, frames);
            making_s += rv_clock_s() - begun_s;
            bench_check(rv_store_put_frames(store, id, frames, count, plan->dimensions, &err), &err);
        }
        bench_check(rv_store_finish_video(store, id, (double)(end - first), &err), &err);
    }
    free(space);
    free(picture);
    return rv_clock_s() - start_s - making_s;
}

Store *bench_open_store(const char *uri, StoreOptions options)
{
    RvError err = {0};
    Store *store = NULL;
    bench_check(rv_store_open(uri, &options, &store, &err), &err);
    return store;
}
