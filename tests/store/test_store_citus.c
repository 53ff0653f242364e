/* SPDX-License-Identifier: MIT */
/* Libraries on a Citus cluster: what only they can meet. Faults of the cluster are written into its own
 * tables, in a transaction of the library's connection that is rolled back, so that no other connection sees
 * them. */
#include "contract.h"

#include "base/error.h"
#ifdef REELVEC_WITH_POSTGRES
#include "store/postgres/postgres_store.h"
#endif
#include "store/sql/sql_link.h"
#include "store/store_backend.h"

#define VIDEO_COUNT 24
#define VICTIM "(SELECT min(groupid) FROM pg_dist_node WHERE groupid <> 0 AND noderole = 'primary')"

/* ---- support ------------------------------------------------------------------------------------------ */

static void run_sql(Store *store, const char *sql)
{
    assert_ok(rv_sql_run(store, err, "%w", sql));
}

static void begin_faults(Store *store)
{
    assert_ok(store->backend->link->begin(store, SQL_WRITE, err));
}

static void end_faults(Store *store)
{
    assert_int_equal(rv_sql_end(store, RV_ERROR_CANCELLED, NULL), RV_ERROR_CANCELLED);
}

static RvStatus take_count(void *user, const SqlRow *row, RvError *err)
{
    (void)err;
    assert_true(rv_sql_is_integer(&row->values[0], 0, INT64_MAX, user));
    return RV_OK;
}

static int64_t integer(Store *store, const char *sql)
{
    int64_t value = -1;
    SqlReader reader = {"d", .max_rows = 1, .row = take_count, .user = &value};
    assert_ok(rv_sql_query(store, &reader, err, "%w", sql));
    return value;
}

static void add_videos(Store *store)
{
    claim(store);
    for (int i = 0; i < VIDEO_COUNT; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%d.mp4", i);
        put(store, begin(store, path), 1, 2);
    }
}

/* ---- recognising -------------------------------------------------------------------------------------- */

#ifdef REELVEC_WITH_POSTGRES
static RvStatus look(Store *store, bool empty, RvError *err)
{
    return rv_citus_look((PostgresStore *)store, empty, err);
}
#else
static RvStatus look(Store *store, bool empty, RvError *err)
{
    (void)empty;
    return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: not in this build", rv_store_uri(store));
}
#endif

static void a_coordinator_without_an_address_gets_no_library(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    begin_faults(store);
    assert_ok(look(store, true, err));
    run_sql(store, "DELETE FROM pg_dist_node WHERE groupid = 0");
    assert_refused(look(store, true, err), RV_ERROR_UNSUPPORTED, "run SELECT citus_set_coordinator_host(");
    assert_ok(look(store, false, err));
    run_sql(store, "DELETE FROM pg_dist_node");
    assert_ok(look(store, true, err));
    end_faults(store);
}

static void keep_line(void *user, RvLogLevel level, const char *message)
{
    if (level == RV_LOG_WARNING)
        snprintf(user, RV_ERROR_MESSAGE_SIZE, "%s", message);
}

#ifdef REELVEC_WITH_POSTGRES
static void a_cluster_without_workers_is_told(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    char line[RV_ERROR_MESSAGE_SIZE] = "";
    RvLog log = store->log;
    begin_faults(store);
    run_sql(store, "DELETE FROM pg_dist_node");
    assert_ok(look(store, true, err));
    store->log = (RvLog){.write = keep_line, .user = line};
    rv_citus_spread_tables((PostgresStore *)store, NULL); // fails, since they are spread already
    store->log = log;
    end_faults(store);
    assert_non_null(strstr(line, "the Citus cluster has no workers"));
}
#endif

static void info_tells_how_the_rows_are_spread(void **state)
{
    Fixture *fixture = *state;
    RvLibraryInfo info = {0};
    add_videos(fixture->store);
    assert_ok(rv_store_info(fixture->store, check_test_picture, &info, err));
    assert_string_equal(info.schema, fixture->name);
    assert_int_equal(info.worker_count,
                     integer(fixture->store, "SELECT count(*) FROM pg_dist_node WHERE shouldhaveshards"));
    assert_int_equal(info.shard_count, integer(fixture->store, "SELECT count(*) FROM pg_dist_shard "
                                                               "WHERE logicalrelid = 'frames'::regclass"));
    assert_true(info.shard_count > 0);
}

static void assert_backend(Store *store, bool empty, const char *name)
{
    assert_ok(look(store, empty, err));
    assert_string_equal(store->backend->name, name);
}

static void a_library_of_the_coordinator_alone_is_none_of_the_cluster(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    begin_faults(store);
    assert_backend(store, false, "postgres with citus");
    run_sql(store, "CREATE SCHEMA reelvec_not_spread");
    run_sql(store, "CREATE TABLE reelvec_not_spread.library (id int PRIMARY KEY)");
    run_sql(store, "SET LOCAL search_path TO reelvec_not_spread, public");
    assert_backend(store, false, "postgres");
    assert_backend(store, true, "postgres with citus");
    run_sql(store, "SELECT citus_add_local_table_to_metadata('library')");
    assert_backend(store, false, "postgres");
    end_faults(store);
    assert_backend(store, false, "postgres with citus");
}

/* A coordinator that trusts this machine asks for no password. */
static void a_user_that_is_not_there_is_refused_as_one(void **state)
{
    PostgresPlace place;
    char uri[700];
    Store *store = NULL;
    postgres_admin_place(((Fixture *)*state)->uri, &place);
    snprintf(uri, sizeof uri, "postgresql://reelvec_nobody@%s:%s/%s", place.host, place.port, place.database);
    assert_refused(rv_store_open(uri, NULL, &store, err), RV_ERROR_IO, "check user");
}

/* ---- a worker that does not answer -------------------------------------------------------------------- */

static int64_t count_of_the_victim(Store *store)
{
    return integer(store, "SELECT count(*) FROM videos JOIN pg_dist_placement ON shardid = "
                          "get_shard_id_for_distribution_column('frames', video_id) WHERE groupid = " VICTIM);
}

static void assert_unreachable(Store *store, int64_t expected)
{
    int64_t *ids = NULL, asked[VIDEO_COUNT + 1];
    size_t count = 0, found = 0;
    for (int i = 0; i <= VIDEO_COUNT; i++)
        asked[i] = i + 1;
    assert_ok(rv_store_unreachable(store, asked, VIDEO_COUNT + 1, &ids, &count, err));
    assert_int_equal(count, expected);
    // Each alone.
    for (size_t i = 0; i <= VIDEO_COUNT; i++) {
        int64_t *one = NULL;
        size_t one_count = 0;
        assert_ok(rv_store_unreachable(store, &asked[i], 1, &one, &one_count, err));
        assert_true(one_count == 0 || one[0] == asked[i]);
        found += one_count;
        free(one);
    }
    free(ids);
    assert_int_equal(found, expected);
}

static void videos_of_a_silent_or_inactive_worker_are_unreachable(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    add_videos(store);
    int64_t count = count_of_the_victim(store);
    assert_in_range(count, 1, VIDEO_COUNT);
    assert_unreachable(store, 0);
    begin_faults(store);
    // The secondary has the same shards, but Citus does not read them from it.
    run_sql(store, "SELECT citus_add_secondary_node('127.0.0.1', 2, nodename, nodeport) FROM pg_dist_node "
                   "WHERE groupid = " VICTIM);
    assert_unreachable(store, 0);
    run_sql(store, "UPDATE pg_dist_node SET nodename = '127.0.0.1', nodeport = 1 WHERE noderole = 'primary' "
                   "AND groupid = " VICTIM);
    assert_unreachable(store, count);
    end_faults(store);
    begin_faults(store);
    run_sql(store, "UPDATE pg_dist_node SET isactive = false WHERE groupid = " VICTIM);
    assert_unreachable(store, count);
    end_faults(store);
    assert_unreachable(store, 0);
}

static void a_silent_worker_is_named(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    float vector[TEST_DIMENSIONS];
    add_videos(store);
    int64_t id = integer(store, "SELECT min(video_id) FROM videos JOIN pg_dist_placement ON shardid = "
                                "get_shard_id_for_distribution_column('frames', video_id) "
                                "WHERE groupid = " VICTIM);
    int64_t other = integer(store, "SELECT min(video_id) FROM videos JOIN pg_dist_placement ON shardid = "
                                   "get_shard_id_for_distribution_column('frames', video_id) "
                                   "WHERE groupid <> " VICTIM);
    begin_faults(store);
    run_sql(store, "UPDATE pg_dist_node SET nodename = '127.0.0.1', nodeport = 1 WHERE groupid = " VICTIM);
    assert_ok(rv_store_embedding(store, other, 1, vector, TEST_DIMENSIONS, err));
    assert_refused_with_hint(rv_store_embedding(store, id, 1, vector, TEST_DIMENSIONS, err), RV_ERROR_NETWORK,
                             "the worker 127.0.0.1:1 of the cluster does not answer", RV_HINT_PARTIAL);
    end_faults(store);
    assert_ok(rv_store_embedding(store, id, 1, vector, TEST_DIMENSIONS, err));
}

/* ---- what is asked of every shard --------------------------------------------------------------------- */

static void count_unchecked(void *user, const char *line)
{
    int count = 0;
    if (sscanf(line, "database: the indexes of %d shards could not be checked (", &count) != 1 ||
        *(int *)user != 0)
        fail_msg("%s", line);
    *(int *)user = count; // one line for all of them
}

static int unchecked_shards(Store *store)
{
    int count = 0;
    assert_ok(store->backend->check(store, count_unchecked, &count, err));
    return count;
}

static void verify_names_the_shards_that_it_could_not_ask(void **state)
{
    Store *store = ((Fixture *)*state)->store;
    claim(store);
    assert_int_equal(unchecked_shards(store), 0);
    begin_faults(store);
    run_sql(store, "UPDATE pg_dist_node SET nodename = '127.0.0.1', nodeport = 1 WHERE groupid = " VICTIM);
    int64_t shards =
        integer(store, "SELECT count(*) FROM pg_dist_placement JOIN pg_dist_shard USING (shardid) "
                       "WHERE logicalrelid = 'frames'::regclass AND groupid = " VICTIM);
    assert_int_equal(unchecked_shards(store), shards);
    assert_true(shards > 0);
    end_faults(store);
}

static void a_schema_may_have_an_apostrophe(void **state)
{
    Fixture *fixture = *state;
    char sql[200], uri[4300];
    Store *store = NULL;
    RvAnnInfo info = {0};
    const char *cluster = getenv(fixture->backend->variable);
    snprintf(sql, sizeof sql, "CREATE SCHEMA \"%s's\"", fixture->name);
    run_sql(fixture->store, sql);
    snprintf(uri, sizeof uri, "%s%coptions=-csearch_path%%3D%%22%s%%27s%%22%%2Cpublic", cluster,
             strchr(cluster, '?') != NULL ? '&' : '?', fixture->name);
    assert_ok(rv_store_open(uri, &create_options, &store, err));
    add_videos(store);
    assert_ok(rv_store_ann_build(store, &(RvAnnOptions){.kind = "hnsw"}, err));
    assert_ok(rv_store_ann_info(store, &info, err));
    assert_true(info.size_bytes > 0);
    begin_faults(store);
    run_sql(store, "UPDATE pg_dist_node SET nodename = '127.0.0.1', nodeport = 1 WHERE groupid = " VICTIM);
    assert_ok(rv_store_ann_info(store, &info, err));
    assert_int_equal(info.size_bytes, 0); // not the size of what the others have
    end_faults(store);
    assert_int_equal(unchecked_shards(store), 0);
    rv_store_close(store);
    snprintf(sql, sizeof sql, "DROP SCHEMA \"%s's\" CASCADE", fixture->name);
    run_sql(fixture->store, sql);
}

/* ---- two libraries in one database -------------------------------------------------------------------- */

static void a_claim_holds_up_only_its_own_library(void **state)
{
    Fixture *fixture = *state;
    Store *claiming = fixture->store, *writer = NULL, *own = NULL;
    char name[80], uri[4300], limited[4400];
    snprintf(name, sizeof name, "%s_other", fixture->name);
    make_server_library(fixture->backend, name, uri, sizeof uri);
    snprintf(limited, sizeof limited, "%s&answer_timeout=3", uri);
    assert_ok(rv_store_open(limited, &create_options, &writer, err));
    add_videos(writer);
    claim(claiming);
    int64_t id = begin(claiming, "/a.mp4");
    snprintf(limited, sizeof limited, "%s&answer_timeout=3", fixture->uri);
    assert_ok(rv_store_open(limited, NULL, &own, err));
    claim(own);
    begin_faults(claiming);
    run_sql(claiming, claiming->backend->link->words->hold_claim);
    put(writer, 1, 3, 2);
    assert_refused(put_test_frames(own, id, 1, 2, TEST_DIMENSIONS, err), RV_ERROR_NETWORK, "");
    end_faults(claiming);
    rv_store_close(own);
    rv_store_close(writer);
    drop_server_library(fixture->backend, name);
}

/* ---- cases -------------------------------------------------------------------------------------------- */

int main(void)
{
    static const BackendCase cases[] = {
        CASE(a_coordinator_without_an_address_gets_no_library),
#ifdef REELVEC_WITH_POSTGRES
        CASE(a_cluster_without_workers_is_told),
#endif
        CASE(info_tells_how_the_rows_are_spread),
        CASE(a_library_of_the_coordinator_alone_is_none_of_the_cluster),
        CASE(a_user_that_is_not_there_is_refused_as_one),
        CASE(videos_of_a_silent_or_inactive_worker_are_unreachable),
        CASE(a_silent_worker_is_named),
        CASE(verify_names_the_shards_that_it_could_not_ask),
        CASE(a_schema_may_have_an_apostrophe),
        CASE(a_claim_holds_up_only_its_own_library),
    };
    return run_on_backends("store_citus", CLUSTER, cases, sizeof cases / sizeof cases[0]);
}
