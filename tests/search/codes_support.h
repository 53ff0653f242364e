/* SPDX-License-Identifier: MIT */
/* What tests of the codes share: libraries of chosen rows, searches with and without codes compared to the
 * bit. */
#ifndef RV_TESTS_CODES_SUPPORT_H
#define RV_TESTS_CODES_SUPPORT_H

#include "../store/sqlite_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "search/query.h"
#include "search/scan_codes.h"

typedef struct LogCount {
    size_t lines;
    char last[1024];
} LogCount;

static inline void count_line(void *user, RvLogLevel level, const char *message)
{
    (void)level;
    LogCount *log = user;
    log->lines++;
    snprintf(log->last, sizeof log->last, "%s", message);
}

/* What searches of an open store stand on. A table, so that tests can name it by the store. */
static struct IndexOfStore {
    Store *store;
    SearchIndex *index;
} indexes[16];

static inline SearchIndex *index_of(Store *store)
{
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        if (indexes[i].store == store)
            return indexes[i].index;
    }
    fail_msg("a store without an index");
    return NULL;
}

/* device NULL: none. The index that the store had goes. */
static inline RvStatus give_index(Store *store, const char *device, RvLog log, RvError *error)
{
    struct IndexOfStore *place = NULL;
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0] && (place == NULL || place->store != store);
         i++) {
        if (indexes[i].store == store || indexes[i].store == NULL)
            place = &indexes[i];
    }
    assert_non_null(place);
    rv_search_index_destroy(place->index);
    *place = (struct IndexOfStore){.store = store};
    return rv_search_index_create(NULL, store, device, log, &place->index, error);
}

static inline void close_codes_store(Store *store)
{
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        if (store != NULL && indexes[i].store == store) {
            rv_search_index_destroy(indexes[i].index);
            indexes[i] = (struct IndexOfStore){0};
        }
    }
    rv_store_close(store);
}

static inline Store *open_codes_store(const char *path, bool read_only, LogCount *log)
{
    Store *store = NULL;
    StoreOptions options = {.create = !read_only, .read_only = read_only};
    if (log != NULL)
        options.log = (RvLog){count_line, log};
    assert_ok(rv_store_open(path, &options, &store, err));
    // The tests of the codes run once more with searches on a device.
    assert_ok(give_index(store, getenv("REELVEC_TEST_SEARCH_DEVICE"), options.log, err));
    return store;
}

/* One more video with these rows: vectors float32[count, dimensions], frame k at k - 1 seconds. */
static inline int64_t add_rows(Store *store, const char *path, const float *vectors, size_t count,
                               int dimensions)
{
    ModelIdentity model = test_model(dimensions);
    model.normalized = false;
    VideoFacts facts = test_facts(path);
    int64_t id = 0;
    FrameRecord *frames = calloc(count, sizeof *frames);
    assert_non_null(frames);
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    for (size_t i = 0; i < count; i++)
        frames[i] = (FrameRecord){(int64_t)i + 1, (double)i, vectors + i * (size_t)dimensions, NULL, 0};
    assert_ok(rv_store_put_frames(store, id, frames, count, dimensions, err));
    assert_ok(rv_store_finish_video(store, id, (double)count, err));
    free(frames);
    return id;
}

static inline void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static inline void get_state(Store *store, DerivedState *state)
{
    assert_ok(rv_store_derived_state(store, CODES_NAME, state, err));
}

/* The codes that a search of the store can use now; NULL: none. Valid while no other thread uses the index.
 */
static inline const CodeFile *codes_of(Store *store, int dimensions)
{
    DerivedState state;
    get_state(store, &state);
    CodeFile *file = rv_codes_hold(&index_of(store)->codes, store, &state, dimensions);
    rv_code_file_release(file);
    return file;
}

static inline RvStatus update_codes(Store *store, int64_t min_rows, RvError *error)
{
    return rv_codes_update(&index_of(store)->codes, store, NULL, min_rows, error);
}

static inline RvStatus verify_codes(Store *store, void (*fault)(void *user, const char *line),
                                    size_t *fault_count, RvError *error)
{
    return rv_codes_verify(&index_of(store)->codes, store, fault, NULL, fault_count, error);
}

/* One scan by way of the codes and nothing else; returns whether they answered. by_lists: through the lists.
 */
static inline bool scan_codes(Store *store, const CodeScan *scan, bool by_lists, const float *vector,
                              int dimensions, ScoredBlockCallback callback, void *user)
{
    CodeSearch query;
    ScanFacts facts = {.limit = scan->limit};
    ScanPlan plan = {.way = SCAN_CODES, .by_lists = by_lists};
    bool done = false;
    assert_ok(rv_store_begin_snapshot(store, err));
    assert_ok(rv_code_search_open(&query, index_of(store), store, scan, vector, dimensions, &facts, err));
    if (facts.codes == CODES_READY)
        assert_ok(rv_code_search_scan(&query, &plan, &facts, callback, user, &done, err));
    rv_code_search_close(&query);
    rv_store_end_snapshot(store);
    return done;
}

static inline void fill_random(uint64_t *seed, float *values, size_t count, double scale)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(scale * (2 * next_uniform(seed) - 1));
}

static inline void assert_same_hits(const RvHits *left, const RvHits *right, const char *why)
{
    if (left->count != right->count)
        fail_msg("%s: %zu and %zu hits", why, left->count, right->count);
    for (size_t i = 0; i < left->count; i++) {
        const RvHit *a = &left->items[i], *b = &right->items[i];
        if (a->video_id != b->video_id || a->frame_number != b->frame_number || a->time_s != b->time_s ||
            a->start_s != b->start_s || a->end_s != b->end_s ||
            memcmp(&a->score, &b->score, sizeof a->score) != 0 || a->part_count != b->part_count ||
            (a->part_count > 0 && memcmp(a->parts, b->parts, a->part_count * sizeof *a->parts) != 0))
            fail_msg("%s: hit %zu: video %lld frame %lld score %.9g and video %lld frame %lld score %.9g",
                     why, i, (long long)a->video_id, (long long)a->frame_number, a->score,
                     (long long)b->video_id, (long long)b->frame_number, b->score);
    }
}

/* A copy of the library file alone, which has no codes, so that searches score every row. Made where there is
 * none. */
static inline Store *open_rows(const char *path)
{
    char copy[4400], sql[4500];
    struct stat facts;
    snprintf(copy, sizeof copy, "%s.rows", path);
    if (stat(copy, &facts) != 0) {
        snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
        run_sql(path, sql);
    }
    return open_codes_store(copy, true, NULL);
}

static inline void assert_codes_change_no_query(Store *store, Store *rows, const QueryVector *terms,
                                                size_t term_count, int dimensions,
                                                const RvSearchOptions *options, const char *why)
{
    assert_null(codes_of(rows, dimensions));
    RvHits with = {0}, without = {0};
    assert_ok(
        rv_search_frames(index_of(rows), rows, NULL, terms, term_count, dimensions, options, &without, err));
    assert_ok(
        rv_search_frames(index_of(store), store, NULL, terms, term_count, dimensions, options, &with, err));
    assert_same_hits(&with, &without, why);
    rv_hits_clear(&with);
    rv_hits_clear(&without);
}

static inline void assert_codes_change_nothing(Store *store, Store *rows, const float *vector, int dimensions,
                                               const RvSearchOptions *options, const char *why)
{
    QueryVector term = {vector, 1};
    assert_codes_change_no_query(store, rows, &term, 1, dimensions, options, why);
}

/* The copy is out of date. */
static inline void forget_rows(const char *path)
{
    char copy[4400];
    snprintf(copy, sizeof copy, "%s.rows", path);
    unlink(copy);
}

#endif
