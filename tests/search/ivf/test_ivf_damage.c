/* SPDX-License-Identifier: MIT */
/* The file of lists beside a library: damage of every kind, interruptions, several processes. Answers stay
 * right, and what is wrong is reported. */
#include "lists_support.h"

#include "file_damage.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ROWS 900

typedef struct Made {
    float rows[ROWS * DIMENSIONS];
    float vector[DIMENSIONS];
    char lists[4400];
} Made;

static Made *make_library(const char *path)
{
    Made *made = malloc(sizeof *made);
    uint64_t seed = 4;
    assert_non_null(made);
    make_scenes(3, made->rows, ROWS);
    make_query(&seed, made->rows + 333 * DIMENSIONS, false, made->vector);
    lists_path(path, made->lists, sizeof made->lists);
    Store *store = open_codes_store(path, false, NULL);
    add_rows(store, "/a.mp4", made->rows, ROWS, DIMENSIONS);
    assert_ok(build_lists(store, NULL, &(RvAnnOptions){.settings = "lists=20"}, err));
    close_codes_store(store);
    return made;
}

/* Twice: what the first search learns of the file, the second uses. */
static void assert_right(const Made *made, const char *path, const char *why)
{
    Store *store = open_codes_store(path, true, NULL), *rows = open_rows(path);
    for (int i = 0; i < 2; i++)
        check_answer(store, rows, made->vector, &(RvSearchOptions){.top = 7}, why);
    close_codes_store(rows);
    close_codes_store(store);
}

/* The search by lists becomes one by all rows, which misses nothing, and says so once. */
static void assert_left(const Made *made, const char *path, const char *words, const char *why)
{
    LogCount log = {0};
    Store *store = open_codes_store(path, true, &log), *rows = open_rows(path);
    for (int i = 0; i < 2; i++) {
        if (check_answer(store, rows, made->vector, &(RvSearchOptions){.top = 7}, why) != 7)
            fail_msg("%s: hits are missing", why);
    }
    if (log.lines != 1 || strstr(log.last, words) == NULL)
        fail_msg("%s: %zu lines, %s", why, log.lines, log.last);
    RvAnnInfo info = lists_info(store);
    assert_true(info.present && info.fault[0] != '\0');
    size_t faults = 0;
    assert_ok(verify_lists(store, NULL, &faults, err));
    assert_int_equal(faults, 1);
    close_codes_store(rows);
    close_codes_store(store);
}

static void damaged_files_are_left_and_reported(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    FileDamage damage = read_undamaged(made->lists, 10);
    for (int round = 0; round < 60; round++) {
        // The header, then everything behind the gap that follows it.
        bool header = round % 3 == 0;
        flip_a_bit(&damage, header ? 0 : 128, header ? 88 : damage.size - 128);
        assert_left(made, fixture->path, "is damaged", "a flipped bit");
    }
    for (int round = 0; round < 10; round++) {
        cut_short(&damage, round == 0);
        assert_left(made, fixture->path, "is cut short", "cut short");
    }
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_lists(store, err));
    assert_no_faults(store);
    close_codes_store(store);
    free(damage.whole);
    free(made);
}

/* Runs with a checksum that is not the codes': found by the search that looks at them. */
static void lists_that_do_not_fit_the_codes_are_left(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    for (int kind = 0; kind < 3; kind++) {
        ListFile file;
        Store *store = open_codes_store(fixture->path, false, NULL);
        assert_ok(build_lists(store, NULL, &(RvAnnOptions){.settings = "lists=20,probes=20"}, err));
        close_codes_store(store);
        assert_ok(rv_list_file_open(made->lists, &file, err));
        for (size_t i = 0; i < file.run_count && kind == 0; i++)
            file.runs[i].checksum++;
        if (kind == 1) // rows change places between lists
            file.runs[0].first = file.runs[file.starts[1]].first;
        if (kind == 2) // only verify can see that a list holds what another should
            file.starts[1]--;
        int descriptor = open(made->lists, O_WRONLY | O_CLOEXEC);
        assert_true(descriptor >= 0);
        assert_ok(rv_list_file_write(&file, descriptor, err));
        close(descriptor);
        rv_list_file_close(&file);
        if (kind == 0)
            assert_left(made, fixture->path, "a checksum is wrong", "other checksums");
        assert_right(made, fixture->path, "lists of other rows");
        store = open_codes_store(fixture->path, true, NULL);
        size_t faults = 0;
        assert_ok(verify_lists(store, NULL, &faults, err));
        assert_int_equal(faults, 1);
        close_codes_store(store);
    }
    free(made);
}

static void other_things_in_the_place_of_the_file_are_left(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    char other[4400], other_lists[4500];
    snprintf(other, sizeof other, "%s/other.db", fixture->folder);
    lists_path(other, other_lists, sizeof other_lists);
    free(make_library(other));
    static const struct {
        const char *command, *words;
    } cases[] = {
        {"cp '%2$s' '%1$s'", "other codes"},
        {"rm -f '%1$s'; mkdir '%1$s'", "not a regular file"},
        {"rm -rf '%1$s'; mkfifo '%1$s'", "not a regular file"},
        {"rm '%1$s'; : > '%1$s'", "cut short"},
        {"rm '%1$s'; head -c 100000 /dev/zero > '%1$s'", "another program's"},
        {"rm '%1$s'; ln -s '%2$s' '%1$s'", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[16000];
        snprintf(command, sizeof command, cases[i].command, made->lists, other_lists);
        assert_int_equal(system(command), 0);
        assert_left(made, fixture->path, cases[i].words, cases[i].command);
    }
    // Whatever file lies there, the next update makes the lists again.
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_lists(store, err));
    assert_no_faults(store);
    close_codes_store(store);
    free(made);
}

/* A store that is open sees what another process puts in the file's place. */
static void files_that_change_under_a_reader_are_followed(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    Store *reader = open_codes_store(fixture->path, true, NULL);
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (int lists = 5; lists < 9; lists++) {
        char settings[40];
        snprintf(settings, sizeof settings, "lists=%d", lists);
        assert_ok(build_lists(store, NULL, &(RvAnnOptions){.settings = settings}, err));
        assert_string_equal(lists_info(reader).settings, settings);
    }
    assert_ok(rv_search_index_drop(store, &(bool){false}, err));
    assert_false(lists_info(reader).present);
    assert_refused(build_lists(reader, NULL, &(RvAnnOptions){0}, err), RV_ERROR_IO, "reading only");
    assert_refused(rv_search_index_drop(reader, &(bool){false}, err), RV_ERROR_IO, "reading only");
    assert_ok(update_lists(reader, err));
    close_codes_store(store);
    close_codes_store(reader);
    free(made);
}

static void damaged_codes_are_made_again_by_a_build(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    char codes[4400];
    size_t size = 0;
    snprintf(codes, sizeof codes, "%s" CODES_SUFFIX, fixture->path);
    uint8_t *bytes = read_whole(codes, &size);
    bytes[4096 + 500 * 64] ^= 1; // in the coarse codes
    write_whole(codes, bytes, size);
    free(bytes);
    assert_right(made, fixture->path, "damaged codes");
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(build_lists(store, NULL, &(RvAnnOptions){0}, err));
    assert_no_faults(store);
    close_codes_store(store);
    assert_right(made, fixture->path, "made again");
    free(made);
}

/* ---- interruptions ------------------------------------------------------------------------------------ */

static void failing_writes_leave_the_lists_that_were_there(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    struct rlimit before, limit;
    size_t failed = 0;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    Store *store = open_codes_store(fixture->path, false, NULL);
    for (rlim_t bytes = 0; bytes < 20000; bytes += 1500) {
        RvError err = {0};
        limit = (struct rlimit){bytes, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        RvStatus status = build_lists(store, NULL, &(RvAnnOptions){.settings = "lists=40"}, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        if (status != RV_OK) {
            assert_int_equal(status, RV_ERROR_IO);
            assert_string_equal(lists_info(store).settings, "lists=20");
            failed++;
        }
        assert_right(made, fixture->path, "after a failed write");
        assert_string_equal(lists_info(store).fault, "");
    }
    assert_true(failed > 5);
    close_codes_store(store);
    free(made);
}

static _Noreturn void build_for_ever(const char *path, uint64_t seed)
{
    float rows[20 * DIMENSIONS];
    Store *store = open_codes_store(path, false, NULL);
    for (int i = 0;; i++) {
        char name[64], settings[40];
        make_scenes(seed++, rows, 20);
        snprintf(name, sizeof name, "/%d-%d.mp4", (int)getpid(), i);
        snprintf(settings, sizeof settings, "lists=%d", 5 + i % 20);
        int64_t id = add_rows(store, name, rows, 20, DIMENSIONS);
        RvStatus status = i % 2 == 0 ? build_lists(store, NULL, &(RvAnnOptions){.settings = settings}, NULL)
                                     : update_codes(store, 1, NULL);
        if (status == RV_OK && i % 2 == 1)
            status = update_lists(store, NULL);
        // Another process may be at work.
        if (status != RV_OK && status != RV_ERROR_BUSY && status != RV_ERROR_NOT_FOUND)
            _exit(1);
        rv_store_remove_video(store, id, NULL);
    }
}

static void kill_at_any_moment_leaves_lists_that_fit_or_are_left(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    uint64_t seed = 12;
    for (int round = 0; round < 20; round++) {
        kill_at_some_moment(build_for_ever, fixture->path, round, 60000, &seed);
        forget_rows(fixture->path);
        assert_right(made, fixture->path, "after a kill");
        // Between codes and lists the kill leaves old lists: never damaged ones.
        Store *store = open_codes_store(fixture->path, true, NULL);
        RvAnnInfo info = lists_info(store);
        assert_true(info.present && (info.fault[0] == '\0' || strstr(info.fault, "other codes") != NULL));
        close_codes_store(store);
    }
    Store *store = open_codes_store(fixture->path, false, NULL);
    assert_ok(update_codes(store, 1, err));
    assert_ok(update_lists(store, err));
    assert_no_faults(store);
    close_codes_store(store);
    free(made);
}

static void two_processes_build_beside_a_reader(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            build_for_ever(fixture->path, 100 + (uint64_t)i);
    }
    Store *store = open_codes_store(fixture->path, false, NULL);
    QueryVector term = {made->rows + 50 * DIMENSIONS, 1};
    for (int i = 0; i < 100; i++) {
        RvSearchOptions options = {.top = 1, .scan = RV_SCAN_APPROXIMATE};
        RvHits hits = {0};
        assert_ok(rv_search_frames(index_of(store), store, NULL, &term, 1, DIMENSIONS, &options, &hits, err));
        // The very row, which no process touches: all ways of searching find it.
        assert_int_equal(hits.count, 1);
        assert_true(hits.items[0].video_id == 1 && hits.items[0].frame_number == 51);
        rv_hits_clear(&hits);
        usleep(1000);
    }
    for (int i = 0; i < 2; i++) {
        kill(children[i], SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status));
    }
    assert_ok(update_codes(store, 1, err));
    assert_ok(update_lists(store, err));
    assert_no_faults(store);
    close_codes_store(store);
    free(made);
}

static void lists_have_the_permissions_of_the_library(void **state)
{
    Fixture *fixture = *state;
    Made *made = make_library(fixture->path);
    static const mode_t modes[] = {0600, 0640, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct stat facts;
        assert_int_equal(chmod(fixture->path, modes[i]), 0);
        Store *store = open_codes_store(fixture->path, false, NULL);
        assert_ok(build_lists(store, NULL, &(RvAnnOptions){0}, err));
        close_codes_store(store);
        assert_int_equal(stat(made->lists, &facts), 0);
        assert_int_equal(facts.st_mode & 0777, modes[i]);
    }
    free(made);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(damaged_files_are_left_and_reported),
        CASE(lists_that_do_not_fit_the_codes_are_left),
        CASE(other_things_in_the_place_of_the_file_are_left),
        CASE(files_that_change_under_a_reader_are_followed),
        CASE(damaged_codes_are_made_again_by_a_build),
        CASE(failing_writes_leave_the_lists_that_were_there),
        CASE(kill_at_any_moment_leaves_lists_that_fit_or_are_left),
        CASE(two_processes_build_beside_a_reader),
        CASE(lists_have_the_permissions_of_the_library),
    };
    return cmocka_run_group_tests_name("file of lists beside a library", tests, NULL, NULL);
}
