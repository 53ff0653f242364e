/* SPDX-License-Identifier: MIT */
/* What tests of the lists share: libraries of scenes with lists, and what any approximate answer must keep
 * to. */
#ifndef RV_TESTS_LISTS_SUPPORT_H
#define RV_TESTS_LISTS_SUPPORT_H

#include "codes_support.h"

#include "search/fusion.h"
#include "search/ivf/ivf.h"

#define DIMENSIONS 48
#define SCENE_ROWS 20

/* Rows as frames of videos are: scenes about one of 30 subjects, whose frames differ little. */
static inline void make_scenes(uint64_t seed, float *rows, size_t count)
{
    float subjects[30 * DIMENSIONS], scene[DIMENSIONS] = {0};
    uint64_t fixed = 77;
    fill_random(&fixed, subjects, 30 * DIMENSIONS, 1);
    for (size_t i = 0; i < count; i++) {
        float noise[DIMENSIONS];
        if (i % SCENE_ROWS == 0) {
            const float *subject = subjects + next_random(&seed) % 30 * DIMENSIONS;
            fill_random(&seed, scene, DIMENSIONS, 0.7);
            for (int d = 0; d < DIMENSIONS; d++)
                scene[d] += subject[d];
        }
        fill_random(&seed, noise, DIMENSIONS, 0.15);
        double squares = 0;
        for (int d = 0; d < DIMENSIONS; d++) {
            float value = scene[d] + noise[d];
            rows[i * DIMENSIONS + (size_t)d] = value;
            squares += (double)value * value;
        }
        for (int d = 0; d < DIMENSIONS; d++)
            rows[i * DIMENSIONS + (size_t)d] /= (float)sqrt(squares);
    }
}

/* near: like a row; else a direction of its own with little of the row in it, as a text has. */
static inline void make_query(uint64_t *seed, const float *row, bool near, float *vector)
{
    float noise[DIMENSIONS];
    fill_random(seed, noise, DIMENSIONS, near ? 0.05 : 0.25);
    for (int d = 0; d < DIMENSIONS; d++)
        vector[d] = row[d] * (near ? 1 : 0.3f) + noise[d];
    assert_ok(rv_search_normalize(vector, DIMENSIONS, err));
}

static inline void lists_path(const char *library, char *path, size_t size_bytes)
{
    snprintf(path, size_bytes, "%s" LISTS_SUFFIX, library);
}

static inline RvAnnInfo lists_info(Store *store)
{
    RvAnnInfo info;
    assert_ok(rv_search_index_info(index_of(store), store, &info, err));
    return info;
}

static inline RvStatus build_lists(Store *store, ThreadPool *pool, const RvAnnOptions *options,
                                   RvError *error)
{
    return rv_search_index_build(index_of(store), store, pool, options, error);
}

static inline RvStatus update_lists(Store *store, RvError *error)
{
    SearchIndex *index = index_of(store);
    return rv_lists_update(&index->lists, &index->codes, store, NULL, error);
}

static inline RvStatus verify_lists(Store *store, void (*fault)(void *user, const char *line),
                                    size_t *fault_count, RvError *error)
{
    SearchIndex *index = index_of(store);
    return rv_lists_verify(&index->lists, &index->codes, store, NULL, fault, NULL, fault_count, error);
}

/* The answer by the lists: as many hits as the rows give, each with the score that the rows give. Gives how
 * many of them score at least as well as the last of the exact hits. */
static inline size_t check_answer(Store *store, Store *rows, const float *vector,
                                  const RvSearchOptions *options, const char *why)
{
    QueryVector term = {vector, 1};
    RvSearchOptions by_lists = *options, all = *options;
    RvHits found = {0}, exact = {0};
    by_lists.scan = RV_SCAN_APPROXIMATE;
    all.scan = RV_SCAN_EXACT;
    all.top = 1000000;
    assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, &by_lists, &found, err));
    assert_ok(rv_search_frames(index_of(rows), rows, NULL, &term, 1, DIMENSIONS, &all, &exact, err));
    size_t wanted = exact.count < options->top ? exact.count : options->top, good = 0, at = 0;
    if (found.count != wanted)
        fail_msg("%s: %zu hits of %zu", why, found.count, wanted);
    for (size_t i = 0; i < found.count; i++) {
        const RvHit *hit = &found.items[i];
        // In the order of the exact ranking, so that one walk finds all.
        while (at < exact.count && (exact.items[at].video_id != hit->video_id ||
                                    exact.items[at].frame_number != hit->frame_number))
            at++;
        if (at == exact.count || memcmp(&exact.items[at].score, &hit->score, sizeof hit->score) != 0 ||
            exact.items[at].time_s != hit->time_s)
            fail_msg("%s: hit %zu, video %lld frame %lld, is not one of the rows, or not in their order", why,
                     i, (long long)hit->video_id, (long long)hit->frame_number);
        good += hit->score >= exact.items[wanted - 1].score;
    }
    rv_hits_clear(&found);
    rv_hits_clear(&exact);
    return good;
}

static inline void assert_no_faults(Store *store)
{
    size_t faults = 0;
    assert_ok(verify_codes(store, print_fault, &faults, err));
    assert_ok(verify_lists(store, print_fault, &faults, err));
    assert_int_equal(faults, 0);
}

#endif
