/* SPDX-License-Identifier: MIT */
/* Moments out of ranked frames, and the scores of whole videos. */
#include "../store/store_support.h"

#include "search/moments.h"
#include "search/query.h"

static const StoreOptions create_options = {.create = true};
static const float query_vector[TEST_DIMENSIONS] = {1};
static const QueryVector query = {query_vector, 1};

typedef struct TestVideo {
    const char *path, *sampling;
    double duration_s;     // 0: the video is not complete
    const double *times_s; // NULL: one a second
    const double *scores;  // for query_vector
    size_t count;
} TestVideo;

static Store *open_store(void)
{
    Store *store = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_open("memory:", &create_options, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    return store;
}

static int64_t add_video(Store *store, const TestVideo *video)
{
    VideoFacts facts = test_facts(video->path);
    int64_t video_id = 0;
    facts.sampling = video->sampling != NULL ? video->sampling : "interval:1";
    facts.duration_s = 1000;
    assert_ok(rv_store_begin_video(store, &facts, 0, &video_id, err));
    FrameRecord *records = calloc(video->count, sizeof *records);
    float(*vectors)[TEST_DIMENSIONS] = calloc(video->count, sizeof *vectors);
    assert_true(records != NULL && vectors != NULL);
    for (size_t i = 0; i < video->count; i++) {
        double score = video->scores[i];
        vectors[i][0] = (float)score;
        vectors[i][1] = (float)sqrt(1 - score * score);
        records[i] = (FrameRecord){.frame_number = (int64_t)i + 1,
                                   .time_s = video->times_s != NULL ? video->times_s[i] : (double)i,
                                   .embedding = vectors[i]};
    }
    assert_ok(rv_store_put_frames(store, video_id, records, video->count, TEST_DIMENSIONS, err));
    if (video->duration_s > 0)
        assert_ok(rv_store_finish_video(store, video_id, video->duration_s, err));
    free(records);
    free(vectors);
    return video_id;
}

static RvHits search(Store *store, const RvSearchOptions *options)
{
    RvHits hits = {0};
    assert_ok(rv_search_frames(NULL, store, NULL, &query, 1, TEST_DIMENSIONS, options, &hits, err));
    return hits;
}

typedef struct Expected {
    const char *video;
    double time_s, start_s, end_s;
} Expected;

static void assert_hits(const char *why, const RvHits *hits, const Expected *expected, size_t count)
{
    if (hits->count != count)
        fail_msg("%s: %zu moments", why, hits->count);
    for (size_t i = 0; i < count; i++) {
        const RvHit *hit = &hits->items[i];
        if (strcmp(hit->video, expected[i].video) != 0 || hit->time_s != expected[i].time_s ||
            fabs(hit->start_s - expected[i].start_s) > 1e-9 || fabs(hit->end_s - expected[i].end_s) > 1e-9)
            fail_msg("%s: moment %zu is %s %g, %g to %g", why, i + 1, hit->video, hit->time_s, hit->start_s,
                     hit->end_s);
    }
}

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

/* Scenes at 3 to 6, at 9 to 12 and at 16 to 18. */
static const double scenes[] = {.21, .2,  .2, .78, .8,  .79, .2, .19, .2,  .62,
                                .61, .65, .2, .2,  .21, .2,  .9, .89, .19, .2};
#define SCENES                                                                                               \
    {                                                                                                        \
        .path = "/a/scenes.mp4", .duration_s = 20, .scores = scenes, .count = 20                             \
    }

static void moments_are_the_scenes_of_the_best_frames(void **state)
{
    static const double other[] = {.1, .12, .1, .14, .1, .13, .85, .84, .83, .82};
    static const double after_s = 4, before_s = 9, least = .75;
    static const struct {
        const char *why;
        RvSearchOptions options;
        Expected expected[5];
        size_t count;
    } cases[] = {
        {"all: only what stands out",
         {.top = 100},
         {{"/a/scenes.mp4", 16, 16, 18},
          {"/b/other.mp4", 6, 6, 10},
          {"/a/scenes.mp4", 4, 3, 6},
          {"/a/scenes.mp4", 11, 9, 12}},
         4},
        {"some", {.top = 2}, {{"/a/scenes.mp4", 16, 16, 18}, {"/b/other.mp4", 6, 6, 10}}, 2},
        {"of one video",
         {.top = 2, .video_glob = "scenes.mp4"},
         {{"/a/scenes.mp4", 16, 16, 18}, {"/a/scenes.mp4", 4, 3, 6}},
         2},
        {"bounds of time cut moments",
         {.top = 9, .after_s = &after_s, .before_s = &before_s},
         {{"/b/other.mp4", 6, 6, 10}, {"/a/scenes.mp4", 4, 4, 6}, {"/a/scenes.mp4", 9, 9, 10}},
         3},
        {"a least score is one of the peaks",
         {.top = 9, .min_score = &least},
         {{"/a/scenes.mp4", 16, 16, 18}, {"/b/other.mp4", 6, 6, 10}, {"/a/scenes.mp4", 4, 3, 6}},
         3},
        {"a longer gap joins",
         {.top = 9, .moment_gap_s = 4, .video_glob = "scenes.mp4"},
         {{"/a/scenes.mp4", 16, 16, 18}, {"/a/scenes.mp4", 4, 3, 12}},
         2},
        {"longer on both sides",
         {.top = 3, .pad_s = 2.5},
         {{"/a/scenes.mp4", 16, 13.5, 20}, {"/b/other.mp4", 6, 3.5, 10}, {"/a/scenes.mp4", 4, .5, 8.5}},
         3},
        {"no longer than the video",
         {.top = 3, .pad_s = 100},
         {{"/a/scenes.mp4", 16, 0, 20}, {"/b/other.mp4", 6, 0, 10}, {"/a/scenes.mp4", 4, 0, 20}},
         3},
    };
    (void)state;
    Store *store = open_store();
    add_video(store, &(TestVideo){.path = "/b/other.mp4", .duration_s = 10, .scores = other, .count = 10});
    add_video(store, &(TestVideo)SCENES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvSearchOptions options = cases[i].options;
        options.moments = true;
        RvHits hits = search(store, &options);
        assert_hits(cases[i].why, &hits, cases[i].expected, cases[i].count);
        rv_hits_clear(&hits);
    }
    rv_store_close(store);
}

static void moments_end_where_their_last_frame_ends(void **state)
{
    static const double last[] = {.1, .2, .1, .1, .2, .1, .8, .9}, times_s[] = {0, 2, 3, 9, 14, 15, 20, 31};
    static const struct {
        TestVideo video;
        double end_s;
        const char *why;
    } cases[] = {
        {{"/v", "interval:1", 8.4, NULL, last, 8}, 8.4, "the end of the video"},
        {{"/v", "interval:1", 0, NULL, last, 8}, 8, "a video that is not complete: the next sample"},
        {{"/v", "keyframes", 60, times_s, last, 8}, 60, "the last keyframe lasts to the end"},
        {{"/v", "scenes:0.3", 0, times_s, last, 8}, 32, "nothing says where it ends"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = open_store();
        add_video(store, &cases[i].video);
        RvHits hits = search(store, &(RvSearchOptions){.moments = true, .top = 1});
        if (hits.count != 1 || hits.items[0].end_s != cases[i].end_s)
            fail_msg("%s: %g", cases[i].why, hits.items[0].end_s);
        rv_hits_clear(&hits);
        rv_store_close(store);
    }
}

/* One shot of an hour that fits, and three short ones that fit less: the best rows are all of the first. */
static void one_long_moment_leaves_room_for_others(void **state)
{
    enum { LONG = 3600, SHORT = 100 };
    (void)state;
    double *shot = calloc(LONG, sizeof *shot), short_one[SHORT];
    assert_non_null(shot);
    for (size_t i = 0; i < LONG; i++)
        shot[i] = .8 + .001 * (double)(i % 7);
    Store *store = open_store();
    add_video(store, &(TestVideo){.path = "/long", .duration_s = LONG, .scores = shot, .count = LONG});
    for (size_t v = 0; v < 3; v++) {
        char path[8] = {'/', (char)('x' + v)};
        for (size_t i = 0; i < SHORT; i++)
            short_one[i] = i == 40 + v ? .5 : .1 + .01 * (double)(i % 3);
        add_video(store,
                  &(TestVideo){.path = path, .duration_s = SHORT, .scores = short_one, .count = SHORT});
    }
    static const Expected expected[] = {
        {"/long", 6, 0, LONG}, {"/x", 40, 40, 41}, {"/y", 41, 41, 42}, {"/z", 42, 42, 43}};
    for (int fusion = RV_FUSION_MEAN; fusion <= RV_FUSION_RRF; fusion++) {
        RvSearchReport report = {0};
        RvSearchOptions options = {.moments = true, .top = 4, .fusion = (RvFusion)fusion, .report = &report};
        RvHits hits = search(store, &options);
        assert_hits("a long moment", &hits, expected, 4);
        // All rows once, and with the others those of the four videos again.
        int times = fusion == RV_FUSION_MEAN ? 1 : 2;
        assert_int_equal(report.frames_scored, times * (LONG + 3 * SHORT));
        rv_hits_clear(&hits);
    }
    free(shot);
    rv_store_close(store);
}

static void the_scores_of_a_video_are_those_of_a_search(void **state)
{
    (void)state;
    Store *store = open_store();
    double scores[300];
    uint64_t seed = 7;
    int64_t ids[3];
    for (size_t v = 0; v < 3; v++) {
        char path[8] = {'/', (char)('a' + v)};
        for (size_t i = 0; i < 300; i++)
            scores[i] = 2 * next_uniform(&seed) - 1;
        ids[v] =
            add_video(store, &(TestVideo){.path = path, .duration_s = 300.5, .scores = scores, .count = 300});
    }
    float other[TEST_DIMENSIONS];
    make_unit_vector(3, TEST_DIMENSIONS, other);
    QueryVector terms[] = {{query_vector, 1}, {other, -.3}};
    for (int fusion = RV_FUSION_MEAN; fusion <= RV_FUSION_RRF; fusion++) {
        for (int globbed = 0; globbed < 2; globbed++) {
            RvSearchOptions options = {
                .top = 1000, .fusion = (RvFusion)fusion, .video_glob = globbed ? "/[ab]" : NULL};
            RvHits hits = {0};
            RvFrameScores found = {0};
            assert_ok(rv_search_frames(NULL, store, NULL, terms, 2, TEST_DIMENSIONS, &options, &hits, err));
            assert_ok(rv_search_video_scores(store, NULL, terms, 2, TEST_DIMENSIONS, &options, ids[1], &found,
                                             err));
            assert_int_equal(found.count, 300);
            assert_int_equal(found.video_id, ids[1]);
            size_t compared = 0;
            for (size_t i = 0; i < hits.count; i++) {
                const RvHit *hit = &hits.items[i];
                const RvFrameScore *frame = &found.items[hit->frame_number - 1];
                if (hit->video_id != ids[1])
                    continue;
                assert_true(frame->frame_number == hit->frame_number && frame->time_s == hit->time_s);
                assert_memory_equal(&frame->score, &hit->score, sizeof hit->score);
                compared++;
            }
            assert_int_equal(compared, 300);
            assert_true(found.items[0].end_s == 1 && found.items[299].end_s == 300.5);
            rv_hits_clear(&hits);
            rv_frame_scores_clear(&found);
            if (globbed)
                assert_refused(rv_search_video_scores(store, NULL, terms, 2, TEST_DIMENSIONS, &options,
                                                      ids[2], &found, err),
                               RV_ERROR_NOT_FOUND, "not among those that are searched");
        }
    }
    rv_frame_scores_clear(NULL);
    rv_store_close(store);
}

static void the_borders_around_any_frame_can_be_asked_for(void **state)
{
    static const struct {
        Candidate frame;
        double gap_s, start_s, end_s;
        const char *why;
    } cases[] = {
        {{.time_s = 9, .frame_number = 10}, 0, 9, 12, "a scene"},
        {{.time_s = 10, .frame_number = 11}, 0, 9, 12, "its worst frame"},
        {{.time_s = 5, .frame_number = 6}, 4, 3, 12, "a longer gap"},
        {{.time_s = 50, .frame_number = 51}, 0, 50, 50, "a frame that is gone"},
    };
    (void)state;
    Store *store = open_store();
    add_video(store, &(TestVideo)SCENES);
    RvVideos videos = {0};
    assert_ok(rv_store_list_paths(store, &videos, err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        VideoScorer scorer;
        MomentFinder finder;
        Moment moment;
        RvSearchOptions options = {.moment_gap_s = cases[i].gap_s};
        assert_ok(
            rv_video_scorer_init(&scorer, store, NULL, &query, 1, TEST_DIMENSIONS, &options, NULL, err));
        assert_ok(rv_moments_init(&finder, &scorer, &videos, &options, err));
        for (int twice = 0; twice < 2; twice++) { // from the store, then from memory
            assert_ok(rv_moments_around(&finder, &cases[i].frame, &moment, err));
            if (moment.start_s != cases[i].start_s || moment.end_s != cases[i].end_s ||
                moment.peak.frame_number != cases[i].frame.frame_number)
                fail_msg("%s: %g to %g", cases[i].why, moment.start_s, moment.end_s);
        }
        assert_int_equal(scorer.frame_count, 20);
        rv_moments_finder_clear(&finder);
        rv_video_scorer_clear(&scorer);
    }
    rv_videos_clear(&videos);
    rv_store_close(store);
}

static bool stop_after(void *user)
{
    int *calls = user;
    return --*calls < 0;
}

static void reading_the_scores_can_be_stopped(void **state)
{
    (void)state;
    Store *store = open_store();
    add_video(store, &(TestVideo)SCENES);
    for (int calls = 0; calls < 2; calls++) { // the search, and its only video
        int left = calls;
        RvSearchOptions options = {.moments = true, .cancelled = stop_after, .cancelled_user = &left};
        RvHits hits = {0};
        assert_refused(rv_search_frames(NULL, store, NULL, &query, 1, TEST_DIMENSIONS, &options, &hits, err),
                       RV_ERROR_CANCELLED, "cancelled");
        assert_true(hits.count == 0 && hits.items == NULL);
    }
    rv_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_gap_follows_the_sampling),
        cmocka_unit_test(moments_are_the_scenes_of_the_best_frames),
        cmocka_unit_test(moments_end_where_their_last_frame_ends),
        cmocka_unit_test(one_long_moment_leaves_room_for_others),
        cmocka_unit_test(the_scores_of_a_video_are_those_of_a_search),
        cmocka_unit_test(the_borders_around_any_frame_can_be_asked_for),
        cmocka_unit_test(reading_the_scores_can_be_stopped),
    };
    return cmocka_run_group_tests_name("moments", tests, NULL, NULL);
}
