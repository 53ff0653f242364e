/* SPDX-License-Identifier: MIT */
/* Libraries that older programs made: readers take them as they are, the first writer upgrades them, and no
 * row changes. Upgraders at once, upgraders that are killed, and users who may not change tables. */
#include "backend_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "store/sql/sql_link.h"
#include "store/store_backend.h"

#define UPGRADERS 4
#define KILLS 12

static const StoreOptions read_only = {.read_only = true};

/* An old library: files of tests/store/old, in order, and one more statement. */
typedef struct OldLibrary {
    const char *backend;
    const char *files[2];
    const char *statement;
    int version;
    const char *note; // NULL: it has none
    const char *why;
} OldLibrary;

static const OldLibrary old_libraries[] = {
    {"sqlite", {"sqlite_1.sql"}, NULL, 1, NULL, "version 1"},
    {"sqlite", {"sqlite_1.sql", "sqlite_2.sql"}, NULL, 2, NULL, "version 2, with a log of changes"},
    {"postgres", {"postgres_1.sql"}, NULL, 1, NULL, "no note was ever written"},
    {"postgres",
     {"postgres_1.sql"},
     "CREATE TABLE library_notes (name text COLLATE \"C\" PRIMARY KEY, value text COLLATE \"C\" NOT NULL); "
     "INSERT INTO library_notes VALUES ('model_path', '/models/old')",
     1,
     "/models/old",
     "the first note made their table"},
    {"mariadb", {"mariadb_1.sql"}, NULL, 1, NULL, "no note was ever written"},
    {"mariadb",
     {"mariadb_1.sql"},
     "CREATE TABLE library_notes (name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, value "
     "LONGTEXT NOT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin; "
     "INSERT INTO library_notes VALUES ('model_path', '/models/old')",
     1,
     "/models/old",
     "the first note made their table, as does an upgrade that was killed before it recorded the version"},
};

#define OLD_COUNT (sizeof old_libraries / sizeof old_libraries[0])

static const char rows_text[] =
    "model ViT-T/8 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 2 1 1\n"
    "video 2 /films/broken.mp4 sha256:02 0 -7 0.5 0 0 0.5  scene:0.3 failed it's broken 1\n"
    "video 1 /films/\xc3\xa4 b.mp4 sha256:01 1234 1700000000123456789 2.5 640 360 29.97 h264 interval:1 "
    "complete  3\n"
    "frame 1 1 0.5 1 0 PICTURE 1/1\n"
    "frame 1 2 1.5 0 1 -\n"
    "frame 1 3 2.5 0.6 0.8 PICTURE 1/3\n"
    "frame 2 4294967295 7.25 -1 0 -\n";

/* ---- making old libraries ----------------------------------------------------------------------------- */

/* On servers through the fixture's connection, which knows nothing of the library's version. */
static void run_sql(Fixture *fixture, const char *sql)
{
    if (strcmp(fixture->backend->name, "sqlite") != 0) {
        assert_ok(rv_sql_run(fixture->store, err, "%w", sql));
        return;
    }
    sqlite3 *db = NULL;
    char *message = NULL;
    assert_int_equal(sqlite3_open(fixture->uri, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

/* Statements with `separator` between them; SQLite takes them at once. */
static void run_each(Fixture *fixture, char *text, const char *separator)
{
    if (strcmp(fixture->backend->name, "sqlite") == 0) {
        run_sql(fixture, text);
        return;
    }
    for (char *next = text; next != NULL;) {
        char *statement = next, *end = strstr(next, separator);
        next = end != NULL ? end + strlen(separator) : NULL;
        if (end != NULL)
            *end = '\0';
        if (strncmp(statement, "--", 2) != 0)
            run_sql(fixture, statement);
    }
}

static void run_file(Fixture *fixture, const char *name)
{
    static char text[1 << 16];
    char path[4300];
    const char *source = getenv("REELVEC_SOURCE");
    snprintf(path, sizeof path, "%s/tests/store/old/%s", source != NULL ? source : ".", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    run_each(fixture, text, "\n\n");
}

static void make_old(Fixture *fixture, const OldLibrary *old)
{
    static const char *const beside[] = {"", "-wal", "-shm"};
    char path[4300], text[1000];
    for (size_t i = 0; strcmp(old->backend, "sqlite") == 0 && i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", fixture->uri, beside[i]);
        unlink(path);
    }
    for (size_t i = 0; i < 2 && old->files[i] != NULL; i++)
        run_file(fixture, old->files[i]);
    if (old->statement == NULL)
        return;
    snprintf(text, sizeof text, "%s", old->statement);
    run_each(fixture, text, "; ");
}

/* SQLite's library is made anew each time; the fixture's own handle would see another file. */
static void free_file(Fixture *fixture)
{
    if (strcmp(fixture->backend->name, "sqlite") != 0)
        return;
    rv_store_close(fixture->store);
    fixture->store = NULL;
}

static const OldLibrary *first_old(const Fixture *fixture)
{
    const OldLibrary *old = old_libraries;
    while (strcmp(old->backend, fixture->backend->name) != 0)
        old++;
    return old;
}

static int newest_version(const Fixture *fixture)
{
    return strcmp(fixture->backend->name, "sqlite") == 0 ? 3 : 2;
}

/* ---- comparing rows ----------------------------------------------------------------------------------- */

typedef struct Dump {
    FILE *out;
    Store *store;
} Dump;

static RvStatus dump_frame(void *user, const FrameRow *row, RvError *err)
{
    Dump *dump = user;
    float vector[2] = {0};
    assert_null(row->fault);
    assert_int_equal(row->embedding_bytes, sizeof vector);
    memcpy(vector, row->embedding, sizeof vector);
    fprintf(dump->out, "frame %lld %lld %g %g %g", (long long)row->video_id, (long long)row->frame_number,
            row->time_s, (double)vector[0], (double)vector[1]);
    PictureReader *pictures = NULL;
    const uint8_t *jpeg = NULL;
    size_t size = 0;
    RvStatus status = rv_pictures_open(dump->store, &pictures, err);
    if (status != RV_OK)
        return status;
    bool there = rv_pictures_get(pictures, row->video_id, row->frame_number, &jpeg, &size, err) == RV_OK;
    fprintf(dump->out, " %.*s\n", there ? (int)size : 1, there ? (const char *)jpeg : "-");
    rv_pictures_close(pictures);
    return RV_OK;
}

static void dump_videos(Dump *dump)
{
    RvVideos videos = {0};
    assert_ok(rv_store_list_videos(dump->store, &videos, err));
    for (size_t i = 0; i < videos.count; i++) {
        StoredVideo row = {0};
        bool found = false;
        assert_ok(rv_store_find_path(dump->store, videos.items[i].path, &row, &found, err));
        const RvVideo *video = &row.video;
        fprintf(dump->out, "video %lld %s %s %lld %lld %g %d %d %g %s %s %s %s %lld\n",
                (long long)video->video_id, video->path, video->content_key, (long long)row.size_bytes,
                (long long)row.modified_ns, video->duration_s, video->width, video->height, video->frame_rate,
                video->codec, video->sampling, rv_video_state_name(video->state), video->error,
                (long long)video->frame_count);
        rv_stored_video_clear(&row);
    }
    rv_videos_clear(&videos);
}

static void assert_rows(Store *store, const char *why)
{
    const KeyRange all = rv_store_all_keys();
    char *text = NULL;
    size_t size = 0;
    Dump dump = {open_memstream(&text, &size), store};
    ModelIdentity model;
    bool present = false;
    assert_ok(rv_store_identity(store, &model, &present, err));
    assert_true(present);
    fprintf(dump.out, "model %s %s %d %d %d\n", model.name, model.weights_sha256, model.dimensions,
            model.preprocess_version, model.normalized);
    dump_videos(&dump);
    assert_ok(store->backend->visit_frames(store, &all, dump_frame, &dump, err));
    fclose(dump.out);
    if (strcmp(text, rows_text) != 0)
        fail_msg("%s: %s", why, text);
    free(text);
}

static void assert_note(Store *store, const char *expected, const char *why)
{
    char *value = NULL;
    assert_ok(rv_store_get_note(store, STORE_NOTE_MODEL_PATH, &value, err));
    if (expected != NULL ? value == NULL || strcmp(value, expected) != 0 : value != NULL)
        fail_msg("%s: the note is %s", why, value != NULL ? value : "not there");
    free(value);
}

/* Open for reading: version, rows and note are these. */
static void assert_library(Fixture *fixture, int version, const char *note, const char *why)
{
    Store *store = NULL;
    assert_ok(rv_store_open(fixture->uri, &read_only, &store, err));
    if (store->schema_version != version)
        fail_msg("%s: version %d instead of %d", why, store->schema_version, version);
    assert_rows(store, why);
    assert_note(store, note, why);
    rv_store_close(store);
}

/* ---- cases -------------------------------------------------------------------------------------------- */

static void readers_take_old_libraries_as_they_are(void **state)
{
    Fixture *fixture = *state;
    free_file(fixture);
    for (const OldLibrary *old = old_libraries; old < old_libraries + OLD_COUNT; old++) {
        if (strcmp(old->backend, fixture->backend->name) != 0)
            continue;
        make_old(fixture, old);
        Store *store = NULL;
        assert_ok(rv_store_open(fixture->uri, &read_only, &store, err));
        RvLibraryInfo info;
        assert_ok(rv_store_info(store, check_test_picture, &info, err));
        assert_int_equal(info.schema_version, old->version);
        assert_int_equal(info.frame_count, 4);
        assert_refused(rv_store_put_note(store, "a", "b", err), RV_ERROR_IO, "for reading only");
        rv_store_close(store);
        assert_library(fixture, old->version, old->note, old->why);
    }
}

static void the_first_writer_upgrades_and_changes_no_row(void **state)
{
    Fixture *fixture = *state;
    free_file(fixture);
    for (const OldLibrary *old = old_libraries; old < old_libraries + OLD_COUNT; old++) {
        if (strcmp(old->backend, fixture->backend->name) != 0)
            continue;
        make_old(fixture, old);
        Store *store = NULL;
        char before[STORE_ID_SIZE], after[STORE_ID_SIZE];
        assert_ok(rv_store_open(fixture->uri, &read_only, &store, err));
        assert_ok(rv_store_id(store, before, err));
        rv_store_close(store);
        assert_ok(rv_store_open(fixture->uri, NULL, &store, err));
        assert_int_equal(store->schema_version, newest_version(fixture));
        assert_ok(rv_store_id(store, after, err));
        assert_string_equal(after, before);
        assert_rows(store, old->why);
        assert_note(store, old->note, old->why);
        rv_store_close(store);
        assert_library(fixture, newest_version(fixture), old->note, old->why);
        // It is as good as a new one.
        ModelIdentity model = test_model(2);
        VideoFacts facts = test_facts("/new.mp4");
        int64_t id = 0;
        assert_ok(rv_store_open(fixture->uri, NULL, &store, err));
        assert_ok(rv_store_put_note(store, STORE_NOTE_MODEL_PATH, "/models/new", err));
        assert_note(store, "/models/new", old->why);
        assert_ok(rv_store_require_identity(store, &model, err));
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        assert_ok(put_test_frames(store, id, 1, 3, 2, err));
        assert_ok(rv_store_remove_video(store, id, err));
        assert_rows(store, old->why);
        rv_store_close(store);
    }
}

static void a_reader_goes_on_while_the_library_is_upgraded(void **state)
{
    Fixture *fixture = *state;
    free_file(fixture);
    for (const OldLibrary *old = old_libraries; old < old_libraries + OLD_COUNT; old++) {
        if (strcmp(old->backend, fixture->backend->name) != 0)
            continue;
        make_old(fixture, old);
        Store *reader = NULL, *writer = NULL;
        assert_ok(rv_store_open(fixture->uri, &read_only, &reader, err));
        assert_ok(rv_store_begin_snapshot(reader, err));
        assert_rows(reader, old->why);
        assert_ok(rv_store_open(fixture->uri, NULL, &writer, err));
        assert_ok(rv_store_put_note(writer, STORE_NOTE_MODEL_PATH, "/models/new", err));
        assert_rows(reader, old->why);
        assert_note(reader, old->note, old->why);
        rv_store_end_snapshot(reader);
        assert_rows(reader, old->why);
        rv_store_close(reader);
        rv_store_close(writer);
        assert_library(fixture, newest_version(fixture), "/models/new", old->why);
    }
}

typedef struct Upgraders {
    const char *uri;
    pthread_barrier_t barrier;
} Upgraders;

static void *upgrade(void *user)
{
    Upgraders *upgraders = user;
    Store *store = NULL;
    RvError *error = calloc(1, sizeof *error);
    pthread_barrier_wait(&upgraders->barrier);
    RvStatus status = rv_store_open(upgraders->uri, NULL, &store, error);
    if (status == RV_OK && store->schema_version < 2)
        snprintf(error->message, sizeof error->message, "it is of version %d", store->schema_version);
    rv_store_close(store);
    return error;
}

/* In the second round PostgreSQL's transactions are serializable unless they say otherwise. */
static void upgraders_at_once_all_succeed(void **state)
{
    Fixture *fixture = *state;
    char uri[4300];
    free_file(fixture);
    for (int round = 0; round < 2; round++) {
        bool strict = round == 1 && strcmp(fixture->backend->name, "postgres") == 0;
        snprintf(uri, sizeof uri, "%s%s", fixture->uri,
                 strict ? "?options=-cdefault_transaction_isolation%3Dserializable" : "");
        for (const OldLibrary *old = old_libraries; old < old_libraries + OLD_COUNT; old++) {
            if (strcmp(old->backend, fixture->backend->name) != 0)
                continue;
            make_old(fixture, old);
            pthread_t threads[UPGRADERS];
            Upgraders upgraders = {.uri = uri};
            pthread_barrier_init(&upgraders.barrier, NULL, UPGRADERS);
            for (int i = 0; i < UPGRADERS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, upgrade, &upgraders), 0);
            for (int i = 0; i < UPGRADERS; i++) {
                void *error = NULL;
                pthread_join(threads[i], &error);
                if (((RvError *)error)->message[0] != '\0')
                    fail_msg("%s: %s", old->why, ((RvError *)error)->message);
                free(error);
            }
            pthread_barrier_destroy(&upgraders.barrier);
            assert_library(fixture, newest_version(fixture), old->note, old->why);
        }
    }
}

static void sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* How long opening takes that upgrades, in microseconds. */
static long time_of_upgrade(Fixture *fixture)
{
    struct timespec start, end;
    Store *store = NULL;
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_ok(rv_store_open(fixture->uri, NULL, &store, err));
    clock_gettime(CLOCK_MONOTONIC, &end);
    rv_store_close(store);
    return (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
}

static void a_killed_upgrader_leaves_a_library(void **state)
{
    Fixture *fixture = *state;
    uint64_t seed = 11;
    int killed = 0, old_left = 0;
    free_file(fixture);
    const OldLibrary *old = first_old(fixture);
    make_old(fixture, old);
    long whole_us = time_of_upgrade(fixture);
    for (int round = 0; round < KILLS; round++) {
        make_old(fixture, old);
        pid_t child = fork();
        if (child == 0) {
            Store *store = NULL;
            _exit(rv_store_open(fixture->uri, NULL, &store, NULL) == RV_OK ? 0 : 1);
        }
        sleep_us((long)(next_uniform(&seed) * (double)whole_us));
        kill(child, SIGKILL);
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        killed += WIFSIGNALED(how);
        assert_true(WIFSIGNALED(how) || WEXITSTATUS(how) == 0);
        if (!WIFSIGNALED(how)) // upgrades have become quicker than the first one
            whole_us -= whole_us / 4;
        // Whoever comes next finds the version from before, or the newest; a server may be at work for the
        // dead.
        Store *store = NULL;
        assert_ok(rv_store_open(fixture->uri, &read_only, &store, err));
        assert_true(store->schema_version == old->version ||
                    store->schema_version == newest_version(fixture));
        old_left += store->schema_version == old->version;
        assert_rows(store, "after a kill");
        assert_note(store, NULL, "after a kill");
        rv_store_close(store);
        assert_ok(rv_store_open(fixture->uri, NULL, &store, err));
        assert_ok(rv_store_put_note(store, STORE_NOTE_MODEL_PATH, "/models/new", err));
        rv_store_close(store);
        assert_library(fixture, newest_version(fixture), "/models/new", "upgraded by the next");
    }
    print_message("%d of %d upgraders were killed before their end, %d libraries were old after it\n", killed,
                  KILLS, old_left);
    assert_true(killed > 0);
}

/* Rights on the five tables of version 1, none to make others. */
static void make_writer(Fixture *fixture, bool is_postgres)
{
    static const char *const names[] = {"library", "videos", "frames", "frame_pictures",
                                        "frames_with_pictures"};
    char sql[300];
    if (is_postgres) {
        run_sql(fixture, "CREATE ROLE reelvec_writer LOGIN PASSWORD 'w'");
        run_sql(fixture, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    } else {
        run_sql(fixture, "CREATE USER reelvec_writer@'127.0.0.1' IDENTIFIED BY 'w'");
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(sql, sizeof sql, "GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO reelvec_writer%s", names[i],
                 is_postgres ? "" : "@'127.0.0.1'");
        run_sql(fixture, sql);
    }
}

/* A user who may write rows but make no tables goes on with the library as it is. */
static void who_may_not_change_tables_writes_to_the_old_library(void **state)
{
    Fixture *fixture = *state;
    bool is_postgres = strcmp(fixture->backend->name, "postgres") == 0;
    const OldLibrary *old = first_old(fixture);
    make_old(fixture, old);
    make_writer(fixture, is_postgres);
    char uri[4300];
    snprintf(uri, sizeof uri, "%s://reelvec_writer:w%s", is_postgres ? "postgresql" : "mariadb",
             strrchr(fixture->uri, '@'));
    for (int version = 1; version <= 2; version++) {
        Store *store = NULL;
        int64_t id = 0;
        ModelIdentity model = test_model(2);
        VideoFacts facts = test_facts("/new.mp4");
        RvError opened = {0};
        assert_int_equal(rv_store_open(uri, NULL, &store, &opened), RV_OK);
        assert_int_equal(opened.status, RV_OK); // the refused upgrade is no error of the opening
        assert_int_equal(store->schema_version, version);
        assert_false(rv_store_is_read_only(store));
        assert_rows(store, "not upgraded");
        assert_ok(rv_store_require_identity(store, &model, err));
        assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
        assert_ok(put_test_frames(store, id, 1, 3, 2, err));
        assert_ok(rv_store_remove_video(store, id, err));
        assert_note(store, NULL, "a table that is not there, or not theirs");
        assert_refused(rv_store_put_note(store, "a", "b", err), RV_ERROR_UNSUPPORTED,
                       "that this user may use");
        rv_store_close(store);
        assert_library(fixture, version, version == 1 ? NULL : "/models/new", "for its owner");
        // Its owner upgrades it: the new table is theirs alone.
        assert_ok(rv_store_open(fixture->uri, NULL, &store, err));
        assert_ok(rv_store_put_note(store, STORE_NOTE_MODEL_PATH, "/models/new", err));
        rv_store_close(store);
    }
    if (is_postgres)
        run_sql(fixture, "DROP OWNED BY reelvec_writer");
    run_sql(fixture, is_postgres ? "DROP ROLE reelvec_writer" : "DROP USER reelvec_writer@'127.0.0.1'");
}

/* Two workers of a list that find an old library: one upgrades it, both take videos. */
static void workers_of_a_list_upgrade_it(void **state)
{
    Fixture *fixture = *state;
    const OldLibrary *old = first_old(fixture);
    make_old(fixture, old);
    run_sql(fixture, "DROP TABLE IF EXISTS index_jobs");
    Store *workers[2] = {NULL};
    RvQueueJob jobs[2] = {{0}};
    char *paths[] = {(char *)"/a.mp4", (char *)"/b.mp4"};
    RvStrings list = {.items = paths, .count = 2};
    for (int i = 0; i < 2; i++) {
        assert_ok(rv_store_open(fixture->uri, NULL, &workers[i], err));
        assert_ok(rv_store_queue_open(workers[i], err));
    }
    assert_ok(rv_store_queue_add(workers[0], &list, "", false, err));
    for (int i = 0; i < 2; i++) {
        assert_ok(rv_store_queue_take(workers[i], "", 60, &jobs[i], err));
        assert_non_null(jobs[i].path);
    }
    for (int i = 0; i < 2; i++) {
        assert_ok(rv_store_queue_end(workers[i], &jobs[i], RV_QUEUE_DONE, NULL, err));
        rv_queue_job_clear(&jobs[i]);
        rv_store_close(workers[i]);
    }
    assert_library(fixture, newest_version(fixture), NULL, "with a list");
}

#define CASES_OF_ALL                                                                                         \
    CASE(readers_take_old_libraries_as_they_are), CASE(the_first_writer_upgrades_and_changes_no_row),        \
        CASE(a_reader_goes_on_while_the_library_is_upgraded), CASE(upgraders_at_once_all_succeed),           \
        CASE(a_killed_upgrader_leaves_a_library)

static const BackendCase file_cases[] = {CASES_OF_ALL};

static const BackendCase server_cases[] = {
    CASES_OF_ALL,
    CASE(who_may_not_change_tables_writes_to_the_old_library),
    CASE(workers_of_a_list_upgrade_it),
};

int main(void)
{
    enum { FILE_COUNT = sizeof file_cases / sizeof file_cases[0] };
    struct CMUnitTest tests[FILE_COUNT];
    const Backend *sqlite = backends;
    while (strcmp(sqlite->name, "sqlite") != 0)
        sqlite++;
    for (size_t i = 0; i < FILE_COUNT; i++)
        tests[i] = (struct CMUnitTest){file_cases[i].name, file_cases[i].function, open_fixture,
                                       close_fixture, (void *)sqlite};
    int failed = cmocka_run_group_tests_name("store_upgrade_file", tests, NULL, NULL);
    return failed + run_on_backends("store_upgrade", SERVER_WITH_DATABASES, server_cases,
                                    sizeof server_cases / sizeof server_cases[0]);
}
