/* SPDX-License-Identifier: MIT */
/* Moments out of frames. */
#include "../store/store_support.h"

#include "search/moments.h"

static void default_gap_follows_the_sampling(void **state)
{
    static const struct {
        const char *sampling;
        double gap_s;
        const char *why;
    } cases[] = {
        {"interval:1", 2.5, "the default"},      {"interval:0.2", 0.5, "finer"},
        {"interval:10", 25, "coarser"},          {"keyframes", 5, "no interval"},
        {"scenes:0.3", 5, "no interval"},        {"interval:", 5, "no number"},
        {"interval:0", 5, "no interval at all"}, {"interval:nan", 5, "not a number"},
        {"interval:-1", 5, "below 0"},           {"", 5, "nothing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (rv_moments_default_gap(cases[i].sampling) != cases[i].gap_s)
            fail_msg("%s: %s", cases[i].sampling, cases[i].why);
    }
}

static void moments_join_neighbours_of_one_video(void **state)
{
    (void)state;
    // Video 0, gap 2.5 s: frames at 0, 2, 4.5 | 8; video 1, gap 1 s: 0, 1 | 9 (also the best of all).
    Candidate frames[] = {{0.7, 0, 5, 4.5}, {0.9, 1, 10, 9}, {0.5, 0, 1, 0}, {0.7, 0, 3, 2},
                          {0.6, 1, 1, 0},   {0.2, 1, 2, 1},  {0.6, 0, 9, 8}};
    static const double gaps[] = {2.5, 1};
    Moment moments[7];
    assert_int_equal(rv_moments_find(frames, 7, gaps, moments), 4);
    static const struct {
        uint32_t video;
        int64_t peak;
        double score, start_s, end_s;
    } expected[] = {
        {1, 10, 0.9, 9, 9},
        {0, 3, 0.7, 0, 4.5}, // of two equal peaks the earlier one
        {0, 9, 0.6, 8, 8},
        {1, 1, 0.6, 0, 1},
    };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(moments[i].peak.video, expected[i].video);
        assert_int_equal(moments[i].peak.frame_number, expected[i].peak);
        assert_true(moments[i].peak.score == expected[i].score);
        assert_true(moments[i].start_s == expected[i].start_s && moments[i].end_s == expected[i].end_s);
    }
    assert_int_equal(rv_moments_find(frames, 0, gaps, moments), 0);
    assert_int_equal(rv_moments_find(frames, 1, gaps, moments), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_gap_follows_the_sampling),
        cmocka_unit_test(moments_join_neighbours_of_one_video),
    };
    return cmocka_run_group_tests_name("moments", tests, NULL, NULL);
}
