/* SPDX-License-Identifier: MIT */
/* Searches by codes give what the rows give, to the bit: for every kind of data, after every kind of change.
 */
#include "codes_support.h"

#include "cuda_in_tests.h"

#define DIMENSIONS 48
#define ROWS 2000

/* On the fake device, which takes its time, a part of the rounds. */
static int rounds(int count)
{
    return getenv("REELVEC_TEST_SEARCH_DEVICE") != NULL ? (count + 2) / 3 : count;
}

typedef void MakeRows(uint64_t *seed, float *rows, size_t count);

static void make_random(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1);
}
static void make_clustered(uint64_t *seed, float *rows, size_t count)
{
    float scene[DIMENSIONS] = {0}, noise[DIMENSIONS];
    for (size_t i = 0; i < count; i++) {
        if (i % 50 == 0)
            fill_random(seed, scene, DIMENSIONS, 1);
        fill_random(seed, noise, DIMENSIONS, i % 100 < 50 ? 1e-3 : 1e-6);
        for (int d = 0; d < DIMENSIONS; d++)
            rows[i * DIMENSIONS + (size_t)d] = scene[d] + noise[d];
    }
}
static void make_equal(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, DIMENSIONS, 1);
    for (size_t i = 1; i < count; i++)
        memcpy(rows + i * DIMENSIONS, rows, DIMENSIONS * sizeof *rows);
}
static void make_ties(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, 40 * DIMENSIONS, 1);
    for (size_t i = 40; i < count; i++)
        memcpy(rows + i * DIMENSIONS, rows + i % 40 * DIMENSIONS, DIMENSIONS * sizeof *rows);
}
static void make_scales(uint64_t *seed, float *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fill_random(seed, rows + i * DIMENSIONS, DIMENSIONS, pow(10, 30 * next_uniform(seed) - 24));
}
static void make_denormal(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1e-40);
}
static void make_one_hot(uint64_t *seed, float *rows, size_t count)
{
    memset(rows, 0, count * DIMENSIONS * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i * DIMENSIONS + next_random(seed) % DIMENSIONS] = i % 2 == 0 ? 1 : -1;
}
static void make_huge(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, count * DIMENSIONS, 1);
    // Beyond the range of codes: a row whose score may be anything.
    for (size_t i = 0; i < count; i += 97)
        fill_random(seed, rows + i * DIMENSIONS, DIMENSIONS, 1e17);
}
/* Scores that rise from row to row: the threshold never leaves anything out early. */
static void make_rising(uint64_t *seed, float *rows, size_t count)
{
    fill_random(seed, rows, DIMENSIONS, 1);
    for (size_t i = 1; i < count; i++) {
        for (size_t d = 0; d < DIMENSIONS; d++)
            rows[i * DIMENSIONS + d] = rows[d] * (1 + 1e-3f * (float)i);
    }
}

static const struct {
    MakeRows *make;
    bool answers; // codes are expected to answer: else the rows do
    const char *why;
} kinds[] = {
    {make_random, true, "random"},
    {make_clustered, true, "frames of scenes"},
    {make_equal, false, "all equal"},
    {make_ties, true, "many ties"},
    {make_scales, true, "scales from 1e-24 to 1e6"},
    {make_denormal, false, "denormal"},
    {make_one_hot, true, "one-hot"},
    {make_huge, true, "some huge"},
    {make_rising, true, "rising"},
};

/* Three videos, the paths not in the order of ids. */
static void add_three(Store *store, const float *rows)
{
    add_rows(store, "/m.mp4", rows, ROWS / 2, DIMENSIONS);
    add_rows(store, "/z.mp4", rows + ROWS / 2 * DIMENSIONS, ROWS / 4, DIMENSIONS);
    add_rows(store, "/a.mp4", rows + ROWS * 3 / 4 * DIMENSIONS, ROWS / 4, DIMENSIONS);
}

/* The query, then what is unlike it, and twice the query. */
static void compare_sequences(Store *store, Store *rows, const float *vector, double min_score,
                              const char *why)
{
    float turned[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++)
        turned[i] = vector[(i + 7) % DIMENSIONS];
    const QueryVector terms[] = {{vector, 1, 0}, {turned, -1, 1}, {vector, 0.5, 1}, {vector, 1, 2}};
    double after = 100, before = 700;
    const RvSearchOptions cases[] = {
        {.top = 5},
        {.top = 1, .within_s = 1},
        {.top = 30, .within_s = 300},
        {.top = ROWS * 2},
        {.top = 10, .min_score = &min_score},
        {.top = 5, .video_glob = "/[az]*", .after_s = &after},
        {.top = 5, .before_s = &before, .moments = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s, a sequence, options %zu", why, i);
        assert_codes_change_no_query(store, rows, terms, 3 + i % 2, DIMENSIONS, &cases[i], text);
    }
}

static void compare_searches(Store *store, const char *path, const float *vector, const char *why)
{
    QueryVector term = {vector, 1};
    RvSearchOptions five = {.top = 5};
    RvHits best = {0};
    assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, &five, &best, err));
    double fifth = best.count > 0 ? best.items[best.count - 1].score : 0, above = 3e38, after = 100,
           before = 700;
    rv_hits_clear(&best);
    Store *rows = open_rows(path);
    const RvSearchOptions cases[] = {
        {.top = 1},
        {.top = 5},
        {.top = 200},
        {.top = ROWS * 2},
        {.top = 10, .min_score = &fifth},
        {.top = 10, .min_score = &above},
        {.top = 5, .video_glob = "/a*"},
        {.top = 5, .video_glob = "none"},
        {.top = 5, .after_s = &after, .before_s = &before},
        {.top = 5, .after_s = &before},
        {.top = 3, .moments = true},
        {.top = 3, .moments = true, .min_score = &fifth},
        {.top = 5, .fusion = RV_FUSION_ZSCORE},
        {.top = 5, .fusion = RV_FUSION_RRF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s, options %zu", why, i);
        assert_codes_change_nothing(store, rows, vector, DIMENSIONS, &cases[i], text);
    }
    compare_sequences(store, rows, vector, fifth, why);
    close_codes_store(rows);
}

static RvStatus ignore_block(void *user, const ScoredBlock *block, RvError *err)
{
    (void)user;
    (void)block;
    (void)err;
    return RV_OK;
}

/* Whether the codes answer rather than leave it to the rows. */
static bool codes_answer(Store *store, const float *vector)
{
    static const int64_t ids[] = {1, 2, 3};
    CodeScan scan = {.limit = 5, .video_ids = ids, .video_count = 3};
    return scan_codes(store, &scan, false, vector, DIMENSIONS, ignore_block, NULL);
}

static void search_by_codes_equals_search_by_rows(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 5;
    float *rows = malloc(ROWS * DIMENSIONS * sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char path[4300];
        snprintf(path, sizeof path, "%s/%zu.db", fixture->folder, i);
        kinds[i].make(&seed, rows, ROWS);
        Store *store = open_codes_store(path, false, NULL);
        add_three(store, rows);
        assert_ok(update_codes(store, 1, err));
        assert_non_null(codes_of(store, DIMENSIONS));
        float vector[DIMENSIONS];
        for (int query = 0; query < rounds(3); query++) {
            if (query == 1)
                memcpy(vector, rows + 77 * DIMENSIONS, sizeof vector);
            else
                fill_random(&seed, vector, DIMENSIONS, 1);
            // Another length than 1 is refused nowhere, so it must work.
            compare_searches(store, path, vector, kinds[i].why);
        }
        bool done = codes_answer(store, vector);
        if (done != kinds[i].answers)
            fail_msg("%s: the codes %s", kinds[i].why, done ? "answer" : "do not answer");
        size_t faults = 0;
        assert_ok(verify_codes(store, print_fault, &faults, err));
        assert_int_equal(faults, 0);
        close_codes_store(store);
    }
    free(rows);
}

/* ---- changes between searches ------------------------------------------------------------------------- */

static void put_one(Store *store, int64_t video_id, int64_t number, double time_s, const float *vector)
{
    FrameRecord frame = {number, time_s, vector, NULL, 0};
    assert_ok(rv_store_put_frames(store, video_id, &frame, 1, DIMENSIONS, err));
}

/* vector: the query, so that a row made of it is the best; rows[3]: others. */
static void put_best(Store *store, int step, const float *vector, const float *rows)
{
    put_one(store, 1, ROWS + step, step, vector);
}

static void replace_best(Store *store, int step, const float *vector, const float *rows)
{
    put_one(store, 1, ROWS + step - 1, step, rows);
}

static void add_video(Store *store, int step, const float *vector, const float *rows)
{
    char path[32];
    snprintf(path, sizeof path, "/new%d.mp4", step);
    add_rows(store, path, rows, 3, DIMENSIONS);
}

static void remove_a_video_and_add_one(Store *store, int step, const float *vector, const float *rows)
{
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(store, &videos, err));
    assert_ok(rv_store_remove_video(store, videos.items[0].video_id, err));
    rv_videos_clear(&videos);
    add_rows(store, "/back.mp4", rows, 3, DIMENSIONS);
}

/* The ways in which rows change: by our own hands, then by SQL of somebody else. */
static const struct {
    const char *why;
    void (*ours)(Store *store, int step, const float *vector, const float *rows);
    const char *sql; // %d: 20 + step
} changes[] = {
    {"a new best row", put_best, NULL},
    {"the best row becomes another", replace_best, NULL},
    {"a new video", add_video, NULL},
    {"other embeddings", NULL,
     "UPDATE frames SET embedding_data = (SELECT embedding_data FROM frames WHERE video_id = 1 AND "
     "frame_number = 9) WHERE video_id = 2 AND frame_number %% 7 = 0"},
    {"rows go", NULL, "DELETE FROM frames WHERE video_id = 1 AND frame_number BETWEEN 100 AND 180"},
    {"times, which decide with filters", NULL,
     "UPDATE frames SET time = time + 50.5 WHERE video_id = 1 AND frame_number > 1000"},
    {"rows in the place of others", NULL,
     "INSERT OR REPLACE INTO frames SELECT frame_id, video_id, frame_number, time, (SELECT embedding_data "
     "FROM "
     "frames WHERE video_id = 1 AND frame_number = %d) FROM frames WHERE frame_id %% 11 = 3"},
    {"a video goes, with its frames", NULL,
     "PRAGMA foreign_keys = ON; DELETE FROM videos WHERE video_id = (SELECT max(video_id) FROM videos)"},
    {"a video goes by our own hands, and one comes and is renamed", remove_a_video_and_add_one,
     "UPDATE videos SET path = '/b' || video_id || '.mp4' WHERE path = '/back.mp4'"},
    {"rows of no video", NULL,
     "INSERT INTO frames SELECT (900 << 32) + frame_number, 900, frame_number, time, embedding_data FROM "
     "frames "
     "WHERE video_id = 1 AND frame_number < 20; DELETE FROM frames WHERE video_id = 900"},
};
#define CHANGE_COUNT (sizeof changes / sizeof changes[0])

static const char *change(Store *store, const char *path, int step, const float *vector, uint64_t *seed)
{
    size_t i = (size_t)step % CHANGE_COUNT;
    float rows[3 * DIMENSIONS];
    fill_random(seed, rows, 3 * DIMENSIONS, 1);
    if (changes[i].ours != NULL)
        changes[i].ours(store, step, vector, rows);
    if (changes[i].sql != NULL) {
        char sql[512];
        snprintf(sql, sizeof sql, changes[i].sql, 20 + step);
        run_sql(path, sql);
    }
    return changes[i].why;
}

static void changes_of_any_kind_are_seen_at_once(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 6;
    float *rows = malloc(ROWS * DIMENSIONS * sizeof *rows), vector[DIMENSIONS];
    assert_non_null(rows);
    make_clustered(&seed, rows, ROWS);
    fill_random(&seed, vector, DIMENSIONS, 1);
    Store *store = open_codes_store(fixture->path, false, NULL);
    Store *reader = open_codes_store(fixture->path, true, NULL);
    add_three(store, rows);
    assert_ok(update_codes(store, 1, err));
    size_t segments = 0;
    for (int step = 0; step < rounds(40); step++) {
        const char *why = change(store, fixture->path, step, vector, &seed);
        forget_rows(fixture->path);
        compare_searches(store, fixture->path, vector, why);
        // Some changes are taken into the codes, one by one or together.
        if (step % 3 == 1)
            assert_ok(update_codes(store, 1, err));
        compare_searches(reader, fixture->path, vector, why);
        const CodeFile *file = codes_of(store, DIMENSIONS);
        assert_non_null(file);
        segments = file->segment_count > segments ? file->segment_count : segments;
        size_t faults = 0;
        assert_ok(verify_codes(reader, print_fault, &faults, err));
        assert_int_equal(faults, 0);
    }
    assert_true(segments > 3);
    close_codes_store(reader);
    close_codes_store(store);
    free(rows);
}

static void snapshots_see_their_own_state(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 7;
    float *rows = malloc(ROWS * DIMENSIONS * sizeof *rows), vector[DIMENSIONS];
    assert_non_null(rows);
    make_random(&seed, rows, ROWS);
    fill_random(&seed, vector, DIMENSIONS, 1);
    Store *writer = open_codes_store(fixture->path, false, NULL),
          *reader = open_codes_store(fixture->path, true, NULL);
    add_three(writer, rows);
    assert_ok(update_codes(writer, 1, err));
    QueryVector term = {vector, 1};
    RvHits before = {0}, during = {0}, after = {0};
    assert_ok(rv_search_frames(index_of(reader), reader, NULL, &term, 1, DIMENSIONS, NULL, &before, err));
    assert_ok(rv_store_begin_snapshot(reader, err));
    ModelIdentity identity;
    bool present = false;
    assert_ok(rv_store_identity(reader, &identity, &present, err)); // the first read begins the snapshot
    put_one(writer, 1, ROWS, 1, vector);
    assert_ok(update_codes(writer, 1, err));
    assert_ok(rv_search_frames(index_of(reader), reader, NULL, &term, 1, DIMENSIONS, NULL, &during, err));
    assert_same_hits(&before, &during, "within the old snapshot");
    rv_store_end_snapshot(reader);
    assert_ok(rv_search_frames(index_of(reader), reader, NULL, &term, 1, DIMENSIONS, NULL, &after, err));
    assert_int_equal(after.items[0].frame_number, ROWS);
    rv_hits_clear(&before);
    rv_hits_clear(&during);
    rv_hits_clear(&after);
    close_codes_store(reader);
    close_codes_store(writer);
    free(rows);
}

/* ---- upkeep ------------------------------------------------------------------------------------------- */

static void update_waits_for_enough_rows_and_joins_segments(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 8;
    float *rows = malloc(ROWS * DIMENSIONS * sizeof *rows);
    assert_non_null(rows);
    make_random(&seed, rows, ROWS);
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_codes(store, 0, err)); // an empty library
    add_three(store, rows);
    assert_ok(update_codes(store, 0, err)); // fewer rows than CODES_MIN_ROWS
    DerivedState derived;
    get_state(store, &derived);
    assert_false(derived.registered || derived.published);
    assert_ok(update_codes(store, ROWS, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->row_count, ROWS);
    // One row is not worth a segment.
    put_one(store, 1, ROWS, 1, rows);
    assert_ok(update_codes(store, 0, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->segment_count, 1);
    // As many as the file may hold, then one again.
    for (int i = 1; i < CODE_SEGMENTS_MAX + 2; i++) {
        put_one(store, 1, ROWS + i, 1, rows);
        assert_ok(update_codes(store, 1, err));
        size_t expected = i < CODE_SEGMENTS_MAX ? (size_t)i + 1 : (size_t)i - CODE_SEGMENTS_MAX + 1;
        assert_int_equal(codes_of(store, DIMENSIONS)->segment_count, expected);
    }
    // A file of which much is gone is made anew.
    assert_ok(rv_store_remove_video(store, 1, err));
    assert_ok(update_codes(store, 1, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->row_count, ROWS / 2);
    size_t faults = 0;
    assert_ok(verify_codes(store, print_fault, &faults, err));
    assert_int_equal(faults, 0);
    close_codes_store(store);
    free(rows);
}

/* Long scenes have all of the best rows, so that the codes are asked again for those of other videos. */
static void moments_of_long_scenes_are_those_of_the_rows(void **state)
{
    enum { VIDEOS = 100, FRAMES = 400 };
    static const float query[DIMENSIONS] = {1};
    static const double after_s = 100, before_s = 350, least = .5;
    static const RvSearchOptions cases[] = {
        {.moments = true, .top = 1},
        {.moments = true, .top = 12},
        {.moments = true, .top = 40},
        {.moments = true, .top = 1000},
        {.moments = true, .top = 12, .after_s = &after_s, .before_s = &before_s},
        {.moments = true, .top = 12, .video_glob = "*[0-4].mp4"},
        {.moments = true, .top = 40, .min_score = &least},
    };
    Fixture *fixture = *state;
    uint64_t seed = 11;
    float *rows = malloc(FRAMES * DIMENSIONS * sizeof *rows);
    assert_non_null(rows);
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++) {
        char path[32];
        fill_random(&seed, rows, FRAMES * DIMENSIONS, .1);
        double peak = next_uniform(&seed);
        for (size_t i = 0; i < FRAMES; i++) {
            double part = i >= 150 && i < 170 ? 0
                          : i < 250           ? 1
                                              : .4; // two scenes, and a third that shows less
            rows[i * DIMENSIONS] = (float)(peak * part + .01 * next_uniform(&seed));
        }
        snprintf(path, sizeof path, "/long/%02zu.mp4", v);
        add_rows(store, path, rows, FRAMES, DIMENSIONS);
    }
    assert_ok(update_codes(store, 1, err));
    Store *plain = open_rows(fixture->path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[64];
        snprintf(why, sizeof why, "long scenes, options %zu", i);
        assert_codes_change_nothing(store, plain, query, DIMENSIONS, &cases[i], why);
    }
    QueryVector term = {query, 1};
    RvHits hits = {0};
    RvSearchReport report = {0};
    RvSearchOptions options = {.moments = true, .top = 12, .report = &report};
    assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_int_equal(hits.count, 12);
    assert_string_equal(report.way, "codes");
    assert_true(report.frames_scored < 20 * FRAMES);
    rv_hits_clear(&hits);
    close_codes_store(plain);
    close_codes_store(store);
    free(rows);
}

static void searches_ran_on_the_device(void **state)
{
    (void)state;
    size_t launches = fake_cuda_state()->launches;
    print_message("searches started %zu kernels\n", launches);
    assert_true(launches > 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(search_by_codes_equals_search_by_rows),
        CASE(changes_of_any_kind_are_seen_at_once),
        CASE(snapshots_see_their_own_state),
        CASE(update_waits_for_enough_rows_and_joins_segments),
        CASE(moments_of_long_scenes_are_those_of_the_rows),
    };
    static const struct CMUnitTest last[] = {cmocka_unit_test(searches_ran_on_the_device)};
    int failed = cmocka_run_group_tests_name("codes", tests, NULL, NULL);
    if (getenv("REELVEC_TEST_SEARCH_DEVICE") != NULL)
        failed += cmocka_run_group_tests_name("afterwards", last, NULL, NULL);
    return failed;
}
