/* SPDX-License-Identifier: MIT */
/* SingleStore libraries against recorded scenes: no server of this kind can be had for the tests, so every
 * statement that goes over the wire is held against singlestore.golden, which was checked against
 * SingleStore's documentation. */
#include "store_support.h"

#include "mysql_peer.h"
#include "search/query.h"
#include "store/store_backend.h"

#define DIMENSIONS 2

static const StoreOptions create_options = {.create = true};

typedef struct Scene {
    MysqlPeer peer;
    Store *store;
    char uri[200];
} Scene;

static void start(Scene *scene, const char *name)
{
    char path[4200];
    const char *source = getenv("REELVEC_SOURCE");
    snprintf(path, sizeof path, "%s/tests/store/singlestore.golden", source != NULL ? source : ".");
    peer_start(&scene->peer, path, name);
    snprintf(scene->uri, sizeof scene->uri, "singlestore://admin:s3cret@127.0.0.1:%d/videos",
             scene->peer.server.port);
    scene->store = NULL;
}

static void stop(Scene *scene)
{
    rv_store_close(scene->store);
    peer_stop(&scene->peer);
}

static void open_scene(Scene *scene, const char *name)
{
    start(scene, name);
    RvError err = {0};
    if (rv_store_open(scene->uri, NULL, &scene->store, &err) != RV_OK) {
        print_message("%s\n", err.message);
        stop(scene);
        fail_msg("%s", err.message);
    }
}

static void check(RvStatus status, const RvError *err, Scene *scene)
{
    if (status != RV_OK) {
        print_message("%s\n", err->message);
        stop(scene);
        fail_msg("%s", err->message);
    }
}

static void create_makes_database_and_tables(void **state)
{
    (void)state;
    Scene scene;
    RvError err = {0};
    ModelIdentity model = test_model(DIMENSIONS);
    start(&scene, "create");
    check(rv_store_open(scene.uri, &create_options, &scene.store, &err), &err, &scene);
    check(rv_store_require_identity(scene.store, &model, &err), &err, &scene);
    stop(&scene);
}

static void shared_tier_makes_no_database(void **state)
{
    (void)state;
    Scene scene;
    start(&scene, "shared tier");
    assert_refused(rv_store_open(scene.uri, &create_options, &scene.store, err), RV_ERROR_NOT_FOUND,
                   "on the shared tier none can be made");
    stop(&scene);
}

static void other_servers_are_refused(void **state)
{
    static const struct {
        const char *scene, *words;
    } cases[] = {{"not singlestore", "the server is not SingleStore"},
                 {"too old", "came with SingleStore 8.5"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Scene scene;
        start(&scene, cases[i].scene);
        assert_refused(rv_store_open(scene.uri, &create_options, &scene.store, err), RV_ERROR_UNSUPPORTED,
                       cases[i].words);
        stop(&scene);
    }
}

static void tls_is_demanded_and_verified(void **state)
{
    static const char *const modes[] = {"?tls=verify", "?tls=require", "?tls_ca=/no/such/file.pem"};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        Scene scene;
        start(&scene, "no tls");
        char uri[300];
        snprintf(uri, sizeof uri, "%s%s", scene.uri, modes[i]);
        RvError err = {0};
        // A server without TLS: nothing is sent to it, not even the user's name.
        assert_int_equal(rv_store_open(uri, NULL, &scene.store, &err), RV_ERROR_NETWORK);
        assert_null(strstr(err.message, "s3cret"));
        scene.peer.at = scene.peer.line_count;
        stop(&scene);
    }
}

static void frames_go_in_batches_below_the_packet(void **state)
{
    (void)state;
    static float vectors[4][DIMENSIONS] = {{1, 0}, {0, 1}, {0.5f, 0.25f}, {-1, 0}};
    static uint8_t large[20000];
    Scene scene;
    RvError err = {0};
    int64_t id = 0;
    ModelIdentity model = test_model(DIMENSIONS);
    VideoFacts facts = test_facts("/films/it's a \\ \xff.mp4");
    FrameRecord frames[] = {{1, 0, vectors[0], large, sizeof large},
                            {2, 1, vectors[1], large, sizeof large},
                            {3, 2.5, vectors[2], NULL, 0},
                            {3, 2.75, vectors[3], NULL, 0}};
    open_scene(&scene, "load");
    check(rv_store_require_identity(scene.store, &model, &err), &err, &scene);
    check(rv_store_begin_video(scene.store, &facts, 0, &id, &err), &err, &scene);
    assert_int_equal(id, 7);
    check(rv_store_put_frames(scene.store, id, frames, 4, DIMENSIONS, &err), &err, &scene);
    check(rv_store_finish_video(scene.store, id, 3, &err), &err, &scene);
    check(rv_store_remove_video(scene.store, id, &err), &err, &scene);
    stop(&scene);
}

static void search_orders_by_dot_product(void **state)
{
    (void)state;
    Scene scene;
    float vector[DIMENSIONS] = {1, 0};
    double after = 1;
    QueryVector term = {vector, 1};
    RvHits hits = {0};
    RvError err = {0};
    RvSearchOptions exactly = {.top = 2, .scan = RV_SCAN_EXACT, .video_glob = "a.mp4", .after_s = &after};
    RvSearchOptions by_index = {.top = 2};
    open_scene(&scene, "search");
    check(rv_search_frames(NULL, scene.store, NULL, &term, 1, DIMENSIONS, &exactly, &hits, &err), &err,
          &scene);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.items[0].frame_number, 5);
    assert_true(hits.items[0].score == 1);
    assert_int_equal(hits.items[1].frame_number, 2);
    rv_hits_clear(&hits);
    check(rv_search_frames(NULL, scene.store, NULL, &term, 1, DIMENSIONS, &by_index, &hits, &err), &err,
          &scene);
    assert_int_equal(hits.count, 2);
    rv_hits_clear(&hits);
    uint8_t *jpeg = NULL;
    size_t size = 0;
    check(rv_store_picture(scene.store, 1, 5, &jpeg, &size, &err), &err, &scene);
    assert_int_equal(size, 3);
    free(jpeg);
    stop(&scene);
}

static void every_kind_of_index_is_built(void **state)
{
    static const RvAnnOptions builds[] = {{NULL, NULL},
                                          {"ivf-flat", "nlist=500"},
                                          {"ivf-pq", "nlist=500,m=32,nbits=8"},
                                          {"ivf-pqfs", "m=64"},
                                          {"hnsw-flat", "M=30,efConstruction=40,ef=16"},
                                          {"hnsw-pq", NULL}};
    (void)state;
    Scene scene;
    RvError err = {0};
    RvAnnInfo info = {0};
    bool dropped = false;
    open_scene(&scene, "indexes");
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++)
        check(rv_store_ann_build(scene.store, &builds[i], &err), &err, &scene);
    check(rv_store_ann_info(scene.store, &info, &err), &err, &scene);
    assert_true(info.present);
    assert_string_equal(info.kind, "hnsw-pq");
    check(rv_store_ann_drop(scene.store, &dropped, &err), &err, &scene);
    assert_true(dropped);
    stop(&scene);
}

static void the_first_writer_upgrades_an_old_library(void **state)
{
    static const struct {
        const char *scene;
        bool read_only;
        int version;
    } cases[] = {{"old library", false, 2},
                 {"old library for reading", true, 1},
                 {"old library without rights", false, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Scene scene;
        RvError err = {0};
        start(&scene, cases[i].scene);
        StoreOptions options = {.read_only = cases[i].read_only};
        check(rv_store_open(scene.uri, &options, &scene.store, &err), &err, &scene);
        assert_int_equal(scene.store->schema_version, cases[i].version);
        stop(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_writer_upgrades_an_old_library),
        cmocka_unit_test(create_makes_database_and_tables),
        cmocka_unit_test(shared_tier_makes_no_database),
        cmocka_unit_test(other_servers_are_refused),
        cmocka_unit_test(tls_is_demanded_and_verified),
        cmocka_unit_test(frames_go_in_batches_below_the_packet),
        cmocka_unit_test(search_orders_by_dot_product),
        cmocka_unit_test(every_kind_of_index_is_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
