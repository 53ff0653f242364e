/* SPDX-License-Identifier: MIT */
/* Every statement that a library sends to a PostgreSQL server, compared with postgres.golden, so that a
 * change of a statement is seen in review; the same on a Citus cluster, with citus.golden.
 * REELVEC_WRITE_GOLDEN=1 writes the files anew. */
#include "contract.h"

#include "golden.h"
#include "statement_proxy.h"
#include "store/store_backend.h"

#define HEAD                                                                                                 \
    "# What a library sends to its server, scene by scene; statement_proxy.h explains the signs.\n"          \
    "# Written by test_store_statements with REELVEC_WRITE_GOLDEN=1.\n"
#define SETTINGS "interval:1"
#define LONG_S 60.0
#define WANTED 3 // rows near a vector

typedef struct Trace {
    const Backend *backend;
    StatementProxy proxy;
    bool is_proxied;
    char scene[100];   // "": all are over
    char name[64];     // of the database or schema
    char direct[4200]; // the address without the proxy
    char uri[4300];
    Store *store;
    int64_t first, second; // videos that stay
} Trace;

static void begin_scene(Trace *trace, const char *name)
{
    snprintf(trace->scene, sizeof trace->scene, "%s", name);
    proxy_begin_scene(&trace->proxy, name);
}

/* ---- making and opening ------------------------------------------------------------------------------- */

/* The address of the proxy instead of the server's. Later parameters of an address replace its parts. */
static void proxied_address(const Trace *trace, const char *direct, char *uri, size_t size_bytes)
{
    snprintf(uri, size_bytes, "%s%chost=127.0.0.1&port=%d&sslmode=disable", direct,
             strchr(direct, '?') != NULL ? '&' : '?', trace->proxy.port);
}

static Store *open_store(const char *uri, const StoreOptions *options)
{
    Store *store = NULL;
    assert_ok(rv_store_open(uri, options, &store, err));
    return store;
}

static void make_library(Trace *trace)
{
    char name[80], direct[4200], uri[4300];
    Store *store = NULL;
    if (!trace->backend->is_cluster) {
        begin_scene(trace, "a library is made, and its database too");
        snprintf(name, sizeof name, "%s_new", trace->name);
        server_database(trace->backend->variable, name, direct, sizeof direct);
        proxied_address(trace, direct, uri, sizeof uri);
        rv_store_close(open_store(uri, &create_options));
    }
    begin_scene(trace, "an empty database has no library");
    assert_refused_with_hint(rv_store_open(trace->uri, NULL, &store, err), RV_ERROR_NOT_FOUND, "",
                             RV_HINT_CREATE_LIBRARY);
    begin_scene(trace, "a library is made in an empty database");
    rv_store_close(open_store(trace->uri, &create_options));
}

static void open_library(Trace *trace)
{
    const StoreOptions read_only = {.read_only = true};
    if (!trace->backend->is_cluster) {
        postgres_admin_run(trace->direct, "DROP TABLE library_notes; UPDATE library SET schema_version = 1");
        begin_scene(trace, "a library of version 1 is opened for reading");
        rv_store_close(open_store(trace->uri, &read_only));
        begin_scene(trace, "it is opened for writing, and so upgraded");
        rv_store_close(open_store(trace->uri, NULL));
    }
    begin_scene(trace, "a library is opened for reading");
    rv_store_close(open_store(trace->uri, &read_only));
    begin_scene(trace, "a library is opened for writing");
    trace->store = open_store(trace->uri, NULL);
}

/* ---- the model ---------------------------------------------------------------------------------------- */

static void claim_with(Store *store, int dimensions)
{
    ModelIdentity model = test_model(dimensions);
    assert_ok(rv_store_require_identity(store, &model, err));
}

static void claim_library(Trace *trace)
{
    begin_scene(trace, "a model claims it");
    claim(trace->store);
    begin_scene(trace, "the same model again, on another connection");
    Store *other = open_store(trace->uri, NULL);
    claim(other);
    rv_store_close(other);
    begin_scene(trace, "a video is put and removed");
    int64_t id = begin(trace->store, "/gone.mp4");
    put(trace->store, id, 1, 2);
    assert_ok(rv_store_remove_video(trace->store, id, err));
    begin_scene(trace, "a model of another length claims the emptied library");
    claim_with(trace->store, 2 * TEST_DIMENSIONS);
    begin_scene(trace, "the first model claims it again");
    claim(trace->store);
}

static void use_notes(Trace *trace)
{
    static const char *const values[] = {"/models/a", "/models/a", "/models/b"};
    char *value = NULL;
    begin_scene(trace, "a note is read, written, written with the same value, changed");
    assert_ok(rv_store_get_note(trace->store, STORE_NOTE_MODEL_PATH, &value, err));
    assert_null(value);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_ok(rv_store_put_note(trace->store, STORE_NOTE_MODEL_PATH, values[i], err));
}

/* ---- videos and frames -------------------------------------------------------------------------------- */

static void begin_videos(Trace *trace)
{
    VideoFacts first = test_facts("/a.mp4"), second = test_facts("/b.mp4");
    int64_t id = 0;
    begin_scene(trace, "two videos begin");
    trace->first = begin(trace->store, first.path);
    trace->second = begin(trace->store, second.path);
    begin_scene(trace, "a video begins at a path that is taken");
    assert_refused(rv_store_begin_video(trace->store, &first, 0, &id, err), RV_ERROR_ARGUMENT, "/a.mp4");
    begin_scene(trace, "a video begins in place of another");
    assert_ok(rv_store_begin_video(trace->store, &second, trace->second, &trace->second, err));
}

static void put_without_pictures(Store *store, int64_t video_id, int64_t first)
{
    float vectors[2][TEST_DIMENSIONS];
    FrameRecord frames[2];
    for (int i = 0; i < 2; i++) {
        make_unit_vector((uint64_t)i + 1, TEST_DIMENSIONS, vectors[i]);
        frames[i] = (FrameRecord){first + i, (double)(first + i - 1), vectors[i], NULL, 0};
    }
    assert_ok(rv_store_put_frames(store, video_id, frames, 2, TEST_DIMENSIONS, err));
}

static void put_frames(Trace *trace)
{
    ModelIdentity other_model = test_model(2 * TEST_DIMENSIONS);
    begin_scene(trace, "frames with pictures, the first of a new connection");
    Store *other = open_store(trace->uri, NULL);
    claim(other);
    put(other, trace->first, 1, 6);
    begin_scene(trace, "more frames on this connection");
    put(other, trace->first, 7, 6);
    rv_store_close(other);
    begin_scene(trace, "frames of another video");
    put(trace->store, trace->second, 1, 4);
    begin_scene(trace, "frames without pictures");
    put_without_pictures(trace->store, trace->second, 5);
    begin_scene(trace, "frames of a video that is not there");
    assert_refused(put_test_frames(trace->store, 1000, 1, 1, TEST_DIMENSIONS, err), RV_ERROR_NOT_FOUND,
                   "1000");
    begin_scene(trace, "another model is refused");
    RvError refusal = {0};
    assert_int_equal(rv_store_require_identity(trace->store, &other_model, &refusal), RV_ERROR_MISMATCH);
}

static void end_videos(Trace *trace)
{
    begin_scene(trace, "a video is finished");
    assert_ok(rv_store_finish_video(trace->store, trace->first, 12, err));
    begin_scene(trace, "damage of a video is noted, and the video finished");
    assert_ok(rv_store_note_damage(trace->store, trace->second, "a gap at 3.000 s", err));
    assert_ok(rv_store_finish_damaged(trace->store, trace->second, 6, "a gap at 3.000 s", err));
    begin_scene(trace, "a video fails, and is removed");
    int64_t id = begin(trace->store, "/broken.mp4");
    assert_ok(rv_store_fail_video(trace->store, id, "broken at 0:03", err));
    assert_ok(rv_store_remove_video(trace->store, id, err));
    begin_scene(trace, "a video has moved");
    assert_ok(rv_store_move_video(trace->store, trace->second, "/moved.mp4", 1235, 7, err));
}

static void find_videos(Trace *trace)
{
    static const char *const paths[] = {"/a.mp4", "/nowhere.mp4"};
    StoredVideo video = {0};
    bool found = false;
    begin_scene(trace, "videos are found by path (there, not there)");
    for (size_t i = 0; i < 2; i++) {
        assert_ok(rv_store_find_path(trace->store, paths[i], &video, &found, err));
        assert_int_equal(found, i == 0);
        rv_stored_video_clear(&video);
    }
    begin_scene(trace, "a video is found by content");
    assert_ok(rv_store_find_content(trace->store, "sha256:00", &video, &found, err));
    assert_true(found);
    rv_stored_video_clear(&video);
}

static void list_and_count(Trace *trace)
{
    KeyRange one = rv_store_video_keys(trace->first);
    RvVideos videos = {0};
    int64_t count = 0;
    begin_scene(trace, "the list of videos");
    assert_ok(rv_store_list_videos(trace->store, &videos, err));
    assert_int_equal(videos.count, 2);
    rv_videos_clear(&videos);
    begin_scene(trace, "the list of paths");
    assert_ok(rv_store_list_paths(trace->store, &videos, err));
    assert_int_equal(videos.count, 2);
    rv_videos_clear(&videos);
    begin_scene(trace, "the frames of a video");
    assert_int_equal(frame_count(trace->store, trace->first), 12);
    begin_scene(trace, "frames are counted: all, of one video");
    assert_ok(rv_store_count_frames(trace->store, NULL, &count, err));
    assert_int_equal(count, 18);
    assert_ok(rv_store_count_frames(trace->store, &one, &count, err));
    assert_int_equal(count, 12);
}

static void read_pictures_and_embeddings(Trace *trace)
{
    static const int64_t numbers[] = {2, 3, 9};
    float vectors[3][TEST_DIMENSIONS];
    PictureReader *reader = NULL;
    uint8_t *jpeg = NULL;
    const uint8_t *borrowed = NULL;
    size_t size = 0;
    begin_scene(trace, "one picture");
    assert_ok(rv_store_picture(trace->store, trace->first, 2, &jpeg, &size, err));
    free(jpeg);
    begin_scene(trace, "pictures in blocks");
    assert_ok(rv_pictures_open(trace->store, &reader, err));
    for (int64_t number = 1; number <= 3; number++)
        assert_ok(rv_pictures_get(reader, trace->first, number, &borrowed, &size, err));
    rv_pictures_close(reader);
    begin_scene(trace, "one embedding");
    assert_ok(rv_store_embedding(trace->store, trace->first, 2, vectors[0], TEST_DIMENSIONS, err));
    begin_scene(trace, "several embeddings of a video");
    assert_ok(rv_store_embeddings(trace->store, trace->first, numbers, 3, vectors[0], TEST_DIMENSIONS, err));
}

/* ---- scans -------------------------------------------------------------------------------------------- */

static RvStatus count_rows(void *user, const FrameBlock *block, RvError *err)
{
    (void)err;
    *(size_t *)user += block->count;
    return RV_OK;
}

static void scan(Store *store, const FrameFilter *filter, size_t expected)
{
    size_t count = 0;
    assert_ok(rv_store_scan(store, filter, count_rows, &count, err));
    assert_int_equal(count, expected);
}

static void scan_rows(Trace *trace)
{
    const int64_t both[] = {trace->first, trace->second};
    const double after_s = 1, before_s = 4;
    const FrameFilter one = {.video_ids = &trace->second, .video_count = 1};
    const FrameFilter some = {
        .video_ids = both, .video_count = 2, .after_s = &after_s, .before_s = &before_s};
    const KeyRange ranges[] = {{rv_store_key(both[0], 2), rv_store_key(both[0], 4)},
                               {rv_store_key(both[0], 11), rv_store_key(both[1], 1)}};
    begin_scene(trace, "a scan of everything");
    scan(trace->store, &(FrameFilter){0}, 18);
    begin_scene(trace, "a scan of one video");
    scan(trace->store, &one, 6);
    begin_scene(trace, "a scan of two videos between two times");
    scan(trace->store, &some, 8);
    begin_scene(trace, "a scan of two ranges of keys");
    scan(trace->store, &(FrameFilter){.ranges = ranges, .range_count = 2}, 6);
    begin_scene(trace, "one embedding and a scan, in one snapshot");
    float vector[TEST_DIMENSIONS];
    assert_ok(rv_store_begin_snapshot(trace->store, err));
    assert_ok(rv_store_embedding(trace->store, trace->first, 2, vector, TEST_DIMENSIONS, err));
    scan(trace->store, &one, 6);
    rv_store_end_snapshot(trace->store);
}

static void pass_over_library(Trace *trace)
{
    RvLibraryInfo info = {0};
    size_t faults = 0;
    begin_scene(trace, "info");
    assert_ok(rv_store_info(trace->store, check_test_picture, &info, err));
    assert_int_equal(info.frame_count, 18);
    begin_scene(trace, "verify");
    assert_ok(rv_store_verify(trace->store, check_test_picture, NULL, NULL, &faults, err));
    assert_int_equal(faults, 2); // two frames have no picture
}

/* ---- rows near a vector ------------------------------------------------------------------------------- */

static void find_nearest(Store *store, const FrameFilter *filter, bool approximate)
{
    float vector[TEST_DIMENSIONS];
    size_t count = 0;
    bool done = false;
    make_unit_vector(5, TEST_DIMENSIONS, vector);
    NearestQuery query = {vector, TEST_DIMENSIONS, WANTED, filter, approximate};
    assert_ok(rv_store_nearest(store, &query, count_rows, &count, &done, err));
    assert_true(done && count >= WANTED);
}

static void search_exactly(Trace *trace)
{
    const int64_t both[] = {trace->first, trace->second};
    const double after_s = 1, before_s = 6;
    begin_scene(trace, "the nearest frames");
    find_nearest(trace->store, &(FrameFilter){0}, false);
    begin_scene(trace, "the nearest frames of one video, of two videos");
    find_nearest(trace->store, &(FrameFilter){.video_ids = both, .video_count = 1}, false);
    find_nearest(trace->store, &(FrameFilter){.video_ids = both, .video_count = 2}, false);
    begin_scene(trace, "the nearest frames between two times");
    find_nearest(trace->store, &(FrameFilter){.after_s = &after_s, .before_s = &before_s}, false);
    begin_scene(trace, "an approximate search without an index");
    find_nearest(trace->store, &(FrameFilter){0}, true);
}

static void search_by_index(Trace *trace, const char *kind)
{
    const FrameFilter one = {.video_ids = &trace->first, .video_count = 1};
    RvAnnInfo info = {0};
    char scene[100];
    snprintf(scene, sizeof scene, "an index of the kind %s is built, looked at and used", kind);
    begin_scene(trace, scene);
    assert_ok(rv_store_ann_build(trace->store, &(RvAnnOptions){.kind = kind}, err));
    assert_ok(rv_store_ann_info(trace->store, &info, err));
    assert_string_equal(info.kind, kind);
    find_nearest(trace->store, &(FrameFilter){0}, true);
    find_nearest(trace->store, &one, true);
}

static void use_indexes(Trace *trace)
{
    const RvAnnOptions options = {.kind = "hnsw", .settings = "m=8,ef_construction=32"};
    bool dropped = false;
    for (const AnnKind *kind = trace->store->backend->ann_kinds; kind->name != NULL; kind++)
        search_by_index(trace, kind->name);
    begin_scene(trace, "an index is built with settings");
    assert_ok(rv_store_ann_build(trace->store, &options, err));
    begin_scene(trace, "an exact search beside an index");
    find_nearest(trace->store, &(FrameFilter){0}, false);
    begin_scene(trace, "an index is dropped, twice");
    for (int i = 0; i < 2; i++) {
        assert_ok(rv_store_ann_drop(trace->store, &dropped, err));
        assert_int_equal(dropped, i == 0);
    }
}

/* ---- the worker list ---------------------------------------------------------------------------------- */

static void take(Store *store, double lease_s, RvQueueJob *job)
{
    assert_ok(rv_store_queue_take(store, SETTINGS, lease_s, job, err));
}

static void end(Store *store, RvQueueJob *job, RvQueueEnd how)
{
    assert_ok(rv_store_queue_end(store, job, how, NULL, err));
    rv_queue_job_clear(job);
}

static void work_on_jobs(Trace *trace)
{
    RvQueueJob job;
    begin_scene(trace, "a job is taken");
    take(trace->store, LONG_S, &job);
    assert_non_null(job.path);
    begin_scene(trace, "frames are put under a lease, which is renewed");
    int64_t id = begin(trace->store, job.path);
    put(trace->store, id, 1, 2);
    assert_ok(rv_store_queue_renew(trace->store, &job, err));
    assert_ok(rv_store_finish_video(trace->store, id, 2, err));
    begin_scene(trace, "a job is done");
    end(trace->store, &job, RV_QUEUE_DONE);
    begin_scene(trace, "a job is taken and given back");
    take(trace->store, LONG_S, &job);
    end(trace->store, &job, RV_QUEUE_GIVE_BACK);
    begin_scene(trace, "a job passes from one silent worker to the next until it has failed");
    for (int i = 0; i < RV_QUEUE_ATTEMPTS_MAX; i++) {
        take(trace->store, LONG_S, &job);
        assert_int_equal(job.attempts, i + 1);
        rv_queue_job_clear(&job);
        // By hand, since the server ends a transaction that is idle for as long as a short lease.
        postgres_admin_run(trace->direct, "UPDATE index_jobs SET lease_until = 0 WHERE state = 'leased'");
    }
    take(trace->store, LONG_S, &job);
    assert_null(job.path);
}

static void use_list(Trace *trace)
{
    char *items[] = {(char *)"/1.mp4", (char *)"/2.mp4"};
    RvQueueCounts counts;
    begin_scene(trace, "the worker list is made");
    assert_ok(rv_store_queue_open(trace->store, err));
    begin_scene(trace, "jobs are added");
    assert_ok(rv_store_queue_add(trace->store, &(RvStrings){items, 2}, SETTINGS, false, err));
    begin_scene(trace, "jobs are counted");
    assert_ok(rv_store_queue_count(trace->store, SETTINGS, &counts, err));
    assert_int_equal(counts.waiting, 2);
    work_on_jobs(trace);
    begin_scene(trace, "what has failed is tried again");
    assert_ok(rv_store_queue_add(trace->store, &(RvStrings){0}, SETTINGS, true, err));
}

/* ---- cases -------------------------------------------------------------------------------------------- */

/* An empty database or schema, and the proxy before its server. */
static int begin_trace(void **state)
{
    static Trace trace;
    char sql[200];
    PostgresPlace place;
    trace = (Trace){.backend = *state};
    *state = &trace;
    if (!is_there(trace.backend))
        return 0;
    snprintf(trace.name, sizeof trace.name, "reelvec_statements_%d", (int)getpid());
    make_server_library(trace.backend, trace.name, trace.direct, sizeof trace.direct);
    postgres_admin_place(trace.direct, &place);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0", trace.name);
    if (!trace.backend->is_cluster)
        postgres_admin_run(getenv(trace.backend->variable), sql);
    proxy_start(&trace.proxy, &place, trace.name);
    trace.is_proxied = true;
    proxied_address(&trace, trace.direct, trace.uri, sizeof trace.uri);
    return 0;
}

static int end_trace(void **state)
{
    Trace *trace = *state;
    if (!is_there(trace->backend))
        return 0;
    if (trace->scene[0] != '\0')
        print_message("scene: %s\n", trace->scene);
    rv_store_close(trace->store);
    if (trace->is_proxied)
        free(proxy_stop(&trace->proxy));
    drop_server_library(trace->backend, trace->name);
    return 0;
}

static void statements_are_those_of_the_golden_file(void **state)
{
    static void (*const parts[])(Trace * trace) = {
        make_library,   open_library,   claim_library,
        begin_videos,   put_frames,     end_videos,
        find_videos,    list_and_count, read_pictures_and_embeddings,
        scan_rows,      use_notes,      pass_over_library,
        search_exactly, use_indexes,    use_list,
    };
    Trace *trace = *state;
    if (!is_there(trace->backend)) {
        explain_absence(trace->backend);
        skip();
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        parts[i](trace);
    rv_store_close(trace->store);
    char *notes = proxy_stop(&trace->proxy), file[64];
    trace->store = NULL;
    trace->is_proxied = false;
    trace->scene[0] = '\0';
    snprintf(file, sizeof file, "store/%s.golden", trace->backend->name);
    golden_compare(file, HEAD, notes);
    free(notes);
}

#define ON(backend)                                                                                          \
    {                                                                                                        \
#backend "_statements_are_those_of_the_golden_file", statements_are_those_of_the_golden_file,        \
            begin_trace, end_trace, (void *)backend_named(#backend)                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {ON(postgres), ON(citus)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
