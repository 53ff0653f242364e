/* SPDX-License-Identifier: MIT */
/* Two users and an SQLite library: who searches locks nobody out, whose the files beside it are, and what happens
 * when one of them is in the way. */
#include "sqlite_fixture.h"

#include <sqlite3.h>

#include "two_users.h"

/* As `library.search` of Python does: for writing where that is possible. */
static int read_or_write_task(const char *path)
{
    Store *store = NULL;
    RvError error = {0};
    size_t count = 0;
    RvStatus status = rv_store_open(path, NULL, &store, &error);
    if (status == RV_OK)
        status = count_frames(store, &count, &error);
    rv_store_close(store);
    return say(status, &error);
}

/* Ends as kill -9 does, in the middle of a search. */
static int die_while_reading_task(const char *path)
{
    Store *store = NULL;
    RvError error = {0};
    size_t count = 0;
    if (rv_store_open(path, NULL, &store, &error) != RV_OK ||
        rv_store_begin_snapshot(store, &error) != RV_OK || count_frames(store, &count, &error) != RV_OK)
        return say(RV_ERROR_IO, &error);
    _exit(0);
}

/* Another SQLite program, that only reads. */
static sqlite3 *open_foreign(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "SELECT count(*) FROM frames", NULL, NULL, NULL) == SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

static int foreign_read_task(const char *path)
{
    sqlite3 *db = open_foreign(path);
    sqlite3_close(db);
    return db != NULL ? 0 : 1;
}

/* Ends without closing. */
static int foreign_hold_task(const char *path)
{
    return open_foreign(path) != NULL && hold() ? 0 : 1;
}

/* ---- two users ---------------------------------------------------------------------------------------- */

static void colleague_who_searches_locks_nobody_out(void **state)
{
    static const struct {
        mode_t folder, mask;
        int group;
        const char *why;
    } cases[] = {
        {0777, 022, OWN_GROUP, "a folder for everybody"},
        {02775, 022, SHARED_GROUP, "a folder of a group"},
        {02775, 002, SHARED_GROUP, "a folder of a group, libraries for the group"},
        {0775, 002, SHARED_GROUP, "files get the group of their maker"},
        {0755, 022, OWN_GROUP, "the owner's folder"},
    };
    static const UserTask readers[] = {read_task, read_or_write_task, die_while_reading_task};
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(chown(fixture->folder, OWNER, (gid_t)cases[i].group), 0);
        assert_int_equal(chmod(fixture->folder, cases[i].folder), 0);
        assert_int_equal(run_as(OWNER, OWN_GROUP, cases[i].mask, write_task, fixture->path), 0);
        for (size_t j = 0; j < sizeof readers / sizeof readers[0]; j++) {
            assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, readers[j], fixture->path), 0);
            if (run_as(OWNER, OWN_GROUP, cases[i].mask, write_task, fixture->path) != 0)
                fail_msg("%s, way %zu: the owner is locked out", cases[i].why, j);
            assert_int_equal(files_in(fixture->folder), 1);
        }
        assert_int_equal(unlink(fixture->path), 0);
    }
}

static int write_hold_write_task(const char *path)
{
    Store *store = NULL;
    bool good = rv_store_open(path, NULL, &store, NULL) == RV_OK &&
                put_test_frames(store, 1, BATCH + 1, BATCH, TEST_DIMENSIONS, NULL) == RV_OK && hold() &&
                put_test_frames(store, 1, 2 * BATCH + 1, BATCH, TEST_DIMENSIONS, NULL) == RV_OK;
    rv_store_close(store);
    return good ? 0 : 1;
}

static void colleague_reads_while_the_owner_writes(void **state)
{
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_task, fixture->path), 0);
    hold_open(OWNER, OWN_GROUP, write_hold_write_task, fixture->path);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, read_task, fixture->path), 0);
    assert_int_equal(let_go(), 0);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, read_task, fixture->path), 0);
    assert_int_equal(files_in(fixture->folder), 1);
}

static void files_beside_have_the_librarys_mode_and_group(void **state)
{
    static const struct {
        mode_t mask, mode;
    } cases[] = {{022, 0644}, {002, 0664}, {027, 0640}, {077, 0600}};
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[4300];
        assert_int_equal(run_as(OWNER, OWN_GROUP, cases[i].mask, write_task, fixture->path), 0);
        assert_int_equal(facts_of(fixture->path, "").st_mode & 0777, cases[i].mode);
        assert_int_equal(chown(fixture->path, OWNER, SHARED_GROUP), 0);
        assert_int_equal(run_as(OWNER, OWN_GROUP, cases[i].mask, write_and_die_task, fixture->path), 0);
        for (size_t j = 0; j < 2; j++) {
            struct stat facts = facts_of(fixture->path, j == 0 ? "-wal" : "-shm");
            assert_int_equal(facts.st_mode & 0777, cases[i].mode);
            assert_int_equal(facts.st_gid, SHARED_GROUP);
            assert_int_equal(facts.st_uid, OWNER);
            snprintf(name, sizeof name, "%s%s", fixture->path, j == 0 ? "-wal" : "-shm");
            unlink(name);
        }
        assert_int_equal(unlink(fixture->path), 0);
    }
}

/* ---- files in the way --------------------------------------------------------------------------------- */

static void writer_removes_what_a_foreign_reader_left(void **state)
{
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_task, fixture->path), 0);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, foreign_read_task, fixture->path), 0);
    assert_int_equal(facts_of(fixture->path, "-shm").st_uid, COLLEAGUE);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_task, fixture->path), 0);
    assert_int_equal(files_in(fixture->folder), 1);
}

static int write_in_vain_task(const char *path)
{
    RvError error = {0};
    RvStatus status = write_batch(path, &error);
    bool good = status == RV_ERROR_IO &&
                strstr(error.message, ": library.db-wal, library.db-shm (it belongs") != NULL &&
                strstr(error.message, "belongs to user 61002") != NULL;
    return say(good ? RV_OK : RV_ERROR_IO, &error);
}

static void file_in_the_way_is_named(void **state)
{
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_task, fixture->path), 0);
    // A foreign program has the library open: its files may not be removed under it.
    hold_open(COLLEAGUE, OTHER_GROUP, foreign_hold_task, fixture->path);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_in_vain_task, fixture->path), 0);
    assert_true(is_there(fixture->path, "-shm"));
    assert_int_equal(let_go(), 0);
    assert_int_equal(run_as(OWNER, OWN_GROUP, 022, write_task, fixture->path), 0);
}

static int make_in_vain_task(const char *path)
{
    Store *store = NULL;
    RvError error = {0};
    RvStatus status = rv_store_open(path, &(StoreOptions){.create = true}, &store, &error);
    bool good = status == RV_ERROR_IO && strstr(error.message, "Permission denied") != NULL;
    return say(good ? RV_OK : RV_ERROR_IO, &error);
}

static void folder_that_may_not_be_written_to_is_said(void **state)
{
    Fixture *fixture = *state;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, make_in_vain_task, fixture->path), 0);
    assert_int_equal(files_in(fixture->folder), 0);
}
#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(colleague_who_searches_locks_nobody_out),
        CASE(colleague_reads_while_the_owner_writes),
        CASE(files_beside_have_the_librarys_mode_and_group),
        CASE(writer_removes_what_a_foreign_reader_left),
        CASE(file_in_the_way_is_named),
        CASE(folder_that_may_not_be_written_to_is_said),
    };
    return cmocka_run_group_tests_name("two users of SQLite libraries", tests, NULL, NULL);
}
