/* SPDX-License-Identifier: MIT */
/* The exact scan: every row once, every score the dot product, on any number of threads. */
#include "../store/store_support.h"

#include "search/scan_exact.h"

// Enough work in a block for threads to be used.
#define DIMENSIONS 64
#define QUERY_COUNT 8

typedef struct Seen {
    const float *queries;
    size_t rows;
    double checksum;
} Seen;

static RvStatus see_block(void *user, const ScoredBlock *block, RvError *err)
{
    (void)err;
    Seen *seen = user;
    for (size_t row = 0; row < block->rows->count; row++) {
        for (size_t query = 0; query < QUERY_COUNT; query++) {
            double expected = 0;
            for (size_t i = 0; i < DIMENSIONS; i++)
                expected += (double)block->rows->embeddings[row * DIMENSIONS + i] *
                            seen->queries[query * DIMENSIONS + i];
            float score = block->scores[query * block->score_stride + row];
            assert_true(fabs(score - expected) < 1e-6);
            seen->checksum += score * (double)(seen->rows + query);
        }
        seen->rows++;
    }
    return RV_OK;
}

static Store *make_library(size_t frame_count)
{
    Store *store = NULL;
    StoreOptions options = {.create = true};
    ModelIdentity model = test_model(DIMENSIONS);
    VideoFacts facts = test_facts("/a.mp4");
    int64_t id = 0;
    assert_ok(rv_store_open("memory:", &options, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    assert_ok(put_test_frames(store, id, 1, frame_count, DIMENSIONS, err));
    return store;
}

static void scan_scores_every_row_on_any_number_of_threads(void **state)
{
    (void)state;
    float queries[QUERY_COUNT * DIMENSIONS];
    for (size_t query = 0; query < QUERY_COUNT; query++)
        make_unit_vector(900 + query, DIMENSIONS, queries + query * DIMENSIONS);
    Store *store = make_library(9001);
    double checksum = 0;
    for (int threads = 0; threads <= 3; threads++) {
        ThreadPool *pool = NULL;
        if (threads > 0)
            assert_ok(rv_threads_create(threads, &pool, err));
        Seen seen = {.queries = queries};
        assert_ok(rv_scan_exact(store, pool, queries, QUERY_COUNT, DIMENSIONS, NULL, see_block, &seen, err));
        assert_int_equal(seen.rows, 9001);
        assert_true(threads == 0 || seen.checksum == checksum);
        checksum = seen.checksum;
        rv_threads_destroy(pool);
    }
    rv_store_close(store);
}

static void scan_refuses_other_lengths_and_damaged_rows(void **state)
{
    (void)state;
    Store *store = make_library(3);
    float query[DIMENSIONS + 1] = {1};
    Seen seen = {.queries = query};
    assert_refused(rv_scan_exact(store, NULL, query, 1, DIMENSIONS + 1, NULL, see_block, &seen, err),
                   RV_ERROR_MISMATCH, "64-dimension");
    // What a damaged row would give: a score without a value.
    query[0] = INFINITY;
    assert_refused(rv_scan_exact(store, NULL, query, 1, DIMENSIONS, NULL, see_block, &seen, err),
                   RV_ERROR_FORMAT, "video 1, frame 1");
    assert_int_equal(seen.rows, 0);
    rv_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_scores_every_row_on_any_number_of_threads),
        cmocka_unit_test(scan_refuses_other_lengths_and_damaged_rows),
    };
    return cmocka_run_group_tests_name("exact scan", tests, NULL, NULL);
}
