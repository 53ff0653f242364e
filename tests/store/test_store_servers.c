/* SPDX-License-Identifier: MIT */
/* Libraries on servers: what only they can do wrong. Addresses, rights, TLS, connections that break, kill -9.
 */
#include "backend_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "own_server.h"
#include "store/sql/sql_link.h"
#include "store/store_backend.h"

#define BATCH 8

/* ---- addresses ---------------------------------------------------------------------------------------- */

/* The fixture's address with `from` replaced. */
static void change_uri(const Fixture *fixture, const char *from, const char *to, char *out, size_t size_bytes)
{
    const char *at = strstr(fixture->uri, from);
    assert_non_null(at);
    snprintf(out, size_bytes, "%.*s%s%s", (int)(at - fixture->uri), fixture->uri, to, at + strlen(from));
}

static void faults_of_the_address_are_named_without_the_password(void **state)
{
    static const struct {
        const char *from, *to, *words, *why;
        RvStatus status;
    } cases[] = {
        {"rd%25", "rdx", "check user", "another password", RV_ERROR_IO},
        {"reelvec:", "nobody:", "check user", "another user", RV_ERROR_IO},
        {"reelvec_test", "nothing_here", "no database nothing_here", "a database that is not there",
         RV_ERROR_NOT_FOUND},
        {"p%40ss%3Aw%2Frd%25", "p@ss:w/rd%", "%40 for @", "a password that was not escaped",
         RV_ERROR_ARGUMENT},
        {"p%40ss%3Aw%2Frd%25", "p%zzss", "%40 for @", "a broken escape", RV_ERROR_ARGUMENT},
        {"127.0.0.1:", "127.0.0.1:9999999", "%40 for @", "a port that cannot be", RV_ERROR_ARGUMENT},
        {"127.0.0.1:", "127.0.0.2:", "check the address", "nobody listens", RV_ERROR_NETWORK},
    };
    Fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char uri[4400];
        RvError err = {0};
        Store *store = NULL;
        change_uri(fixture, cases[i].from, cases[i].to, uri, sizeof uri);
        for (int read_only = 0; read_only < 2; read_only++) {
            StoreOptions options = {.read_only = read_only == 1};
            RvStatus status = rv_store_open(uri, &options, &store, &err);
            if (status != cases[i].status || strstr(err.message, cases[i].words) == NULL)
                fail_msg("%s: %s: %s", cases[i].why, rv_status_name(status), err.message);
            if (strstr(err.message, "ss%3A") != NULL || strstr(err.message, "w%2F") != NULL ||
                strstr(err.message, "w/rd") != NULL || strstr(err.message, "p%zz") != NULL)
                fail_msg("%s: the password is in the message: %s", cases[i].why, err.message);
        }
    }
}

static void opening_without_create_makes_nothing(void **state)
{
    Fixture *fixture = *state;
    char uri[4400];
    Store *store = NULL;
    for (int i = 0; i < 2; i++) {
        change_uri(fixture, "reelvec_test", "reelvec_new", uri, sizeof uri);
        assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_NOT_FOUND, "no database");
    }
    assert_ok(rv_store_open(uri, &create_options, &store, err));
    rv_store_close(store);
    assert_ok(rv_store_open(uri, NULL, &store, err));
    assert_null(strstr(rv_store_uri(store), "%"));
    rv_store_close(store);
}

static void read_only_refuses_writing(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    int64_t id = 0;
    VideoFacts facts = test_facts("/a.mp4");
    assert_ok(rv_store_open(fixture->uri, &(StoreOptions){.read_only = true}, &store, err));
    assert_true(rv_store_is_read_only(store));
    assert_refused(rv_store_begin_video(store, &facts, 0, &id, err), RV_ERROR_IO, "for reading only");
    rv_store_close(store);
}

static void tls_is_verified_where_asked_for(void **state)
{
    Fixture *fixture = *state;
    char uri[4400];
    Store *store = NULL;
    if (strcmp(fixture->backend->name, "postgres") == 0) { // whose test server has no certificate
        snprintf(uri, sizeof uri, "%s?sslmode=require", fixture->uri);
        assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_NETWORK, "SSL");
        return;
    }
    // MariaDB makes a certificate for itself, which no authority has signed.
    snprintf(uri, sizeof uri, "%s?tls=require", fixture->uri);
    assert_ok(rv_store_open(uri, NULL, &store, err));
    rv_store_close(store);
    snprintf(uri, sizeof uri, "%s?tls=verify", fixture->uri);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_NETWORK, "tls_ca=FILE");
    snprintf(uri, sizeof uri, "%s?tls=perhaps", fixture->uri);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_ARGUMENT, "verify, require or off");
    snprintf(uri, sizeof uri, "%s?colour=red", fixture->uri);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_ARGUMENT, "unknown parameter colour");
}

/* ---- two at once -------------------------------------------------------------------------------------- */

static void begin_claimed(Store *store, const char *path, int64_t *id)
{
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    StoredVideo row = {0};
    bool found = false;
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_find_path(store, path, &row, &found, err));
    *id = row.video.video_id;
    rv_stored_video_clear(&row);
    VideoFacts facts = test_facts(path);
    if (!found)
        assert_ok(rv_store_begin_video(store, &facts, 0, id, err));
}

static size_t count_frames(Store *store, int64_t id)
{
    RvFrames frames = {0};
    assert_ok(rv_store_frames(store, id, &frames, err));
    for (size_t i = 0; i < frames.count; i++)
        assert_int_equal(frames.items[i].frame_number, i + 1);
    size_t count = frames.count;
    rv_frames_clear(&frames);
    return count;
}

/* A statement of the test's own. */
static void run_sql(const Fixture *fixture, const char *sql)
{
    assert_ok(rv_sql_run(fixture->store, err, "%w", sql));
}

static void snapshot_sees_one_state_while_others_write(void **state)
{
    Fixture *fixture = *state;
    Store *writer = NULL;
    int64_t id = 0;
    begin_claimed(fixture->store, "/a.mp4", &id);
    assert_ok(put_test_frames(fixture->store, id, 1, BATCH, TEST_DIMENSIONS, err));
    assert_ok(rv_store_open(fixture->uri, NULL, &writer, err));
    assert_ok(rv_store_begin_snapshot(fixture->store, err));
    assert_int_equal(count_frames(fixture->store, id), BATCH);
    assert_ok(put_test_frames(writer, id, BATCH + 1, BATCH, TEST_DIMENSIONS, err));
    assert_int_equal(count_frames(fixture->store, id), BATCH);
    rv_store_end_snapshot(fixture->store);
    assert_int_equal(count_frames(fixture->store, id), 2 * BATCH);
    // Another model claims the library when it is empty again: the writer is told, and writes nothing.
    assert_ok(rv_store_remove_video(fixture->store, id, err));
    ModelIdentity other = test_model(2 * TEST_DIMENSIONS);
    assert_ok(rv_store_require_identity(fixture->store, &other, err));
    VideoFacts facts = test_facts("/b.mp4");
    assert_ok(rv_store_begin_video(fixture->store, &facts, 0, &id, err));
    assert_refused(put_test_frames(writer, id, 1, BATCH, TEST_DIMENSIONS, err), RV_ERROR_MISMATCH,
                   "another model has claimed");
    rv_store_close(writer);
}

typedef struct Putting {
    Store *store;
    int64_t id;
    RvStatus status;
    RvError err;
} Putting;

static void *put_batch(void *argument)
{
    Putting *putting = argument;
    putting->status = put_test_frames(putting->store, putting->id, 1, BATCH, TEST_DIMENSIONS, &putting->err);
    return NULL;
}

/* A transaction of the test's own holds what a batch needs next, and then asks for what the batch holds: the
 * server ends one of them. Returns whether the test's one could go on. */
static bool make_deadlock(const Fixture *fixture, Putting *putting)
{
    Store *other = NULL;
    pthread_t thread;
    bool found = false;
    RvError error = {0};
    assert_ok(rv_store_open(fixture->uri, NULL, &other, err));
    assert_ok(other->backend->link->begin(other, SQL_WRITE, err));
    assert_ok(rv_sql_run(other, err, "UPDATE library SET model_name = 'test' WHERE id = 1"));
    assert_int_equal(pthread_create(&thread, NULL, put_batch, putting), 0);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    RvStatus status = rv_sql_has_row(other, &found, &error,
                                     "SELECT 1 FROM videos WHERE video_id = %d FOR UPDATE", putting->id);
    rv_sql_end(other, RV_ERROR_CANCELLED, NULL);
    pthread_join(thread, NULL);
    rv_store_close(other);
    if (status != RV_OK && status != RV_ERROR_BUSY)
        fail_msg("the other transaction: %s", error.message);
    return status == RV_OK;
}

/* The test's transaction has changed a row, and asks last, so it is the batch that ends; on a busy machine
 * they may ask the other way round, and once more is tried. Whichever ends, the batch is written. */
static void a_deadlock_is_tried_again(void **state)
{
    Fixture *fixture = *state;
    Putting putting = {.store = fixture->store};
    bool batch_ended = false;
    begin_claimed(fixture->store, "/a.mp4", &putting.id);
    for (int tries = 0; !batch_ended && tries < 5; tries++) {
        batch_ended = make_deadlock(fixture, &putting);
        if (putting.status != RV_OK)
            fail_msg("%s", putting.err.message);
        assert_int_equal(count_frames(fixture->store, putting.id), BATCH);
    }
    assert_true(batch_ended);
}

static void *claim_library(void *argument)
{
    Putting *putting = argument;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    putting->status = rv_store_require_identity(putting->store, &model, &putting->err);
    return NULL;
}

/* A claim holds the row of the library and waits for the table of frames; a transaction of the test's own has
 * read that, and asks for the row. It asks last, so the claim ends first. MariaDB's claims lock all tables at
 * once. */
static void a_deadlock_of_a_claim_is_tried_again(void **state)
{
    Fixture *fixture = *state;
    Putting putting = {.store = fixture->store};
    Store *other = NULL;
    bool found = false, claim_ended = false;
    pthread_t thread;
    if (strcmp(fixture->backend->name, "postgres") != 0)
        return;
    assert_ok(rv_store_open(fixture->uri, NULL, &other, err));
    for (int tries = 0; !claim_ended && tries < 5; tries++) {
        RvError error = {0};
        run_sql(fixture, "UPDATE library SET dimensions = NULL, weights_sha256 = NULL, model_name = NULL");
        assert_ok(other->backend->link->begin(other, SQL_WRITE, err));
        assert_ok(rv_sql_run(other, err, "SELECT 1 FROM frames"));
        assert_int_equal(pthread_create(&thread, NULL, claim_library, &putting), 0);
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        RvStatus status = rv_sql_has_row(other, &found, &error, "SELECT 1 FROM library FOR UPDATE");
        claim_ended = status == RV_OK;
        rv_sql_end(other, RV_ERROR_CANCELLED, NULL);
        pthread_join(thread, NULL);
        if (putting.status != RV_OK)
            fail_msg("%s", putting.err.message);
        if (status != RV_OK && status != RV_ERROR_BUSY)
            fail_msg("the other transaction: %s", error.message);
    }
    assert_true(claim_ended);
    rv_store_close(other);
}

static void *add_failed_again(void *argument)
{
    Putting *putting = argument;
    putting->status = rv_store_queue_add(putting->store, &(RvStrings){0}, "settings", true, &putting->err);
    return NULL;
}

/* Another worker holds a row of the list for longer than this connection waits for a lock. */
static void a_list_that_is_locked_for_long_is_filled_all_the_same(void **state)
{
    Fixture *fixture = *state;
    Putting putting = {.store = fixture->store};
    bool is_postgres = strcmp(fixture->backend->name, "postgres") == 0;
    const char *path = "/a.mp4";
    RvStrings paths = {.items = (char **)&path, .count = 1};
    RvQueueCounts counts = {0};
    Store *other = NULL;
    pthread_t thread;
    assert_ok(rv_store_queue_add(fixture->store, &paths, "settings", false, err));
    run_sql(fixture, "UPDATE index_jobs SET state = 'failed'");
    run_sql(fixture, is_postgres ? "SET lock_timeout = '1s'" : "SET SESSION innodb_lock_wait_timeout = 1");
    assert_ok(rv_store_open(fixture->uri, NULL, &other, err));
    assert_ok(other->backend->link->begin(other, SQL_WRITE, err));
    assert_ok(rv_sql_run(other, err, "UPDATE index_jobs SET message = 'mine'"));
    assert_int_equal(pthread_create(&thread, NULL, add_failed_again, &putting), 0);
    nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    assert_ok(rv_sql_end(other, RV_OK, err));
    pthread_join(thread, NULL);
    rv_store_close(other);
    if (putting.status != RV_OK)
        fail_msg("%s", putting.err.message);
    assert_ok(rv_store_queue_count(fixture->store, "settings", &counts, err));
    assert_int_equal(counts.waiting, 1);
}

/* The database, the tables, the model's claim and the list of jobs, made by several at the same moment. */
static void make_library(const char *uri, const char *words)
{
    Store *store = NULL;
    RvError error = {0}, *err = &error;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    const char *path = "/a.mp4";
    RvStrings paths = {.items = (char **)&path, .count = 1};
    RvStatus status = rv_store_open(uri, &create_options, &store, err);
    if (status == RV_OK)
        status = rv_store_require_identity(store, &model, err);
    if (status == RV_OK)
        status = rv_store_queue_add(store, &paths, "settings", false, err);
    rv_store_close(store);
    if (status != RV_OK)
        fprintf(stderr, "%s: %s\n", words, error.message);
    _exit(status == RV_OK ? 0 : 1);
}

static void make_at_once(const char *uri, const char *words)
{
    enum { MAKERS = 6 };
    pid_t makers[MAKERS];
    int failed = 0;
    for (int i = 0; i < MAKERS; i++) {
        makers[i] = fork();
        assert_true(makers[i] >= 0);
        if (makers[i] == 0)
            make_library(uri, words);
    }
    for (int i = 0; i < MAKERS; i++) {
        int status = 0;
        waitpid(makers[i], &status, 0);
        failed += status != 0;
    }
    if (failed > 0)
        fail_msg("%s: %d of %d failed", words, failed, MAKERS);
    Store *store = NULL;
    RvQueueCounts counts = {0};
    assert_ok(rv_store_open(uri, NULL, &store, err));
    assert_int_equal(count_faults(store), 0);
    assert_ok(rv_store_queue_count(store, "settings", &counts, err));
    assert_int_equal(counts.waiting, 1);
    rv_store_close(store);
}

static void several_make_one_library_at_once(void **state)
{
    Fixture *fixture = *state;
    char name[64], uri[4400];
    for (int round = 0; round < 4; round++) {
        snprintf(name, sizeof name, "reelvec_made%d", round);
        change_uri(fixture, "reelvec_test", name, uri, sizeof uri);
        make_at_once(uri, "database and library");
    }
    // The database is there, the library is not.
    for (int round = 0; round < 4; round++) {
        char command[300];
        snprintf(name, sizeof name, "reelvec_empty%d", round);
        change_uri(fixture, "reelvec_test", name, uri, sizeof uri);
        snprintf(command, sizeof command, "CREATE DATABASE %s", strrchr(uri, '/') + 1);
        run_sql(fixture, command);
        make_at_once(uri, "library");
    }
}

/* ---- schemas ------------------------------------------------------------------------------------------ */

static void schema_uri(const Fixture *fixture, const char *path, char *uri, size_t size_bytes)
{
    snprintf(uri, size_bytes, "%s?options=-csearch_path%%3D%s", fixture->uri, path);
}

static int64_t count_videos(Store *store)
{
    RvVideos videos = {0};
    assert_ok(rv_store_list_paths(store, &videos, err));
    int64_t count = (int64_t)videos.count;
    rv_videos_clear(&videos);
    return count;
}

/* The fixture's library is in `public`, the second schema of the path. */
static void a_library_is_in_the_first_schema_of_the_path_only(void **state)
{
    Fixture *fixture = *state;
    Store *own = NULL;
    char uri[4400];
    RvAnnInfo index = {0};
    if (strcmp(fixture->backend->name, "postgres") != 0)
        return; // the others have no schemas
    begin_claimed(fixture->store, "/public.mp4", &(int64_t){0});
    assert_ok(rv_store_ann_build(fixture->store, &(RvAnnOptions){0}, err));
    run_sql(fixture, "CREATE SCHEMA \"Own\"");
    schema_uri(fixture, "%22Own%22,public", uri, sizeof uri);
    assert_refused(
        rv_store_open(uri, NULL, &own, err), RV_ERROR_NOT_FOUND,
        "no library in the schema Own, which is the first of the search_path; there is one in public");
    assert_ok(rv_store_open(uri, &create_options, &own, err));
    assert_int_equal(count_videos(own), 0);
    // None of these may reach the index of the other library, which has the same name.
    begin_claimed(own, "/own.mp4", &(int64_t){0});
    bool dropped = true;
    assert_ok(rv_store_ann_drop(own, &dropped, err));
    assert_false(dropped);
    assert_ok(rv_store_ann_info(fixture->store, &index, err));
    assert_true(index.present);
    assert_ok(rv_store_ann_build(own, &(RvAnnOptions){0}, err));
    assert_ok(rv_store_ann_info(fixture->store, &index, err));
    assert_true(index.present);
    assert_int_equal(count_videos(own), 1);
    assert_int_equal(count_videos(fixture->store), 1);
    rv_store_close(own);
}

static void what_is_wrong_with_a_schema_is_said(void **state)
{
    static const struct {
        const char *path, *words;
    } cases[] = {
        {"nowhere", "no schema nowhere that this user may use"},
        {"Nowhere,public", "no schema nowhere that this user may use"},
        {"%22No%22%22where%22,public", "no schema No\"where that this user may use"},
        {"%22$user%22,nowhere,public", "no schema nowhere that this user may use"},
        {"%22%22", "names no schema that this user may use"},
        {"bare", "pgvector is in the schema public, which the search_path does not name"},
        {"bare,public", "no library in the schema bare"},
    };
    Fixture *fixture = *state;
    if (strcmp(fixture->backend->name, "postgres") != 0)
        return; // the others have no schemas
    run_sql(fixture, "CREATE SCHEMA bare");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int create = 0; create < 2; create++) {
            char uri[4400];
            Store *store = NULL;
            RvError err = {0};
            schema_uri(fixture, cases[i].path, uri, sizeof uri);
            if (create == 1 && i + 1 == sizeof cases / sizeof cases[0])
                continue;
            RvStatus status = rv_store_open(uri, create == 1 ? &create_options : NULL, &store, &err);
            if (status == RV_OK || strstr(err.message, cases[i].words) == NULL)
                fail_msg("%s: %s: %s", cases[i].path, rv_status_name(status), err.message);
        }
    }
    // The library that is there, after pgvector was moved.
    Store *store = NULL;
    run_sql(fixture, "ALTER EXTENSION vector SET SCHEMA bare");
    assert_refused(rv_store_open(fixture->uri, NULL, &store, err), RV_ERROR_UNSUPPORTED,
                   "pgvector is in the schema bare");
}

static void a_user_with_few_rights_is_told_so(void **state)
{
    Fixture *fixture = *state;
    if (strcmp(fixture->backend->name, "postgres") != 0)
        return; // the others refuse each statement in their own words
    char uri[4400];
    Store *store = NULL;
    begin_claimed(fixture->store, "/a.mp4", &(int64_t){0});
    run_sql(fixture, "CREATE ROLE reelvec_reader LOGIN PASSWORD 'p@ss:w/rd%'");
    run_sql(fixture, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reelvec_reader");
    change_uri(fixture, "reelvec:", "reelvec_reader:", uri, sizeof uri);
    assert_ok(rv_store_open(uri, NULL, &store, err));
    assert_refused(rv_store_remove_video(store, 1, err), RV_ERROR_IO,
                   "open for reading only, because this user lacks the right to INSERT");
    assert_refused(rv_store_queue_open(store, err), RV_ERROR_IO, "lacks the right to INSERT");
    rv_store_close(store);
    run_sql(fixture, "GRANT INSERT ON ALL TABLES IN SCHEMA public TO reelvec_reader");
    run_sql(fixture, "GRANT UPDATE ON library TO reelvec_reader");
    assert_ok(rv_store_open(uri, NULL, &store, err));
    assert_refused(rv_store_remove_video(store, 1, err), RV_ERROR_IO, "can GRANT what is missing");
    assert_refused(rv_store_ann_build(store, &(RvAnnOptions){0}, err), RV_ERROR_IO,
                   "must be owner of table frames; run the command as that user");
    rv_store_close(store);
    run_sql(fixture, "DROP OWNED BY reelvec_reader");
    run_sql(fixture, "DROP ROLE reelvec_reader");
}

/* ---- what servers say --------------------------------------------------------------------------------- */

static void libraries_of_other_versions_are_named_as_such(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    run_sql(fixture, "UPDATE library SET schema_version = 3");
    assert_refused(rv_store_open(fixture->uri, NULL, &store, err), RV_ERROR_UNSUPPORTED,
                   "made by a newer reelvec (schema 3, this one knows 2)");
    run_sql(fixture, "UPDATE library SET kind = 'sounds'");
    assert_refused(rv_store_open(fixture->uri, NULL, &store, err), RV_ERROR_UNSUPPORTED, "of kind sounds");
    run_sql(fixture, "UPDATE library SET kind = 'frames', schema_version = 0");
    assert_refused(rv_store_open(fixture->uri, NULL, &store, err), RV_ERROR_FORMAT, "schema_version");
    // An entry in PostgreSQL's numbers as a Citus worker has them.
    assert_refused(rv_store_check_video_id(fixture->store, ((int64_t)3 << 48) + 1, err), RV_ERROR_UNSUPPORTED,
                   "the coordinator's address");
    assert_refused(rv_store_check_video_id(fixture->store, STORE_MAX_VIDEO_ID + 1, err), RV_ERROR_UNSUPPORTED,
                   "used up");
}

static void messages_are_one_line_each(void **state)
{
    Fixture *fixture = *state;
    char uri[4400];
    RvError err = {0};
    Store *store = NULL;
    change_uri(fixture, "127.0.0.1:", "127.0.0.2:", uri, sizeof uri);
    assert_int_equal(rv_store_open(uri, NULL, &store, &err), RV_ERROR_NETWORK);
    if (strchr(err.message, '?') != NULL || strstr(err.message, "  ") != NULL ||
        strstr(err.message, "; check the address") == NULL)
        fail_msg("%s", err.message);
}

/* ---- kill -9 ------------------------------------------------------------------------------------------ */

/* Index forever; a byte down the pipe after every batch that put_frames said is written. */
static void write_until_killed(const char *uri, int confirm)
{
    int64_t id = 0;
    Store *store = NULL;
    if (rv_store_open(uri, NULL, &store, NULL) != RV_OK)
        _exit(1);
    begin_claimed(store, "/a.mp4", &id);
    for (size_t next = count_frames(store, id) + 1;; next += BATCH) {
        if (put_test_frames(store, id, (int64_t)next, BATCH, TEST_DIMENSIONS, NULL) != RV_OK)
            _exit(1);
        if (write(confirm, "x", 1) != 1)
            _exit(1);
    }
}

static void kill_in_mid_load(OwnServer *server, bool kill_server, size_t wait_for)
{
    int confirm[2], status = 0;
    char byte;
    Store *store = NULL;
    int64_t id = 0;
    assert_ok(rv_store_open(server->uri, &create_options, &store, err));
    begin_claimed(store, "/a.mp4", &id);
    size_t before = count_frames(store, id), confirmed = 0;
    rv_store_close(store);
    assert_int_equal(pipe(confirm), 0);
    pid_t writer = fork();
    if (writer == 0) {
        close(confirm[0]);
        write_until_killed(server->uri, confirm[1]);
    }
    close(confirm[1]);
    while (confirmed < wait_for && read(confirm[0], &byte, 1) == 1)
        confirmed++;
    assert_int_equal(confirmed, wait_for);
    if (kill_server) {
        own_server_kill(server);
    } else {
        kill(writer, SIGKILL);
    }
    while (read(confirm[0], &byte, 1) == 1) // until the writer is gone
        confirmed++;
    close(confirm[0]);
    waitpid(writer, &status, 0);
    assert_ok(rv_store_open(server->uri, NULL, &store, err));
    size_t after = count_frames(store, id);
    // The last batch may be written and not yet confirmed; a part of a batch never is.
    if (after != before + confirmed * BATCH && after != before + (confirmed + 1) * BATCH)
        fail_msg("%zu frames, %zu batches confirmed, %zu frames now", before, confirmed, after);
    // A rerun begins a batch too early: nothing is there twice.
    assert_ok(put_test_frames(store, id, (int64_t)after - BATCH + 1, 2 * BATCH, TEST_DIMENSIONS, err));
    assert_int_equal(count_frames(store, id), after + BATCH);
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
}

static void kill_of_client_or_server_loses_and_doubles_nothing(void **state)
{
    Fixture *fixture = *state;
    OwnServer server = {0};
    own_server_start(&server, fixture->backend->name, "killed");
    for (size_t i = 0; i < 3; i++) {
        kill_in_mid_load(&server, false, 3 + 11 * i);
        kill_in_mid_load(&server, true, 2 + 13 * i);
    }
    // A store that was open meanwhile goes on after the server has come back.
    Store *store = NULL;
    int64_t id = 0;
    assert_ok(rv_store_open(server.uri, NULL, &store, err));
    begin_claimed(store, "/b.mp4", &id);
    own_server_kill(&server);
    assert_ok(put_test_frames(store, id, 1, BATCH, TEST_DIMENSIONS, err));
    assert_int_equal(count_frames(store, id), BATCH);
    // In the middle of a snapshot it cannot: that state is gone.
    assert_ok(rv_store_begin_snapshot(store, err));
    own_server_kill(&server);
    RvFrames frames = {0};
    assert_refused(rv_store_frames(store, id, &frames, err), RV_ERROR_NETWORK, "run the command again");
    rv_store_end_snapshot(store);
    assert_int_equal(count_frames(store, id), BATCH);
    rv_store_close(store);
    own_server_stop(&server);
}

static const BackendCase cases[] = {
    CASE(faults_of_the_address_are_named_without_the_password),
    CASE(opening_without_create_makes_nothing),
    CASE(read_only_refuses_writing),
    CASE(tls_is_verified_where_asked_for),
    CASE(snapshot_sees_one_state_while_others_write),
    CASE(a_deadlock_is_tried_again),
    CASE(a_deadlock_of_a_claim_is_tried_again),
    CASE(a_list_that_is_locked_for_long_is_filled_all_the_same),
    CASE(several_make_one_library_at_once),
    CASE(a_library_is_in_the_first_schema_of_the_path_only),
    CASE(what_is_wrong_with_a_schema_is_said),
    CASE(a_user_with_few_rights_is_told_so),
    CASE(libraries_of_other_versions_are_named_as_such),
    CASE(messages_are_one_line_each),
    CASE(kill_of_client_or_server_loses_and_doubles_nothing),
};

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    return run_on_backends("store_servers", SERVER_WITH_DATABASES, cases, sizeof cases / sizeof cases[0]);
}
