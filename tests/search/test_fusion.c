/* SPDX-License-Identifier: MIT */
/* Fusion of several terms, against values worked out by hand. */
#include "../store/store_support.h"

#include "search/fusion.h"

static const float x[] = {1, 0}, y[] = {0, 1};

static void mean_vector_of_one_term_is_its_own(void **state)
{
    (void)state;
    static const double weights[] = {1, 0.3, 7e12, 1e-12};
    float vector[TEST_DIMENSIONS], mean[TEST_DIMENSIONS];
    make_unit_vector(5, TEST_DIMENSIONS, vector);
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        QueryVector term = {vector, weights[i]};
        assert_ok(rv_fusion_mean_vector(&term, 1, TEST_DIMENSIONS, mean, err));
        assert_memory_equal(mean, vector, sizeof vector);
    }
    QueryVector negative = {vector, -2};
    assert_ok(rv_fusion_mean_vector(&negative, 1, TEST_DIMENSIONS, mean, err));
    for (int i = 0; i < TEST_DIMENSIONS; i++)
        assert_true(mean[i] == -vector[i]);
}

static void mean_vector_weighs_its_terms(void **state)
{
    (void)state;
    static const struct {
        double weights[2];
        float expected[2];
        const char *why;
    } cases[] = {
        {{1, 1}, {0.5f, 0.5f}, "(text + image) / 2, not normalised again"},
        {{3, 1}, {0.75f, 0.25f}, "weights count in proportion"},
        {{1, -1}, {0.5f, -0.5f}, "a negative weight counts with its size below"},
        {{-1, -3}, {-0.25f, -0.75f}, "all negative"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QueryVector terms[] = {{x, cases[i].weights[0]}, {y, cases[i].weights[1]}};
        float mean[2];
        assert_ok(rv_fusion_mean_vector(terms, 2, 2, mean, err));
        if (mean[0] != cases[i].expected[0] || mean[1] != cases[i].expected[1])
            fail_msg("%s: %g %g", cases[i].why, mean[0], mean[1]);
    }
    QueryVector huge[] = {{x, 1e308}, {y, 1e308}};
    float mean[2];
    assert_refused(rv_fusion_mean_vector(huge, 2, 2, mean, err), RV_ERROR_ARGUMENT, "weights");
}

static void zscore_standardises_each_term(void **state)
{
    (void)state;
    // Term 1: mean 2, deviation sqrt(2); term 2: a tenth of it, upside down; term 3: all the same.
    float first[] = {1, 1, 2, 2, 4}, second[] = {0.4f, 0.4f, 0.3f, 0.3f, 0.1f},
          third[] = {0.1f, 0.1f, 0.1f, 0.1f, 0.1f};
    float *const scores[] = {first, second, third};
    Candidate rows[5] = {{.score = 99}};
    ScoredRows scored = {rows, 5, scores};
    QueryVector terms[] = {{x, 1}, {x, -3}, {x, 4}};
    rv_fusion_zscore(terms, 3, &scored);
    static const double z[] = {-1, -1, 0, 0, 2};
    for (size_t i = 0; i < 5; i++)
        assert_true(fabs(rows[i].score - (1 * z[i] + 3 * z[i]) / sqrt(1.2) / 8) < 1e-6);
    scored.count = 0;
    rv_fusion_zscore(terms, 3, &scored);
    scored.count = 1;
    rv_fusion_zscore(terms, 3, &scored);
    assert_true(rows[0].score == 0);
}

static void rrf_adds_reciprocal_ranks(void **state)
{
    (void)state;
    float first[] = {0.1f, 0.9f, 0.5f}, second[] = {0.7f, 0.7f, 0.7f};
    float *const scores[] = {first, second};
    Candidate rows[] = {
        {.video = 1, .frame_number = 1}, {.video = 0, .frame_number = 2}, {.video = 0, .frame_number = 1}};
    ScoredRows scored = {rows, 3, scores};
    QueryVector terms[] = {{x, 2}, {y, -1}};
    assert_ok(rv_fusion_rrf(terms, 2, &scored, err));
    // Ranks of term 1: 3, 1, 2; of term 2 by path and frame alone: 3, 2, 1.
    assert_true(fabs(rows[0].score - (2.0 / 63 - 1.0 / 63)) < 1e-15);
    assert_true(fabs(rows[1].score - (2.0 / 61 - 1.0 / 62)) < 1e-15);
    assert_true(fabs(rows[2].score - (2.0 / 62 - 1.0 / 61)) < 1e-15);
    scored.count = 0;
    assert_ok(rv_fusion_rrf(terms, 2, &scored, err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_vector_of_one_term_is_its_own),
        cmocka_unit_test(mean_vector_weighs_its_terms),
        cmocka_unit_test(zscore_standardises_each_term),
        cmocka_unit_test(rrf_adds_reciprocal_ranks),
    };
    return cmocka_run_group_tests_name("fusion", tests, NULL, NULL);
}
