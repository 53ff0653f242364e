/* SPDX-License-Identifier: MIT */
/* Moments by codes: those that reading every row gives, to the bit, in libraries that change; and what is read for them. */
#include "query_support.h"

#include <math.h>
#include <sys/wait.h>
#include <time.h>

#include "search/kept_scores.h"
#include "search/moments.h"

#define DIMENSIONS 16
#define VIDEOS 60
#define FRAMES_MAX 160
#define ROUNDS 120

/* Scenes of six frames; or vectors of few values, which many rows share; or nothing but noise. */
static void make_row(uint64_t *seed, size_t kind, size_t number, float *scene, float *row)
{
    if (number % 6 == 0)
        fill_random(seed, scene, DIMENSIONS, 1);
    for (int i = 0; i < DIMENSIONS; i++)
        row[i] = kind == 1   ? (float)((int)(next_random(seed) % 3) - 1) / 4
                 : kind == 2 ? .5f + .02f * (float)next_uniform(seed)
                             : scene[i] + .1f * (float)next_uniform(seed);
}

/* The order of ids is not the order of paths, and in some videos times fall where frame numbers rise, or are equal. */
static void add_video(Store *store, uint64_t *seed, size_t number)
{
    ModelIdentity model = test_model(DIMENSIONS);
    model.normalized = false;
    char path[32];
    snprintf(path, sizeof path, "/%c/%zu.mp4", (char)('a' + next_random(seed) % 3), 99999 - number);
    VideoFacts facts = test_facts(path);
    int64_t id = 0;
    size_t count = next_random(seed) % FRAMES_MAX, kind = number % 4;
    bool falls = number % 8 == 5, equal = number % 8 == 6;
    float scene[DIMENSIONS] = {0}, rows[FRAMES_MAX][DIMENSIONS];
    FrameRecord frames[FRAMES_MAX];
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    for (size_t i = 0; i < count; i++) {
        make_row(seed, kind, i, scene, rows[i]);
        double time_s = falls ? (double)(count - i) : equal ? (double)(i / 3) : (double)i;
        frames[i] = (FrameRecord){(int64_t)i + 1, time_s / 2, rows[i], NULL, 0};
    }
    assert_ok(rv_store_put_frames(store, id, frames, count, DIMENSIONS, err));
    if (number % 5 != 0)
        assert_ok(rv_store_finish_video(store, id, (double)count / 2, err));
}

static void change_library(Store *store, uint64_t *seed, size_t number)
{
    int64_t id = any_video(store, seed);
    if (number % 2 == 0) {
        assert_ok(rv_store_remove_video(store, id, err));
        add_video(store, seed, number);
        return;
    }
    float row[DIMENSIONS];
    fill_random(seed, row, DIMENSIONS, 1);
    FrameRecord frame = {(int64_t)(1 + next_random(seed) % FRAMES_MAX), 40 * next_uniform(seed), row, NULL,
                         0};
    assert_ok(rv_store_put_frames(store, id, &frame, 1, DIMENSIONS, err));
}

typedef struct Asked {
    float vectors[2][DIMENSIONS];
    QueryVector terms[2];
    size_t term_count;
    double after_s, before_s, min_score;
    RvSearchOptions options;
} Asked;

static void make_query(Asked *query, uint64_t *seed)
{
    static const size_t tops[] = {1, 3, 20, 60};
    static const char *const globs[] = {"/a/*", "*7.mp4", "/none/*"};
    *query = (Asked){.term_count = 1 + next_random(seed) % 2};
    for (size_t t = 0; t < query->term_count; t++) {
        fill_random(seed, query->vectors[t], DIMENSIONS, 1);
        query->terms[t] = (QueryVector){.vector = query->vectors[t], .weight = t == 0 ? 1 : -.5};
    }
    query->options = (RvSearchOptions){.moments = true, .top = tops[next_random(seed) % 4]};
    query->after_s = 30 * next_uniform(seed);
    query->before_s = query->after_s + 20 * next_uniform(seed);
    query->min_score = next_uniform(seed);
    if (next_random(seed) % 4 == 0)
        query->options.video_glob = globs[next_random(seed) % 3];
    if (next_random(seed) % 4 == 0)
        query->options.after_s = &query->after_s;
    if (next_random(seed) % 4 == 0)
        query->options.before_s = &query->before_s;
    if (next_random(seed) % 4 == 0)
        query->options.min_score = &query->min_score;
    if (next_random(seed) % 4 == 0)
        query->options.moment_gap_s = 1 + 9 * next_uniform(seed);
}

/* ---- the reference: every frame in its order, and every video read ---------------------------------------- */

static uint32_t place_of(const RvVideos *videos, int64_t video_id)
{
    size_t at = 0;
    while (videos->items[at].video_id != video_id)
        at++;
    return (uint32_t)at;
}

/* The paths of the hits are not filled in. Returns how many rows the chosen videos have. */
static int64_t find_plainly(Store *store, const Asked *query, RvHits *out)
{
    RvHits frames = {0}, all = {0};
    RvVideos videos = {0};
    VideoScorer scorer;
    MomentFinder finder;
    RvSearchOptions options = query->options;
    options.moments = false;
    options.top = 1000000;
    assert_ok(rv_search_frames(NULL, store, NULL, query->terms, query->term_count, DIMENSIONS, &options,
                               &frames, err));
    options.after_s = options.before_s = options.min_score = NULL;
    assert_ok(rv_search_frames(NULL, store, NULL, query->terms, query->term_count, DIMENSIONS, &options, &all,
                               err));
    assert_ok(rv_store_list_paths(store, &videos, err));
    assert_ok(rv_video_scorer_init(&scorer, store, NULL, query->terms, query->term_count, DIMENSIONS,
                                   &query->options, NULL, err));
    assert_ok(rv_moments_init(&finder, &scorer, &videos, &query->options, err));
    for (size_t i = 0; i < frames.count && finder.count < query->options.top; i++) {
        const RvHit *hit = &frames.items[i];
        Candidate frame = {hit->score, place_of(&videos, hit->video_id), hit->frame_number, hit->time_s};
        assert_ok(rv_moments_add(&finder, &frame, err));
    }
    rv_moments_finish(&finder);
    *out = (RvHits){calloc(finder.count + 1, sizeof *out->items), finder.count};
    assert_non_null(out->items);
    for (size_t i = 0; i < finder.count; i++) {
        const Moment *moment = &finder.items[i];
        out->items[i] = (RvHit){.video_id = videos.items[moment->peak.video].video_id,
                                .frame_number = moment->peak.frame_number,
                                .time_s = moment->peak.time_s,
                                .score = moment->peak.score,
                                .start_s = moment->start_s,
                                .end_s = moment->end_s};
    }
    int64_t row_count = (int64_t)all.count;
    rv_moments_finder_clear(&finder);
    rv_video_scorer_clear(&scorer);
    rv_videos_clear(&videos);
    rv_hits_clear(&frames);
    rv_hits_clear(&all);
    return row_count;
}

/* All ways in one snapshot, whatever others write meanwhile. Returns whether codes answered. */
static bool compare(Store *store, const Asked *query, int round, size_t *moment_count)
{
    RvHits plain = {0}, by_rows = {0}, by_codes = {0};
    RvSearchReport report = {0};
    RvSearchOptions options = query->options;
    char why[40];
    snprintf(why, sizeof why, "round %d", round);
    options.report = &report;
    assert_ok(rv_store_begin_snapshot(store, err));
    int64_t row_count = find_plainly(store, query, &plain);
    assert_ok(rv_search_frames(NULL, store, NULL, query->terms, query->term_count, DIMENSIONS, &options,
                               &by_rows, err));
    assert_true(report.way[0] == '\0' || strcmp(report.way, "rows") == 0);
    assert_true(report.frames_scored <= 2 * row_count);
    if (options.after_s == NULL && options.before_s == NULL)
        assert_int_equal(report.frames_scored, row_count); // each once
    assert_ok(rv_search_frames(index_of(store), store, pool, query->terms, query->term_count, DIMENSIONS,
                               &options, &by_codes, err));
    rv_store_end_snapshot(store);
    assert_same_hits(&by_rows, &plain, why);
    assert_same_hits(&by_codes, &plain, why);
    assert_true(report.frames_scored <= 2 * row_count);
    *moment_count += by_rows.count;
    rv_hits_clear(&plain);
    rv_hits_clear(&by_rows);
    rv_hits_clear(&by_codes);
    return strcmp(report.way, "codes") == 0;
}

static void moments_are_those_of_the_rows(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 5;
    size_t by_codes = 0, moments = 0;
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++)
        add_video(store, &seed, v);
    assert_ok(update_codes(store, 1, err));
    for (int round = 0; round < ROUNDS; round++) {
        Asked query;
        make_query(&query, &seed);
        by_codes += compare(store, &query, round, &moments);
        if (round % 3 == 2)
            change_library(store, &seed, VIDEOS + (size_t)round / 3);
        if (round % 10 == 9)
            assert_ok(update_codes(store, 1, err));
    }
    print_message("%zu of %d searches were answered by codes, with %zu moments\n", by_codes, ROUNDS, moments);
    assert_true(by_codes > ROUNDS / 2 && moments > ROUNDS);
    close_codes_store(store);
}

/* Another process. */
static void write_for_a_while(const char *path, double seconds)
{
    uint64_t seed = 77;
    time_t end = time(NULL) + (time_t)seconds;
    Store *store = open_codes_store(path, false, NULL);
    for (size_t number = 1000; time(NULL) < end; number++) {
        change_library(store, &seed, number);
        if (number % 8 == 0)
            assert_ok(update_codes(store, 1, err));
    }
    close_codes_store(store);
}

static void moments_are_those_of_the_rows_while_others_write(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 6;
    size_t by_codes = 0, moments = 0;
    int status = 0, round = 0;
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++)
        add_video(store, &seed, v);
    assert_ok(update_codes(store, 1, err));
    close_codes_store(store);
    pid_t writer = fork();
    if (writer == 0) {
        write_for_a_while(fixture->path, 3);
        _exit(0);
    }
    store = open_codes_store(fixture->path, true, NULL);
    for (; waitpid(writer, &status, WNOHANG) == 0; round++) {
        Asked query;
        make_query(&query, &seed);
        by_codes += compare(store, &query, round, &moments);
    }
    print_message("%zu of %d searches were answered by codes\n", by_codes, round);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(round > 10 && by_codes > 0);
    close_codes_store(store);
}

/* ---- what is read ------------------------------------------------------------------------------------- */

enum { LONG_VIDEOS = 20, FRAMES = 2000 };

static const float asked[DIMENSIONS] = {1};

/* Twenty frames of each video are much better than its others, and those of the last video are the best. */
static Store *make_long_videos(const char *library, LogCount *log)
{
    static float rows[FRAMES * DIMENSIONS];
    uint64_t seed = 8;
    Store *store = open_codes_store(library, false, log);
    for (size_t v = 0; v < LONG_VIDEOS; v++) {
        char path[32];
        fill_random(&seed, rows, FRAMES * DIMENSIONS, .1);
        for (size_t i = 500; i < 520; i++)
            rows[i * DIMENSIONS] = 1 + (float)v / 100 - (float)fabs((double)i - 510) / 1000;
        snprintf(path, sizeof path, "/%02zu.mp4", v);
        add_rows(store, path, rows, FRAMES, DIMENSIONS);
    }
    assert_ok(update_codes(store, 1, err));
    return store;
}

/* The best moments are in a few of many videos, and each is far from the others of its video. */
static void few_rows_are_read(void **state)
{
    enum { TOP = 10 };
    Fixture *fixture = *state;
    Store *store = make_long_videos(fixture->path, NULL);
    QueryVector term = {asked, 1};
    RvSearchReport report = {0};
    RvSearchOptions options = {.moments = true, .top = TOP, .report = &report};
    RvHits hits = {0};
    assert_ok(rv_search_frames(index_of(store), store, pool, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_string_equal(report.way, "codes");
    assert_int_equal(hits.count, TOP);
    for (size_t i = 0; i < TOP; i++)
        assert_true(hits.items[i].time_s == 510 && hits.items[i].start_s == 500 &&
                    hits.items[i].end_s == 520);
    print_message("%d of %d frames were read\n", (int)report.frames_scored, LONG_VIDEOS * FRAMES);
    assert_true(report.frames_scored < LONG_VIDEOS * FRAMES / 20);
    rv_hits_clear(&hits);
    close_codes_store(store);
}

/* Frames that differ by less than codes tell. */
static void codes_that_leave_too_much_open_are_given_up(void **state)
{
    Fixture *fixture = *state;
    static float rows[FRAMES * DIMENSIONS];
    uint64_t seed = 10;
    LogCount log = {0};
    Store *store = open_codes_store(fixture->path, false, &log);
    for (size_t v = 0; v < LONG_VIDEOS; v++) {
        char path[32];
        fill_random(&seed, rows, FRAMES * DIMENSIONS, 1e-6);
        for (size_t i = 0; i < FRAMES; i++)
            rows[i * DIMENSIONS] += .5f;
        snprintf(path, sizeof path, "/%02zu.mp4", v);
        add_rows(store, path, rows, FRAMES, DIMENSIONS);
    }
    assert_ok(update_codes(store, 1, err));
    log.lines = 0;
    Asked query = {.terms = {{asked, 1}}, .term_count = 1};
    RvSearchReport report = {0};
    query.options = (RvSearchOptions){.moments = true, .top = 400, .report = &report};
    RvHits plain = {0}, hits = {0};
    find_plainly(store, &query, &plain);
    assert_ok(rv_search_frames(index_of(store), store, pool, query.terms, 1, DIMENSIONS, &query.options,
                               &hits, err));
    assert_same_hits(&hits, &plain, "codes that were given up");
    assert_string_equal(report.way, "rows");
    assert_non_null(strstr(report.reason, "so many frames may be among the best"));
    print_message("%d frames were scored of %d\n", (int)report.frames_scored, LONG_VIDEOS * FRAMES);
    assert_true(report.frames_scored > LONG_VIDEOS * FRAMES &&
                report.frames_scored < LONG_VIDEOS * FRAMES * 3 / 2);
    // They serve other queries.
    assert_int_equal(log.lines, 0);
    assert_non_null(codes_of(store, DIMENSIONS));
    rv_hits_clear(&plain);
    rv_hits_clear(&hits);
    close_codes_store(store);
}

static void kept_scores_are_those_of_whole_videos(void **state)
{
    (void)state;
    KeptScores kept = {.row_limit = 5};
    static const int64_t videos[] = {2, 2, 2, 4, 4, 4, 7};
    for (size_t i = 0; i < sizeof videos / sizeof videos[0]; i++) {
        KeptRow row = {(double)i, (uint32_t)i + 1, (float)i};
        assert_ok(rv_kept_scores_add(&kept, videos[i], &row, err));
    }
    assert_true(kept.full && kept.row_count == 3);
    for (int64_t id = 1; id < 9; id++) {
        RvFrameScores scores = {0};
        bool found = false;
        assert_ok(rv_kept_scores_of(&kept, id, &scores, &found, err));
        assert_true(found == (id == 2) && scores.count == (id == 2 ? 3 : 0));
        rv_frame_scores_clear(&scores);
    }
    rv_kept_scores_clear(&kept);
}

/* ---- cancelled ------------------------------------------------------------------------------------------ */

typedef struct Stop {
    int calls, limit;
} Stop;

static bool stop_at(void *user)
{
    Stop *stop = user;
    return stop->calls++ >= stop->limit;
}

/* One video whose frames are all alike, so that every score is asked for when it is opened. */
static void reading_by_codes_can_be_stopped(void **state)
{
    enum { ALIKE = 4000 };
    Fixture *fixture = *state;
    static float rows[ALIKE * DIMENSIONS];
    for (size_t i = 0; i < ALIKE * DIMENSIONS; i++)
        rows[i] = .25f + (float)(i % DIMENSIONS) / 100;
    Store *store = open_codes_store(fixture->path, false, NULL);
    add_rows(store, "/a.mp4", rows, ALIKE, DIMENSIONS);
    assert_ok(update_codes(store, 1, err));
    QueryVector term = {asked, 1};
    Stop stop = {0};
    RvSearchReport report = {0};
    RvSearchOptions options = {
        .moments = true, .top = 1, .report = &report, .cancelled = stop_at, .cancelled_user = &stop};
    RvStatus status = RV_ERROR_CANCELLED;
    RvError error = {0};
    RvHits hits = {0};
    for (; status == RV_ERROR_CANCELLED && stop.limit < 1000; stop.limit++) {
        stop.calls = 0;
        status =
            rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, &options, &hits, &error);
        assert_true(status == RV_OK || (hits.count == 0 && strstr(error.message, "cancelled") != NULL));
        // At once, but for the tasks of the pass over the codes.
        if (status != RV_OK)
            assert_true(stop.calls == stop.limit + 1 || stop.limit < 4);
    }
    assert_int_equal(status, RV_OK);
    assert_string_equal(report.way, "codes");
    assert_true(hits.count == 1 && report.frames_scored > ALIKE);
    print_message("a search of %d frames asks %d times\n", ALIKE, stop.calls);
    assert_true(stop.calls > ALIKE / 8 / 64 + 3);
    rv_hits_clear(&hits);
    close_codes_store(store);
}

/* ---- codes that are not the library's ------------------------------------------------------------------- */

/* The first value of the best frame's embedding is no number, and the codes are of what it was. */
static void rows_that_are_not_finite_are_refused(void **state)
{
    static const char *const values[] = {"0000807f", "000080ff", "0000c07f"}; // inf, -inf, nan
    static const char words[] = "frame 511: the embedding holds values that are not finite";
    static const double before_s = 400;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        Fixture *fixture = *state;
        LogCount log = {0};
        char path[4300], sql[400];
        QueryVector term = {asked, 1};
        RvHits hits = {0};
        RvSearchOptions options = {.moments = true, .top = 3};
        RvSearchOptions elsewhere = {.moments = true, .top = 1, .before_s = &before_s};
        snprintf(path, sizeof path, "%s.%zu", fixture->path, i);
        Store *store = make_long_videos(path, &log);
        assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &elsewhere, &hits, err));
        assert_string_not_equal(hits.items[0].video, "/19.mp4");
        rv_hits_clear(&hits);
        assert_ok(rv_search_frames(index_of(store), store, pool, &term, 1, DIMENSIONS, &options, &hits, err));
        assert_string_equal(hits.items[0].video, "/19.mp4");
        snprintf(sql, sizeof sql,
                 "UPDATE frames SET embedding_data = CAST(X'%s' || substr(embedding_data, 5) AS BLOB) "
                 "WHERE frame_id = %lld; DELETE FROM frame_changes",
                 values[i], (long long)rv_store_key(hits.items[0].video_id, hits.items[0].frame_number));
        rv_hits_clear(&hits);
        run_sql(path, sql);
        log.lines = 0;
        assert_refused_with_hint(
            rv_search_frames(index_of(store), store, pool, &term, 1, DIMENSIONS, &options, &hits, err),
            RV_ERROR_FORMAT, words, RV_HINT_VERIFY);
        // The codes are not at fault, and go on serving.
        assert_int_equal(log.lines, 0);
        assert_non_null(codes_of(store, DIMENSIONS));
        assert_refused_with_hint(
            rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err), RV_ERROR_FORMAT,
            words, RV_HINT_VERIFY);
        // A search that is about other times does not meet it.
        assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &elsewhere, &hits, err));
        assert_int_equal(hits.count, 1);
        rv_hits_clear(&hits);
        close_codes_store(store);
    }
}

static void wrong_codes_change_nothing(void **state)
{
    Fixture *fixture = *state;
    LogCount log = {0};
    char path[4300];
    float rows[200 * DIMENSIONS];
    uint64_t seed = 9;
    struct stat facts;
    Store *store = open_codes_store(fixture->path, false, &log);
    for (int v = 0; v < 10; v++) {
        fill_random(&seed, rows, 200 * DIMENSIONS, 1);
        snprintf(path, sizeof path, "/%d.mp4", v);
        add_rows(store, path, rows, 200, DIMENSIONS);
    }
    assert_ok(update_codes(store, 1, err));
    Store *plain = open_rows(fixture->path);
    RvSearchOptions options = {.moments = true, .top = 10};
    assert_codes_change_nothing(store, plain, asked, DIMENSIONS, &options, "as they are");
    close_codes_store(store);
    // Every fine code and what is known of it is wrong by a bit here and there.
    snprintf(path, sizeof path, "%s%s", fixture->path, CODES_SUFFIX);
    assert_int_equal(stat(path, &facts), 0);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (long at = facts.st_size / 2; at < facts.st_size - 200; at += 97) {
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        int byte = fgetc(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    }
    assert_int_equal(fclose(file), 0);
    store = open_codes_store(fixture->path, true, &log);
    log.lines = 0;
    assert_codes_change_nothing(store, plain, asked, DIMENSIONS, &options, "damaged");
    assert_true(log.lines > 0);
    close_codes_store(plain);
    close_codes_store(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(moments_are_those_of_the_rows),
        CASE(moments_are_those_of_the_rows_while_others_write),
        CASE(few_rows_are_read),
        CASE(codes_that_leave_too_much_open_are_given_up),
        CASE(kept_scores_are_those_of_whole_videos),
        CASE(reading_by_codes_can_be_stopped),
        CASE(rows_that_are_not_finite_are_refused),
        CASE(wrong_codes_change_nothing),
    };
    return cmocka_run_group_tests_name("moments_codes", tests, make_pool, drop_pool);
}
