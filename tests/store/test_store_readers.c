/* SPDX-License-Identifier: MIT */
/* Who reads an SQLite library leaves nothing behind, sees no half of a change, and finishes what was
 * interrupted. */
#include "sqlite_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "two_users.h"

static const StoreOptions read_options = {.read_only = true};

static void make_library(const char *path)
{
    assert_ok(write_batch(path, err));
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

enum { WRITES_MIN = 80, READS_MIN = 6 };

/* Writers that come and go, so that logs are made, transferred and removed all the time. Each side goes on
 * until the other one has done its share, however the processor's time is divided between them. */
static void readers_see_whole_batches_while_writers_come_and_go(void **state)
{
    Fixture *fixture = *state;
    make_library(fixture->path);
    atomic_size_t *reads =
        mmap(NULL, sizeof *reads, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(reads, MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that fails leaves no writer behind
        RvError error = {0};
        RvStatus status = RV_OK;
        for (int round = 0; status == RV_OK && (round < WRITES_MIN || atomic_load(reads) < READS_MIN);
             round++)
            status = write_batch(fixture->path, &error);
        _exit(status == RV_OK ? 0 : 1);
    }
    size_t last = 0;
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
        atomic_fetch_add(reads, 1);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(atomic_load(reads) >= READS_MIN);
    munmap(reads, sizeof *reads);
    make_library(fixture->path);
    assert_int_equal(files_in(fixture->folder), 1);
}

/* A writer has made or found LIBRARY-shm, but not yet read the log into it: its beginning is zero. A reader
 * waits for the writer to do so, as it cannot do it itself. */
static void reader_waits_for_a_writer_that_has_just_come(void **state)
{
    Fixture *fixture = *state;
    static const char zeros[96]; // both copies of the header, walformat.html 2.2
    Store *store = NULL;
    size_t count = 0;
    int begun[2], zeroed[2], status = 0;
    char byte = 0, shared[4400];
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_true(pipe(begun) == 0 && pipe(zeroed) == 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        Store *writer = NULL;
        bool good = rv_store_open(fixture->path, NULL, &writer, NULL) == RV_OK &&
                    put_test_frames(writer, 1, BATCH + 1, BATCH, TEST_DIMENSIONS, NULL) == RV_OK;
        good = good && write(begun[1], "x", 1) == 1 && read(zeroed[0], &byte, 1) == 1;
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        good = good && put_test_frames(writer, 1, 2 * BATCH + 1, BATCH, TEST_DIMENSIONS, NULL) == RV_OK;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(read(begun[0], &byte, 1), 1);
    snprintf(shared, sizeof shared, "%s-shm", fixture->path);
    int file = open(shared, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(file, zeros, sizeof zeros, 0), sizeof zeros);
    close(file);
    assert_int_equal(write(zeroed[1], "x", 1), 1);
    assert_ok(count_frames(store, &count, err));
    assert_true(count == 2 * BATCH || count == 3 * BATCH);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    rv_store_close(store);
    for (int i = 0; i < 2; i++) {
        close(begun[i]);
        close(zeroed[i]);
    }
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

/* All connections of a process share LIBRARY-shm as the first one has opened it. */
static void process_writes_beside_its_reader(void **state)
{
    Fixture *fixture = *state;
    Store *store = NULL, *writer = NULL;
    size_t count = 0;
    make_library(fixture->path);
    assert_ok(rv_store_open(fixture->path, &read_options, &store, err));
    assert_ok(count_frames(store, &count, err)); // without a log
    assert_int_equal(run_apart(write_and_die_task, fixture->path), 0);
    assert_ok(count_frames(store, &count, err)); // with that of another process
    assert_int_equal(count, 2 * BATCH + 1);
    assert_ok(rv_store_open(fixture->path, NULL, &writer, err));
    assert_ok(put_test_frames(writer, 1, 2 * BATCH + 2, BATCH, TEST_DIMENSIONS, err));
    assert_ok(count_frames(store, &count, err));
    assert_int_equal(count, 3 * BATCH + 1);
    rv_store_close(writer);
    rv_store_close(store);
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
        CASE(reader_waits_for_a_writer_that_has_just_come),
        CASE(reading_finishes_an_interrupted_write),
        CASE(process_writes_beside_its_reader),
        CASE(reader_takes_any_beginning_of_a_log),
        CASE(reader_without_rights_says_what_waits),
    };
    return cmocka_run_group_tests_name("readers of SQLite libraries", tests, NULL, NULL);
}
