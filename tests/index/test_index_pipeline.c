/* SPDX-License-Identifier: MIT */
/* Tests of src/index/index_pipeline.c: several videos at once give the rows that one after the other gives,
 * whatever is broken, copied, stopped or killed in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "library_fixture.h"
#include "shared.h"

#define MAX_VIDEOS 200
#define KILLS 6

/* A list of paths, and what became of each. */
typedef struct Run {
    const char *paths[MAX_VIDEOS];
    size_t count, taken;
    size_t place[RV_INDEX_JOBS_MAX]; // of the slot's video
    RvStatus statuses[MAX_VIDEOS];
    RvIndexOutcome outcomes[MAX_VIDEOS];
    size_t embedded[MAX_VIDEOS];
    size_t later; // so many times there is none for now
    int running, most_running;
    size_t ends[MAX_VIDEOS];           // places in the order of their ends
    size_t ended, reports, stop_after; // reports until everything is to stop; 0: never
    const char *stop_one;              // this path is to stop
    bool first_is_slow;                // until another has ended, each report of the first video takes 10 ms
    int64_t largest_read;              // of the files whose reading was told
} Run;

static RvIndexNext next_video(void *user, int slot, RvIndexItem *item)
{
    Run *run = user;
    if (run->later > 0) {
        run->later--;
        return RV_NEXT_LATER;
    }
    if (run->taken == run->count || (run->stop_after > 0 && run->reports >= run->stop_after))
        return RV_NEXT_END;
    run->place[slot] = run->taken;
    item->path_or_url = run->paths[run->taken++];
    if (++run->running > run->most_running)
        run->most_running = run->running;
    return RV_NEXT_VIDEO;
}

static void video_ended(void *user, int slot, RvStatus status, const RvIndexReport *report,
                        const RvError *err)
{
    Run *run = user;
    size_t place = run->place[slot];
    run->running--;
    run->ends[run->ended++] = place;
    run->statuses[place] = status;
    run->outcomes[place] = report->outcome;
    run->embedded[place] = report->frames_embedded;
    assert_true(status == RV_OK || err->message[0] != '\0');
}

static bool note_progress(void *user, const RvIndexProgress *progress)
{
    Run *run = user;
    run->reports++;
    assert_true(progress->bytes_read <= progress->bytes_expected);
    assert_true(progress->bytes_expected == 0 || progress->frames_done == 0);
    if (progress->bytes_expected > run->largest_read)
        run->largest_read = progress->bytes_expected;
    if (run->first_is_slow && run->ended == 0 && run->place[progress->slot] == 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    if (run->stop_one != NULL && strcmp(progress->video, run->stop_one) == 0)
        return false;
    return run->stop_after == 0 || run->reports < run->stop_after;
}

static void run_list(Fixture *fixture, const char *library_path, int jobs, const RvIndexOptions *options,
                     Run *run)
{
    RvError err = {0};
    RvIndexOptions reported = *options;
    reported.progress = note_progress;
    reported.progress_user = run;
    RvIndexList list = {.jobs = jobs, .next = next_video, .ended = video_ended, .user = run};
    RvLibrary *library = fixture_open_library(library_path);
    if (rv_library_index_list(library, fixture->encoder, &list, &reported, &err) != RV_OK)
        fail_msg("%s", err.message);
    rv_library_close(library);
    assert_int_equal(run->running, 0);
    assert_int_equal(run->ended, run->taken);
    assert_true(run->most_running <= jobs);
}

/* The reference: one call after the other. */
static void index_in_sequence(Fixture *fixture, const char *library_path, const RvIndexOptions *options,
                              Run *run)
{
    RvLibrary *library = fixture_open_library(library_path);
    for (size_t i = 0; i < run->count; i++) {
        RvIndexReport report;
        run->statuses[i] = rv_library_index(library, fixture->encoder, run->paths[i], options, &report, NULL);
        run->outcomes[i] = report.outcome;
        run->embedded[i] = report.frames_embedded;
    }
    rv_library_close(library);
}

/* Rows that only one of the libraries holds, whichever. */
static int64_t differences(const char *one, const char *other)
{
    static const struct {
        const char *columns, *table;
    } compared[] = {{"video_id, path, content_key, size_bytes, modified_ns, duration, width, height, "
                     "frame_rate, codec, sampling, state, error",
                     "videos"},
                    {"*", "frames"},
                    {"*", "frame_pictures"}};
    sqlite3 *database = NULL;
    int64_t sum = 0;
    char *attach = sqlite3_mprintf("ATTACH %Q AS other", other);
    assert_int_equal(sqlite3_open(one, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, attach, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(attach);
    for (size_t i = 0; i < 2 * sizeof compared / sizeof compared[0]; i++) {
        const char *columns = compared[i / 2].columns, *table = compared[i / 2].table;
        char sql[800];
        sqlite3_stmt *statement = NULL;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT %s FROM %s.%s EXCEPT SELECT %s FROM %s.%s)",
                 columns, i % 2 ? "main" : "other", table, columns, i % 2 ? "other" : "main", table);
        if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(database));
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        sum += sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    sqlite3_close(database);
    return sum;
}

static void assert_verified(const char *path)
{
    RvLibrary *library = fixture_open_library(path);
    size_t fault_count = 99;
    assert_int_equal(rv_library_verify(library, fixture_print_fault, NULL, &fault_count, NULL), RV_OK);
    assert_int_equal(fault_count, 0);
    rv_library_close(library);
}

static void remove_library(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-codes"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[400];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static void path_in(const Fixture *fixture, const char *name, char *path, size_t size_bytes)
{
    snprintf(path, size_bytes, "%s/%s", fixture->folder, name);
}

/* ---- equal rows --------------------------------------------------------------------------------------- */

static void any_number_of_jobs_gives_the_rows_of_one_after_the_other(void **state)
{
    static const struct {
        int jobs;
        RvIndexOptions options;
        const char *why;
    } cases[] = {
        {1, {0}, "the list with one at a time"},
        {2, {0}, "two"},
        {4, {0}, "four"},
        {3, {.skip_similar = 3, .batch_size = 2}, "embeddings that reach over batches"},
    };
    Fixture *fixture = *state;
    char folder[1100], broken[300], copy[300], reference[300], path[300];
    RvSources found;
    Run wanted = {0};
    build_path("clips", folder, sizeof folder);
    assert_int_equal(rv_sources_find(folder, NULL, &found, NULL), RV_OK);
    const RvStrings clips = found.videos;
    assert_true(clips.count > 50 && clips.count < MAX_VIDEOS - 8);
    path_in(fixture, "broken.mp4", broken, sizeof broken);
    path_in(fixture, "copy.mp4", copy, sizeof copy);
    path_in(fixture, "reference.db", reference, sizeof reference);
    path_in(fixture, "jobs.db", path, sizeof path);
    fixture_write_file(broken, "this is not a video\n");
    fixture_copy_file(fixture->video, copy);
    const char *const first[] = {fixture->video, copy, broken,           fixture->video,
                                 broken,         copy, "/no/such/a.mp4", fixture->other_video};
    for (; wanted.count < sizeof first / sizeof first[0]; wanted.count++)
        wanted.paths[wanted.count] = first[wanted.count];
    for (size_t i = 0; i < clips.count; i++)
        wanted.paths[wanted.count++] = clips.items[i];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        Run run = {.count = wanted.count};
        memcpy(run.paths, wanted.paths, sizeof run.paths);
        if (c == 0 || cases[c].options.skip_similar > 0) {
            remove_library(reference);
            index_in_sequence(fixture, reference, &cases[c].options, &wanted);
        }
        run_list(fixture, path, cases[c].jobs, &cases[c].options, &run);
        if (run.most_running != cases[c].jobs)
            fail_msg("%s: %d at once", cases[c].why, run.most_running);
        for (size_t i = 0; i < run.count; i++) {
            if (run.statuses[i] != wanted.statuses[i] || run.embedded[i] != wanted.embedded[i] ||
                (run.statuses[i] == RV_OK && run.outcomes[i] != wanted.outcomes[i]))
                fail_msg("%s: %s: status %d, outcome %d, %zu frames; not %d, %d, %zu", cases[c].why,
                         run.paths[i], run.statuses[i], run.outcomes[i], run.embedded[i], wanted.statuses[i],
                         wanted.outcomes[i], wanted.embedded[i]);
        }
        if (differences(path, reference) != 0)
            fail_msg("%s: other rows", cases[c].why);
        assert_verified(path);
        remove_library(path);
    }
    assert_int_equal(wanted.outcomes[1], RV_INDEX_DUPLICATE);
    assert_int_equal(wanted.outcomes[3], RV_INDEX_UNCHANGED);
    assert_int_equal(wanted.statuses[2], RV_ERROR_FORMAT);
    rv_sources_clear(&found);
}

/* A file is replaced and its old content comes back under another name: the row that the second one finds is
 * the one that the first one takes away. */
static void a_row_that_is_about_to_go_is_nobodys_copy(void **state)
{
    Fixture *fixture = *state;
    char moved[300], reference[300], sequence[300];
    static const RvIndexOptions options;
    path_in(fixture, "moved.mp4", moved, sizeof moved);
    path_in(fixture, "jobs.db", reference, sizeof reference);
    path_in(fixture, "sequence.db", sequence, sizeof sequence);
    Run before = {.paths = {fixture->video}, .count = 1};
    run_list(fixture, reference, 1, &options, &before);
    Run also_before = before;
    index_in_sequence(fixture, sequence, &options, &also_before);
    fixture_copy_file(fixture->video, moved);
    fixture_copy_file(fixture->other_video, fixture->video);
    assert_int_equal(truncate(fixture->video, 64 << 20), 0); // so long to read that the second is ready first
    Run run = {.paths = {fixture->video, moved}, .count = 2}, wanted = run;
    run_list(fixture, reference, 2, &options, &run);
    index_in_sequence(fixture, sequence, &options, &wanted);
    assert_int_equal(run.largest_read, 64 << 20);
    assert_int_equal(run.embedded[0], FIXTURE_OTHER_FRAMES);
    assert_int_equal(run.embedded[1], FIXTURE_FRAMES);
    assert_int_equal(wanted.embedded[1], FIXTURE_FRAMES);
    assert_int_equal(differences(reference, sequence), 0);
}

/* ---- stopping ----------------------------------------------------------------------------------------- */

static const char *const long_clips[] = {"gop250_closed.mp4", "gop50_open.mp4", "vp9.webm",
                                         "hevc_closed.mkv",   "mpeg4.mp4",      "plain.mp4"};
#define LONG_CLIPS (sizeof long_clips / sizeof long_clips[0])

static void list_long_clips(Run *run, char paths[LONG_CLIPS][1200])
{
    for (size_t i = 0; i < LONG_CLIPS; i++) {
        char name[100];
        snprintf(name, sizeof name, "clips/%s", long_clips[i]);
        build_path(name, paths[i], sizeof paths[i]);
        run->paths[i] = paths[i];
    }
    run->count = LONG_CLIPS;
}

static void an_interrupted_list_is_completed_by_the_next_run(void **state)
{
    Fixture *fixture = *state;
    char paths[LONG_CLIPS][1200], reference[300], path[300];
    RvIndexOptions small = {.batch_size = 2, .sampling.interval_s = 0.5};
    Run wanted = {0};
    list_long_clips(&wanted, paths);
    path_in(fixture, "reference.db", reference, sizeof reference);
    path_in(fixture, "jobs.db", path, sizeof path);
    index_in_sequence(fixture, reference, &small, &wanted);
    for (size_t reports = 1; reports < 50; reports += 12) {
        Run run = {.count = wanted.count, .stop_after = reports};
        memcpy(run.paths, wanted.paths, sizeof run.paths);
        run_list(fixture, path, 3, &small, &run);
        size_t cancelled = 0;
        for (size_t i = 0; i < run.taken; i++)
            cancelled += run.statuses[i] == RV_ERROR_CANCELLED;
        assert_true(cancelled > 0);
        assert_verified(path);
        Run rest = {.count = wanted.count, .later = 2};
        memcpy(rest.paths, wanted.paths, sizeof rest.paths);
        run_list(fixture, path, 3, &small, &rest);
        for (size_t i = 0; i < rest.count; i++)
            assert_int_equal(rest.statuses[i], RV_OK);
        // Rows begin in the order of the list, also where only some have begun.
        assert_int_equal(differences(path, reference), 0);
        remove_library(path);
    }
}

static void one_that_is_stopped_does_not_stop_the_others(void **state)
{
    Fixture *fixture = *state;
    char paths[LONG_CLIPS][1200], path[300];
    static const RvIndexOptions options = {.batch_size = 1};
    Run run = {0};
    list_long_clips(&run, paths);
    path_in(fixture, "jobs.db", path, sizeof path);
    run.stop_one = realpath(paths[1], NULL);
    run_list(fixture, path, 3, &options, &run);
    for (size_t i = 0; i < run.count; i++)
        assert_int_equal(run.statuses[i], i == 1 ? RV_ERROR_CANCELLED : RV_OK);
    free((char *)run.stop_one);
}

/* A copy waits for the end of the first, but nobody waits for the copy. */
static void copies_hold_nobody_up(void **state)
{
    Fixture *fixture = *state;
    char paths[LONG_CLIPS][1200], path[300], copy[300];
    static const RvIndexOptions options = {.batch_size = 1, .sampling.interval_s = 0.02};
    Run run = {0};
    list_long_clips(&run, paths);
    path_in(fixture, "jobs.db", path, sizeof path);
    path_in(fixture, "copy.mp4", copy, sizeof copy);
    fixture_copy_file(paths[0], copy);
    run = (Run){.paths = {paths[0], copy, paths[0], fixture->other_video}, .count = 4, .first_is_slow = true};
    run_list(fixture, path, 4, &options, &run);
    assert_int_equal(run.ends[0], 3);
    assert_int_equal(run.ends[1], 0);
    assert_int_equal(run.outcomes[1], RV_INDEX_DUPLICATE);
    assert_int_equal(run.outcomes[2], RV_INDEX_UNCHANGED);
}

static void too_many_jobs_are_refused(void **state)
{
    Fixture *fixture = *state;
    static const int cases[] = {-1, RV_INDEX_JOBS_MAX + 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Run run = {.paths = {fixture->video}, .count = 1};
        RvIndexList list = {.jobs = cases[i], .next = next_video, .ended = video_ended, .user = &run};
        RvError err = {0};
        assert_int_equal(rv_library_index_list(fixture->library, fixture->encoder, &list, NULL, &err),
                         RV_ERROR_ARGUMENT);
        assert_int_equal(run.taken, 0);
    }
}

/* ---- kill -9 ------------------------------------------------------------------------------------------ */

/* The child opens everything itself: neither threads nor database handles survive a fork. */
static void index_and_exit(const Fixture *fixture, const char *library_path, const RvIndexOptions *options)
{
    char paths[LONG_CLIPS][1200];
    Fixture own = *fixture;
    Run run = {0};
    own.encoder = fixture_open_encoder(FIXTURE_MODEL);
    list_long_clips(&run, paths);
    run_list(&own, library_path, 3, options, &run);
    rv_encoder_close(own.encoder);
    _exit(0);
}

/* Run the child and kill it after delay_s (negative: let it finish). True when it was killed. */
static bool run_child(const Fixture *fixture, const char *library_path, const RvIndexOptions *options,
                      double delay_s)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        index_and_exit(fixture, library_path, options);
    return fixture_end_child(child, delay_s);
}

static void a_killed_run_of_several_is_completed_by_the_next(void **state)
{
    Fixture *fixture = *state;
    char paths[LONG_CLIPS][1200], reference[300], path[300];
    static const RvIndexOptions options = {.batch_size = 1, .sampling.interval_s = 0.5};
    Run wanted = {0};
    int killed = 0;
    list_long_clips(&wanted, paths);
    path_in(fixture, "reference.db", reference, sizeof reference);
    path_in(fixture, "jobs.db", path, sizeof path);
    rv_encoder_close(fixture->encoder); // no threads of its own around the forks
    fixture->encoder = NULL;
    double start_s = rv_clock_s();
    assert_false(run_child(fixture, reference, &options, -1));
    double whole_s = rv_clock_s() - start_s;
    srand(20240601);
    for (int i = 0; i < KILLS; i++) {
        // Most of them before the end, also where the first run was the slowest.
        killed += run_child(fixture, path, &options, 0.7 * whole_s * rand() / RAND_MAX);
        assert_false(run_child(fixture, path, &options, -1));
        assert_verified(path);
        assert_int_equal(differences(path, reference), 0);
        remove_library(path);
    }
    print_message("%d of %d runs were killed before their end\n", killed, KILLS);
    assert_true(killed > KILLS / 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_number_of_jobs_gives_the_rows_of_one_after_the_other),
        TEST(a_row_that_is_about_to_go_is_nobodys_copy),
        TEST(an_interrupted_list_is_completed_by_the_next_run),
        TEST(one_that_is_stopped_does_not_stop_the_others),
        TEST(copies_hold_nobody_up),
        TEST(too_many_jobs_are_refused),
        TEST(a_killed_run_of_several_is_completed_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
