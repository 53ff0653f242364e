/* SPDX-License-Identifier: MIT */
/* Sequences in whole libraries: by codes and by rows what every chain, sorted, gives, to the bit; and the refusals. */
#include "query_support.h"

#include <math.h>

#include "compute/kernels/kernels.h"

#define DIMENSIONS 16
#define VIDEOS 24
#define MAX_TERMS 6
#define ROUNDS 90

/* ---- the library -------------------------------------------------------------------------------------- */

/* Scenes of six frames, or vectors of few values that many rows share. */
static void make_row(uint64_t *seed, bool coarse, size_t number, float *scene, float *row)
{
    if (number % 6 == 0)
        fill_random(seed, scene, DIMENSIONS, 1);
    for (int i = 0; i < DIMENSIONS; i++)
        row[i] = coarse ? (float)((int)(next_random(seed) % 3) - 1) / 4
                        : scene[i] + 0.1f * (float)next_uniform(seed);
}

/* The order of ids is not the order of paths, and in some videos times fall where frame numbers rise. */
static void add_video(Store *store, uint64_t *seed, size_t number)
{
    ModelIdentity model = test_model(DIMENSIONS);
    model.normalized = false;
    char path[32];
    snprintf(path, sizeof path, "/%c/%zu.mp4", (char)('a' + next_random(seed) % 3), 99 - number);
    VideoFacts facts = test_facts(path);
    int64_t id = 0;
    size_t count = next_random(seed) % 160;
    bool coarse = number % 4 == 3, falls = number % 8 == 5;
    float scene[DIMENSIONS] = {0}, row[DIMENSIONS];
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    for (size_t i = 0; i < count; i++) {
        make_row(seed, coarse, i, scene, row);
        FrameRecord frame = {(int64_t)i + 1, (double)(falls ? count - i : i) / 2, row, NULL, 0};
        assert_ok(rv_store_put_frames(store, id, &frame, 1, DIMENSIONS, err));
    }
    assert_ok(rv_store_finish_video(store, id, (double)count, err));
}

/* ---- the reference: every chain ----------------------------------------------------------------------- */

typedef struct Row {
    int64_t video_id, frame_number;
    double time_s;
    float vector[DIMENSIONS];
    float scores[RV_SEQUENCE_PARTS_MAX];
} Row;

typedef struct Rows {
    Row *items;
    size_t count;
} Rows;

typedef struct Way {
    double score;
    char path[32];
    const Row *rows[RV_SEQUENCE_PARTS_MAX];
} Way;

typedef struct Ways {
    Way *items;
    size_t count, capacity, part_count;
} Ways;

static RvStatus collect_rows(void *user, const FrameBlock *block, RvError *error)
{
    (void)error;
    Rows *rows = user;
    rows->items = realloc(rows->items, (rows->count + block->count) * sizeof *rows->items);
    assert_non_null(rows->items);
    for (size_t i = 0; i < block->count; i++) {
        Row *row = &rows->items[rows->count++];
        *row = (Row){block->video_ids[i], block->frame_numbers[i], block->times_s[i], {0}, {0}};
        memcpy(row->vector, block->embeddings + i * DIMENSIONS, sizeof row->vector);
    }
    return RV_OK;
}

static double mean_of(const Way *way, size_t part_count)
{
    double sum = 0;
    for (size_t part = RV_SEQUENCE_PARTS_MAX; part-- > 0;) {
        if (part < part_count)
            sum = way->rows[part]->scores[part] + sum;
    }
    return sum / (double)part_count;
}

/* rows: those of one video. */
static void add_ways(Ways *ways, Rows rows, size_t part, Way *way, const RvSearchOptions *options)
{
    double within_s = options->within_s > 0 ? options->within_s : 60;
    if (part == ways->part_count || part == RV_SEQUENCE_PARTS_MAX) {
        way->score = mean_of(way, part);
        if (ways->count == ways->capacity) {
            ways->capacity = 2 * ways->capacity + 1000;
            ways->items = realloc(ways->items, ways->capacity * sizeof *ways->items);
            assert_non_null(ways->items);
        }
        ways->items[ways->count++] = *way;
        return;
    }
    for (size_t i = 0; i < rows.count; i++) {
        const Row *row = &rows.items[i];
        double step_s = part > 0 ? row->time_s - way->rows[part - 1]->time_s : 1;
        if (step_s <= 0 || (part > 0 && step_s > within_s) ||
            (options->after_s != NULL && row->time_s < *options->after_s) ||
            (options->before_s != NULL && row->time_s > *options->before_s) ||
            (options->min_score != NULL && row->scores[part] < *options->min_score))
            continue;
        way->rows[part] = row;
        add_ways(ways, rows, part + 1, way, options);
    }
}

static size_t compared_parts;

static int compare_ways(const void *a, const void *b)
{
    const Way *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    int order = strcmp(left->path, right->path);
    for (size_t part = 0; order == 0 && part < compared_parts; part++) {
        const Row *one = left->rows[part], *other = right->rows[part];
        order = (one->time_s > other->time_s) - (one->time_s < other->time_s);
        if (order == 0)
            order = (one->frame_number > other->frame_number) - (one->frame_number < other->frame_number);
    }
    return order;
}

static bool share_a_moment(const Way *one, const Way *other, size_t last)
{
    return one->rows[0]->video_id == other->rows[0]->video_id &&
           one->rows[0]->time_s <= other->rows[last]->time_s &&
           other->rows[0]->time_s <= one->rows[last]->time_s;
}

static Rows rows_of(const Rows *rows, int64_t video_id)
{
    Rows found = {0};
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].video_id != video_id)
            continue;
        found.items = found.count == 0 ? &rows->items[i] : found.items;
        found.count++;
    }
    return found;
}

/* Leaves the answer in ways. */
static void find_ways(Store *store, Rows *rows, const QueryVector *terms, size_t term_count,
                      const RvSearchOptions *options, Ways *ways)
{
    RvVideos videos = {0};
    size_t kept = 0, top = options->top > 0 ? options->top : 5;
    for (size_t part = 0; part < ways->part_count; part++) {
        float vector[DIMENSIONS];
        assert_ok(rv_fusion_part_vector(terms, term_count, part, DIMENSIONS, vector, err));
        for (size_t i = 0; i < rows->count; i++)
            rows->items[i].scores[part] =
                rv_scan_kernels()->dot_f32(rows->items[i].vector, vector, DIMENSIONS);
    }
    assert_ok(rv_store_list_videos(store, &videos, err));
    for (size_t v = 0; v < videos.count; v++) {
        Way way = {0};
        snprintf(way.path, sizeof way.path, "%s", videos.items[v].path);
        if (options->video_glob == NULL ||
            strncmp(way.path, "/a/", 3) == 0) // the only glob that is asked for
            add_ways(ways, rows_of(rows, videos.items[v].video_id), 0, &way, options);
    }
    rv_videos_clear(&videos);
    compared_parts = ways->part_count;
    qsort(ways->items, ways->count, sizeof *ways->items, compare_ways);
    for (size_t i = 0; i < ways->count && kept < top; i++) {
        bool shares = false;
        for (size_t j = 0; j < kept && !shares; j++)
            shares = share_a_moment(&ways->items[i], &ways->items[j], ways->part_count - 1);
        if (!shares)
            ways->items[kept++] = ways->items[i];
    }
    ways->count = kept;
}

/* Whether a chain that ends with this row may end then: where the row gives way to the next one of its video. Behind
 * gaps, and of last rows, it is any later time here. */
static bool ends_well(const Rows *rows, const Row *last, double end_s)
{
    double next_s = INFINITY;
    for (size_t i = 0; i < rows->count; i++) {
        const Row *row = &rows->items[i];
        if (row->video_id == last->video_id && row->time_s > last->time_s)
            next_s = fmin(next_s, row->time_s);
    }
    return next_s - last->time_s <= 1 ? end_s == next_s : end_s > last->time_s;
}

static void compare(const RvHits *hits, const Ways *ways, const Rows *rows, int round, const char *why)
{
    size_t parts = ways->part_count;
    if (hits->count != ways->count)
        fail_msg("round %d, %s: %zu hits, expected %zu", round, why, hits->count, ways->count);
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        const Way *way = &ways->items[i];
        bool same = hit->score == way->score && strcmp(hit->video, way->path) == 0 &&
                    hit->part_count == parts && hit->time_s == way->rows[0]->time_s &&
                    hit->frame_number == way->rows[0]->frame_number && hit->start_s == way->rows[0]->time_s &&
                    ends_well(rows, way->rows[parts - 1], hit->end_s);
        for (size_t part = 0; same && part < parts; part++)
            same = hit->parts[part].frame_number == way->rows[part]->frame_number &&
                   hit->parts[part].time_s == way->rows[part]->time_s &&
                   hit->parts[part].score == way->rows[part]->scores[part];
        if (!same)
            fail_msg("round %d, %s: hit %zu is %s from %g s, score %.9g, expected %s from %g s, score %.9g",
                     round, why, i, hit->video, hit->time_s, hit->score, way->path, way->rows[0]->time_s,
                     way->score);
    }
}

/* ---- queries ------------------------------------------------------------------------------------------ */

typedef struct Query {
    float vectors[MAX_TERMS][DIMENSIONS];
    QueryVector terms[MAX_TERMS];
    size_t term_count, part_count;
    RvSearchOptions options;
    double after_s, before_s, min_score;
} Query;

static void make_query(Query *query, uint64_t *seed)
{
    static const double weights[] = {1, -0.5, 2}, withins_s[] = {0.5, 1, 2, 3.25};
    static const size_t tops[] = {0, 1, 3, 20, 60};
    *query = (Query){.part_count = 2 + next_random(seed) % 3};
    query->term_count = query->part_count + next_random(seed) % 3;
    for (size_t t = 0; t < query->term_count; t++) {
        fill_random(seed, query->vectors[t], DIMENSIONS, 1);
        query->terms[t] =
            (QueryVector){query->vectors[t], weights[t < query->part_count ? 0 : next_random(seed) % 3],
                          t % query->part_count};
    }
    // All chains of long windows are few enough for two parts only.
    query->options.within_s =
        query->part_count == 2 && next_random(seed) % 2 == 0 ? 0 : withins_s[next_random(seed) % 4];
    if (query->part_count > 2 && query->options.within_s > 2)
        query->options.within_s = 2;
    query->options.top = tops[next_random(seed) % 5];
    query->after_s = (double)(next_random(seed) % 20);
    query->before_s = query->after_s + (double)(next_random(seed) % 50);
    query->min_score = 0.3 * next_uniform(seed);
    if (next_random(seed) % 4 == 0)
        query->options.video_glob = "/a/*";
    if (next_random(seed) % 4 == 0)
        query->options.after_s = &query->after_s;
    if (next_random(seed) % 4 == 0)
        query->options.before_s = &query->before_s;
    if (next_random(seed) % 3 == 0)
        query->options.min_score = &query->min_score;
}

/* Returns whether the codes answered. */
static bool compare_query(Store *store, const Query *query, int round)
{
    Rows rows = {0};
    Ways ways = {.part_count = query->part_count};
    RvHits hits = {0};
    RvSearchReport report = {0};
    RvSearchOptions options = query->options;
    options.report = &report;
    assert_ok(rv_store_scan(store, &(FrameFilter){0}, collect_rows, &rows, err));
    find_ways(store, &rows, query->terms, query->term_count, &options, &ways);
    assert_ok(rv_search_frames(NULL, store, NULL, query->terms, query->term_count, DIMENSIONS, &options,
                               &hits, err));
    compare(&hits, &ways, &rows, round, "rows");
    assert_string_equal(report.way, "rows");
    rv_hits_clear(&hits);
    assert_ok(rv_search_frames(index_of(store), store, pool, query->terms, query->term_count, DIMENSIONS,
                               &options, &hits, err));
    compare(&hits, &ways, &rows, round, "codes");
    bool by_codes = strcmp(report.way, "codes") == 0;
    assert_true(!by_codes || report.frames_scored <= (int64_t)rows.count);
    rv_hits_clear(&hits);
    free(ways.items);
    free(rows.items);
    return by_codes;
}

static void change_library(Store *store, uint64_t *seed, size_t number)
{
    int64_t id = any_video(store, seed);
    if (number % 3 == 0) {
        assert_ok(rv_store_remove_video(store, id, err));
        add_video(store, seed, number);
        return;
    }
    float row[DIMENSIONS];
    fill_random(seed, row, DIMENSIONS, 1);
    FrameRecord frame = {(int64_t)(1 + next_random(seed) % 150), 20 * next_uniform(seed), row, NULL, 0};
    assert_ok(rv_store_put_frames(store, id, &frame, 1, DIMENSIONS, err));
}

static void sequences_are_the_best_of_all_chains(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 3;
    size_t by_codes = 0;
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++)
        add_video(store, &seed, v);
    assert_ok(update_codes(store, 1, err));
    for (int round = 0; round < ROUNDS; round++) {
        Query query;
        make_query(&query, &seed);
        by_codes += compare_query(store, &query, round);
        if (round % 3 == 2)
            change_library(store, &seed, VIDEOS + (size_t)round / 3);
        if (round % 10 == 9)
            assert_ok(update_codes(store, 1, err));
    }
    print_message("%zu of %d sequences were answered by codes\n", by_codes, ROUNDS);
    assert_true(by_codes > ROUNDS / 2);
    close_codes_store(store);
}

/* ---- what is refused, and what ends a search ----------------------------------------------------------- */

static bool stop_at_once(void *user)
{
    (void)user;
    return true;
}

static void what_cannot_be_asked_is_refused(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 4;
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++)
        add_video(store, &seed, v);
    assert_ok(update_codes(store, 1, err));
    float vector[DIMENSIONS] = {1};
    static const struct {
        size_t parts[2];
        RvSearchOptions options;
        RvStatus status;
        const char *words;
    } cases[] = {
        {{0, 2}, {0}, RV_ERROR_ARGUMENT, "part 2 of the sequence is empty"},
        {{1, 1}, {0}, RV_ERROR_ARGUMENT, "part 1 of the sequence is empty"},
        {{0, 8}, {0}, RV_ERROR_ARGUMENT, "at most 8 parts"},
        {{0, SIZE_MAX}, {0}, RV_ERROR_ARGUMENT, "at most 8 parts"},
        {{0, 1}, {.within_s = -1}, RV_ERROR_ARGUMENT, "within -1 s"},
        {{0, 1}, {.within_s = NAN}, RV_ERROR_ARGUMENT, "within nan s"},
        {{0, 1}, {.within_s = INFINITY}, RV_ERROR_ARGUMENT, "within inf s"},
        {{0, 1}, {.fusion = RV_FUSION_ZSCORE}, RV_ERROR_ARGUMENT, "do not rank sequences"},
        {{0, 1}, {.fusion = RV_FUSION_RRF}, RV_ERROR_ARGUMENT, "do not rank sequences"},
        {{0, 1}, {.scan = RV_SCAN_APPROXIMATE}, RV_ERROR_ARGUMENT, "every frame"},
        {{0, 1}, {.cancelled = stop_at_once}, RV_ERROR_CANCELLED, "cancelled"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvHits hits = {0};
        const QueryVector terms[] = {{vector, 1, cases[i].parts[0]}, {vector, 1, cases[i].parts[1]}};
        for (int indexed = 0; indexed < 2; indexed++)
            assert_refused(rv_search_frames(indexed ? index_of(store) : NULL, store, NULL, terms, 2,
                                            DIMENSIONS, &cases[i].options, &hits, err),
                           cases[i].status, cases[i].words);
        assert_int_equal(hits.count, 0);
    }
    close_codes_store(store);
}

static void an_empty_library_has_no_sequences(void **state)
{
    Fixture *fixture = *state;
    Store *store = open_codes_store(fixture->path, false, NULL);
    float vector[DIMENSIONS] = {1};
    const QueryVector terms[] = {{vector, 1, 0}, {vector, 1, 1}};
    RvHits hits = {0};
    assert_ok(rv_search_frames(index_of(store), store, NULL, terms, 2, DIMENSIONS, NULL, &hits, err));
    assert_int_equal(hits.count, 0);
    add_rows(store, "/one.mp4", vector, 1, DIMENSIONS);
    assert_ok(rv_search_frames(index_of(store), store, NULL, terms, 2, DIMENSIONS, NULL, &hits, err));
    assert_int_equal(hits.count, 0);
    close_codes_store(store);
}

/* Sequences as moments end where what the last frame shows ends. */
static void moments_lengthen_sequences(void **state)
{
    Fixture *fixture = *state;
    Store *store = open_codes_store(fixture->path, false, NULL);
    float rows[5][DIMENSIONS] = {{0}, {1}, {0}, {0, 1}, {0}};
    const QueryVector terms[] = {{rows[1], 1, 0}, {rows[3], 1, 1}};
    RvHits hits = {0};
    add_rows(store, "/one.mp4", rows[0], 5, DIMENSIONS);
    assert_ok(rv_search_frames(NULL, store, NULL, terms, 2, DIMENSIONS,
                               &(RvSearchOptions){.top = 1, .moments = true}, &hits, err));
    assert_int_equal(hits.count, 1);
    assert_true(hits.items[0].start_s == 1 && hits.items[0].end_s == 4);
    assert_true(hits.items[0].parts[0].time_s == 1 && hits.items[0].parts[1].time_s == 3);
    rv_hits_clear(&hits);
    close_codes_store(store);
}

#define LONG_ROWS 9000

/* More frames of the video, between those that it has. */
static void add_between(Store *store, int64_t video_id, uint64_t *seed)
{
    float scene[DIMENSIONS], row[DIMENSIONS];
    for (size_t i = 0; i < LONG_ROWS / 8; i++) {
        make_row(seed, false, i, scene, row);
        FrameRecord frame = {(int64_t)(LONG_ROWS + i + 1), (double)i * 7 + 0.5, row, NULL, 0};
        assert_ok(rv_store_put_frames(store, video_id, &frame, 1, DIMENSIONS, err));
    }
}

static void compare_long(Store *store, uint64_t *seed)
{
    static const double withins_s[] = {1, 7, 60, 900};
    static const size_t tops[] = {1, 2, 5, 40};
    Query query;
    RvHits hits = {0}, expected = {0};
    RvSearchReport report = {0};
    make_query(&query, seed);
    RvSearchOptions options = {.top = tops[next_random(seed) % 4],
                               .within_s = withins_s[next_random(seed) % 4],
                               .min_score = query.options.min_score,
                               .report = &report};
    assert_ok(rv_search_frames(NULL, store, NULL, query.terms, query.term_count, DIMENSIONS, &options,
                               &expected, err));
    assert_ok(rv_search_frames(index_of(store), store, pool, query.terms, query.term_count, DIMENSIONS,
                               &options, &hits, err));
    assert_string_equal(report.way, "codes");
    assert_same_hits(&hits, &expected, "a long video");
    rv_hits_clear(&hits);
    rv_hits_clear(&expected);
}

/* Of a long video few rows are opened at first; many wanted, overlapping or far apart, need more of them. Its codes may be
 * in several segments, or some of its rows without. */
static void long_videos_give_what_their_rows_give(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 6;
    float *rows = malloc(LONG_ROWS * DIMENSIONS * sizeof *rows), scene[DIMENSIONS];
    assert_non_null(rows);
    for (size_t i = 0; i < LONG_ROWS; i++)
        make_row(&seed, false, i, scene, rows + i * DIMENSIONS);
    Store *store = open_codes_store(fixture->path, false, NULL);
    int64_t id = add_rows(store, "/long.mp4", rows, LONG_ROWS, DIMENSIONS);
    add_rows(store, "/short.mp4", rows + 500 * DIMENSIONS, 700, DIMENSIONS);
    assert_ok(update_codes(store, 1, err));
    for (int round = 0; round < 160; round++)
        compare_long(store, &seed);
    add_between(store, id, &seed);
    for (int round = 0; round < 80; round++)
        compare_long(store, &seed);
    assert_ok(update_codes(store, 1, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->segment_count, 2);
    for (int round = 0; round < 80; round++)
        compare_long(store, &seed);
    close_codes_store(store);
    free(rows);
}

/* The same two frames every 100 s of a long video: what is opened of it is chosen by a score that is only about theirs. */
static void equal_sequences_of_a_long_video_come_by_time(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 7;
    float *rows = malloc(LONG_ROWS * DIMENSIONS * sizeof *rows);
    assert_non_null(rows);
    for (int round = 0; round < 12; round++) {
        float vectors[2][DIMENSIONS];
        char path[4300];
        snprintf(path, sizeof path, "%s/%d.db", fixture->folder, round);
        fill_random(&seed, vectors[0], 2 * DIMENSIONS, 1);
        fill_random(&seed, rows, LONG_ROWS * DIMENSIONS, 0.1);
        for (size_t i = 50; i < LONG_ROWS; i += 100) {
            memcpy(rows + i * DIMENSIONS, vectors[0], sizeof vectors[0]);
            memcpy(rows + (i + 5) * DIMENSIONS, vectors[1], sizeof vectors[1]);
        }
        Store *store = open_codes_store(path, false, NULL);
        add_rows(store, "/long.mp4", rows, LONG_ROWS, DIMENSIONS);
        assert_ok(update_codes(store, 1, err));
        const QueryVector terms[] = {{vectors[0], 1, 0}, {vectors[1], 1, 1}};
        RvHits hits = {0};
        RvSearchReport report = {0};
        RvSearchOptions options = {.top = 7, .within_s = 20, .report = &report};
        assert_ok(rv_search_frames(index_of(store), store, NULL, terms, 2, DIMENSIONS, &options, &hits, err));
        assert_string_equal(report.way, "codes");
        assert_int_equal(hits.count, 7);
        for (size_t i = 0; i < 7; i++)
            assert_true(hits.items[i].start_s == 50 + 100 * (double)i &&
                        hits.items[i].parts[1].time_s == hits.items[i].start_s + 5 &&
                        hits.items[i].end_s == hits.items[i].start_s + 6);
        rv_hits_clear(&hits);
        close_codes_store(store);
    }
    free(rows);
}

/* Also where nothing but the order of paths tells two videos apart, and their bounds are scores. */
static void equal_sequences_come_by_path(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 5;
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (size_t v = 0; v < VIDEOS; v++)
        add_video(store, &seed, v);
    assert_ok(update_codes(store, 1, err));
    float rows[2][DIMENSIONS] = {{9}, {0, 9}}, first[DIMENSIONS] = {1}, second[DIMENSIONS] = {0, 1};
    const QueryVector terms[] = {{first, 1, 0}, {second, 1, 1}};
    static const char *const paths[] = {"/z.mp4", "/x.mp4", "/y.mp4"};
    for (size_t i = 0; i < 3; i++)
        add_rows(store, paths[i], rows[0], 2, DIMENSIONS);
    for (size_t top = 1; top <= 3; top++) {
        RvHits hits = {0};
        RvSearchReport report = {0};
        RvSearchOptions options = {.top = top, .report = &report};
        assert_ok(rv_search_frames(index_of(store), store, NULL, terms, 2, DIMENSIONS, &options, &hits, err));
        assert_string_equal(report.way, "codes");
        assert_int_equal(hits.count, top);
        for (size_t i = 0; i < top; i++)
            assert_int_equal(hits.items[i].video[1], 'x' + (int)i);
        rv_hits_clear(&hits);
    }
    close_codes_store(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sequences_are_the_best_of_all_chains),  CASE(what_cannot_be_asked_is_refused),
        CASE(an_empty_library_has_no_sequences),     CASE(moments_lengthen_sequences),
        CASE(long_videos_give_what_their_rows_give), CASE(equal_sequences_of_a_long_video_come_by_time),
        CASE(equal_sequences_come_by_path),
    };
    return cmocka_run_group_tests_name("sequence_query", tests, make_pool, drop_pool);
}
