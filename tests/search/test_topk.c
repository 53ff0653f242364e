/* SPDX-License-Identifier: MIT */
/* The best k of a stream, against sorting everything. */
#include "../store/store_support.h"

#include "search/topk.h"

static void topk_keeps_what_sorting_would(void **state)
{
    static const size_t limits[] = {0, 1, 2, 5, 63, 64, 65, 199, 200, 201, SIZE_MAX};
    (void)state;
    uint64_t seed = 7;
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        Candidate all[200];
        TopK top;
        rv_topk_init(&top, limits[l]);
        for (size_t i = 0; i < 200; i++) {
            // Few different scores, so that ties decide.
            all[i] = (Candidate){(double)(next_random(&seed) % 5), (uint32_t)(next_random(&seed) % 4),
                                 (int64_t)i, 0};
            assert_ok(rv_topk_push(&top, &all[i], err));
        }
        qsort(all, 200, sizeof all[0], rv_candidate_compare);
        rv_topk_sort(&top);
        assert_int_equal(top.count, limits[l] < 200 ? limits[l] : 200);
        for (size_t i = 0; i < top.count; i++)
            assert_memory_equal(&top.items[i], &all[i], sizeof all[i]);
        rv_topk_clear(&top);
        assert_null(top.items);
    }
}

static void candidate_order_is_score_path_frame(void **state)
{
    static const struct {
        Candidate first, second;
        const char *why;
    } cases[] = {
        {{2, 9, 9, 0}, {1, 0, 0, 0}, "the score comes first"},
        {{1, 0, 9, 0}, {1, 1, 0, 0}, "then the path"},
        {{1, 1, 1, 9}, {1, 1, 2, 0}, "then the frame number, whatever the time"},
        {{0.0, 0, 1, 0}, {-0.0, 0, 2, 0}, "both zeros are one score"},
        {{-1, 0, 1, 0}, {-2, 0, 1, 0}, "negative scores"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!candidate_before(&cases[i].first, &cases[i].second) ||
            candidate_before(&cases[i].second, &cases[i].first) ||
            rv_candidate_compare(&cases[i].first, &cases[i].second) != -1 ||
            rv_candidate_compare(&cases[i].first, &cases[i].first) != 0)
            fail_msg("%s", cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topk_keeps_what_sorting_would),
        cmocka_unit_test(candidate_order_is_score_path_frame),
    };
    return cmocka_run_group_tests_name("top-k", tests, NULL, NULL);
}
