/* SPDX-License-Identifier: MIT */
/* Who reads an SQLite library leaves nothing behind, locks nobody out, and sees no half of a change; whose
 * the files beside a library are; what happens when one of them is in the way. */
#include "sqlite_fixture.h"

#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define BATCH 8

static const StoreOptions create_options = {.create = true};
static const StoreOptions read_options = {.read_only = true};

/* Users and a group that no account of the machine needs to have. */
enum { OWNER = 61001, COLLEAGUE = 61002, OWN_GROUP = 61003, OTHER_GROUP = 61004, SHARED_GROUP = 61005 };

static RvStatus count_block(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    *(size_t *)user += block->count;
    return RV_OK;
}

static RvStatus count_frames(Store *store, size_t *count, RvError *err)
{
    *count = 0;
    return rv_store_scan(store, NULL, count_block, count, err);
}

/* Open, making the library where it is missing, put a batch behind the frames that are there, close. */
static RvStatus write_batch(const char *path, RvError *err)
{
    Store *store = NULL;
    ModelIdentity model = test_model(TEST_DIMENSIONS);
    VideoFacts facts = test_facts("/a.mp4");
    StoredVideo row = {0};
    bool found = false;
    int64_t id = 0;
    size_t count = 0;
    RvStatus status = rv_store_open(path, &create_options, &store, err);
    if (status == RV_OK)
        status = rv_store_require_identity(store, &model, err);
    if (status == RV_OK)
        status = rv_store_find_path(store, "/a.mp4", &row, &found, err);
    id = row.video.video_id;
    rv_stored_video_clear(&row);
    if (status == RV_OK && !found)
        status = rv_store_begin_video(store, &facts, 0, &id, err);
    if (status == RV_OK)
        status = count_frames(store, &count, err);
    if (status == RV_OK)
        status = put_test_frames(store, id, (int64_t)count + 1, BATCH, TEST_DIMENSIONS, err);
    rv_store_close(store);
    return status;
}

static void make_library(const char *path)
{
    assert_ok(write_batch(path, err));
}

static RvStatus read_frames(const char *path, size_t *count, RvError *err)
{
    Store *store = NULL;
    RvStatus status = rv_store_open(path, &read_options, &store, err);
    if (status == RV_OK)
        status = count_frames(store, count, err);
    rv_store_close(store);
    return status;
}

static struct stat facts_of(const char *path, const char *suffix)
{
    char name[4300];
    struct stat facts;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (stat(name, &facts) != 0)
        fail_msg("%s is not there", name);
    return facts;
}

static bool is_there(const char *path, const char *suffix)
{
    char name[4300];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

/* ---- nothing is left ---------------------------------------------------------------------------------- */

static void reading_makes_no_file(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL;
    size_t count = 0;
    make_library(fixture->path);
    struct stat before = facts_of(fixture->path, "");
    assert_int_equal(files_in(fixture->folder), 1);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_ok(rv_store_begin_snapshot(store, err));
    assert_ok(count_frames(store, &count, err));
    assert_int_equal(count, BATCH);
    assert_int_equal(files_in(fixture->folder), 1);
    rv_store_end_snapshot(store);
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
    assert_int_equal(files_in(fixture->folder), 1);
    struct stat after = facts_of(fixture->path, "");
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
                before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

static void open_reader_sees_what_others_write(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL, *writer = NULL;
    size_t count = 0;
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    for (size_t batch = 1; batch < 4; batch++) {
        assert_ok(count_frames(store, &count, err));
        assert_int_equal(count, batch * BATCH);
        make_library(fixture->path); // closed again: everything is in the library itself
    }
    assert_ok(count_frames(store, &count, err));
    assert_int_equal(count, 4 * BATCH);
    assert_ok(rv_store_open(fixture->path, NULL, &writer, err));
    assert_ok(put_test_frames(writer, 1, 4 * BATCH + 1, BATCH, TEST_DIMENSIONS, err));
    assert_ok(count_frames(store, &count, err)); // from the log
    assert_int_equal(count, 5 * BATCH);
    rv_store_close(writer);
    rv_store_close(store);
    assert_ok(read_frames(fixture->path, &count, err));
    assert_int_equal(count, 5 * BATCH);
    make_library(fixture->path);
    assert_int_equal(files_in(fixture->folder), 1);
}

/* ---- nothing is torn ---------------------------------------------------------------------------------- */

static void writer_leaves_the_pages_of_a_reader(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL, *writer = NULL;
    size_t count = 0, again = 0;
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_ok(rv_store_begin_snapshot(store, err));
    assert_ok(count_frames(store, &count, err));
    struct stat before = facts_of(fixture->path, "");
    assert_ok(rv_store_open(fixture->path, NULL, &writer, err));
    // More than SQLite lets into a log before it transfers it, and a transfer that is asked for.
    for (int64_t next = BATCH + 1; next < 40000; next += 4000)
        assert_ok(put_test_frames(writer, 1, next, 4000, TEST_DIMENSIONS, err));
    assert_ok(rv_store_remove_video(writer, 1, err));
    struct stat during = facts_of(fixture->path, "");
    assert_true(before.st_mtim.tv_sec == during.st_mtim.tv_sec &&
                before.st_mtim.tv_nsec == during.st_mtim.tv_nsec);
    assert_ok(count_frames(store, &again, err));
    assert_int_equal(count, again);
    rv_store_end_snapshot(store);
    assert_ok(count_frames(store, &again, err));
    assert_int_equal(again, 0);
    rv_store_close(writer);
    rv_store_close(store);
    make_library(fixture->path);
    assert_int_equal(files_in(fixture->folder), 1);
}

static void change_by_another_program_is_noticed(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL, *writer = NULL;
    sqlite3 *db = NULL;
    size_t count = 0;
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, NULL, &writer, err));
    for (int64_t next = BATCH + 1; next < 20000; next += 4000)
        assert_ok(put_test_frames(writer, 1, next, 4000, TEST_DIMENSIONS, err));
    rv_store_close(writer);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_ok(rv_store_begin_snapshot(store, err));
    assert_ok(rv_store_count_frames(store, NULL, &(int64_t){0}, err));
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE frames SET time = time + 0.5; PRAGMA wal_checkpoint(TRUNCATE)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_refused(count_frames(store, &count, err), RV_ERROR_BUSY,
                   "another process is writing to the library");
    rv_store_end_snapshot(store);
    assert_ok(count_frames(store, &count, err));
    assert_true(count > 20000);
    sqlite3_close(db);
    rv_store_close(store);
}

/* Writers that come and go, so that logs are made, transferred and removed all the time. */
static void readers_see_whole_batches_while_writers_come_and_go(void **state)
{
    Fixture *fixture = *state;
    make_library(fixture->path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        RvError error = {0};
        RvStatus status = RV_OK;
        for (int round = 0; status == RV_OK && round < 80; round++)
            status = write_batch(fixture->path, &error);
        _exit(status == RV_OK ? 0 : 1);
    }
    size_t reads = 0, last = 0;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        Store *store = NULL;
        size_t count = 0, again = 0;
        assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
        assert_ok(rv_store_begin_snapshot(store, err));
        assert_ok(count_frames(store, &count, err));
        assert_ok(count_frames(store, &again, err));
        rv_store_end_snapshot(store);
        if (count != again || count % BATCH != 0 || count < last)
            fail_msg("%zu, %zu, %zu rows", last, count, again);
        assert_int_equal(count_faults(store), 0);
        rv_store_close(store);
        last = count;
        reads++;
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(reads > 5);
    make_library(fixture->path);
    assert_int_equal(files_in(fixture->folder), 1);
}

/* ---- two users ---------------------------------------------------------------------------------------- */

typedef int (*UserTask)(const char *path);

/* A child that runs the task as this user, in this group and the shared one. */
static pid_t start_as(int user, int group, mode_t mask, UserTask task, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        gid_t groups[] = {SHARED_GROUP};
        if (setgroups(1, groups) != 0 || setresgid((gid_t)group, (gid_t)group, (gid_t)group) != 0 ||
            setresuid((uid_t)user, (uid_t)user, (uid_t)user) != 0)
            _exit(99);
        umask(mask);
        _exit(task(path));
    }
    return child;
}

/* What the child's task returned. */
static int end_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* In a process of its own. */
static int run_apart(UserTask task, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(task(path));
    return end_of(child);
}

static int run_as(int user, int group, mode_t mask, UserTask task, const char *path)
{
    return end_of(start_as(user, group, mask, task, path));
}

/* A task that holds the library open between its two halves, while the test does something else. */
typedef struct Holder {
    pid_t child;
    int reached[2], go_on[2]; // pipes
} Holder;

static Holder holder;

/* In the task: its first half is done, and the test has done its part. */
static bool hold(void)
{
    char byte;
    close(holder.go_on[1]);
    return write(holder.reached[1], "x", 1) == 1 && read(holder.go_on[0], &byte, 1) == 1;
}

/* Returns when the task holds. */
static void hold_open(int user, int group, UserTask task, const char *path)
{
    char byte;
    assert_int_equal(pipe(holder.reached), 0);
    assert_int_equal(pipe(holder.go_on), 0);
    holder.child = start_as(user, group, 022, task, path);
    close(holder.reached[1]);
    assert_int_equal(read(holder.reached[0], &byte, 1), 1);
}

/* Lets the task go on; returns what it returned. */
static int let_go(void)
{
    assert_int_equal(write(holder.go_on[1], "x", 1), 1);
    close(holder.reached[0]);
    close(holder.go_on[0]);
    close(holder.go_on[1]);
    return end_of(holder.child);
}

static int say(RvStatus status, const RvError *error)
{
    if (status != RV_OK)
        fprintf(stderr, "    %s\n", error->message);
    return status == RV_OK ? 0 : 1;
}

static int write_task(const char *path)
{
    RvError error = {0};
    return say(write_batch(path, &error), &error);
}

static int read_task(const char *path)
{
    RvError error = {0};
    size_t count = 0;
    return say(read_frames(path, &count, &error), &error);
}

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

static bool be_root(void)
{
    if (geteuid() == 0)
        return true;
    print_message("needs root, to act as two users\n");
    return false;
}

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

static int write_and_die_task(const char *path)
{
    Store *store = NULL;
    RvError error = {0};
    RvStatus status = write_batch(path, &error);
    if (status == RV_OK)
        status = rv_store_open(path, NULL, &store, &error);
    if (status == RV_OK)
        status = put_test_frames(store, 1, 5 * BATCH + 1, 1, TEST_DIMENSIONS, &error);
    return say(status, &error); // not closed: the files stay
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
    RvStatus status = rv_store_open(path, &create_options, &store, &error);
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

/* ---- interrupted writes ------------------------------------------------------------------------------- */

/* A journal of SQLite's older kind that waits to be rolled back: pages are changed already. */
static void leave_hot_journal(const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *db = NULL;
        int code = sqlite3_open(path, &db);
        if (code == SQLITE_OK)
            code = sqlite3_exec(
                db,
                "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN "
                "IMMEDIATE; UPDATE frames SET embedding_data = zeroblob(20000)",
                NULL, NULL, NULL);
        if (code != SQLITE_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(facts_of(path, "-journal").st_size > 0);
}

static void reading_finishes_an_interrupted_write(void **state)
{
    Fixture *fixture = *state;
    size_t count = 0;
    Store *store = NULL;
    make_library(fixture->path);
    leave_hot_journal(fixture->path);
    assert_ok(read_frames(fixture->path, &count, err));
    assert_int_equal(count, BATCH);
    assert_false(is_there(fixture->path, "-journal"));
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_int_equal(count_faults(store), 0);
    rv_store_close(store);
    // Likewise a log whose LIBRARY-shm somebody has removed.
    assert_int_equal(run_apart(write_and_die_task, fixture->path), 0);
    char name[4300];
    snprintf(name, sizeof name, "%s-shm", fixture->path);
    assert_true(facts_of(fixture->path, "-wal").st_size > 0);
    assert_int_equal(unlink(name), 0);
    assert_ok(read_frames(fixture->path, &count, err));
    assert_int_equal(count, 2 * BATCH + 1);
    assert_int_equal(files_in(fixture->folder), 1);
}

/* A writer that is killed may leave a log that ends with its header, or in it; and files are damaged. SQLite,
 * when it may only read, would wait ten seconds for somebody to mend that. */
static void reader_takes_any_beginning_of_a_log(void **state)
{
    Fixture *fixture = *state;
    char name[4300];
    size_t count = 0, size_bytes = 0;
    make_library(fixture->path);
    assert_int_equal(run_apart(write_and_die_task, fixture->path), 0);
    snprintf(name, sizeof name, "%s-wal", fixture->path);
    uint8_t *log = read_whole(name, &size_bytes);
    assert_ok(read_frames(fixture->path, &count, err));
    assert_int_equal(count, 2 * BATCH + 1);
    static const struct {
        size_t size_bytes; // 0: all
        size_t damaged_at; // 0: nothing
    } cases[] = {{32, 0}, {31, 0}, {1, 0},  {33, 0}, {32 + 24, 0},
                 {0, 3},  {0, 8},  {0, 16}, {0, 24}, {0, 32 + 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = cases[i].size_bytes > 0 ? cases[i].size_bytes : size_bytes;
        log[cases[i].damaged_at] ^= cases[i].damaged_at > 0 ? 0x40 : 0;
        FILE *file = fopen(name, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(log, 1, length, file), length);
        fclose(file);
        log[cases[i].damaged_at] ^= cases[i].damaged_at > 0 ? 0x40 : 0;
        double before = (double)time(NULL);
        assert_ok(read_frames(fixture->path, &count, err));
        assert_int_equal(count % BATCH, 0); // the state before the log
        assert_true((double)time(NULL) - before < 5);
    }
    free(log);
}

static int meet_journal_task(const char *path)
{
    RvError error = {0};
    size_t count = 0;
    RvStatus status = read_frames(path, &count, &error);
    bool good = status == RV_ERROR_IO && strstr(error.message, "library.db-journal") != NULL &&
                strstr(error.message, "somebody who may write to the library") != NULL;
    return say(good ? RV_OK : RV_ERROR_IO, &error);
}

static void reader_without_rights_says_what_waits(void **state)
{
    Fixture *fixture = *state;
    size_t count = 0;
    if (!be_root())
        skip();
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    make_library(fixture->path);
    leave_hot_journal(fixture->path);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, meet_journal_task, fixture->path), 0);
    assert_ok(read_frames(fixture->path, &count, err));
    assert_int_equal(count, BATCH);
    assert_int_equal(run_as(COLLEAGUE, OTHER_GROUP, 022, read_task, fixture->path), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reading_makes_no_file),
        CASE(open_reader_sees_what_others_write),
        CASE(writer_leaves_the_pages_of_a_reader),
        CASE(change_by_another_program_is_noticed),
        CASE(readers_see_whole_batches_while_writers_come_and_go),
        CASE(colleague_who_searches_locks_nobody_out),
        CASE(colleague_reads_while_the_owner_writes),
        CASE(files_beside_have_the_librarys_mode_and_group),
        CASE(writer_removes_what_a_foreign_reader_left),
        CASE(file_in_the_way_is_named),
        CASE(folder_that_may_not_be_written_to_is_said),
        CASE(reading_finishes_an_interrupted_write),
        CASE(reader_takes_any_beginning_of_a_log),
        CASE(reader_without_rights_says_what_waits),
    };
    return cmocka_run_group_tests_name("readers of SQLite libraries", tests, NULL, NULL);
}
