/* SPDX-License-Identifier: MIT */
/* Tests of src/library/library_copy.c between kinds of store; with servers where ./test has started them. */
#include "backend_fixture.h"

#include "library/library_copy.h"

#define BATCH 4
#define MEMORY (&backends[0])
#define SQLITE (&backends[1])

typedef struct Pair {
    char folder[4096];
    const Backend *backends[2];
    char names[2][64]; // of the libraries on servers
    Store *from, *to;
    RvLog log;
    char warnings[4096];
    RvCopyReport report;
} Pair;

static void keep_warning(void *user, RvLogLevel level, const char *message)
{
    Pair *pair = user;
    (void)level;
    size_t length = strlen(pair->warnings);
    snprintf(pair->warnings + length, sizeof pair->warnings - length, "%s\n", message);
}

/* file: of a library that is one. */
static Store *open_store(const Pair *pair, const Backend *backend, const char *name, const char *file)
{
    char uri[4200];
    Store *store = NULL;
    snprintf(uri, sizeof uri, "memory:");
    if (backend->variable != NULL)
        make_server_library(backend, name, uri, sizeof uri);
    else if (backend->is_kept)
        snprintf(uri, sizeof uri, "%s/%s", pair->folder, file);
    assert_ok(rv_store_open(uri, &create_options, &store, err));
    return store;
}

static Pair *open_pair(const Backend *from, const Backend *to)
{
    Pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    static int libraries = 0;
    *pair = (Pair){.backends = {from, to}, .log = {.write = keep_warning, .user = pair}};
    make_test_folder(pair->folder, sizeof pair->folder);
    for (int i = 0; i < 2; i++)
        snprintf(pair->names[i], sizeof pair->names[i], "reelvec_copy_%d_%d", (int)getpid(), ++libraries);
    pair->from = open_store(pair, from, pair->names[0], "from.db");
    pair->to = open_store(pair, to, pair->names[1], "to.db");
    ModelIdentity identity = test_model(TEST_DIMENSIONS);
    assert_ok(rv_store_require_identity(pair->from, &identity, err));
    return pair;
}

static void close_pair(Pair *pair)
{
    rv_store_close(pair->from);
    rv_store_close(pair->to);
    for (int i = 0; i < 2; i++)
        drop_server_library(pair->backends[i], pair->names[i]);
    remove_test_folder(pair->folder);
    free(pair);
}

static int64_t add_video(Store *store, const char *path, const char *key, size_t frames, const char *state)
{
    VideoFacts facts = test_facts(path);
    int64_t id = 0;
    facts.content_key = key;
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    if (frames > 0)
        assert_ok(put_test_frames(store, id, 1, frames, TEST_DIMENSIONS, err));
    if (strcmp(state, "complete") == 0)
        assert_ok(rv_store_finish_video(store, id, 12.5, err));
    if (strcmp(state, "damaged") == 0)
        assert_ok(rv_store_finish_damaged(store, id, 12.5, "cut short after 12.500 s", err));
    if (strcmp(state, "failed") == 0)
        assert_ok(rv_store_fail_video(store, id, "broken at 0:03", err));
    return id;
}

static RvStatus copy_with(Pair *pair, const RvCopyOptions *options, RvError *err)
{
    RvCopyOptions batch = options != NULL ? *options : (RvCopyOptions){0};
    batch.batch_size = BATCH;
    pair->warnings[0] = '\0';
    return rv_copy_library(pair->from, pair->to, &pair->log, &batch, &pair->report, err);
}

static void copy_now(Pair *pair, const RvCopyOptions *options)
{
    assert_ok(copy_with(pair, options, err));
}

/* The video's rows are those of the source to the byte. */
static void assert_same(Pair *pair, const char *path)
{
    StoredVideo one, other;
    bool found = false;
    RvFrames frames = {0}, copies = {0};
    assert_ok(rv_store_find_path(pair->from, path, &one, &found, err));
    assert_true(found);
    assert_ok(rv_store_find_path(pair->to, path, &other, &found, err));
    if (!found)
        fail_msg("%s was not copied", path);
    assert_string_equal(one.video.state_name, other.video.state_name);
    assert_string_equal(one.video.error, other.video.error);
    assert_string_equal(one.video.content_key, other.video.content_key);
    assert_string_equal(one.video.sampling, other.video.sampling);
    assert_string_equal(one.video.codec, other.video.codec);
    assert_true(one.modified_ns == other.modified_ns && one.size_bytes == other.size_bytes);
    assert_true(one.video.duration_s == other.video.duration_s && one.video.width == other.video.width);
    assert_ok(rv_store_frames(pair->from, one.video.video_id, &frames, err));
    assert_ok(rv_store_frames(pair->to, other.video.video_id, &copies, err));
    assert_int_equal(frames.count, copies.count);
    for (size_t i = 0; i < frames.count; i++) {
        float a[TEST_DIMENSIONS], b[TEST_DIMENSIONS];
        uint8_t *picture = NULL, *copy = NULL;
        size_t picture_bytes = 0, copy_bytes = 0;
        int64_t number = frames.items[i].frame_number;
        assert_int_equal(copies.items[i].frame_number, number);
        assert_true(copies.items[i].time_s == frames.items[i].time_s);
        assert_ok(rv_store_embedding(pair->from, one.video.video_id, number, a, TEST_DIMENSIONS, err));
        assert_ok(rv_store_embedding(pair->to, other.video.video_id, number, b, TEST_DIMENSIONS, err));
        assert_memory_equal(a, b, sizeof a);
        assert_ok(rv_store_picture(pair->from, one.video.video_id, number, &picture, &picture_bytes, err));
        assert_ok(rv_store_picture(pair->to, other.video.video_id, number, &copy, &copy_bytes, err));
        assert_int_equal(picture_bytes, copy_bytes);
        assert_memory_equal(picture, copy, picture_bytes);
        free(picture);
        free(copy);
    }
    rv_frames_clear(&frames);
    rv_frames_clear(&copies);
    rv_stored_video_clear(&one);
    rv_stored_video_clear(&other);
}

static void assert_report(const Pair *pair, size_t copied, size_t present, size_t refused, size_t frames)
{
    const RvCopyReport *report = &pair->report;
    if (report->videos_copied != copied || report->videos_present != present ||
        report->videos_refused != refused || report->frames_copied != frames)
        fail_msg("%zu copied, %zu present, %zu refused, %zu frames; wanted %zu, %zu, %zu, %zu",
                 report->videos_copied, report->videos_present, report->videos_refused, report->frames_copied,
                 copied, present, refused, frames);
}

static void copy_all(const Backend *from, const Backend *to)
{
    print_message("%s to %s\n", from->name, to->name);
    Pair *pair = open_pair(from, to);
    add_video(pair->from, "/v/a 'quoted'.mp4", "sha256:01", 10, "complete");
    add_video(pair->from, "/v/caf\xc3\xa9 \xff.mp4", "sha256:02", 3, "failed");
    add_video(pair->from, "/v/half.mp4", "sha256:03", 5, "indexing");
    add_video(pair->from, "/v/none.mp4", "sha256:04", 0, "failed");
    add_video(pair->from, "/v/cut.mp4", "sha256:05", 2, "damaged");
    copy_now(pair, NULL);
    assert_report(pair, 5, 0, 0, 20);
    assert_same(pair, "/v/cut.mp4");
    assert_same(pair, "/v/a 'quoted'.mp4");
    assert_same(pair, "/v/caf\xc3\xa9 \xff.mp4");
    assert_same(pair, "/v/half.mp4");
    assert_same(pair, "/v/none.mp4");
    ModelIdentity identity;
    bool present = false;
    assert_ok(rv_store_identity(pair->to, &identity, &present, err));
    assert_true(present);
    assert_string_equal(identity.weights_sha256, test_model(TEST_DIMENSIONS).weights_sha256);
    assert_int_equal(count_faults(pair->to), 0);
    copy_now(pair, NULL); // again: all is there, also of what is still under way
    assert_report(pair, 0, 5, 0, 0);
    close_pair(pair);
}

static void copy_keeps_everything_without_servers(void **state)
{
    (void)state;
    for (int kinds = 0; kinds < 4; kinds++)
        copy_all(&backends[kinds & 1], &backends[kinds >> 1]);
}

/* From files to every server and back, and from server to server. */
static void copy_keeps_everything_with_servers(void **state)
{
    (void)state;
    bool tried = false;
    for (size_t i = 2; i < sizeof backends / sizeof backends[0]; i++) {
        if (!is_there(&backends[i])) {
            explain_absence(&backends[i]);
            continue;
        }
        tried = true;
        copy_all(SQLITE, &backends[i]);
        copy_all(&backends[i], SQLITE);
        copy_all(&backends[i], &backends[i]); // on a cluster: two schemas of one database
    }
    if (!tried)
        skip();
}

static bool stop_at(void *user, const RvCopyProgress *progress)
{
    assert_true(progress->frames_done <= progress->frames_expected);
    assert_non_null(progress->video);
    return progress->frames_done < *(size_t *)user;
}

static void copy_goes_on_where_it_stopped(void **state)
{
    (void)state;
    Pair *pair = open_pair(SQLITE, SQLITE);
    add_video(pair->from, "/v/a.mp4", "sha256:01", 10, "complete");
    add_video(pair->from, "/v/b.mp4", "sha256:02", 10, "complete");
    size_t stop = 14; // after the first batch of the second video
    RvCopyOptions options = {.progress = stop_at, .progress_user = &stop};
    assert_refused(copy_with(pair, &options, err), RV_ERROR_CANCELLED, "run the same again");
    assert_report(pair, 1, 0, 0, 14);
    stop = SIZE_MAX;
    copy_now(pair, &options);
    assert_report(pair, 1, 1, 0, 6);
    assert_same(pair, "/v/a.mp4");
    assert_same(pair, "/v/b.mp4");
    assert_int_equal(count_faults(pair->to), 0);
    close_pair(pair);
}

/* The target has some of the frames, with a gap between them. */
static void copy_fills_gaps(void **state)
{
    (void)state;
    Pair *pair = open_pair(SQLITE, MEMORY);
    ModelIdentity identity = test_model(TEST_DIMENSIONS);
    add_video(pair->from, "/v/first.mp4", "sha256:00", 1, "complete");
    add_video(pair->from, "/v/a.mp4", "sha256:01", 12, "complete");
    assert_ok(rv_store_require_identity(pair->to, &identity, err));
    int64_t first = add_video(pair->to, "/v/first.mp4", "sha256:00", 1, "complete");
    int64_t id = add_video(pair->to, "/v/a.mp4", "sha256:01", 2, "indexing");
    assert_int_equal(first, 1); // so that the video's number, which its frames depend on, is the source's
    assert_ok(put_test_frames(pair->to, id, 6, 2, TEST_DIMENSIONS, err));
    assert_ok(put_test_frames(pair->to, id, 11, 1, TEST_DIMENSIONS, err));
    copy_now(pair, NULL);
    assert_report(pair, 1, 1, 0, 7);
    assert_same(pair, "/v/a.mp4");
    close_pair(pair);
}

static void a_video_that_is_not_complete_is_copied_once(void **state)
{
    (void)state;
    Pair *pair = open_pair(SQLITE, MEMORY);
    int64_t id = add_video(pair->from, "/v/a.mp4", "sha256:01", 4, "indexing");
    copy_now(pair, NULL);
    assert_report(pair, 1, 0, 0, 4);
    copy_now(pair, NULL);
    assert_report(pair, 0, 1, 0, 0);
    assert_ok(put_test_frames(pair->from, id, 5, 2, TEST_DIMENSIONS, err));
    copy_now(pair, NULL);
    assert_report(pair, 1, 0, 0, 2);
    // No more frames, but now it is known that these are all.
    assert_ok(rv_store_finish_video(pair->from, id, 6, err));
    copy_now(pair, NULL);
    assert_report(pair, 1, 0, 0, 0);
    copy_now(pair, NULL);
    assert_report(pair, 0, 1, 0, 0);
    close_pair(pair);
}

/* What the target has of a video, and what becomes of it. */
static void copy_decides_by_what_is_there(void **state)
{
    static const struct {
        const char *path, *key, *state;
        size_t frames;
        bool replace;
        size_t copied, present, refused, frames_copied;
        const char *final_state, *why;
    } cases[] = {
        {"/v/a.mp4", "sha256:01", "complete", 10, false, 0, 1, 0, 0, "complete", "the same is there"},
        {"/v/a.mp4", "sha256:01", "indexing", 3, false, 1, 0, 0, 7, "complete", "half of it is there"},
        {"/v/a.mp4", "sha256:01", "failed", 2, false, 1, 0, 0, 10, "complete", "there it failed"},
        {"/v/a.mp4", "sha256:77", "complete", 4, false, 0, 0, 1, 0, "complete", "another file of that name"},
        {"/v/a.mp4", "sha256:77", "complete", 4, true, 1, 0, 0, 10, "complete", "and it may give way"},
        {"/w/copy.mp4", "sha256:01", "complete", 10, false, 0, 1, 0, 0, NULL, "there under another path"},
        {"/w/copy.mp4", "sha256:01", "indexing", 5, false, 1, 0, 0, 10, "complete", "half of it, elsewhere"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Pair *pair = open_pair(MEMORY, MEMORY);
        ModelIdentity identity = test_model(TEST_DIMENSIONS);
        StoredVideo row;
        bool found = false;
        print_message("%s\n", cases[i].why);
        assert_ok(rv_store_require_identity(pair->to, &identity, err));
        add_video(pair->from, "/v/a.mp4", "sha256:01", 10, "complete");
        add_video(pair->to, cases[i].path, cases[i].key, cases[i].frames, cases[i].state);
        RvCopyOptions options = {.replace = cases[i].replace};
        copy_now(pair, &options);
        assert_report(pair, cases[i].copied, cases[i].present, cases[i].refused, cases[i].frames_copied);
        assert_true((strstr(pair->warnings, "/v/a.mp4") != NULL) == (cases[i].refused > 0));
        assert_ok(rv_store_find_path(pair->to, "/v/a.mp4", &row, &found, err));
        assert_int_equal(found, cases[i].final_state != NULL);
        if (found)
            assert_string_equal(row.video.state_name, cases[i].final_state);
        if (cases[i].copied > 0)
            assert_same(pair, "/v/a.mp4");
        rv_stored_video_clear(&row);
        close_pair(pair);
    }
}

static void copy_takes_only_what_the_glob_names(void **state)
{
    (void)state;
    Pair *pair = open_pair(MEMORY, MEMORY);
    add_video(pair->from, "/v/a.mp4", "sha256:01", 2, "complete");
    add_video(pair->from, "/v/b.mkv", "sha256:02", 3, "complete");
    RvCopyOptions options = {.video_glob = "*.mkv"};
    copy_now(pair, &options);
    assert_report(pair, 1, 0, 0, 3);
    assert_same(pair, "/v/b.mkv");
    close_pair(pair);
}

static void copy_refuses_another_model(void **state)
{
    (void)state;
    Pair *pair = open_pair(MEMORY, MEMORY);
    ModelIdentity other = test_model(TEST_DIMENSIONS);
    other.weights_sha256[0] = 'f';
    assert_ok(rv_store_require_identity(pair->to, &other, err));
    add_video(pair->from, "/v/a.mp4", "sha256:01", 2, "complete");
    add_video(pair->to, "/v/b.mp4", "sha256:02", 2, "complete");
    assert_refused_with_hint(copy_with(pair, NULL, err), RV_ERROR_MISMATCH,
                             "a copy is between libraries of one model", RV_HINT_REEMBED);
    assert_report(pair, 0, 0, 0, 0);
    close_pair(pair);
}

/* A model is used in more than one way, and advice about models is no use where only the lengths differ. */
static void copy_says_what_differs_of_one_model(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        Pair *pair = open_pair(MEMORY, MEMORY);
        ModelIdentity other = test_model(TEST_DIMENSIONS);
        if (turn == 0)
            other.normalized = !other.normalized;
        else
            other.preprocess_version++;
        assert_ok(rv_store_require_identity(pair->to, &other, err));
        add_video(pair->from, "/v/a.mp4", "sha256:01", 2, "complete");
        add_video(pair->to, "/v/b.mp4", "sha256:02", 2, "complete");
        assert_refused_with_hint(copy_with(pair, NULL, err), RV_ERROR_MISMATCH,
                                 turn == 0 ? "; copy into another library" : " those of the same weights (",
                                 turn == 0 ? RV_HINT_NONE : RV_HINT_REEMBED);
        close_pair(pair);
    }
}

static void copy_refuses_the_library_itself(void **state)
{
    (void)state;
    Pair *pair = open_pair(SQLITE, SQLITE);
    RvCopyReport report;
    RvCopyOptions options = {0}, negative = {.batch_size = -1};
    Store *again = open_store(pair, SQLITE, "", "./from.db");
    assert_refused(rv_copy_library(pair->from, again, &pair->log, &options, &report, err), RV_ERROR_ARGUMENT,
                   "onto itself");
    assert_refused(rv_copy_library(pair->from, pair->to, &pair->log, &negative, &report, err),
                   RV_ERROR_ARGUMENT, "a batch of -1");
    rv_store_close(again);
    close_pair(pair);
}

/* Other spellings of a server's address are the same library; another schema or database is not. */
static void copy_refuses_a_server_library_under_another_spelling(void **state)
{
    static const char *const same[] = {"application_name=x", "connect_timeout=9", "answer_timeout=9"};
    const Backend *postgres = backend_named("postgres");
    char uri[4200], other[4300];
    Store *store = NULL;
    RvCopyReport report;
    RvCopyOptions options = {0};
    (void)state;
    if (!is_there(postgres)) {
        explain_absence(postgres);
        skip();
    }
    Pair *pair = open_pair(postgres, postgres);
    make_server_library(postgres, pair->names[0], uri, sizeof uri);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        snprintf(other, sizeof other, "%s?%s", uri, same[i]);
        assert_ok(rv_store_open(other, NULL, &store, err));
        assert_refused(rv_copy_library(pair->from, store, &pair->log, &options, &report, err),
                       RV_ERROR_ARGUMENT, "onto itself");
        rv_store_close(store);
    }
    assert_int_equal(strncmp(uri, "postgresql:", 11), 0);
    snprintf(other, sizeof other, "postgres:%s", uri + 11);
    assert_ok(rv_store_open(other, NULL, &store, err));
    assert_refused(rv_copy_library(pair->from, store, &pair->log, &options, &report, err), RV_ERROR_ARGUMENT,
                   "onto itself");
    rv_store_close(store);
    snprintf(other, sizeof other, "%s?dbname=%s", uri, pair->names[1]);
    assert_ok(rv_store_open(other, NULL, &store, err));
    assert_ok(rv_copy_library(pair->from, store, &pair->log, &options, &report, err));
    rv_store_close(store);
    postgres_admin_run(uri, "CREATE SCHEMA part");
    snprintf(other, sizeof other, "%s?connect_timeout=9&options=-csearch_path%%3Dpart%%2Cpublic", uri);
    assert_ok(rv_store_open(other, &create_options, &store, err));
    assert_ok(rv_copy_library(pair->from, store, &pair->log, &options, &report, err));
    rv_store_close(store);
    close_pair(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_keeps_everything_without_servers),
        cmocka_unit_test(copy_keeps_everything_with_servers),
        cmocka_unit_test(copy_goes_on_where_it_stopped),
        cmocka_unit_test(copy_fills_gaps),
        cmocka_unit_test(a_video_that_is_not_complete_is_copied_once),
        cmocka_unit_test(copy_decides_by_what_is_there),
        cmocka_unit_test(copy_takes_only_what_the_glob_names),
        cmocka_unit_test(copy_refuses_another_model),
        cmocka_unit_test(copy_says_what_differs_of_one_model),
        cmocka_unit_test(copy_refuses_the_library_itself),
        cmocka_unit_test(copy_refuses_a_server_library_under_another_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
