/* SPDX-License-Identifier: MIT */
/* Derived data: the log of changes names every changed row, whoever wrote it; tokens change in one step with
 * it. */
#include "sqlite_fixture.h"

#include <sqlite3.h>

#define NAME "codes"

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

/* Two videos of ten frames each; changes are logged. */
static Store *open_logged(const char *path)
{
    static const StoreOptions create = {.create = true};
    Store *store = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_open(path, &create, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    for (int i = 0; i < 2; i++) {
        VideoFacts facts = test_facts(i == 0 ? "/a.mp4" : "/b.mp4");
        int64_t id = 0;
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        assert_ok(put_test_frames(store, id, 1, 10, TEST_DIMENSIONS, err));
    }
    assert_ok(rv_store_derived_register(store, NAME, err));
    return store;
}

static RvStatus place_nothing(void *user, RvError *err)
{
    (void)err;
    ++*(int *)user;
    return RV_OK;
}

static RvStatus fail_to_place(void *user, RvError *err)
{
    (void)user;
    (void)err;
    return RV_ERROR_IO;
}

static DerivedState state_of(Store *store)
{
    DerivedState state;
    assert_ok(rv_store_derived_state(store, NAME, &state, err));
    return state;
}

/* The log as "video/first-last ..." */
static void assert_log(Store *store, const DerivedState *state, const char *expected, const char *why)
{
    KeyRange *ranges = NULL;
    size_t count = 0;
    char text[2000] = "";
    assert_ok(rv_store_derived_changes(store, state, &ranges, &count, err));
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(text);
        long long first = ranges[i].first & UINT32_MAX, last = ranges[i].last & UINT32_MAX;
        snprintf(text + length, sizeof text - length, "%s%lld/%lld-%lld", i > 0 ? " " : "",
                 (long long)(ranges[i].first >> 32), first, last == UINT32_MAX ? -1 : last);
    }
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s instead of %s", why, text, expected);
    free(ranges);
}

static void log_names_every_change(void **state)
{
    static const struct {
        const char *sql; // NULL: frames 3 to 5 and 8 of video 1 by our own hands
        const char *log, *why;
    } cases[] = {
        {NULL, "1/3-5 1/8-8", "our own writing"},
        {"UPDATE frames SET time = 1 WHERE video_id = 2 AND frame_number < 3", "2/1-2", "an update"},
        {"DELETE FROM frames WHERE frame_number = 10", "1/10-10 2/10-10", "a deletion"},
        {"DELETE FROM frames", "1/1-10 2/1-10", "all rows"},
        {"INSERT INTO frames SELECT (2 << 32) + 11, 2, 11, 11.0, zeroblob(32)", "2/11-11", "an insertion"},
        {"INSERT OR REPLACE INTO frames SELECT frame_id, 1, 4, 4.0, zeroblob(32) FROM frames WHERE frame_id "
         "= (1 << 32) + 4",
         "1/4-4", "a replacement"},
        {"UPDATE frames SET frame_id = (1 << 32) + 40, frame_number = 40 WHERE frame_id = (1 << 32) + 4",
         "1/4-4 1/40-40", "another key"},
        {"PRAGMA foreign_keys = ON; DELETE FROM videos WHERE video_id = 2", "2/1-10",
         "a video, with its frames"},
        {"UPDATE videos SET path = '/c.mp4' WHERE video_id = 2", "", "frames stay as they are"},
        {"BEGIN; DELETE FROM frames; ROLLBACK", "", "nothing in the end"},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(fixture->path);
        Store *store = open_logged(fixture->path);
        DerivedState before = state_of(store);
        assert_true(before.supported && before.registered && !before.published);
        assert_log(store, &before, "", "at first");
        if (cases[i].sql != NULL) {
            run_sql(fixture->path, cases[i].sql);
        } else {
            assert_ok(put_test_frames(store, 1, 3, 3, TEST_DIMENSIONS, err));
            assert_ok(put_test_frames(store, 1, 8, 1, TEST_DIMENSIONS, err));
        }
        assert_log(store, &before, cases[i].log, cases[i].why);
        rv_store_close(store);
    }
}

static void log_of_a_video_is_one_entry_and_of_a_removed_one_too(void **state)
{
    Fixture *fixture = *state;
    Store *store = open_logged(fixture->path);
    DerivedState before = state_of(store);
    for (int batch = 0; batch < 20; batch++)
        assert_ok(put_test_frames(store, 1, 11 + 5 * batch, 5, TEST_DIMENSIONS, err));
    assert_log(store, &before, "1/11-110", "batches in order");
    assert_int_equal(state_of(store).newest, before.newest + 20);
    run_sql(fixture->path,
            "CREATE TEMP TABLE t (n CHECK (n = 1)); INSERT INTO t SELECT count(*) FROM frame_changes");
    assert_ok(rv_store_remove_video(store, 2, err));
    assert_log(store, &before, "1/11-110 2/1--1", "and a removal");
    rv_store_close(store);
}

static void nothing_is_logged_before_somebody_asks(void **state)
{
    Fixture *fixture = *state;
    Store *store = open_logged(fixture->path);
    run_sql(fixture->path, "DELETE FROM derived_data");
    DerivedState before = state_of(store);
    assert_false(before.registered);
    run_sql(fixture->path, "DELETE FROM frames WHERE video_id = 1");
    assert_ok(put_test_frames(store, 2, 1, 3, TEST_DIMENSIONS, err));
    assert_log(store, &before, "", "not registered");
    rv_store_close(store);
}

static void publish_cuts_the_log_at_what_was_seen(void **state)
{
    static const uint8_t first[STORE_TOKEN_BYTES] = "first token 16b",
                         second[STORE_TOKEN_BYTES] = "second token 16";
    Fixture *fixture = *state;
    Store *store = open_logged(fixture->path);
    int placed = 0;
    bool done = false;
    assert_ok(put_test_frames(store, 1, 3, 1, TEST_DIMENSIONS, err));
    DerivedState seen = state_of(store);
    assert_ok(put_test_frames(store, 2, 7, 1, TEST_DIMENSIONS, err)); // after the snapshot
    assert_ok(rv_store_derived_publish(store, NAME, &seen, first, place_nothing, &placed, &done, err));
    assert_true(done && placed == 1);
    DerivedState now = state_of(store);
    assert_true(now.published && memcmp(now.token, first, sizeof first) == 0);
    assert_log(store, &now, "2/7-7", "what came later");
    // Who saw the state before that is too late.
    assert_ok(rv_store_derived_publish(store, NAME, &seen, second, place_nothing, &placed, &done, err));
    assert_true(!done && placed == 1);
    // A failure in between leaves everything.
    assert_int_equal(rv_store_derived_publish(store, NAME, &now, second, fail_to_place, NULL, &done, NULL),
                     RV_ERROR_IO);
    now = state_of(store);
    assert_true(!done && memcmp(now.token, first, sizeof first) == 0);
    assert_log(store, &now, "2/7-7", "after a failure");
    // The slowest of several names keeps the log.
    assert_ok(rv_store_derived_register(store, "other", err));
    DerivedState other;
    assert_ok(rv_store_derived_state(store, "other", &other, err));
    assert_ok(put_test_frames(store, 2, 9, 1, TEST_DIMENSIONS, err));
    now = state_of(store);
    assert_ok(rv_store_derived_publish(store, NAME, &now, second, place_nothing, &placed, &done, err));
    assert_true(done);
    assert_log(store, &other, "2/9-9", "for the other name");
    now = state_of(store);
    assert_log(store, &now, "", "for this one");
    rv_store_close(store);
}

static void schema_changes_end_the_registration(void **state)
{
    static const uint8_t token[STORE_TOKEN_BYTES] = "a token";
    Fixture *fixture = *state;
    Store *store = open_logged(fixture->path);
    int placed = 0;
    bool done = false;
    DerivedState seen = state_of(store);
    assert_ok(rv_store_derived_publish(store, NAME, &seen, token, place_nothing, &placed, &done, err));
    assert_true(state_of(store).published);
    run_sql(fixture->path, "CREATE INDEX mine ON frames (time)");
    DerivedState now = state_of(store);
    assert_false(now.registered || now.published);
    assert_ok(rv_store_derived_publish(store, NAME, &now, token, place_nothing, &placed, &done, err));
    assert_false(done);
    assert_ok(rv_store_derived_register(store, NAME, err));
    now = state_of(store);
    assert_true(now.registered && !now.published);
    rv_store_close(store);
}

static void memory_library_keeps_no_derived_data(void **state)
{
    (void)state;
    Store *store = NULL;
    char path[64];
    static const StoreOptions create = {.create = true};
    assert_ok(rv_store_open("memory:", &create, &store, err));
    assert_false(state_of(store).supported);
    assert_refused(rv_store_derived_path(store, "-x", path, sizeof path, err), RV_ERROR_NOT_FOUND,
                   "no files beside it");
    assert_refused(rv_store_derived_register(store, NAME, err), RV_ERROR_IO, "cannot keep");
    rv_store_close(store);
}

static void ranges_that_touch_are_joined(void **state)
{
    (void)state;
    KeyRange ranges[] = {{5, 6}, {1, 2}, {3, 3},          {INT64_MAX, INT64_MAX},
                         {9, 8}, {6, 6}, {20, INT64_MAX}, {INT64_MIN, -5}};
    assert_int_equal(rv_store_join_ranges(ranges, 8), 4);
    static const KeyRange expected[] = {{INT64_MIN, -5}, {1, 3}, {5, 6}, {20, INT64_MAX}};
    assert_memory_equal(ranges, expected, sizeof expected);
    assert_int_equal(rv_store_join_ranges(NULL, 0), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(log_names_every_change),
        CASE(log_of_a_video_is_one_entry_and_of_a_removed_one_too),
        CASE(nothing_is_logged_before_somebody_asks),
        CASE(publish_cuts_the_log_at_what_was_seen),
        CASE(schema_changes_end_the_registration),
        CASE(memory_library_keeps_no_derived_data),
        CASE(ranges_that_touch_are_joined),
    };
    return cmocka_run_group_tests_name("derived data", tests, NULL, NULL);
}
