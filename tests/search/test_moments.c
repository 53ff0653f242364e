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

static void moments_end_where_the_next_sample_begins(void **state)
{
    static const struct {
        const char *sampling;
        double duration_s, last_s, end_s;
        const char *why;
    } cases[] = {
        {"interval:1", 96, 7, 8, "the next sample"},
        {"interval:10", 96, 90, 96, "no longer than the video"},
        {"interval:1", 0, 7, 8, "a length that is not known"},
        {"interval:5", 0.5, 0, 0.5, "a video shorter than the interval"},
        {"keyframes", 96, 2, 6, "the next keyframe"},
        {"keyframes", 96, 6, 96, "the last one lasts to the end"},
        {"scenes:0.3", 0, 6, 7, "nothing says where it ends"},
    };
    static const double times_s[] = {0, 2, 6};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        StoreOptions create = {.create = true};
        Store *store = NULL;
        RvVideos videos = {0};
        int64_t video_id = 0;
        assert_ok(rv_store_open("memory:", &create, &store, err));
        ModelIdentity model = test_model(TEST_DIMENSIONS);
        assert_ok(rv_store_require_identity(store, &model, err));
        VideoFacts facts = test_facts("/a.mp4");
        facts.sampling = cases[i].sampling;
        facts.duration_s = cases[i].duration_s;
        assert_ok(rv_store_begin_video(store, &facts, 0, &video_id, err));
        for (int f = 0; f < 3; f++) {
            float vector[TEST_DIMENSIONS] = {1};
            FrameRecord record = {f + 1, times_s[f], vector, NULL, 0};
            assert_ok(rv_store_put_frames(store, video_id, &record, 1, TEST_DIMENSIONS, err));
        }
        assert_ok(rv_store_list_paths(store, &videos, err));
        Moment moment = {{0.5, 0, 1, 0}, 0, cases[i].last_s};
        assert_ok(rv_moments_lengthen(store, &videos, &moment, 1, err));
        if (moment.end_s != cases[i].end_s || moment.start_s != 0)
            fail_msg("%s: %g", cases[i].why, moment.end_s);
        rv_videos_clear(&videos);
        rv_store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_gap_follows_the_sampling),
        cmocka_unit_test(moments_join_neighbours_of_one_video),
        cmocka_unit_test(moments_end_where_the_next_sample_begins),
    };
    return cmocka_run_group_tests_name("moments", tests, NULL, NULL);
}
