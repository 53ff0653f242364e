/* SPDX-License-Identifier: MIT */
/* The file of codes: damage of every kind, interruptions, several processes, old libraries. The answers stay
 * right. */
#include "codes_support.h"

#include "file_damage.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define DIMENSIONS 32
#define ROWS 700

typedef struct Made {
    float rows[ROWS * DIMENSIONS];
    float vector[DIMENSIONS];
    char codes[4400];
} Made;

/* A library with codes in two segments. */
static Made *make_library(const char *path)
{
    Made *made = malloc(sizeof *made);
    assert_non_null(made);
    uint64_t seed = 9;
    fill_random(&seed, made->rows, ROWS * DIMENSIONS, 1);
    fill_random(&seed, made->vector, DIMENSIONS, 1);
    snprintf(made->codes, sizeof made->codes, "%s" CODES_SUFFIX, path);
    Store *store = open_codes_store(path, false, NULL);
    add_rows(store, "/a.mp4", made->rows, 500, DIMENSIONS);
    assert_ok(update_codes(store, 1, err));
    add_rows(store, "/b.mp4", made->rows + 500 * DIMENSIONS, 200, DIMENSIONS);
    assert_ok(update_codes(store, 1, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->segment_count, 2);
    close_codes_store(store);
    return made;
}

static void drop_library(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", CODES_SUFFIX, ".rows"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[4400];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static void assert_right(const Made *made, const char *path, const char *why)
{
    static const RvSearchOptions options = {.top = 7};
    static unsigned calls;
    const QueryVector parts[] = {{made->vector, 1, 0}, {made->rows, 1, 1}};
    Store *store = open_codes_store(path, true, NULL), *rows = open_rows(path);
    // Each twice: what the first search learns of the file, the others use. Frames and sequences are first in turn.
    calls++;
    for (unsigned i = 0; i < 4; i++) {
        if ((i + calls) % 2 == 0)
            assert_codes_change_nothing(store, rows, made->vector, DIMENSIONS, &options, why);
        else
            assert_codes_change_no_query(store, rows, parts, 2, DIMENSIONS, &options, why);
    }
    close_codes_store(rows);
    close_codes_store(store);
}

static void damaged_files_change_no_answer(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    FileDamage damage = read_undamaged(made->codes, 10);
    size_t noticed = 0;
    CodeLayout layout;
    assert_true(rv_code_layout(DIMENSIONS, 500, 1, &layout));
    for (int round = 0; round < 160; round++) {
        size_t from = round % 4 == 0 ? 0 : round % 4 == 1 ? layout.size : (size_t)layout.coarse;
        size_t span = round % 4 < 2 ? 88 : round % 4 == 2 ? 500 * layout.width : damage.size - from;
        flip_a_bit(&damage, from, span);
        assert_right(made, fixture->path, "a flipped bit");
        LogCount log = {0};
        Store *store = open_codes_store(fixture->path, true, &log);
        size_t faults = 0;
        assert_ok(verify_codes(store, NULL, &faults, err));
        noticed += faults > 0;
        if (round % 4 < 2)
            assert_true(faults > 0 && log.lines == 1 && strstr(log.last, "not used") != NULL);
        close_codes_store(store);
    }
    // The others lie in the gaps between the parts.
    assert_true(noticed > 100);
    for (int round = 0; round < 40; round++) {
        cut_short(&damage, round == 0);
        assert_right(made, fixture->path, "cut short");
    }
    free(damage.whole);
    free(made);
}

static void other_things_in_the_place_of_the_file_change_no_answer(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    char other[4400], other_codes[4500], aside[4500];
    snprintf(other, sizeof other, "%s/other.db", fixture->folder);
    snprintf(other_codes, sizeof other_codes, "%s" CODES_SUFFIX, other);
    snprintf(aside, sizeof aside, "%s.aside", made->codes);
    free(make_library(other));
    static const char *const commands[] = {"cp '%2$s' '%1$s'",
                                           "rm -f '%1$s'",
                                           "mkdir '%1$s'",
                                           "rm -rf '%1$s'; mkfifo '%1$s'",
                                           "rm '%1$s'; : > '%1$s'",
                                           "rm '%1$s'; ln -s '%3$s' '%1$s'",
                                           "rm '%1$s'; head -c 300000 /dev/zero > '%1$s'"};
    assert_int_equal(rename(made->codes, aside), 0);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char command[16000];
        snprintf(command, sizeof command, commands[i], made->codes, other_codes, aside);
        assert_int_equal(system(command), 0);
        assert_right(made, fixture->path, commands[i]);
    }
    // Whatever lies there, the next update makes the codes again.
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_codes(store, 1, err));
    assert_non_null(codes_of(store, DIMENSIONS));
    close_codes_store(store);
    assert_right(made, fixture->path, "made again");
    free(made);
}

/* LIBRARY-codes-new is written to: never through a link into somebody's file. */
static void things_in_the_place_of_the_new_file_are_left_and_named(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    static const struct {
        const char *command, *words;
    } cases[] = {{"ln '%2$s' '%1$s'", "a file that has a second name"},
                 {"ln -s '%2$s' '%1$s'", "a symbolic link"},
                 {"ln -s /nonexistent '%1$s'", "a symbolic link"},
                 {"mkfifo '%1$s'", "not a regular file"},
                 {"mkdir '%1$s'", "a folder"}};
    char mine[4500], name[4500];
    snprintf(mine, sizeof mine, "%s/mine.txt", fixture->folder);
    snprintf(name, sizeof name, "%s-new", made->codes);
    write_whole(mine, (const uint8_t *)"my notes", 8);
    assert_int_equal(chmod(mine, 0600), 0);
    assert_int_equal(unlink(made->codes), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[16000];
        size_t size_bytes = 0;
        struct stat facts;
        snprintf(command, sizeof command, cases[i].command, name, mine);
        assert_int_equal(system(command), 0);
        Store *store = open_codes_store(fixture->path, false, NULL);
        assert_refused(update_codes(store, 1, err), RV_ERROR_IO, cases[i].words);
        close_codes_store(store);
        uint8_t *bytes = read_whole(mine, &size_bytes);
        assert_int_equal(size_bytes, 8);
        assert_memory_equal(bytes, "my notes", 8);
        free(bytes);
        assert_int_equal(stat(mine, &facts), 0);
        assert_int_equal(facts.st_mode & 0777, 0600);
        snprintf(command, sizeof command, "rm -r '%s'", name);
        assert_int_equal(system(command), 0);
    }
    // What a killed process left is taken up.
    write_whole(name, (const uint8_t *)"half", 4);
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_codes(store, 1, err));
    close_codes_store(store);
    assert_int_equal(access(name, F_OK), -1);
    assert_right(made, fixture->path, "made again");
    free(made);
}

static void file_that_is_cut_while_mapped_is_left(void **state)
{
    Fixture *fixture = *state;
    static const RvSearchOptions options = {.top = 3};
    Made *made = make_library(fixture->path);
    Store *store = open_codes_store(fixture->path, true, NULL), *rows = open_rows(fixture->path);
    assert_codes_change_nothing(store, rows, made->vector, DIMENSIONS, &options, "whole");
    assert_int_equal(truncate(made->codes, 70000), 0);
    assert_codes_change_nothing(store, rows, made->vector, DIMENSIONS, &options, "cut");
    assert_null(codes_of(store, DIMENSIONS));
    close_codes_store(rows);
    close_codes_store(store);
    free(made);
}

/* The log of changes is cut by hand, so that codes of old rows seem right: what they leave open shows it. */
static void codes_that_do_not_fit_the_rows_are_left(void **state)
{
    static const char *const changes[] = {
        "DELETE FROM frames WHERE frame_id = %lld",
        "UPDATE frames SET embedding_data = zeroblob(128) WHERE frame_id = %lld"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        Fixture *fixture = *state;
        drop_library(fixture->path);
        Made *made = make_library(fixture->path);
        LogCount log = {0};
        QueryVector term = {made->vector, 1};
        RvHits hits = {0};
        Store *store = open_codes_store(fixture->path, true, &log);
        assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, NULL, &hits, err));
        char sql[300];
        snprintf(sql, sizeof sql, changes[i],
                 (long long)rv_store_key(hits.items[0].video_id, hits.items[0].frame_number));
        run_sql(fixture->path, sql);
        run_sql(fixture->path, "DELETE FROM frame_changes");
        forget_rows(fixture->path);
        Store *rows = open_rows(fixture->path);
        static const RvSearchOptions options = {.top = 5};
        assert_codes_change_nothing(store, rows, made->vector, DIMENSIONS, &options, changes[i]);
        assert_int_equal(log.lines, 1);
        assert_non_null(strstr(log.last, "do not fit the rows"));
        size_t faults = 0;
        close_codes_store(store);
        store = open_codes_store(fixture->path, true, NULL);
        assert_ok(verify_codes(store, NULL, &faults, err));
        assert_true(faults > 0);
        rv_hits_clear(&hits);
        close_codes_store(rows);
        close_codes_store(store);
        free(made);
    }
}

/* ---- interruptions ------------------------------------------------------------------------------------ */

/* Writing fails after any number of bytes: one error, and nothing is lost. */
static void failing_writes_change_no_answer(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    Store *store = open_codes_store(fixture->path, false, NULL);
    add_rows(store, "/c.mp4", made->rows, 300, DIMENSIONS);
    struct stat facts;
    assert_int_equal(stat(made->codes, &facts), 0);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int whole = 0; whole < 2; whole++) {
        size_t failed = 0;
        for (rlim_t more = 0; more < 150000; more += 4000) {
            limit = (struct rlimit){(whole ? 0 : (rlim_t)facts.st_size) + more, before.rlim_max};
            // Rows of the library itself lie lower in their file.
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
            RvError err = {0};
            RvStatus status = update_codes(store, 1, &err);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            if (status != RV_OK) {
                failed++;
                assert_int_equal(status, RV_ERROR_IO);
                assert_true(err.message[0] != '\0');
            }
            assert_right(made, fixture->path, "after a failed write");
        }
        assert_true(failed > 5);
        forget_rows(fixture->path);
        unlink(made->codes);
        close_codes_store(store);
        store = open_codes_store(fixture->path, false, NULL);
    }
    assert_ok(update_codes(store, 1, err));
    assert_int_equal(codes_of(store, DIMENSIONS)->row_count, 1000);
    close_codes_store(store);
    assert_right(made, fixture->path, "at last");
    free(made);
}

static _Noreturn void write_for_ever(const char *path, uint64_t seed)
{
    float rows[20 * DIMENSIONS];
    Store *store = open_codes_store(path, false, NULL);
    for (int i = 0;; i++) {
        char name[64];
        fill_random(&seed, rows, 20 * DIMENSIONS, 1);
        snprintf(name, sizeof name, "/%d-%d.mp4", (int)getpid(), i);
        int64_t id = add_rows(store, name, rows, 20, DIMENSIONS);
        if (update_codes(store, 1, NULL) != RV_OK)
            _exit(1);
        if (i % 3 == 2)
            rv_store_remove_video(store, id, NULL);
    }
}

static void kill_at_any_moment_leaves_codes_that_fit(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    uint64_t seed = 12;
    for (int round = 0; round < 25; round++) {
        kill_at_some_moment(write_for_ever, fixture->path, round, 40000, &seed);
        forget_rows(fixture->path);
        assert_right(made, fixture->path, "after a kill");
        Store *store = open_codes_store(fixture->path, true, NULL);
        size_t faults = 0;
        assert_ok(verify_codes(store, print_fault, &faults, err));
        assert_int_equal(faults, 0);
        close_codes_store(store);
    }
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_codes(store, 1, err));
    assert_non_null(codes_of(store, DIMENSIONS));
    close_codes_store(store);
    free(made);
}

static void two_processes_share_the_file(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            write_for_ever(fixture->path, 100 + (uint64_t)i);
    }
    Store *store = open_codes_store(fixture->path, false, NULL);
    QueryVector term = {made->vector, 1};
    size_t with_codes = 0;
    for (int i = 0; i < 200; i++) {
        RvHits hits = {0};
        assert_ok(rv_store_begin_snapshot(store, err));
        assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, NULL, &hits, err));
        with_codes += codes_of(store, DIMENSIONS) != NULL;
        size_t faults = 0;
        if (i % 20 == 0)
            assert_ok(verify_codes(store, print_fault, &faults, err));
        // A snapshot may name a file that was replaced since: then it has none, which verify tells.
        assert_true(faults <= 1);
        rv_store_end_snapshot(store);
        rv_hits_clear(&hits);
        usleep(1000);
    }
    for (int i = 0; i < 2; i++) {
        kill(children[i], SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status));
    }
    print_message("    200 searches beside two writers, %zu by codes\n", with_codes);
    assert_true(with_codes > 20);
    assert_ok(update_codes(store, 1, err));
    size_t faults = 0;
    assert_ok(verify_codes(store, print_fault, &faults, err));
    assert_int_equal(faults, 0);
    close_codes_store(store);
    forget_rows(fixture->path);
    assert_right(made, fixture->path, "in the end");
    free(made);
}

/* ---- other programs, old libraries -------------------------------------------------------------------- */

static void changes_of_the_schema_end_the_codes(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    // Somebody takes the trigger away, writes, and puts it back to the letter.
    char sql[4000], text[2000] = "";
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema WHERE name = 'log_update'", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    snprintf(sql, sizeof sql,
             "DROP TRIGGER log_update; UPDATE frames SET embedding_data = (SELECT embedding_data FROM "
             "frames WHERE frame_number = 5) WHERE frame_number > 100; %s",
             text);
    run_sql(fixture->path, sql);
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_null(codes_of(store, DIMENSIONS));
    assert_right(made, fixture->path, "a trigger was away");
    assert_ok(update_codes(store, 1, err));
    assert_non_null(codes_of(store, DIMENSIONS));
    close_codes_store(store);
    assert_right(made, fixture->path, "made again");
    free(made);
}

static void old_libraries_are_read_and_upgraded_by_the_first_writer(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    run_sql(fixture->path,
            "DROP TABLE derived_data; DROP TABLE frame_changes; DROP TRIGGER log_insert; DROP TRIGGER "
            "log_update; DROP TRIGGER log_delete; DROP TABLE library_notes; PRAGMA user_version = 1; UPDATE "
            "library SET "
            "schema_version = 1");
    Store *reader = open_codes_store(fixture->path, true, NULL);
    assert_null(codes_of(reader, DIMENSIONS));
    char *note = NULL;
    assert_ok(rv_store_get_note(reader, STORE_NOTE_MODEL_PATH, &note, err));
    assert_null(note);
    assert_right(made, fixture->path, "an old library");
    close_codes_store(reader);
    Store *store = open_codes_store(fixture->path, false, NULL);
    int64_t count = 0;
    assert_ok(rv_store_count_frames(store, NULL, &count, err));
    assert_int_equal(count, ROWS);
    assert_ok(rv_store_put_note(store, STORE_NOTE_MODEL_PATH, "/models/a", err));
    assert_ok(update_codes(store, 1, err));
    assert_non_null(codes_of(store, DIMENSIONS));
    add_rows(store, "/new.mp4", made->vector, 1, DIMENSIONS);
    close_codes_store(store);
    forget_rows(fixture->path);
    assert_right(made, fixture->path, "upgraded");
    free(made);
}

static void readers_change_no_file(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    struct stat before, after;
    Store *store = open_codes_store(fixture->path, true, NULL);
    assert_ok(update_codes(store, 1, err));
    unlink(made->codes);
    assert_ok(update_codes(store, 1, err));
    assert_int_not_equal(stat(made->codes, &after), 0);
    close_codes_store(store);
    assert_int_equal(stat(fixture->path, &before), 0);
    assert_right(made, fixture->path, "no codes, read only");
    assert_int_equal(stat(fixture->path, &after), 0);
    assert_true(before.st_mtime == after.st_mtime && before.st_size == after.st_size);
    free(made);
}

static void codes_have_the_permissions_of_the_library(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    static const mode_t modes[] = {0600, 0640, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct stat facts;
        unlink(made->codes);
        assert_int_equal(chmod(fixture->path, modes[i]), 0);
        Store *store = open_codes_store(fixture->path, false, NULL);
        assert_ok(update_codes(store, 1, err));
        close_codes_store(store);
        assert_int_equal(stat(made->codes, &facts), 0);
        assert_int_equal(facts.st_mode & 0777, modes[i]);
    }
    free(made);
}

static int make_codes_as_a_colleague(const char *path)
{
    RvError error = {0};
    Store *store = NULL;
    RvStatus status = rv_store_open(path, NULL, &store, &error);
    if (status == RV_OK)
        status = give_index(store, NULL, (RvLog){0}, &error);
    if (status == RV_OK)
        status = update_codes(store, 1, &error);
    close_codes_store(store);
    if (status != RV_OK)
        fprintf(stderr, "    %s\n", error.message);
    return status == RV_OK ? 0 : 1;
}

/* A library of a group that two write to, each with another first group, and one that everybody may write to.
 */
static void codes_belong_to_the_librarys_group(void **state)
{
    static const struct {
        mode_t library, codes;
        gid_t second_group; // of the colleague, whose first is 61004
        gid_t group;        // of the codes
    } cases[] = {{0664, 0664, 61005, 61005}, {0660, 0660, 61005, 61005}, {0646, 0666, 61006, 61004}};
    Fixture *fixture = *state;
    if (geteuid() != 0) {
        print_message("needs root, to act as two users\n");
        skip();
    }
    Made *made = make_library(fixture->path);
    assert_int_equal(chmod(fixture->folder, 0777), 0);
    assert_int_equal(chown(fixture->path, 61001, 61005), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stat facts;
        unlink(made->codes);
        assert_int_equal(chmod(fixture->path, cases[i].library), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            bool good = setgroups(1, &cases[i].second_group) == 0 && setresgid(61004, 61004, 61004) == 0 &&
                        setresuid(61002, 61002, 61002) == 0;
            _exit(good ? make_codes_as_a_colleague(fixture->path) : 99);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(stat(made->codes, &facts), 0);
        assert_int_equal(facts.st_mode & 0777, cases[i].codes);
        assert_int_equal(facts.st_gid, cases[i].group);
    }
    free(made);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(damaged_files_change_no_answer),
        CASE(other_things_in_the_place_of_the_file_change_no_answer),
        CASE(things_in_the_place_of_the_new_file_are_left_and_named),
        CASE(file_that_is_cut_while_mapped_is_left),
        CASE(codes_that_do_not_fit_the_rows_are_left),
        CASE(failing_writes_change_no_answer),
        CASE(kill_at_any_moment_leaves_codes_that_fit),
        CASE(two_processes_share_the_file),
        CASE(changes_of_the_schema_end_the_codes),
        CASE(old_libraries_are_read_and_upgraded_by_the_first_writer),
        CASE(readers_change_no_file),
        CASE(codes_have_the_permissions_of_the_library),
        CASE(codes_belong_to_the_librarys_group),
    };
    return cmocka_run_group_tests_name("file of codes", tests, NULL, NULL);
}
