/* SPDX-License-Identifier: MIT */
/* Tests of src/library/library_reembed.c and of the steps in src/index/: real videos, two generated models. */
#include "reembed_case.h"

#include <sys/time.h>

#define KILLS 6
#define KILLS_SLOW 60 // with REELVEC_SLOW_TESTS=1

static void reembed_equals_indexing_anew(void **state)
{
    Case *test = *state;
    static const int jobs[] = {1, 3, 0};
    index_old(test);
    index_fresh(test);
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        RvReembedOptions options = {.jobs = jobs[i], .batch_size = 5};
        reembed(test, &options);
        assert_report(test, VIDEOS, 0, 0, 0);
        assert_true(test->report.frames_embedded > 30);
        assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
        assert_same(test->new_path, test->fresh_path);
        assert_no_faults(test->new_path);
        reembed(test, &options); // again: nothing is left to do
        assert_report(test, 0, 0, VIDEOS, 0);
        assert_int_equal(test->report.frames_embedded, 0);
        unlink(test->new_path);
    }
}

static void a_touched_file_is_recognised_by_its_content(void **state)
{
    Case *test = *state;
    index_old(test);
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, test->videos[1], times, 0), 0);
    reembed(test, NULL);
    assert_report(test, VIDEOS, 0, 0, 0);
    assert_int_equal(query(test->new_path, test->fixture->library_path,
                           "SELECT count(*) FROM main.videos WHERE modified_ns = 1000000 * 1000000000"),
                     1);
}

static void a_cancelled_call_goes_on_where_it_stopped(void **state)
{
    Case *test = *state;
    index_old(test);
    index_fresh(test);
    Stop stop = {.at = 17};
    RvReembedOptions options = {.batch_size = 2, .progress = stop_at, .user = &stop};
    assert_refused(test, try_reembed(test, &options), RV_ERROR_CANCELLED, "run the same again");
    size_t before = test->report.frames_embedded;
    assert_true(before >= 17 && before <= 18);
    assert_report(test, 1, 0, 0, 0);
    stop.at = SIZE_MAX;
    reembed(test, &options);
    assert_report(test, VIDEOS - 1, 0, 1, 0);
    assert_int_equal(before + test->report.frames_embedded,
                     query(test->fresh_path, test->new_path, "SELECT count(*) FROM main.frames"));
    assert_same(test->new_path, test->fresh_path);
    assert_no_faults(test->new_path);
}

/* The process ends by a signal, as if it was killed, soon after `at` frames: in the middle of whatever comes then. */
typedef struct Kill {
    size_t at; // 0: never
    int delay_us;
} Kill;

static bool kill_at(void *user, const RvCopyProgress *progress)
{
    Kill *how = user;
    if (how->at > 0 && progress->frames_done >= how->at) {
        how->at = 0;
        const struct itimerval timer = {.it_value = {.tv_usec = how->delay_us}};
        setitimer(ITIMER_REAL, &timer, NULL); // SIGALRM ends a process that does not handle it
    }
    return true;
}

/* The child opens everything itself. */
static void reembed_and_exit(const Case *test, bool from_pictures, Kill how)
{
    RvEncoder *encoder = fixture_open_encoder(FIXTURE_OTHER_MODEL);
    RvLibrary *from = fixture_open_library(test->fixture->library_path);
    RvLibrary *to = fixture_open_library(test->new_path);
    RvReembedOptions options = {
        .batch_size = 1, .jobs = 2, .from_pictures = from_pictures, .progress = kill_at, .user = &how};
    RvStatus status = rv_library_reembed(from, to, encoder, &options, NULL, NULL);
    rv_library_close(to);
    rv_library_close(from);
    rv_encoder_close(encoder);
    _exit(status == RV_OK ? 0 : 1);
}

/* Returns true if it came to its end. */
static bool run_child(const Case *test, bool from_pictures, Kill how)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        reembed_and_exit(test, from_pictures, how);
    return !fixture_end_child(child, -1);
}

static void kill_and_rerun(Case *test, bool from_pictures)
{
    remove_new(test);
    assert_true(run_child(test, from_pictures, (Kill){0}));
    assert_int_equal(rename(test->new_path, test->fresh_path), 0);
    size_t frames = (size_t)query(test->fresh_path, test->fresh_path, "SELECT count(*) FROM main.frames");
    int kills = getenv("REELVEC_SLOW_TESTS") != NULL ? KILLS_SLOW : KILLS, killed = 0;
    for (int i = 0; i < kills; i++) {
        remove_new(test);
        Kill how = {.at = 1 + frames * 3 / 4 * (size_t)i / (size_t)kills, .delay_us = 1 + 700 * (i % 5)};
        killed += !run_child(test, from_pictures, how);
        assert_true(run_child(test, from_pictures, (Kill){0}));
        assert_no_faults(test->new_path);
        assert_same(test->new_path, test->fresh_path);
    }
    print_message("%d of %d runs were killed before their end\n", killed, kills);
    assert_true(killed > kills / 4);
}

static void a_killed_run_ends_with_the_same_library(void **state)
{
    Case *test = *state;
    index_old(test);
    rv_library_close(test->fixture->library);
    test->fixture->library = NULL;
    kill_and_rerun(test, false);
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
    unlink(test->videos[0]);
    unlink(test->videos[1]);
    kill_and_rerun(test, true);
    assert_int_equal(query(test->new_path, test->fresh_path,
                           "SELECT count(*) FROM main.videos WHERE error LIKE 'embedded from stored%'"),
                     2);
}

/* The address of a new library on a server; false, with a line that says what switches it on, if there is none. */
static bool server_library(const char *variable, const char *name, char uri[PATH_BYTES])
{
    const char *server = getenv(variable);
    if (server == NULL) {
        print_message("%s is not set: ./test starts the servers\n", variable);
        return false;
    }
    snprintf(uri, PATH_BYTES, "%.*s/reelvec_%s_%d", (int)(strrchr(server, '/') - server), server, name,
             (int)getpid());
    return true;
}

/* One library into another, of any kinds. */
static void copy_library(const char *from_uri, const char *to_uri)
{
    RvLibrary *from = fixture_open_library(from_uri), *to = fixture_open_library(to_uri);
    RvError err = {0};
    if (rv_library_copy(from, to, NULL, NULL, &err) != RV_OK)
        fail_msg("%s", err.message);
    rv_library_close(to);
    rv_library_close(from);
}

/* A copy has its videos in the order of their paths, so other numbers. */
#define COPIED_COLUMNS                                                                                       \
    "path, content_key, size_bytes, modified_ns, duration, width, height, frame_rate, codec, sampling, "     \
    "state, frame_number, time, embedding_data, frame_data"

/* A run into a server that is killed and run again, and a run out of one, make what indexing makes. */
static void servers_are_sources_and_targets(Case *test, const char *variable)
{
    char file[PATH_BYTES], old_uri[PATH_BYTES], new_uri[PATH_BYTES];
    if (!server_library(variable, "reembed_old", old_uri) ||
        !server_library(variable, "reembed_new", new_uri))
        skip();
    index_old(test);
    index_fresh(test);
    snprintf(file, sizeof file, "%s", test->new_path);
    snprintf(test->new_path, sizeof test->new_path, "%s", new_uri);
    rv_library_close(test->fixture->library);
    test->fixture->library = NULL;
    bool ended = run_child(test, false, (Kill){.at = 10, .delay_us = 500});
    print_message("the run into the server %s\n", ended ? "was faster than the signal" : "was killed");
    assert_true(run_child(test, false, (Kill){0}));
    copy_library(new_uri, file);
    snprintf(test->new_path, sizeof test->new_path, "%s", file);
    assert_int_equal(query(file, test->fresh_path, COMPARE(COPIED_COLUMNS)), 0);
    assert_no_faults(new_uri);
    copy_library(test->fixture->library_path, old_uri);
    unlink(file);
    test->fixture->library = fixture_open_library(old_uri);
    assert_refused(test, rv_library_reembed_possible(test->fixture->library, old_uri, &test->err),
                   RV_ERROR_ARGUMENT, "re-embedded into itself");
    RvReembedOptions options = {.jobs = 2, .batch_size = 5};
    reembed(test, &options);
    assert_report(test, VIDEOS, 0, 0, 0);
    assert_int_equal(query(file, test->fresh_path, COMPARE(COPIED_COLUMNS)), 0);
}

static void postgres_is_source_and_target(void **state)
{
    servers_are_sources_and_targets(*state, "REELVEC_TEST_POSTGRES");
}

static void mariadb_is_source_and_target(void **state)
{
    servers_are_sources_and_targets(*state, "REELVEC_TEST_MARIADB");
}

static void frames_that_are_not_the_old_ones_are_refused(void **state)
{
    Case *test = *state;
    static const struct {
        const char *sql, *words, *why;
    } cases[] = {
        {"UPDATE frames SET time = time + 0.5 WHERE video_id = 1 AND frame_number = 3",
         "frame 3 is at 2.000 s", "another time"},
        {"DELETE FROM frames WHERE video_id = 1 AND frame_number = 12", "gives a frame 12 at 11.000 s",
         "one too many"},
        {"DELETE FROM frames WHERE video_id = 1 AND frame_number > 10", "gives a frame 11", "two too many"},
        {"UPDATE videos SET sampling = 'every second one' WHERE video_id = 1", "does not know its sampling",
         "a sampling of another version"},
    };
    RvReembedOptions options = {.video_glob = "4-*"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s\n", cases[i].why);
        remove_new(test);
        if (i > 0)
            assert_int_equal(rv_library_remove(test->fixture->library, 1, NULL), RV_OK);
        change_old(test, "DELETE FROM sqlite_sequence");
        assert_int_equal(rv_library_index(test->fixture->library, test->fixture->encoder, test->videos[0],
                                          NULL, NULL, NULL),
                         RV_OK);
        change_old(test, cases[i].sql);
        options.from_pictures = false;
        reembed(test, &options);
        assert_report(test, 0, 0, 0, 1);
        assert_left_out(test, cases[i].words);
        assert_int_equal(test->hints[0], RV_HINT_FROM_PICTURES);
    }
    // The last case can be made from pictures.
    options.from_pictures = true;
    reembed(test, &options);
    assert_report(test, 1, 1, 0, 0);
}

typedef struct Growing {
    Case *test;
    int calls, stop_after;
} Growing;

/* Another process stores one more frame of the first video, as long as it lives. */
static bool grow_first(void *user, const RvCopyProgress *progress)
{
    Growing *growing = user;
    (void)progress;
    if (growing->calls++ < growing->stop_after)
        change_library(
            growing->test->new_path,
            "INSERT INTO frames (frame_id, video_id, frame_number, time, embedding_data) SELECT max(frame_id) + 1, video_id, "
            "max(frame_number) + 1, max(time) + 1, embedding_data FROM frames WHERE video_id = 1");
    return true;
}

/* Leave the first video begun, as a process that is at work or was killed. */
static void begin_first(Case *test)
{
    RvReembedOptions options = {.batch_size = 5, .video_glob = "4-*"};
    reembed(test, &options);
    change_library(test->new_path, "DELETE FROM frames WHERE video_id = 1 AND frame_number > 3;"
                                   "DELETE FROM frame_pictures WHERE video_id = 1 AND frame_number > 3;"
                                   "UPDATE videos SET state = 'indexing' WHERE video_id = 1");
}

static void a_video_of_another_process_is_left_to_it(void **state)
{
    Case *test = *state;
    Growing growing = {.test = test, .stop_after = 3};
    RvReembedOptions options = {.progress = grow_first, .user = &growing};
    index_old(test);
    begin_first(test);
    reembed(test, &options);
    assert_report(test, VIDEOS - 1, 0, 0, 0);
    assert_int_equal(test->report.videos_elsewhere, 1);
    assert_int_equal(test->report.frames_embedded,
                     query(test->new_path, test->fixture->library_path,
                           "SELECT count(*) FROM main.frames WHERE video_id > 1"));
    // Its process was killed.
    growing.stop_after = 0;
    reembed(test, &options);
    assert_report(test, 1, 0, VIDEOS - 1, 0);
    assert_int_equal(test->report.videos_elsewhere, 0);
    assert_int_equal(test->report.frames_embedded, FIXTURE_FRAMES - 6);
}

/* The video yields fewer frames than the old library has. */
static void missing_frames_are_refused(void **state)
{
    Case *test = *state;
    RvReembedOptions options = {.video_glob = "4-*"};
    index_old(test);
    change_old(
        test, "INSERT INTO frames (frame_id, video_id, frame_number, time, embedding_data) SELECT frame_id + "
              "1, video_id, frame_number + 1, time + 1, embedding_data FROM frames WHERE video_id = 1 AND "
              "frame_number = 12");
    reembed(test, &options);
    assert_report(test, 0, 0, 0, 1);
    assert_left_out(test, "gives 12 frames now, the old library has 13");
}

static bool stop_after_five(void *user, const RvIndexProgress *progress)
{
    (void)user;
    return progress->frames_done < 5;
}

/* What is unfinished or failed in the old library is so in the new one, and each can be continued. */
static void unfinished_and_failed_videos_stay_what_they_are(void **state)
{
    Case *test = *state;
    RvLibrary *old = test->fixture->library;
    RvEncoder *encoder = test->fixture->encoder;
    char broken[PATH_BYTES];
    RvIndexOptions stopped = {.batch_size = 1, .progress = stop_after_five};
    snprintf(broken, sizeof broken, "%s/broken.mp4", test->fixture->folder);
    fixture_write_file(broken, "\033no video");
    assert_int_equal(rv_library_index(old, encoder, test->videos[0], &stopped, NULL, NULL),
                     RV_ERROR_CANCELLED);
    assert_int_not_equal(rv_library_index(old, encoder, broken, NULL, NULL, NULL), RV_OK);
    unlink(broken);
    reembed(test, NULL);
    assert_report(test, 2, 0, 0, 0);
    assert_int_equal(test->report.frames_embedded, 5);
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
    assert_int_equal(
        query(test->new_path, test->fixture->library_path,
              "SELECT count(*) FROM main.videos a JOIN ref.videos b USING (video_id) WHERE a.error "
              "= b.error AND a.state = b.state"),
        2);
    reembed(test, NULL);
    assert_report(test, 0, 0, 2, 0);
    assert_int_equal(rv_library_index(old, encoder, test->videos[0], NULL, NULL, NULL), RV_OK);
    reembed(test, NULL); // the rest of it
    assert_report(test, 1, 0, 1, 0);
    assert_int_equal(test->report.frames_embedded, FIXTURE_FRAMES - 5);
    assert_same_but_for_embeddings(test->new_path, test->fixture->library_path);
}

static void other_content_there_gives_way_only_if_asked_to(void **state)
{
    Case *test = *state;
    RvLibrary *to = fixture_open_library(test->new_path);
    RvIndexOptions twice = {.sampling.interval_s = 0.5};
    index_old(test);
    index_fresh(test);
    assert_int_equal(rv_library_index(to, test->new_model, test->videos[0], &twice, NULL, NULL), RV_OK);
    rv_library_close(to);
    reembed(test, NULL);
    assert_report(test, VIDEOS - 1, 0, 0, 1);
    assert_left_out(test, "has other content or sampling in");
    assert_int_equal(test->hints[0], RV_HINT_REPLACE);
    RvReembedOptions replace = {.replace = true};
    reembed(test, &replace);
    assert_report(test, 1, 0, VIDEOS - 1, 0);
    assert_int_equal(query(test->new_path, test->fresh_path,
                           COMPARE("path, sampling, state, frame_number, time, embedding_data, frame_data")),
                     0);
}

static void wrong_libraries_are_refused(void **state)
{
    Case *test = *state;
    RvLibrary *old = test->fixture->library;
    RvLibrary *to = fixture_open_library(test->new_path);
    char same[PATH_BYTES];
    assert_refused(test, reembed_to(test, to, NULL), RV_ERROR_NOT_FOUND,
                   "has no embeddings of any model yet");
    assert_int_equal(test->err.hint, RV_HINT_INDEX);
    assert_refused(test, rv_library_reembed_possible(old, "memory:", &test->err), RV_ERROR_NOT_FOUND,
                   "has no embeddings");
    index_old(test);
    snprintf(same, sizeof same, "%s/./library.db", test->fixture->folder);
    assert_refused(test, rv_library_reembed_possible(old, same, &test->err), RV_ERROR_ARGUMENT,
                   "re-embedded into itself");
    assert_int_equal(rv_library_reembed_possible(old, "memory:", &test->err), RV_OK);
    assert_int_equal(rv_library_reembed_possible(old, test->new_path, &test->err), RV_OK);
    RvLibrary *again = fixture_open_library(same);
    assert_refused(test, reembed_to(test, again, NULL), RV_ERROR_ARGUMENT, "re-embedded into itself");
    rv_library_close(again);
    RvReembedOptions jobs = {.jobs = -1}, name = {.video_glob = "nothing*"};
    assert_refused(test, reembed_to(test, to, &jobs), RV_ERROR_ARGUMENT, "-1 videos at once");
    assert_refused(test, reembed_to(test, to, &name), RV_ERROR_NOT_FOUND, "no video matches 'nothing*'");
    // The target is of the old model.
    assert_int_equal(rv_library_index(to, test->fixture->encoder, test->videos[0], NULL, NULL, NULL), RV_OK);
    assert_refused(test, reembed_to(test, to, NULL), RV_ERROR_MISMATCH,
                   "holds embeddings of tiny-bytes (96 dimensions, weights ");
    assert_refused(test, reembed_to(test, to, NULL), RV_ERROR_MISMATCH,
                   "the model is tiny-f16-bytes (96 dimensions, weights ");
    // Not to run what was run.
    assert_int_equal(test->err.hint, RV_HINT_NONE);
    assert_non_null(strstr(test->err.message, "; the new library must be empty or of the new model"));
    rv_library_close(to);
}

static void into_memory_and_out_of_it(void **state)
{
    Case *test = *state;
    RvLibrary *to = fixture_open_library("memory:"), *old = test->fixture->library;
    RvVideos videos = {0};
    index_all(test, to, test->fixture->encoder);
    test->fixture->library = to;
    reembed(test, NULL); // from memory into a file
    test->fixture->library = old;
    assert_report(test, VIDEOS, 0, 0, 0);
    rv_library_close(to);
    to = fixture_open_library("memory:");
    index_old(test);
    assert_int_equal(reembed_to(test, to, NULL), RV_OK);
    assert_report(test, VIDEOS, 0, 0, 0);
    assert_int_equal(rv_library_list(to, NULL, &videos, NULL), RV_OK);
    assert_int_equal(videos.count, VIDEOS);
    rv_videos_clear(&videos);
    rv_library_close(to);
}

typedef struct Searching {
    Case *test;
    size_t count;
} Searching;

static void *search_old(void *user)
{
    Searching *searching = user;
    const RvTerm term = {.kind = RV_TERM_TEXT, .value = "a red car", .weight = 1};
    RvHits hits = {0};
    RvError err = {0};
    Fixture *fixture = searching->test->fixture;
    if (rv_library_search(fixture->library, fixture->encoder, &term, 1, NULL, &hits, &err) == RV_OK)
        searching->count += hits.count > 0;
    else
        print_message("%s\n", err.message);
    rv_hits_clear(&hits);
    return NULL;
}

/* The call has not ended while another thread searches the old library with the same handle. */
static bool search_meanwhile(void *user, const RvCopyProgress *progress)
{
    pthread_t thread;
    (void)progress;
    assert_int_equal(pthread_create(&thread, NULL, search_old, user), 0);
    pthread_join(thread, NULL);
    return true;
}

static void the_old_library_answers_meanwhile(void **state)
{
    Case *test = *state;
    Searching searching = {.test = test};
    RvReembedOptions options = {.batch_size = 4, .progress = search_meanwhile, .user = &searching};
    index_old(test);
    reembed(test, &options);
    assert_report(test, VIDEOS, 0, 0, 0);
    assert_true(searching.count > VIDEOS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reembed_equals_indexing_anew),
        TEST(a_touched_file_is_recognised_by_its_content),
        TEST(a_cancelled_call_goes_on_where_it_stopped),
        TEST(a_killed_run_ends_with_the_same_library),
        TEST(postgres_is_source_and_target),
        TEST(mariadb_is_source_and_target),
        TEST(frames_that_are_not_the_old_ones_are_refused),
        TEST(a_video_of_another_process_is_left_to_it),
        TEST(missing_frames_are_refused),
        TEST(unfinished_and_failed_videos_stay_what_they_are),
        TEST(other_content_there_gives_way_only_if_asked_to),
        TEST(wrong_libraries_are_refused),
        TEST(into_memory_and_out_of_it),
        TEST(the_old_library_answers_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
