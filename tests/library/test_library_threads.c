/* SPDX-License-Identifier: MIT */
/* Many threads search one library, while another process fills it: every answer is the one that a search
 * alone has. */
#include "../store/sqlite_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "reelvec/reelvec.h"
#include "search/search_index.h"

#define DIMENSIONS 48
#define ROWS 1500
#define VIDEOS 2
#define QUERIES 12
#define THREADS 64
#define ROUNDS 4
#define ADDED_VIDEOS 12
#define ADDED_ROWS 60

static void add_video(Store *store, const char *path, uint64_t seed, size_t count)
{
    static float vectors[ROWS][DIMENSIONS];
    static FrameRecord frames[ROWS];
    ModelIdentity model = test_model(DIMENSIONS);
    VideoFacts facts = test_facts(path);
    facts.content_key = path;
    int64_t id = 0;
    assert_ok(rv_store_require_identity(store, &model, err));
    assert_ok(rv_store_begin_video(store, &facts, 0, &id, err));
    for (size_t i = 0; i < count; i++) {
        make_unit_vector(seed + i, DIMENSIONS, vectors[i]);
        frames[i] = (FrameRecord){(int64_t)i + 1, (double)i, vectors[i], NULL, 0};
    }
    assert_ok(rv_store_put_frames(store, id, frames, count, DIMENSIONS, err));
    assert_ok(rv_store_finish_video(store, id, (double)count, err));
}

/* Frames, codes of them from the first one on, and an approximate index. */
static void update_index(Store *store)
{
    SearchIndex *index = NULL;
    assert_ok(rv_search_index_create(NULL, store, NULL, (RvLog){0}, &index, err));
    assert_ok(rv_codes_update(&index->codes, store, NULL, 1, err));
    assert_ok(rv_lists_update(&index->lists, &index->codes, store, NULL, err));
    rv_search_index_destroy(index);
}

static void make_library(const char *path)
{
    Store *store = NULL;
    SearchIndex *index = NULL;
    StoreOptions options = {.create = true};
    assert_ok(rv_store_open(path, &options, &store, err));
    for (int v = 0; v < VIDEOS; v++) {
        char name[32];
        snprintf(name, sizeof name, "/first/%d.mp4", v);
        add_video(store, name, (uint64_t)v * ROWS, ROWS);
    }
    update_index(store);
    assert_ok(rv_search_index_create(NULL, store, NULL, (RvLog){0}, &index, err));
    assert_ok(rv_search_index_build(index, store, NULL, &(RvAnnOptions){.settings = "lists=40"}, err));
    rv_search_index_destroy(index);
    rv_store_close(store);
}

/* What the other process does: videos that the searches leave out, each with its codes. */
static void fill(const char *path)
{
    Store *store = NULL;
    StoreOptions options = {0};
    assert_ok(rv_store_open(path, &options, &store, err));
    for (int v = 0; v < ADDED_VIDEOS; v++) {
        char name[32];
        snprintf(name, sizeof name, "/later/%d.mp4", v);
        add_video(store, name, (uint64_t)(100 + v) * ROWS, ADDED_ROWS);
        update_index(store);
    }
    rv_store_close(store);
}

/* ---- searching ---------------------------------------------------------------------------------------- */

typedef struct Searches {
    RvLibrary *libraries[2];
    float vectors[QUERIES][DIMENSIONS];
    RvHits expected[QUERIES];
    atomic_size_t done, wrong;
    atomic_bool failed;
    RvError error;
} Searches;

static RvStatus ask(RvLibrary *library, const float *vector, size_t query, RvHits *hits, RvError *err)
{
    RvTerm term = {.kind = RV_TERM_VECTOR, .vector = vector, .weight = 1};
    // Moments and two terms take other ways through the code, with the same rows.
    RvSearchOptions options = {.top = 10, .video_glob = "/first/*", .moments = query % 3 == 2};
    return rv_library_search(library, NULL, &term, 1, &options, hits, err);
}

static bool same(const RvHits *a, const RvHits *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const RvHit *left = &a->items[i], *right = &b->items[i];
        if (left->video_id != right->video_id || left->frame_number != right->frame_number ||
            memcmp(&left->score, &right->score, sizeof left->score) != 0 ||
            strcmp(left->video, right->video) != 0 || left->start_s != right->start_s ||
            left->end_s != right->end_s)
            return false;
    }
    return true;
}

static void *search_rounds(void *argument)
{
    Searches *searches = argument;
    for (size_t i = 0; i < QUERIES * ROUNDS; i++) {
        RvHits hits = {0};
        RvError error = {0};
        size_t query = (i + (size_t)pthread_self() / 64) % QUERIES;
        RvLibrary *library = searches->libraries[i % 2];
        if (ask(library, searches->vectors[query], query, &hits, &error) != RV_OK) {
            if (!atomic_exchange(&searches->failed, true))
                searches->error = error;
            return NULL;
        }
        if (!same(&hits, &searches->expected[query]))
            atomic_fetch_add(&searches->wrong, 1);
        atomic_fetch_add(&searches->done, 1);
        rv_hits_clear(&hits);
    }
    return NULL;
}

static void run(Searches *searches, const char *path_of_writer)
{
    pthread_t threads[THREADS];
    pid_t writer = path_of_writer != NULL ? fork() : -1;
    if (writer == 0) {
        fill(path_of_writer);
        _exit(0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search_rounds, searches), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int status = 0;
    if (writer > 0) {
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_int_equal(status, 0);
    }
    if (atomic_load(&searches->failed))
        fail_msg("%s", searches->error.message);
    assert_int_equal(atomic_load(&searches->done), THREADS * QUERIES * ROUNDS);
    assert_int_equal(atomic_load(&searches->wrong), 0);
}

static void open_searches(Searches *searches, RvEngine *engine, const char *path)
{
    *searches = (Searches){.wrong = 0};
    for (size_t i = 0; i < 2; i++) {
        RvLibraryOptions options = {.mode = i == 1 ? RV_OPEN_READ : RV_OPEN_WRITE, .engine = engine};
        assert_ok(rv_library_open(path, &options, &searches->libraries[i], err));
    }
    for (size_t q = 0; q < QUERIES; q++) {
        make_unit_vector(7777 + q, DIMENSIONS, searches->vectors[q]);
        assert_ok(ask(searches->libraries[0], searches->vectors[q], q, &searches->expected[q], err));
        assert_true(searches->expected[q].count > 0);
    }
}

static void close_searches(Searches *searches)
{
    for (size_t q = 0; q < QUERIES; q++)
        rv_hits_clear(&searches->expected[q]);
    for (size_t i = 0; i < 2; i++)
        rv_library_close(searches->libraries[i]);
}

static void threads_search_while_another_process_indexes(void **state)
{
    Fixture *fixture = *state;
    static Searches searches;
    RvEngine *engine = NULL;
    make_library(fixture->path);
    assert_ok(rv_engine_create(&(RvEngineOptions){.thread_count = 3}, &engine, err));
    open_searches(&searches, engine, fixture->path);
    rv_engine_destroy(engine); // the libraries keep it
    run(&searches, fixture->path);
    close_searches(&searches);
}

static void handles_without_an_engine_have_their_own(void **state)
{
    Fixture *fixture = *state;
    static Searches searches;
    make_library(fixture->path);
    open_searches(&searches, NULL, fixture->path);
    run(&searches, NULL);
    close_searches(&searches);
}

/* One call after the other: nobody else can open such a library. */
static void a_library_in_memory_is_searched_by_turns(void **state)
{
    (void)state;
    static Searches searches;
    RvLibrary *library = NULL, *file = NULL;
    Fixture *fixture = *state;
    make_library(fixture->path);
    assert_ok(rv_library_open(fixture->path, NULL, &file, err));
    assert_ok(rv_library_open("memory:", &(RvLibraryOptions){.mode = RV_OPEN_CREATE}, &library, err));
    assert_ok(rv_library_copy(file, library, NULL, NULL, err));
    open_searches(&searches, NULL, fixture->path);
    rv_library_close(searches.libraries[0]);
    rv_library_close(searches.libraries[1]);
    searches.libraries[0] = searches.libraries[1] = library;
    run(&searches, NULL);
    searches.libraries[1] = NULL;
    close_searches(&searches);
    rv_library_close(file);
}

/* ---- the file gets another name ------------------------------------------------------------------------- */

typedef struct Holding {
    RvLibrary *library;
    atomic_bool holds;
} Holding;

/* Keeps the handle for a while, so that a search meanwhile needs a further store. */
static bool hold(void *user, const RvFrameRows *rows)
{
    Holding *holding = user;
    (void)rows;
    atomic_store(&holding->holds, true);
    usleep(100000);
    return false;
}

static void *hold_handle(void *argument)
{
    Holding *holding = argument;
    rv_library_embeddings(holding->library, NULL, hold, holding, NULL);
    return NULL;
}

/* Another thread has the handle: the search must not use what the path leads to by now. */
static void assert_same_while_held(RvLibrary *library, const float *vector, const RvHits *expected)
{
    Holding holding = {.library = library};
    pthread_t thread;
    RvHits hits = {0};
    assert_int_equal(pthread_create(&thread, NULL, hold_handle, &holding), 0);
    while (!atomic_load(&holding.holds))
        usleep(1000);
    RvError error = {0};
    RvStatus status = ask(library, vector, 0, &hits, &error);
    pthread_join(thread, NULL);
    if (status != RV_OK)
        fail_msg("%s", error.message);
    assert_true(same(&hits, expected));
    rv_hits_clear(&hits);
}

static void searches_stay_with_the_file_that_was_opened(void **state)
{
    Fixture *fixture = *state;
    RvLibrary *library = NULL;
    Store *other = NULL;
    RvHits expected = {0};
    float vector[DIMENSIONS];
    char aside[4400];
    snprintf(aside, sizeof aside, "%s.aside", fixture->path);
    make_library(fixture->path);
    make_unit_vector(99, DIMENSIONS, vector);
    assert_ok(rv_library_open(fixture->path, &(RvLibraryOptions){.mode = RV_OPEN_READ}, &library, err));
    assert_ok(ask(library, vector, 0, &expected, err));
    assert_true(expected.count > 0);
    assert_int_equal(rename(fixture->path, aside), 0);
    assert_same_while_held(library, vector, &expected);
    assert_ok(rv_store_open(fixture->path, &(StoreOptions){.create = true}, &other, err));
    add_video(other, "/first/other.mp4", 5 * ROWS, 20);
    rv_store_close(other);
    assert_same_while_held(library, vector, &expected);
    rv_hits_clear(&expected);
    rv_library_close(library);
}

/* ---- what one search says of itself, and how it ends early ------------------------------------------------ */

typedef struct Stopping {
    size_t asked, after;
} Stopping;

static bool stop_after(void *user)
{
    Stopping *stopping = user;
    return ++stopping->asked > stopping->after;
}

/* The ways of a file with codes and lists: through the codes, through the lists, over all rows. */
static void searches_report_their_way_and_end_early(void **state)
{
    static const struct {
        RvSearchOptions options;
        const char *way, *reason;
        bool by_index;
    } cases[] = {
        {{.top = 5}, "codes", "has codes", false},
        {{.top = 5, .scan = RV_SCAN_APPROXIMATE}, "codes", "has codes", true},
        {{.top = VIDEOS * ROWS}, "rows", "are wanted", false},
        {{.top = 5, .fusion = RV_FUSION_RRF}, "rows", "zscore and rrf", false},
    };
    Fixture *fixture = *state;
    RvLibrary *library = NULL;
    float vector[DIMENSIONS];
    make_library(fixture->path);
    make_unit_vector(99, DIMENSIONS, vector);
    RvTerm term = {.kind = RV_TERM_VECTOR, .vector = vector, .weight = 1};
    assert_ok(rv_library_open(fixture->path, NULL, &library, err));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvSearchReport report = {0};
        RvHits hits = {0};
        Stopping stopping = {.after = 0};
        RvSearchOptions options = cases[i].options;
        options.report = &report;
        assert_ok(rv_library_search(library, NULL, &term, 1, &options, &hits, err));
        rv_hits_clear(&hits);
        assert_string_equal(report.way, cases[i].way);
        assert_non_null(strstr(report.reason, cases[i].reason));
        assert_int_equal(report.by_index, cases[i].by_index);
        bool rows = strcmp(report.way, "rows") == 0;
        assert_true(rows ? report.frames_scored == VIDEOS * ROWS : report.frames_scored < ROWS);
        assert_true(!report.by_index || (report.lists_probed > 0 && report.list_count == 40));
        options.cancelled = stop_after;
        options.cancelled_user = &stopping;
        assert_refused(rv_library_search(library, NULL, &term, 1, &options, &hits, err), RV_ERROR_CANCELLED,
                       "was cancelled");
        assert_int_equal(hits.count, 0);
        stopping = (Stopping){.after = SIZE_MAX};
        options.timeout_s = 1e-9;
        assert_refused(rv_library_search(library, NULL, &term, 1, &options, &hits, err), RV_ERROR_CANCELLED,
                       "longer than the 1e-09 s");
        options.timeout_s = 1000;
        assert_ok(rv_library_search(library, NULL, &term, 1, &options, &hits, err));
        assert_true(stopping.asked > 0);
        rv_hits_clear(&hits);
        options.timeout_s = -1;
        assert_refused(rv_library_search(library, NULL, &term, 1, &options, &hits, err), RV_ERROR_ARGUMENT,
                       "-1 s");
    }
    rv_library_close(library);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(threads_search_while_another_process_indexes), CASE(handles_without_an_engine_have_their_own),
        CASE(a_library_in_memory_is_searched_by_turns),     CASE(searches_stay_with_the_file_that_was_opened),
        CASE(searches_report_their_way_and_end_early),
    };
    return cmocka_run_group_tests_name("library_threads", tests, NULL, NULL);
}
