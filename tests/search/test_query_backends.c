/* SPDX-License-Identifier: MIT */
/* The same hits from every kind of library: what a database finds by itself must be what a scan here finds.
 */
#include "../store/backend_fixture.h"

#include "search/query.h"
#include "store/store_backend.h"

#define VIDEO_COUNT 6
#define FRAMES_PER_VIDEO 300
#define DIMENSIONS 32

/* Frames as videos have them: scenes of a few dozen similar frames, some standing still, black ones
 * everywhere. */
static void make_frame_vector(int video, int frame, float *out)
{
    float scene[DIMENSIONS], own[DIMENSIONS];
    make_unit_vector((uint64_t)(1000 + (video % 4) * 100 + frame / 30), DIMENSIONS, scene);
    make_unit_vector((uint64_t)(50000 + video * 1000 + frame), DIMENSIONS, own);
    if (frame % 5 == 4) { // the same in every video
        make_unit_vector(7, DIMENSIONS, out);
        return;
    }
    bool still = frame % 60 < 30;
    double sum = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
        out[i] = scene[i] + (still ? 0 : 0.5f * own[i]);
        sum += (double)out[i] * out[i];
    }
    for (int i = 0; i < DIMENSIONS; i++)
        out[i] = (float)(out[i] / sqrt(sum));
}

static void fill(Store *store, bool normalized)
{
    ModelIdentity model = test_model(DIMENSIONS);
    model.normalized = normalized;
    assert_ok(rv_store_require_identity(store, &model, err));
    static float vectors[FRAMES_PER_VIDEO][DIMENSIONS];
    static FrameRecord frames[FRAMES_PER_VIDEO];
    for (int v = 0; v < VIDEO_COUNT; v++) {
        char path[64];
        // Paths in another order than ids.
        snprintf(path, sizeof path, "/films/%c.mp4", 'z' - v);
        VideoFacts facts = test_facts(path);
        int64_t id = 0;
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        for (int f = 0; f < FRAMES_PER_VIDEO; f++) {
            make_frame_vector(v, f, vectors[f]);
            frames[f] = (FrameRecord){f + 1, f, vectors[f], NULL, 0};
        }
        assert_ok(rv_store_put_frames(store, id, frames, FRAMES_PER_VIDEO, DIMENSIONS, err));
        assert_ok(rv_store_finish_video(store, id, FRAMES_PER_VIDEO, err));
    }
}

static SearchIndex *index_used; // of the library that is tested, not of the reference

static RvHits ask(Store *store, const float *vector, const RvSearchOptions *options)
{
    RvHits hits = {0};
    QueryVector term = {vector, 1};
    assert_ok(rv_search_frames(index_used, store, NULL, &term, 1, DIMENSIONS, options, &hits, err));
    return hits;
}

static void assert_same_hits(const RvHits *a, const RvHits *b, const char *why)
{
    if (a->count != b->count)
        fail_msg("%s: %zu and %zu hits", why, a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const RvHit *left = &a->items[i], *right = &b->items[i];
        if (strcmp(left->video, right->video) != 0 || left->frame_number != right->frame_number ||
            left->score != right->score || left->time_s != right->time_s || left->start_s != right->start_s ||
            left->end_s != right->end_s)
            fail_msg("%s: hit %zu is %s %lld %.9g, expected %s %lld %.9g", why, i, left->video,
                     (long long)left->frame_number, left->score, right->video, (long long)right->frame_number,
                     right->score);
    }
}

static void exact_search_gives_the_same_hits_everywhere(void **state)
{
    Fixture *fixture = *state;
    Store *reference = NULL;
    assert_ok(rv_store_open("memory:", &create_options, &reference, err));
    fill(reference, true);
    fill(fixture->store, true);
    double ten = 10, fifty = 50, high = 0.9, all = -2;
    const struct {
        RvSearchOptions options;
        const char *why;
    } cases[] = {
        {{.top = 1}, "one"},
        {{.top = 5}, "five"},
        {{.top = 100}, "more than the ties of one video"},
        {{.top = 2000}, "more than there are"},
        {{.top = 20, .video_glob = "[xy].mp4"}, "two videos"},
        {{.top = 20, .video_glob = "nothing"}, "no video"},
        {{.top = 20, .after_s = &ten, .before_s = &fifty}, "a span of time"},
        {{.top = 400, .min_score = &high}, "a least score"},
        {{.top = 10, .min_score = &all}, "a score that all have"},
        {{.top = 3, .moments = true}, "moments"},
        {{.top = 1, .moments = true, .pad_s = 3}, "a longer moment"},
        {{.top = 30, .moments = true}, "more moments than the best rows make"},
        {{.top = 30, .moments = true, .video_glob = "[xyz].mp4", .after_s = &ten}, "the same of some videos"},
        {{.top = 10, .fusion = RV_FUSION_ZSCORE}, "a fusion that needs all scores"},
    };
    for (int q = 0; q < 6; q++) {
        float vector[DIMENSIONS];
        if (q < 4)
            make_frame_vector(q, q * 61 + (q == 0 ? 4 : 0), vector);
        else
            make_unit_vector((uint64_t)q, DIMENSIONS, vector);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            RvHits expected = ask(reference, vector, &cases[i].options);
            RvHits hits = ask(fixture->store, vector, &cases[i].options);
            assert_same_hits(&hits, &expected, cases[i].why);
            rv_hits_clear(&hits);
            rv_hits_clear(&expected);
        }
    }
    rv_store_close(reference);
}

static RvHits ask_for_sequence(Store *store, const QueryVector *terms, size_t term_count,
                               const RvSearchOptions *options)
{
    RvHits hits = {0};
    assert_ok(rv_search_frames(index_used, store, NULL, terms, term_count, DIMENSIONS, options, &hits, err));
    return hits;
}

static void sequences_are_the_same_everywhere(void **state)
{
    Fixture *fixture = *state;
    Store *reference = NULL;
    assert_ok(rv_store_open("memory:", &create_options, &reference, err));
    fill(reference, true);
    fill(fixture->store, true);
    double ten = 10, fifty = 50, high = 0.3;
    const RvSearchOptions cases[] = {
        {.top = 1},
        {.top = 50},
        {.top = 2000, .within_s = 20},
        {.top = 20, .video_glob = "[xy].mp4"},
        {.top = 20, .video_glob = "nothing"},
        {.top = 20, .after_s = &ten, .before_s = &fifty},
        {.top = 400, .min_score = &high},
        {.top = 3, .moments = true},
    };
    float vectors[3][DIMENSIONS];
    for (int i = 0; i < 3; i++)
        make_frame_vector(i, 61 + 20 * i, vectors[i]);
    const QueryVector terms[] = {
        {vectors[0], 1, 0}, {vectors[1], 1, 1}, {vectors[2], -0.25, 1}, {vectors[2], 1, 2}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const RvSearchOptions *options = &cases[i / 2];
        RvHits expected = ask_for_sequence(reference, terms, 3 + i % 2, options);
        RvHits hits = ask_for_sequence(fixture->store, terms, 3 + i % 2, options);
        assert_same_hits(&hits, &expected, "a sequence");
        assert_true(hits.count > 0 || options->video_glob != NULL);
        for (size_t hit = 0; hit < hits.count; hit++)
            assert_memory_equal(hits.items[hit].parts, expected.items[hit].parts,
                                hits.items[hit].part_count * sizeof(RvHitPart));
        rv_hits_clear(&hits);
        rv_hits_clear(&expected);
    }
    rv_store_close(reference);
}

static void refuse_bad_options(Store *store)
{
    RvAnnOptions options = {.kind = "no such"};
    assert_refused(rv_search_index_build(index_used, store, NULL, &options, err), RV_ERROR_ARGUMENT,
                   "there are ");
    options = (RvAnnOptions){.settings = "x=1"};
    assert_refused(rv_search_index_build(index_used, store, NULL, &options, err), RV_ERROR_ARGUMENT,
                   "no setting x");
    // The kind's first setting, m or lists.
    static const struct {
        const char *format, *words;
    } bad[] = {{"%1$s=5,%1$s=6", "twice"}, {"%1$s=100000000", "needs a value"}, {"%1$s", "needs a value"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[80];
        snprintf(text, sizeof text, bad[i].format, store->backend->ann_kinds[0].settings[0].name);
        options = (RvAnnOptions){.settings = text};
        assert_refused(rv_search_index_build(index_used, store, NULL, &options, err), RV_ERROR_ARGUMENT,
                       bad[i].words);
    }
}

static void ann_is_built_used_and_dropped(void **state)
{
    Fixture *fixture = *state;
    Store *store = fixture->store;
    const AnnKind *kinds = store->backend->ann_kinds;
    RvAnnOptions options = {0};
    assert_ok(rv_search_index_create(NULL, store, NULL, (RvLog){0}, &index_used, err));
    if (kinds == NULL) {
        assert_refused(rv_search_index_build(index_used, store, NULL, &options, err), RV_ERROR_UNSUPPORTED,
                       "not available");
        rv_search_index_destroy(index_used);
        index_used = NULL;
        return;
    }
    assert_refused(rv_search_index_build(index_used, store, NULL, &options, err), RV_ERROR_NOT_FOUND,
                   "empty");
    fill(store, true);
    float vector[DIMENSIONS];
    QueryVector term = {vector, 1};
    RvSearchOptions by_index = {.top = 10, .scan = RV_SCAN_APPROXIMATE};
    RvSearchOptions exactly = {.top = 10, .scan = RV_SCAN_EXACT};
    make_frame_vector(2, 45, vector);
    assert_refused_with_hint(
        rv_search_frames(index_used, store, NULL, &term, 1, DIMENSIONS, &by_index, &(RvHits){0}, err),
        RV_ERROR_NOT_FOUND, "no approximate index", RV_HINT_BUILD_INDEX);
    for (; kinds->name != NULL; kinds++) {
        options.kind = kinds->name;
        assert_ok(rv_search_index_build(index_used, store, NULL, &options, err));
        RvAnnInfo info = {0};
        assert_ok(rv_search_index_info(index_used, store, &info, err));
        assert_true(info.present);
        assert_string_equal(info.kind, kinds->name);
        // The frames that stand still tie; any of them is right, so scores are compared and not rows.
        RvHits hits = ask(store, vector, &by_index), best = ask(store, vector, &exactly);
        assert_int_equal(hits.count, 10);
        size_t found = 0;
        for (size_t i = 0; i < 10; i++)
            found += hits.items[i].score >= best.items[9].score;
        if (found < 9)
            fail_msg("%s: only %zu of 10", kinds->name, found);
        rv_hits_clear(&hits);
        rv_hits_clear(&best);
        by_index.video_glob = "u.mp4";
        hits = ask(store, vector, &by_index);
        assert_int_equal(hits.count, 10); // the filter comes before the limit
        rv_hits_clear(&hits);
        by_index.video_glob = NULL;
    }
    bool dropped = false;
    assert_ok(rv_search_index_drop(store, &dropped, err));
    assert_true(dropped);
    assert_ok(rv_search_index_drop(store, &dropped, err));
    assert_false(dropped);
    refuse_bad_options(store);
    rv_search_index_destroy(index_used);
    index_used = NULL;
}

static const BackendCase cases[] = {
    CASE(exact_search_gives_the_same_hits_everywhere),
    CASE(sequences_are_the_same_everywhere),
    CASE(ann_is_built_used_and_dropped),
};

int main(void)
{
    return run_on_backends("query_backends", ANY_BACKEND, cases, sizeof cases / sizeof cases[0]);
}
