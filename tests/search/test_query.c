/* SPDX-License-Identifier: MIT */
/* Whole searches: random small libraries against sorting everything, and the refusals. */
#include "../store/store_support.h"

#include <fnmatch.h>

#include "base/error.h"
#include "search/query.h"
#include "store/store_backend.h"

#define DIMENSIONS 6
#define MAX_VIDEOS 5
#define MAX_ROWS 200
#define MAX_TERMS 3
#define ROUNDS 300

typedef struct Row {
    char path[32];
    int64_t frame_number;
    double time_s;
    float vector[DIMENSIONS];
    double term_scores[MAX_TERMS];
    double score;
    long long key; // the score in steps of 1e-9, so that rounding cannot part what is equal
} Row;

typedef struct Case {
    Row rows[MAX_ROWS]; // all, then those that the filters let through
    size_t count;
    Row all[MAX_ROWS]; // with their scores, of RV_FUSION_MEAN only
    size_t all_count;
    float vectors[MAX_TERMS][DIMENSIONS];
    QueryVector terms[MAX_TERMS];
    size_t term_count;
    RvSearchOptions options;
    double after_s, before_s, min_score;
    char glob[16];
} Case;

static const StoreOptions create_options = {.create = true};

/* Multiples of 1/4 of few values: float32 sums of products are exact, and many rows are equal. */
static void make_coarse_vector(uint64_t *seed, float *vector)
{
    for (int i = 0; i < DIMENSIONS; i++)
        vector[i] = (float)((int)(next_random(seed) % 3) - 1) / 4;
}

static void fill_library(Store *store, Case *c, uint64_t *seed)
{
    ModelIdentity model = test_model(DIMENSIONS);
    assert_ok(rv_store_require_identity(store, &model, err));
    size_t videos = next_random(seed) % (MAX_VIDEOS + 1);
    for (size_t v = 0; v < videos; v++) {
        char path[32];
        int64_t id = 0;
        // The order of ids is not the order of paths.
        snprintf(path, sizeof path, "/%c/%zu.%s", (char)('a' + next_random(seed) % 3), MAX_VIDEOS - v,
                 v % 2 == 0 ? "mp4" : "mkv");
        VideoFacts facts = test_facts(path);
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        size_t frames = next_random(seed) % (MAX_ROWS / MAX_VIDEOS + 1);
        for (size_t f = 0; f < frames; f++) {
            Row *row = &c->rows[c->count++];
            snprintf(row->path, sizeof row->path, "%s", path);
            row->frame_number = (int64_t)f + 1;
            row->time_s = (double)f * 1.25;
            // Scenes of three frames on average.
            if (f == 0 || next_random(seed) % 3 == 0)
                make_coarse_vector(seed, row->vector);
            else
                memcpy(row->vector, row[-1].vector, sizeof row->vector);
            FrameRecord record = {row->frame_number, row->time_s, row->vector, NULL, 0};
            assert_ok(rv_store_put_frames(store, id, &record, 1, DIMENSIONS, err));
        }
    }
}

static void make_query(Case *c, uint64_t *seed)
{
    // Sums of the sizes are powers of two, so that the mean vector is exact.
    static const double weights[MAX_TERMS][MAX_TERMS] = {{-2}, {3, -1}, {1, -0.5, 2.5}};
    static const char *const globs[] = {"*.mp4", "/a/*", "[1-3].*", "nothing"};
    static const size_t tops[] = {0, 1, 3, 10, 1000};
    c->term_count = 1 + next_random(seed) % MAX_TERMS;
    for (size_t t = 0; t < c->term_count; t++) {
        make_coarse_vector(seed, c->vectors[t]);
        c->terms[t] = (QueryVector){c->vectors[t], weights[c->term_count - 1][t]};
    }
    c->options.fusion = (RvFusion)(next_random(seed) % 3);
    c->options.top = tops[next_random(seed) % 5];
    if (next_random(seed) % 3 == 0) {
        snprintf(c->glob, sizeof c->glob, "%s", globs[next_random(seed) % 4]);
        c->options.video_glob = c->glob;
    }
    c->after_s = 1.25 * (double)(next_random(seed) % 10);
    c->before_s = c->after_s + 1.25 * (double)(next_random(seed) % 30);
    c->min_score = c->options.fusion == RV_FUSION_RRF ? 0.001 : 0.125;
    if (next_random(seed) % 3 == 0)
        c->options.after_s = &c->after_s;
    if (next_random(seed) % 3 == 0)
        c->options.before_s = &c->before_s;
    if (next_random(seed) % 3 == 0)
        c->options.min_score = &c->min_score;
}

/* ---- the reference: slow and plain -------------------------------------------------------------------- */

static bool lets_through(const Case *c, const Row *row)
{
    const char *last = strrchr(row->path, '/') + 1;
    if (c->options.video_glob != NULL && fnmatch(c->glob, row->path, 0) != 0 &&
        fnmatch(c->glob, last, 0) != 0)
        return false;
    return (c->options.after_s == NULL || row->time_s >= c->after_s) &&
           (c->options.before_s == NULL || row->time_s <= c->before_s);
}

static bool comes_before(const Row *a, double score_a, const Row *b, double score_b)
{
    int order = strcmp(a->path, b->path);
    if (score_a != score_b)
        return score_a > score_b;
    return order != 0 ? order < 0 : a->frame_number < b->frame_number;
}

static double standard_score(const Case *c, size_t t, size_t i)
{
    double n = (double)c->count, mean = 0, variance = 0;
    for (size_t j = 0; j < c->count; j++)
        mean += c->rows[j].term_scores[t] / n;
    for (size_t j = 0; j < c->count; j++)
        variance += pow(c->rows[j].term_scores[t] - mean, 2) / n;
    return variance < 1e-20 ? 0 : (c->rows[i].term_scores[t] - mean) / sqrt(variance);
}

static double reciprocal_rank(const Case *c, size_t t, size_t i)
{
    size_t rank = 1;
    for (size_t j = 0; j < c->count; j++)
        rank += comes_before(&c->rows[j], c->rows[j].term_scores[t], &c->rows[i], c->rows[i].term_scores[t]);
    return 1.0 / (60.0 + (double)rank);
}

static int compare_rows(const void *a, const void *b)
{
    const Row *left = a, *right = b;
    if (comes_before(left, (double)left->key, right, (double)right->key))
        return -1;
    return comes_before(right, (double)right->key, left, (double)left->key);
}

/* Keep all rows with their weighted means. */
static void score_all(Case *c)
{
    double weight_sum = 0;
    for (size_t t = 0; t < c->term_count; t++)
        weight_sum += fabs(c->terms[t].weight);
    c->all_count = c->count;
    for (size_t i = 0; i < c->count; i++) {
        double score = 0;
        for (size_t t = 0; t < c->term_count; t++) {
            for (int d = 0; d < DIMENSIONS; d++)
                score += c->terms[t].weight / weight_sum * c->rows[i].vector[d] * c->vectors[t][d];
        }
        c->all[i] = c->rows[i];
        c->all[i].score = score;
    }
}

/* Leaves in c->rows what a search without a limit must give, in its order. */
static void rank_by_reference(Case *c)
{
    size_t kept = 0;
    score_all(c);
    for (size_t i = 0; i < c->count; i++) {
        if (lets_through(c, &c->rows[i]))
            c->rows[kept++] = c->rows[i];
    }
    c->count = kept;
    double weight_sum = 0;
    for (size_t t = 0; t < c->term_count; t++) {
        weight_sum += fabs(c->terms[t].weight);
        for (size_t i = 0; i < c->count; i++) {
            c->rows[i].term_scores[t] = 0;
            for (int d = 0; d < DIMENSIONS; d++)
                c->rows[i].term_scores[t] += (double)c->rows[i].vector[d] * c->vectors[t][d];
        }
    }
    for (size_t i = 0; i < c->count; i++) {
        double score = 0;
        for (size_t t = 0; t < c->term_count; t++) {
            double part = c->options.fusion == RV_FUSION_MEAN     ? c->rows[i].term_scores[t] / weight_sum
                          : c->options.fusion == RV_FUSION_ZSCORE ? standard_score(c, t, i) / weight_sum
                                                                  : reciprocal_rank(c, t, i);
            score += c->terms[t].weight * part;
        }
        c->rows[i].score = score;
        c->rows[i].key = llround(score * 1e9);
    }
    qsort(c->rows, c->count, sizeof c->rows[0], compare_rows);
    if (c->options.min_score != NULL) {
        while (c->count > 0 && c->rows[c->count - 1].score < c->min_score)
            c->count--;
    }
}

static void compare_hits(const Case *c, const RvHits *hits, uint64_t round)
{
    size_t top = c->options.top > 0 ? c->options.top : 5;
    if (hits->count != (c->count < top ? c->count : top))
        fail_msg("round %d: %zu hits of %zu", (int)round, hits->count, c->count);
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        const Row *row = &c->rows[i];
        if (strcmp(hit->video, row->path) != 0 || hit->frame_number != row->frame_number ||
            hit->time_s != row->time_s || hit->start_s != row->time_s || hit->end_s != row->time_s ||
            fabs(hit->score - row->score) > 1e-9)
            fail_msg("round %d, fusion %d, hit %zu: %s %d %.12g, expected %s %d %.12g", (int)round,
                     (int)c->options.fusion, i, hit->video, (int)hit->frame_number, hit->score, row->path,
                     (int)row->frame_number, row->score);
    }
}

/* ---- moments, by their definition in docs/internals/search.md ----------------------------------------- */

#define GAP_S 2.5 // of "interval:1"
#define THRESHOLD 0.65

typedef struct Curve {
    const Row *rows[MAX_ROWS]; // of one video, by time; all of them, whatever the filters
    size_t count;
    double scores[MAX_ROWS];
    bool allowed[MAX_ROWS], taken[MAX_ROWS];
} Curve;

/* Returns the smallest value but k, the long way. */
static double in_order(const double *values, size_t count, size_t k)
{
    for (size_t i = 0; i < count; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < count; j++) {
            below += values[j] < values[i];
            equal += values[j] == values[i];
        }
        if (below <= k && k < below + equal)
            return values[i];
    }
    fail();
    return 0;
}

static double reference_level(const Curve *v)
{
    return in_order(v->scores, v->count, (v->count - 1) / 10);
}

static bool reference_stands_out(const Curve *v, double score)
{
    double steps[MAX_ROWS];
    if (v->count < 4)
        return false;
    for (size_t i = 1; i < v->count; i++)
        steps[i - 1] = fabs(v->scores[i] - v->scores[i - 1]);
    double deviation = in_order(steps, v->count - 1, (v->count - 2) / 4) / 0.4506;
    return score - reference_level(v) > deviation * (sqrt(2 * log((double)v->count)) + 1.2816);
}

static bool is_joined(const Curve *v, size_t a, size_t b)
{
    double apart_s = fabs(v->rows[a]->time_s - v->rows[b]->time_s);
    return (a + 1 == b || b + 1 == a) || apart_s <= GAP_S; // 1.25 s: no sample is missing between neighbours
}

/* Mark what belongs to the moment around `peak`; returns whether it is one of its own. */
static bool take_reference_moment(Curve *v, size_t peak, double threshold, size_t *first, size_t *last)
{
    *first = *last = peak;
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < v->count; i++) {
            bool before = i<*first, behind = i> * last, free = true;
            if ((!before && !behind) || v->scores[i] < threshold || !is_joined(v, i, before ? *first : *last))
                continue;
            for (size_t k = before ? i : *last + 1; k < (before ? *first : i + 1); k++)
                free = free && v->allowed[k] && !v->taken[k];
            if (free) {
                *first = before ? i : *first;
                *last = behind ? i : *last;
                changed = true;
            }
        }
    }
    double lowest = v->scores[peak];
    for (size_t i = *first; i <= *last; i++)
        lowest = v->scores[i] >= threshold && v->scores[i] < lowest ? v->scores[i] : lowest;
    bool own = true;
    for (int side = 0; side < 2; side++) {
        size_t nearest = side == 0 ? *first : *last, edge = nearest;
        do
            edge = side == 0 ? edge - 1 : edge + 1;
        while (edge < v->count && v->allowed[edge] && !v->taken[edge]);
        if (edge >= v->count || !v->allowed[edge] || !is_joined(v, nearest, edge))
            continue;
        bool cut = v->scores[edge] - v->scores[nearest] > v->scores[peak] - lowest;
        bool short_one = *first == *last; // 1.25 s, or 1 s at the end
        own = own && cut && !short_one;
    }
    for (size_t i = *first; i <= *last; i++)
        v->taken[i] = true;
    return own;
}

/* The curve of a video, of exact scores. */
static Curve *make_curve(const Case *c, const char *path)
{
    Curve *v = calloc(1, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < c->all_count; i++) { // in the order of time
        if (strcmp(c->all[i].path, path) != 0)
            continue;
        v->rows[v->count] = &c->all[i];
        v->allowed[v->count] = lets_through(c, &c->all[i]);
        v->scores[v->count++] = c->all[i].score;
    }
    return v;
}

/* hits: room for all. Returns how many moments there are. */
static size_t reference_moments(const Case *c, RvHit *hits)
{
    Curve *curves[MAX_ROWS] = {NULL}; // of the rows' videos
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        const Row *row = &c->rows[i];
        for (size_t j = 0; j < i && curves[i] == NULL; j++)
            curves[i] = strcmp(c->rows[j].path, row->path) == 0 ? curves[j] : NULL;
        if (curves[i] == NULL)
            curves[i] = make_curve(c, row->path);
        Curve *v = curves[i];
        size_t at = 0, first = 0, last = 0;
        bool any = false;
        while (v->rows[at]->frame_number != row->frame_number)
            at++;
        for (size_t k = 0; k < v->count; k++)
            any = any || (v->allowed[k] && reference_stands_out(v, v->scores[k]));
        bool stands_out = reference_stands_out(v, row->score);
        if (v->taken[at] || (any && !stands_out))
            continue;
        double level = reference_level(v);
        double threshold = stands_out ? level + THRESHOLD * (row->score - level) : -INFINITY;
        if (!take_reference_moment(v, at, threshold, &first, &last))
            continue;
        double end_s = last + 1 < v->count ? v->rows[last + 1]->time_s : v->rows[last]->time_s + 1;
        hits[count++] = (RvHit){.video = row->path,
                                .frame_number = row->frame_number,
                                .time_s = row->time_s,
                                .score = row->score,
                                .start_s = v->rows[first]->time_s,
                                .end_s = end_s};
    }
    for (size_t i = 0; i < c->count; i++) {
        for (size_t j = i + 1; j < c->count; j++)
            curves[j] = curves[j] == curves[i] ? NULL : curves[j];
        free(curves[i]);
    }
    return count;
}

static void assert_moments_are_apart(const RvHits *hits, uint64_t round)
{
    for (size_t i = 0; i < hits->count; i++) {
        const RvHit *hit = &hits->items[i];
        if (!(hit->start_s <= hit->time_s && hit->time_s < hit->end_s) ||
            (i > 0 && hit->score > hits->items[i - 1].score))
            fail_msg("round %d: moment %zu, %g to %g around %g", (int)round, i, hit->start_s, hit->end_s,
                     hit->time_s);
        for (size_t j = 0; j < i; j++) {
            const RvHit *other = &hits->items[j];
            if (other->video_id == hit->video_id && other->start_s < hit->end_s &&
                hit->start_s < other->end_s)
                fail_msg("round %d: moments %zu and %zu overlap", (int)round, j, i);
        }
    }
}

static void compare_moments(Case *c, Store *store, uint64_t round)
{
    RvHit *expected = calloc(MAX_ROWS, sizeof *expected);
    RvHits hits = {0}, fewer = {0};
    assert_non_null(expected);
    size_t top = c->options.top > 0 ? c->options.top : 5, count = reference_moments(c, expected);
    c->options.moments = true;
    assert_ok(
        rv_search_frames(NULL, store, NULL, c->terms, c->term_count, DIMENSIONS, &c->options, &hits, err));
    assert_moments_are_apart(&hits, round);
    // Sums of standard scores are not exact, so frames at the threshold may fall to either side.
    if (c->options.fusion == RV_FUSION_MEAN) {
        assert_int_equal(hits.count, count < top ? count : top);
        for (size_t i = 0; i < hits.count; i++) {
            const RvHit *hit = &hits.items[i], *wanted = &expected[i];
            if (strcmp(hit->video, wanted->video) != 0 || hit->frame_number != wanted->frame_number ||
                hit->score != wanted->score || hit->start_s != wanted->start_s || hit->end_s != wanted->end_s)
                fail_msg("round %d, moment %zu: %s %d, %g to %g, expected %s %d, %g to %g", (int)round, i,
                         hit->video, (int)hit->frame_number, hit->start_s, hit->end_s, wanted->video,
                         (int)wanted->frame_number, wanted->start_s, wanted->end_s);
        }
    }
    c->options.top = 1 + hits.count / 2;
    assert_ok(
        rv_search_frames(NULL, store, NULL, c->terms, c->term_count, DIMENSIONS, &c->options, &fewer, err));
    assert_int_equal(fewer.count, hits.count < c->options.top ? hits.count : c->options.top);
    for (size_t i = 0; i < fewer.count; i++)
        assert_true(fewer.items[i].video_id == hits.items[i].video_id &&
                    fewer.items[i].start_s == hits.items[i].start_s &&
                    fewer.items[i].end_s == hits.items[i].end_s);
    rv_hits_clear(&hits);
    rv_hits_clear(&fewer);
    free(expected);
}

static void search_equals_sorting_everything(void **state)
{
    (void)state;
    char folder[4096], uri[4200];
    make_test_folder(folder, sizeof folder);
    ThreadPool *pool = NULL;
    assert_ok(rv_threads_create(2, &pool, err));
    size_t hit_count = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        uint64_t seed = round + 1;
        Case *c = calloc(1, sizeof *c);
        Store *store = NULL;
        snprintf(uri, sizeof uri, "%s/%d.db", folder, (int)round);
        assert_ok(rv_store_open(round % 20 == 0 ? uri : "memory:", &create_options, &store, err));
        fill_library(store, c, &seed);
        make_query(c, &seed);
        RvHits hits = {0};
        assert_ok(rv_search_frames(NULL, store, round % 2 == 0 ? pool : NULL, c->terms, c->term_count,
                                   DIMENSIONS, &c->options, &hits, err));
        rank_by_reference(c);
        compare_hits(c, &hits, round);
        hit_count += hits.count;
        rv_hits_clear(&hits);
        compare_moments(c, store, round);
        rv_store_close(store);
        free(c);
    }
    assert_true(hit_count > ROUNDS);
    rv_threads_destroy(pool);
    remove_test_folder(folder);
}

/* ---- refusals ----------------------------------------------------------------------------------------- */

static void search_refuses_what_makes_no_sense(void **state)
{
    (void)state;
    static const float good[DIMENSIONS] = {1}, bad[DIMENSIONS] = {NAN};
    static const double nan_value = NAN, one = 1, two = 2;
    static const struct {
        QueryVector term;
        size_t term_count;
        RvSearchOptions options;
        const char *words;
    } cases[] = {
        {{good, 1}, 0, {0}, "the query is empty"},
        {{good, 0}, 1, {0}, "weight 0"},
        {{good, NAN}, 1, {0}, "weight"},
        {{good, INFINITY}, 1, {0}, "weight"},
        {{bad, 1}, 1, {0}, "not finite"},
        {{good, 1}, 1, {.min_score = &nan_value}, "not a number"},
        {{good, 1}, 1, {.after_s = &nan_value}, "not a number"},
        {{good, 1}, 1, {.moment_gap_s = -1}, "not a number"},
        {{good, 1}, 1, {.moments = true, .pad_s = -1}, "longer by -1 s"},
        {{good, 1}, 1, {.moments = true, .pad_s = NAN}, "longer by nan s"},
        {{good, 1}, 1, {.pad_s = 1}, "only moments"},
        {{good, 1}, 1, {.after_s = &two, .before_s = &one}, "exchange"},
        {{good, 1}, 1, {.fusion = (RvFusion)9}, "unknown fusion 9"},
    };
    Store *store = NULL;
    RvHits hits = {0};
    assert_ok(rv_store_open("memory:", &create_options, &store, err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(rv_search_frames(NULL, store, NULL, &cases[i].term, cases[i].term_count, DIMENSIONS,
                                        &cases[i].options, &hits, err),
                       RV_ERROR_ARGUMENT, cases[i].words);
    QueryVector term = {good, 1};
    assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, NULL, &hits, err));
    assert_int_equal(hits.count, 0);
    ModelIdentity model = test_model(DIMENSIONS + 1);
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_refused(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, NULL, &hits, err),
                   RV_ERROR_MISMATCH, "holds 7-dimension embeddings of ViT-T/8, the query has 6");
    rv_hits_clear(&hits);
    rv_hits_clear(NULL);
    rv_store_close(store);
}

/* ---- a part of the library does not answer ------------------------------------------------------------- */

static size_t silent_count; // of the library's first videos

static RvStatus first_are_silent(Store *store, const int64_t *asked, size_t asked_count, int64_t **ids,
                                 size_t *count, RvError *err)
{
    (void)store;
    *ids = calloc(asked_count + 1, sizeof **ids);
    for (size_t i = 0; *ids != NULL && i < asked_count; i++) {
        if (asked[i] <= (int64_t)silent_count)
            (*ids)[(*count)++] = asked[i];
    }
    return *ids != NULL ? RV_OK : rv_error_memory(err, silent_count);
}

/* Any reading of frames fails as it does if it asks a machine that is down. */
static RvStatus nothing_is_read(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                                RvError *err)
{
    (void)range;
    (void)callback;
    (void)user;
    return rv_error_set_hint(err, RV_ERROR_NETWORK, RV_HINT_PARTIAL, NULL, "%s: frames were asked for",
                             rv_store_uri(store));
}

static void search_of_the_rest_says_when_nothing_is_left(void **state)
{
    (void)state;
    static const char *const paths[] = {"/a.mp4", "/b.mp4", "/c.mkv"};
    static const float vector[DIMENSIONS] = {1};
    const QueryVector term = {vector, 1};
    const FrameRecord frame = {1, 0, vector, NULL, 0};
    ModelIdentity model = test_model(DIMENSIONS);
    Store *store = NULL;
    RvHits hits = {0};
    RvSearchReport report;
    RvSearchOptions options = {.partial = true, .report = &report};
    assert_ok(rv_store_open("memory:", &create_options, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    for (int i = 0; i < 3; i++) {
        int64_t id = 0;
        VideoFacts facts = test_facts(paths[i]);
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        assert_int_equal(id, i + 1);
        assert_ok(rv_store_put_frames(store, id, &frame, 1, DIMENSIONS, err));
    }
    const StoreBackend *own = store->backend;
    StoreBackend cluster = *own;
    cluster.unreachable = first_are_silent;
    store->backend = &cluster;
    silent_count = 2;
    assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_int_equal(hits.count, 1);
    assert_string_equal(hits.items[0].video, "/c.mkv");
    assert_int_equal(report.videos_unreachable, 2);
    rv_hits_clear(&hits);
    // Those that do not match are not missed.
    options.video_glob = "*.mkv";
    assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_int_equal(hits.count, 1);
    assert_int_equal(report.videos_unreachable, 0);
    rv_hits_clear(&hits);
    options.video_glob = NULL;
    options.moments = true;
    assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_true(hits.count == 1 && hits.items[0].end_s == 1);
    rv_hits_clear(&hits);
    options.moments = false;
    // The scores of one video need no other one, those of ranks need them all.
    RvFrameScores scores = {0};
    for (int fusion = RV_FUSION_MEAN; fusion <= RV_FUSION_RRF; fusion++) {
        options.fusion = (RvFusion)fusion;
        assert_ok(rv_search_video_scores(store, NULL, &term, 1, DIMENSIONS, &options, 3, &scores, err));
        assert_int_equal(scores.count, 1);
        rv_frame_scores_clear(&scores);
    }
    assert_refused(rv_search_video_scores(store, NULL, &term, 1, DIMENSIONS, &options, 1, &scores, err),
                   RV_ERROR_NETWORK, "on a machine that does not answer");
    options.fusion = RV_FUSION_MEAN;
    cluster.visit_frames = nothing_is_read;
    // A machine may fall silent between the question and the scan. Who left it out already is not told to.
    assert_refused_with_hint(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
                             RV_ERROR_NETWORK, "frames were asked for", RV_HINT_NONE);
    assert_refused_with_hint(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, NULL, &hits, err),
                             RV_ERROR_NETWORK, "frames were asked for", RV_HINT_PARTIAL);
    options.video_glob = "*.mp4";
    assert_refused_with_hint(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
                             RV_ERROR_NETWORK, "all 2 videos that match are on machines that do not answer",
                             RV_HINT_NONE);
    options.video_glob = "/a.mp4";
    assert_refused_with_hint(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
                             RV_ERROR_NETWORK, "the video that matches is on a machine that does not answer",
                             RV_HINT_NONE);
    options.video_glob = "nothing";
    assert_ok(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
    assert_int_equal(hits.count, 0);
    rv_hits_clear(&hits);
    options.video_glob = NULL;
    silent_count = 3;
    assert_refused_with_hint(rv_search_frames(NULL, store, NULL, &term, 1, DIMENSIONS, &options, &hits, err),
                             RV_ERROR_NETWORK, "all 3 videos that match", RV_HINT_NONE);
    store->backend = own;
    rv_store_close(store);
}

static void normalize_gives_length_one_or_refuses(void **state)
{
    (void)state;
    float vector[] = {3, 0, 4}, zero[] = {0, 0, 0}, infinite[] = {INFINITY, 0, 0}, tiny[] = {1e-30f, 0, 0};
    assert_ok(rv_search_normalize(vector, 3, err));
    assert_true(vector[0] == 0.6f && vector[1] == 0 && vector[2] == 0.8f);
    assert_ok(rv_search_normalize(tiny, 3, err));
    assert_true(tiny[0] == 1);
    assert_refused(rv_search_normalize(zero, 3, err), RV_ERROR_ARGUMENT, "length 0");
    assert_refused(rv_search_normalize(infinite, 3, err), RV_ERROR_ARGUMENT, "length inf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_equals_sorting_everything),
        cmocka_unit_test(search_refuses_what_makes_no_sense),
        cmocka_unit_test(search_of_the_rest_says_when_nothing_is_left),
        cmocka_unit_test(normalize_gives_length_one_or_refuses),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
