/* SPDX-License-Identifier: MIT */
/* What only an SQLite library can meet: names, foreign and newer files, hostile rows, folders without write
 * access. */
#include "sqlite_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const StoreOptions create_options = {.create = true};
static const StoreOptions read_options = {.read_only = true};

/* A library with one complete video of three frames. */
static void make_library(const char *path)
{
    Store *store = NULL;
    int64_t id = 0;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts("/a.mp4");
    assert_ok(rv_store_open(path, &create_options, &store, err));
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    assert_ok(put_test_frames(store, id, 1, 3, TEST_DIMENSIONS, err));
    assert_ok(rv_store_finish_video(store, id, 3, err));
    rv_store_close(store);
}

static void write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Change the file behind the store's back. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static size_t count_rows(const char *path, RvStatus *status, RvError *error);

static RvStatus count_block(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    *(size_t *)user += block->count;
    return RV_OK;
}

static size_t count_rows(const char *path, RvStatus *status, RvError *error)
{
    Store *store = NULL;
    size_t count = 0;
    *status = rv_store_open(path, NULL, &store, error);
    if (*status == RV_OK)
        *status = rv_store_scan(store, NULL, count_block, &count, error);
    rv_store_close(store);
    return count;
}

static void assert_three_rows(const char *path)
{
    RvStatus status = RV_OK;
    RvError error = {0};
    size_t count = count_rows(path, &status, &error);
    if (status != RV_OK || count != 3)
        fail_msg("%s: %zu rows: %s", path, count, error.message);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static void open_says_what_is_there_instead(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    char path[4300];
    assert_refused_with_hint(rv_store_open(fixture->path, NULL, &store, err), RV_ERROR_NOT_FOUND,
                             "no library here", RV_HINT_CREATE_LIBRARY);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_refused(rv_store_open(fixture->path, &read_options, &store, err), RV_ERROR_NOT_FOUND,
                   "no library here");
    StoreOptions both = {.read_only = true, .create = true};
    assert_refused(rv_store_open(fixture->path, &both, &store, err), RV_ERROR_NOT_FOUND, "no library here");
    assert_refused(rv_store_open(fixture->folder, &create_options, &store, err), RV_ERROR_FORMAT, "a folder");
    snprintf(path, sizeof path, "%s/missing/library.db", fixture->folder);
    assert_refused(rv_store_open(path, &create_options, &store, err), RV_ERROR_NOT_FOUND, "make it first");
    snprintf(path, sizeof path, "%s/pipe", fixture->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(rv_store_open(path, &create_options, &store, err), RV_ERROR_FORMAT, "not a regular file");
    write_file(fixture->path, "", 0);
    assert_refused(rv_store_open(fixture->path, NULL, &store, err), RV_ERROR_NOT_FOUND, "no library here");
    assert_null(store);
    make_library(fixture->path);
    assert_three_rows(fixture->path);
}

static void open_refuses_files_of_others_and_leaves_them(void **state)
{
    static const struct {
        const char *content;
        size_t size;
        const char *words, *why;
    } cases[] = {
        {"hello", 5, "not a reelvec library", "a short text"},
        {"SQLite format 3", 15, "not a reelvec library", "the beginning of a database"},
        {"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20 and then nothing", 41, "damaged",
         "a header cut short"},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        char read[64] = {0};
        write_file(fixture->path, cases[i].content, cases[i].size);
        RvError error = {0};
        if (rv_store_open(fixture->path, &create_options, &store, &error) != RV_ERROR_FORMAT ||
            strstr(error.message, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].why, error.message);
        FILE *file = fopen(fixture->path, "rb");
        assert_int_equal(fread(read, 1, sizeof read, file), cases[i].size);
        fclose(file);
        assert_memory_equal(read, cases[i].content, cases[i].size);
    }
}

static void open_refuses_changed_libraries(void **state)
{
    static const struct {
        const char *sql;
        RvStatus status;
        const char *words;
    } cases[] = {
        {"PRAGMA application_id = 0", RV_ERROR_FORMAT, "another program"},
        {"PRAGMA user_version = 4; ALTER TABLE library RENAME TO meta", RV_ERROR_UNSUPPORTED,
         "made by a newer reelvec (schema 4, this one knows 3)"},
        {"PRAGMA user_version = 0", RV_ERROR_FORMAT, "schema version 0"},
        {"PRAGMA user_version = -7", RV_ERROR_FORMAT, "schema version -7"},
        {"DROP VIEW frames_with_pictures", RV_ERROR_FORMAT, "frames_with_pictures is missing"},
        {"ALTER TABLE videos ADD COLUMN mine", RV_ERROR_FORMAT, "videos is not as reelvec makes it"},
        {"DROP TABLE frames; CREATE VIEW frames AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
         "FROM n) "
         "SELECT x AS frame_id, x AS video_id, x AS frame_number, 1.0 AS time, x'00' AS embedding_data FROM "
         "n",
         RV_ERROR_FORMAT, "frames is not as"},
        {"UPDATE library SET kind = 'scenes'", RV_ERROR_UNSUPPORTED, "kind scenes"},
        {"UPDATE library SET kind = x'0102'", RV_ERROR_UNSUPPORTED, "kind ??"},
        {"UPDATE library SET schema_version = 'one'", RV_ERROR_FORMAT, "schema_version holds"},
        {"DELETE FROM library", RV_ERROR_FORMAT, "the library row is missing"},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        unlink(fixture->path);
        make_library(fixture->path);
        run_sql(fixture->path, cases[i].sql);
        assert_refused(rv_store_open(fixture->path, &create_options, &store, err), cases[i].status,
                       cases[i].words);
        assert_refused(rv_store_open(fixture->path, &read_options, &store, err), cases[i].status,
                       cases[i].words);
    }
    unlink(fixture->path);
    run_sql(fixture->path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    Store *store = NULL;
    assert_refused(rv_store_open(fixture->path, &create_options, &store, err), RV_ERROR_FORMAT,
                   "another program");
    run_sql(fixture->path, "SELECT x FROM t");
}

static void open_takes_any_file_name(void **state)
{
    static const char *const names[] = {"a?mode=memory", "a%41b",     "a#b",  "a b'\"", "file:x?mode=memory",
                                        ":memory:",      "x\xff\xfe", "-wal", "%s%n",   "?",
                                        "&vfs=none"};
    Fixture *fixture = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(fixture->folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        make_library(names[i]);
        struct stat facts;
        if (stat(names[i], &facts) != 0 || facts.st_size < 4096)
            fail_msg("%s: the library is not in the file of this name", names[i]);
        assert_three_rows(names[i]);
    }
    assert_int_equal(chdir(before), 0);
}

static void open_makes_the_default_library_with_its_folder(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    char data[4300], path[4400];
    snprintf(data, sizeof data, "%s/some/data", fixture->folder);
    assert_int_equal(setenv("XDG_DATA_HOME", data, 1), 0);
    assert_refused(rv_store_open(NULL, NULL, &store, err), RV_ERROR_NOT_FOUND, "no library here");
    assert_ok(rv_store_open(NULL, &create_options, &store, err));
    snprintf(path, sizeof path, "%s/reelvec/library.db", data);
    assert_string_equal(rv_store_uri(store), path);
    assert_int_equal(access(path, R_OK), 0);
    rv_store_close(store);
    assert_int_equal(unsetenv("XDG_DATA_HOME"), 0);
}

/* ---- reading only ------------------------------------------------------------------------------------- */

static void read_only_refuses_every_change(void **state)
{
    Fixture *fixture = *state;
    make_library(fixture->path);
    Store *store = NULL;
    int64_t id = 0;
    VideoFacts facts = test_facts("/b.mp4");
    ModelIdentity model = test_model(TEST_DIMENSIONS), other = test_model(16);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_true(rv_store_is_read_only(store));
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_refused(rv_store_require_identity(store, &other, err), RV_ERROR_MISMATCH,
                   "the model is ViT-T/8 (16 dimensions, weights 0123456789ab...)");
    assert_refused(rv_store_begin_video(store, &facts, 0, &id, err), RV_ERROR_IO, "for reading only");
    assert_refused(put_test_frames(store, 1, 1, 1, TEST_DIMENSIONS, err), RV_ERROR_IO, "for reading only");
    assert_refused(rv_store_finish_video(store, 1, 1, err), RV_ERROR_IO, "for reading only");
    assert_refused(rv_store_fail_video(store, 1, "x", err), RV_ERROR_IO, "for reading only");
    assert_refused(rv_store_move_video(store, 1, "/x", 1, 1, err), RV_ERROR_IO, "for reading only");
    assert_refused(rv_store_remove_video(store, 1, err), RV_ERROR_IO, "for reading only");
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
    assert_three_rows(fixture->path);
}

/* Run in a child without root's rights, so that permissions bind; gives what it returned. */
static int run_unprivileged(const Fixture *fixture, int (*function)(const Fixture *fixture))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(99);
        _exit(function(fixture));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int read_three_rows(const Fixture *fixture)
{
    Store *store = NULL;
    size_t count = 0;
    RvError error = {0};
    if (rv_store_open(fixture->path, NULL, &store, &error) != RV_OK || !rv_store_is_read_only(store))
        return 1;
    if (rv_store_scan(store, NULL, count_block, &count, &error) != RV_OK || count != 3)
        return 2;
    if (rv_store_remove_video(store, 1, &error) != RV_ERROR_IO)
        return 3;
    rv_store_close(store);
    return 0;
}

static int meet_pending_changes(const Fixture *fixture)
{
    Store *store = NULL;
    RvError error = {0};
    RvStatus status = rv_store_open(fixture->path, &read_options, &store, &error);
    return status == RV_ERROR_IO && strstr(error.message, "an interrupted write waits") != NULL ? 0 : 1;
}

/* Changes that only the log holds, as after kill -9. */
static void leave_log(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        Store *store = NULL;
        chmod(path, 0644);
        bool good = rv_store_open(path, NULL, &store, NULL) == RV_OK &&
                    put_test_frames(store, 1, 4, 1, TEST_DIMENSIONS, NULL) == RV_OK && chmod(path, 0444) == 0;
        _exit(good ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int create_in_vain(const Fixture *fixture)
{
    Store *store = NULL;
    RvError error = {0};
    RvStatus status = rv_store_open(fixture->path, &create_options, &store, &error);
    return status == RV_ERROR_IO && strstr(error.message, "library.db: ") != NULL ? 0 : 1;
}

static void read_only_folder_is_readable(void **state)
{
    Fixture *fixture = *state;
    // A name that must be escaped in a URI.
    snprintf(fixture->path, sizeof fixture->path, "%s/100%%25 ?#&.library.db", fixture->folder);
    assert_int_equal(chmod(fixture->folder, 0555), 0);
    assert_int_equal(run_unprivileged(fixture, create_in_vain), 0);
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    make_library(fixture->path);
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(run_unprivileged(fixture, read_three_rows), 0);
    assert_int_equal(chmod(fixture->folder, 0555), 0);
    assert_int_equal(run_unprivileged(fixture, read_three_rows), 0);
    // A log too short to hold a change hides none; one with changes does.
    char name[4300];
    snprintf(name, sizeof name, "%s-wal", fixture->path);
    chmod(fixture->folder, 0755);
    write_file(name, "x", 1);
    chmod(fixture->folder, 0555);
    assert_int_equal(run_unprivileged(fixture, read_three_rows), 0);
    chmod(fixture->folder, 0755);
    unlink(name);
    leave_log(fixture->path);
    snprintf(name, sizeof name, "%s-shm", fixture->path);
    assert_int_equal(unlink(name), 0);
    chmod(fixture->folder, 0555);
    assert_int_equal(run_unprivileged(fixture, meet_pending_changes), 0);
}

/* ---- hostile rows ------------------------------------------------------------------------------------- */

static void hostile_rows_are_refused_by_name(void **state)
{
    static const struct {
        const char *sql, *words;
        size_t faults; // of verify
    } cases[] = {
        {"UPDATE frames SET embedding_data = x'00' WHERE frame_number = 2",
         "video 1, frame 2: embedding_data has 1 b", 1},
        {"UPDATE frames SET embedding_data = x'' WHERE frame_number = 2",
         "video 1, frame 2: embedding_data has 0 byt", 1},
        {"UPDATE frames SET embedding_data = zeroblob(8192) WHERE frame_number = 2",
         "video 1, frame 2: embedding_data has 8192 b", 1},
        {"UPDATE frames SET embedding_data = 'texttexttexttexttexttexttexttext' WHERE frame_number = 2",
         "video 1, frame 2: embedding_data is not a BLOB", 1},
        {"UPDATE frames SET embedding_data = 3.5 WHERE frame_number = 2",
         "frame 2: embedding_data is not a BLOB", 1},
        {"UPDATE frames SET time = 'noon' WHERE frame_number = 2", "video 1, frame 2: time is not a time", 1},
        {"UPDATE frames SET time = -1 WHERE frame_number = 2", "video 1, frame 2: time is not a time", 1},
        {"UPDATE frames SET time = 9e999 WHERE frame_number = 2", "video 1, frame 2: time is not a time", 1},
        {"UPDATE frames SET time = x'00' WHERE frame_number = 2", "video 1, frame 2: time is not a time", 1},
        {"UPDATE frames SET frame_id = 77 WHERE frame_number = 2", "frame 2: frame_id does not belong to it",
         3},
        {"UPDATE frames SET frame_number = -2 WHERE frame_number = 2",
         "frame -2: its numbers are out of range", 4},
        {"UPDATE frames SET video_id = 'x' WHERE frame_number = 2", "its numbers are not numbers", 4},
        {"UPDATE library SET dimensions = 9", "frame 1: embedding_data has 32 bytes instead of 36", 3},
        {"UPDATE library SET dimensions = 0", "library: dimensions holds a value", 1},
        {"UPDATE library SET dimensions = 1e300", "library: dimensions holds a value", 1},
        {"UPDATE library SET normalized = 'yes'", "library: normalized holds a value", 1},
        {"UPDATE library SET weights_sha256 = hex(zeroblob(40))", "digest is too long", 1},
        {"UPDATE videos SET path = 'a' || char(0) || 'b'", "video 1: path holds a value", 2},
        {"UPDATE videos SET width = 99999999999", "video 1: width holds a value", 2},
        {"UPDATE videos SET duration = 'long'", "video 1: duration holds a value", 2},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        char sql[512];
        RvVideos videos = {0};
        RvError error = {0};
        size_t count = 0;
        unlink(fixture->path);
        make_library(fixture->path);
        snprintf(sql, sizeof sql, "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; %s",
                 cases[i].sql);
        run_sql(fixture->path, sql);
        assert_ok(rv_store_open(fixture->path, NULL, &store, err));
        RvStatus status = rv_store_scan(store, NULL, count_block, &count, &error);
        if (status == RV_OK)
            status = rv_store_list_videos(store, &videos, &error);
        rv_videos_clear(&videos);
        if (status != RV_ERROR_FORMAT || strstr(error.message, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].sql, error.message);
        assert_ok(rv_store_verify(store, check_test_picture, print_fault, NULL, &count, err));
        if (count < cases[i].faults || count > cases[i].faults + 6)
            fail_msg("%s: %zu faults", cases[i].sql, count);
        rv_store_close(store);
    }
}

static void hostile_pictures_are_refused_by_name(void **state)
{
    static const char *const cases[] = {
        "UPDATE frame_pictures SET frame_data = x'' WHERE frame_number = 2",
        "UPDATE frame_pictures SET frame_data = 'text' WHERE frame_number = 2",
        "UPDATE frame_pictures SET frame_data = 7 WHERE frame_number = 2",
        "UPDATE frame_pictures SET frame_data = zeroblob(60000000) WHERE frame_number = 2",
        "UPDATE frame_pictures SET frame_data = zeroblob(90000000) WHERE frame_number = 2",
    };
    Fixture *fixture = *state;
    make_library(fixture->path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        uint8_t *jpeg = NULL;
        size_t size = 0;
        run_sql(fixture->path, cases[i]);
        assert_ok(rv_store_open(fixture->path, NULL, &store, err));
        assert_refused(rv_store_picture(store, 1, 2, &jpeg, &size, err), RV_ERROR_FORMAT, "library.db: ");
        assert_null(jpeg);
        assert_ok(rv_store_picture(store, 1, 3, &jpeg, &size, err));
        free(jpeg);
        assert_true(count_faults(store) >= 1);
        rv_store_close(store);
    }
}

static void triggers_in_the_file_do_not_run(void **state)
{
    Fixture *fixture = *state;
    make_library(fixture->path);
    run_sql(fixture->path, "CREATE TRIGGER boobytrap AFTER INSERT ON videos BEGIN DELETE FROM frames; END;"
                           "CREATE TRIGGER second AFTER UPDATE ON videos BEGIN DELETE FROM frames; END");
    Store *store = NULL;
    int64_t id = 0;
    VideoFacts facts = test_facts("/b.mp4");
    assert_ok(rv_store_open(fixture->path, NULL, &store, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    assert_ok(rv_store_finish_video(store, 1, 3, err));
    rv_store_close(store);
    assert_three_rows(fixture->path);
}

static void view_joins_frames_and_pictures(void **state)
{
    Fixture *fixture = *state;
    make_library(fixture->path);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT video_id, path, frame_number, time, length(embedding_data), frame_data "
                           "FROM frames_with_pictures WHERE video_id = 1 ORDER BY frame_number",
                           -1, &statement, NULL),
        SQLITE_OK);
    for (int number = 1; number <= 3; number++) {
        uint8_t picture[64];
        size_t size = make_test_picture(1, number, picture, sizeof picture);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 1), "/a.mp4");
        assert_int_equal(sqlite3_column_int(statement, 2), number);
        assert_true(sqlite3_column_double(statement, 3) == number - 1);
        assert_int_equal(sqlite3_column_int(statement, 4), TEST_DIMENSIONS * 4);
        assert_int_equal(sqlite3_column_bytes(statement, 5), size);
        assert_memory_equal(sqlite3_column_blob(statement, 5), picture, size);
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* Frames are counted by their last number only if that is right for every video. */
static void frames_are_counted_where_numbers_are_missing(void **state)
{
    static const struct {
        const char *sql;
        int64_t frames;
        const char *why;
    } cases[] = {
        {"SELECT 1", 3, "numbers without gaps"},
        {"DELETE FROM frames WHERE frame_number = 2", 2, "a gap"},
        {"DELETE FROM frames WHERE frame_number = 1", 1, "the first one"},
        {"DELETE FROM frames", 0, "all of them"},
    };
    Fixture *fixture = *state;
    make_library(fixture->path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        RvVideos videos = {0};
        run_sql(fixture->path, cases[i].sql);
        assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
        assert_ok(rv_store_list_videos(store, &videos, err));
        if (videos.count != 1 || videos.items[0].frame_count != cases[i].frames)
            fail_msg("%s: %zu videos, %lld frames", cases[i].why, videos.count,
                     videos.count > 0 ? (long long)videos.items[0].frame_count : 0);
        rv_videos_clear(&videos);
        rv_store_close(store);
    }
}

/* Numbers that reelvec never writes do not keep the list from being made, and their sum does not overflow. */
static void frames_are_counted_where_numbers_are_damaged(void **state)
{
    static const char *const cases[] = {
        "UPDATE frames SET frame_number = 'last' WHERE frame_number = 3",
        "UPDATE frames SET frame_number = x'03' WHERE frame_number = 3",
        "UPDATE frames SET frame_number = 3.5 WHERE frame_number = 3",
        "UPDATE frames SET frame_number = -frame_number",
        "UPDATE frames SET frame_number = 9223372036854775807 WHERE frame_number = 3",
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Store *store = NULL;
        RvVideos videos = {0};
        char sql[600];
        unlink(fixture->path);
        make_library(fixture->path);
        snprintf(sql, sizeof sql,
                 "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; "
                 "INSERT INTO videos SELECT 2, '/b.mp4', content_key, size_bytes, modified_ns, duration, width, "
                 "height, frame_rate, codec, sampling, state, error, created, updated FROM videos; "
                 "INSERT INTO frames SELECT frame_id + (1 << 32), 2, frame_number, time, embedding_data FROM frames; "
                 "%s",
                 cases[i]);
        run_sql(fixture->path, sql);
        assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
        assert_ok(rv_store_list_videos(store, &videos, err));
        if (videos.count != 2 || videos.items[0].frame_count != 3 || videos.items[1].frame_count != 3)
            fail_msg("%s: %zu videos", cases[i], videos.count);
        rv_videos_clear(&videos);
        rv_store_close(store);
    }
}

/* A statement is kept for the next one of the same text; then its columns have their names too. */
static void schema_may_change_between_equal_statements(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    StoredVideo video = {0};
    bool found = false;
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_ok(rv_store_find_path(store, "/a.mp4", &video, &found, err));
    assert_true(found);
    rv_stored_video_clear(&video);
    run_sql(fixture->path, "CREATE INDEX of_others ON videos (width); UPDATE videos SET width = 99999999999");
    assert_refused(rv_store_find_path(store, "/a.mp4", &video, &found, err), RV_ERROR_FORMAT,
                   "video 1: width holds a value");
    rv_store_close(store);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(open_says_what_is_there_instead),
        CASE(open_refuses_files_of_others_and_leaves_them),
        CASE(open_refuses_changed_libraries),
        CASE(open_takes_any_file_name),
        CASE(open_makes_the_default_library_with_its_folder),
        CASE(read_only_refuses_every_change),
        CASE(read_only_folder_is_readable),
        CASE(hostile_rows_are_refused_by_name),
        CASE(hostile_pictures_are_refused_by_name),
        CASE(triggers_in_the_file_do_not_run),
        CASE(view_joins_frames_and_pictures),
        CASE(frames_are_counted_where_numbers_are_missing),
        CASE(frames_are_counted_where_numbers_are_damaged),
        CASE(schema_may_change_between_equal_statements),
    };
    return cmocka_run_group_tests_name("SQLite library", tests, NULL, NULL);
}
