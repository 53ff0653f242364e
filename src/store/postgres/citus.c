/* SPDX-License-Identifier: MIT */
/* PostgreSQL library on a cluster of the extension Citus: what differs from a single server.
 *
 * The coordinator, to which reelvec connects, passes statements on to the workers. `frames` and `frame_pictures`
 * are distributed: the rows of one video are in one shard, and each worker has some of the shards. `library` and
 * `videos` are reference tables, of which every node has a copy. Everything else is on the coordinator alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "base/mem.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/sql_model.h"
#include "store/sql/text_escape.h"

#define CHECKED_SHARDS_MAX 100000
#define LISTED_VIDEOS_MAX ((size_t)INT32_MAX)
#define LISTED_BYTES_MAX ((size_t)1 << 30)

/* ---- recognising -------------------------------------------------------------------------------------- */

static bool is_true(const ServerAnswer *answer, size_t column)
{
    const char *value = rv_answer_value(answer, 0, column, NULL);
    return value != NULL && value[0] == 't';
}

RvStatus rv_citus_look(PostgresStore *store, bool empty, RvError *err)
{
    enum { IS_WORKER, COORDINATOR, HAS_WORKERS, IS_SPREAD, COLUMN_COUNT };
    ServerAnswer answer = rv_answer(COLUMN_COUNT, 1);
    RvStatus status = rv_postgres_query(
        store,
        "SELECT (SELECT groupid FROM pg_dist_local_group LIMIT 1) <> 0, "
        "(SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE groupid = 0 LIMIT 1), "
        "EXISTS (SELECT 1 FROM pg_dist_node WHERE groupid <> 0), "
        "EXISTS (SELECT 1 FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid "
        "JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE relname = 'library' AND repmodel = 't' AND nspname = current_schema())",
        NULL, false, &answer, err);
    const char *coordinator = rv_answer_value(&answer, 0, COORDINATOR, NULL);
    store->has_workers = is_true(&answer, HAS_WORKERS);
    if (status == RV_OK && is_true(&answer, IS_WORKER))
        status = rv_error_set(err, RV_ERROR_UNSUPPORTED,
                              "%s: this server is a worker of a Citus cluster; give the address of the "
                              "cluster's coordinator%s%.200s",
                              store->base.uri, coordinator != NULL ? ", " : "",
                              coordinator != NULL ? coordinator : "");
    // Without its address the coordinator has no copies of reference tables, and what joins them with its own
    // tables fails. Where there are no workers, Citus adds it by itself.
    else if (status == RV_OK && empty && coordinator == NULL && store->has_workers)
        status = rv_error_set(err, RV_ERROR_UNSUPPORTED,
                              "%s: the Citus cluster does not know its coordinator; run SELECT "
                              "citus_set_coordinator_host('HOST', PORT) in this database first",
                              store->base.uri);
    // A library that was made before the extension stays on the coordinator alone, as on any server, also if
    // Citus knows its tables. What was empty when it was looked at before may be one since.
    else if (status == RV_OK)
        store->base.backend =
            empty || is_true(&answer, IS_SPREAD) ? &store_citus_backend : &store_postgres_backend;
    rv_answer_clear(&answer);
    return status;
}

/* ---- tables ------------------------------------------------------------------------------------------- */

static RvStatus run_steps(PostgresStore *store, const char *const *steps, size_t count, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < count; i++)
        status = rv_postgres_query(store, steps[i], NULL, false, NULL, err);
    return status;
}

RvStatus rv_citus_spread_tables(PostgresStore *store, RvError *err)
{
    static const char *const steps[] = {
        "SELECT create_reference_table('library')",
        "SELECT create_reference_table('videos')",
    };
    if (!store->has_workers)
        rv_log_line(&store->base.log, RV_LOG_WARNING,
                    "%s: the Citus cluster has no workers, so all of the library will be on the coordinator; "
                    "citus_add_node('HOST', PORT) adds one, citus_rebalance_start() brings rows to it",
                    store->base.uri);
    return run_steps(store, steps, sizeof steps / sizeof steps[0], err);
}

/* Citus cannot change how a column of a distributed table is stored, so the tables, which are empty, are made
 * again: first as tables of the coordinator, then distributed. Meanwhile Citus must not take them for its
 * own, which it does if they have a foreign key to a reference table, and a table of the coordinator cannot
 * have one to a distributed table. */
RvStatus rv_citus_set_dimensions(Store *base, int before, const ModelIdentity *wanted, RvError *err)
{
    char column[POSTGRES_COLUMN_SQL_MAX];
    if (before == wanted->dimensions)
        return RV_OK;
    rv_postgres_describe_column(wanted->dimensions, column);
    const char *const steps[] = {
        "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off",
        "DROP VIEW frames_with_pictures",
        "DROP TABLE frame_pictures, frames",
        rv_schema_statement(rv_postgres_schema, "frames"),
        rv_schema_statement(rv_postgres_schema, "frame_pictures"),
        "ALTER TABLE frame_pictures DROP CONSTRAINT frame_pictures_video_id_frame_number_fkey, "
        "ALTER COLUMN frame_data SET STORAGE EXTERNAL",
        column,
        // The number of shards is the administrator's, if one has set it.
        "SELECT create_distributed_table('frames', 'video_id', shard_count => (SELECT CASE WHEN source = 'default' "
        "THEN greatest(" CITUS_SHARDS_PER_WORKER ", " CITUS_SHARDS_PER_WORKER " * (SELECT count(*)::int FROM "
        "pg_dist_node WHERE noderole = 'primary' AND shouldhaveshards)) ELSE setting::int END "
        "FROM pg_settings WHERE name = 'citus.shard_count'))",
        "SELECT create_distributed_table('frame_pictures', 'video_id', colocate_with => 'frames')",
        "ALTER TABLE frame_pictures ADD FOREIGN KEY (video_id, frame_number) "
        "REFERENCES frames (video_id, frame_number) ON DELETE CASCADE",
        rv_schema_statement(rv_postgres_schema, "frames_with_pictures"),
    };
    return run_steps((PostgresStore *)base, steps, sizeof steps / sizeof steps[0], err);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

/* Read a video's rows in blocks by their numbers. A cursor would bring all of them to the coordinator first.
 * Each statement names the video, so it is a statement of one shard. */
static RvStatus visit_video(PostgresStore *store, int64_t video_id, int64_t first, int64_t last,
                            size_t block_rows, FrameRowCallback callback, void *user, RvError *err)
{
    RvStatus status = RV_OK;
    bool more = first <= last;
    while (status == RV_OK && more) {
        ServerAnswer answer = rv_answer(4, block_rows);
        uint64_t number = 0;
        char sql[300];
        snprintf(sql, sizeof sql,
                 "SELECT video_id, frame_number, time, embedding_data FROM frames WHERE video_id = %lld "
                 "AND frame_number BETWEEN %lld AND %lld ORDER BY frame_number LIMIT %zu",
                 (long long)video_id, (long long)first, (long long)last, block_rows);
        status = rv_postgres_query(store, sql, NULL, true, &answer, err);
        // The table's own check keeps numbers within STORE_MAX_FRAME_NUMBER.
        more = status == RV_OK && answer.rows == block_rows &&
               rv_postgres_read_u64(&answer, answer.rows - 1, 1, &number) && number < (uint64_t)last;
        first = (int64_t)number + 1;
        if (status == RV_OK)
            status = rv_postgres_hand_rows(&answer, callback, user, err);
        rv_answer_clear(&answer);
    }
    return status;
}

/* The numbers of the videos in a range of keys, in order. No row of frames is without its video. */
static RvStatus list_videos(PostgresStore *store, const KeyRange *range, ServerAnswer *out, RvError *err)
{
    char sql[200];
    *out = rv_answer(1, LISTED_VIDEOS_MAX);
    out->max_bytes = LISTED_BYTES_MAX;
    snprintf(sql, sizeof sql,
             "SELECT video_id FROM videos WHERE video_id BETWEEN %lld AND %lld ORDER BY video_id",
             (long long)rv_store_key_video(range->first), (long long)rv_store_key_video(range->last));
    return rv_postgres_query(store, sql, NULL, true, out, err);
}

static RvStatus visit_range(PostgresStore *store, const KeyRange *range, FrameRowCallback callback,
                            void *user, RvError *err)
{
    ModelIdentity identity = {0};
    ServerAnswer videos = {0};
    bool present = false;
    int64_t first_video = rv_store_key_video(range->first), last_video = rv_store_key_video(range->last);
    RvStatus status = rv_sql_get_identity(&store->base, &identity, &present, err);
    size_t block_rows = rv_store_block_rows(identity.dimensions);
    if (status == RV_OK && first_video == last_video)
        return visit_video(store, first_video, rv_store_key_frame(range->first),
                           rv_store_key_frame(range->last), block_rows, callback, user, err);
    if (status == RV_OK)
        status = list_videos(store, range, &videos, err);
    for (size_t row = 0; status == RV_OK && row < videos.rows; row++) {
        uint64_t id = 0;
        rv_postgres_read_u64(&videos, row, 0, &id);
        bool is_first = (int64_t)id == first_video, is_last = (int64_t)id == last_video;
        status = visit_video(store, (int64_t)id, is_first ? rv_store_key_frame(range->first) : 0,
                             is_last ? rv_store_key_frame(range->last) : STORE_MAX_FRAME_NUMBER, block_rows,
                             callback, user, err);
    }
    rv_answer_clear(&videos);
    return status;
}

/* All blocks are read in one transaction, so that they are of one state. */
RvStatus rv_citus_visit_frames(Store *base, const KeyRange *range, FrameRowCallback callback, void *user,
                               RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    if (store->in_transaction)
        return visit_range(store, range, callback, user, err);
    RvStatus status = rv_postgres_begin(store, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    if (status != RV_OK)
        return status;
    return rv_postgres_end(store, visit_range(store, range, callback, user, err), err);
}

/* ---- the cluster as a whole --------------------------------------------------------------------------- */

RvStatus rv_citus_size_bytes(Store *base, int64_t *out, RvError *err)
{
    return rv_postgres_integer(
        (PostgresStore *)base,
        "SELECT citus_total_relation_size('library') + citus_total_relation_size('videos') + "
        "citus_total_relation_size('frames') + citus_total_relation_size('frame_pictures')",
        "size", out, err);
}

RvStatus rv_citus_describe(Store *base, RvLibraryInfo *out, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    ServerAnswer answer = rv_answer(2, 1);
    int64_t workers = 0, shards = 0;
    RvStatus status = rv_postgres_query(
        store,
        "SELECT count(DISTINCT groupid) FILTER (WHERE groupid <> 0), count(DISTINCT shardid) FROM pg_dist_shard "
        "JOIN pg_dist_placement USING (shardid) WHERE logicalrelid = 'frames'::regclass",
        NULL, false, &answer, err);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, base, 0, 0, "workers", 0, INT32_MAX, &workers, err);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, base, 0, 1, "shards", 0, INT32_MAX, &shards, err);
    rv_answer_clear(&answer);
    snprintf(out->schema, sizeof out->schema, "%s", store->schema);
    out->worker_count = (int)workers;
    out->shard_count = (int)shards;
    return status;
}

/* An index of a shard is named after the shard. Citus puts its name into the statement as format() does. 0,
 * which stands for a size that is not known, if a shard could not be asked. */
RvStatus rv_citus_ann_size_bytes(Store *base, int64_t *out, RvError *err)
{
    return rv_postgres_integer(
        (PostgresStore *)base,
        "SELECT CASE WHEN bool_and(success) THEN sum(CASE WHEN success THEN result::bigint END) ELSE 0 END::bigint "
        "FROM run_command_on_shards('frames', "
        "$$SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = %L::regclass "
        "AND starts_with(relname, '" POSTGRES_ANN_INDEX "')$$)",
        "index", out, err);
}

/* Shards whose indexes are not complete, and in one line those that could not be asked. */
RvStatus rv_citus_check(Store *base, void (*fault)(void *user, const char *line), void *user, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    ServerAnswer answer = rv_answer(4, CHECKED_SHARDS_MAX);
    RvStatus status = rv_postgres_query(
        store,
        "SELECT count(*), min(shardid), success, min(result) FROM run_command_on_shards('frames', "
        "$$SELECT coalesce(string_agg(relname, ', '), '') FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE NOT indisvalid AND indrelid = %L::regclass$$) WHERE NOT success OR result <> '' "
        "GROUP BY success, CASE WHEN success THEN shardid END ORDER BY success, min(shardid)",
        NULL, false, &answer, err);
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        RvError line = {0};
        char said[400];
        const char *count = rv_answer_value(&answer, row, 0, NULL),
                   *shard = rv_answer_value(&answer, row, 1, NULL),
                   *success = rv_answer_value(&answer, row, 2, NULL),
                   *result = rv_answer_value(&answer, row, 3, NULL);
        rv_store_one_line(result != NULL ? result : "?", said, sizeof said);
        if (success != NULL && success[0] == 't')
            rv_error_set(
                &line, RV_ERROR_FORMAT,
                "database: shard %.20s: the index %.300s is not complete; drop it and build it again",
                shard != NULL ? shard : "?", said);
        else
            rv_error_set(&line, RV_ERROR_FORMAT,
                         "database: the indexes of %.20s shards could not be checked (%.300s)",
                         count != NULL ? count : "?", said);
        fault(user, line.message);
    }
    rv_answer_clear(&answer);
    return status;
}

/* ---- workers that do not answer ----------------------------------------------------------------------- */

#define WORKER_WAIT_MIN_MS 10
#define WORKER_WAIT_MAX_MS 3600000

/* Half of the time, so that the other half is left for the workers that answer. Never longer than the
 * administrator's own setting. */
RvStatus rv_citus_limit_wait(Store *base, double timeout_s, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    double wait_ms = timeout_s * 1000 / 2;
    char sql[300];
    int wanted_ms = !(wait_ms > 0 && wait_ms <= WORKER_WAIT_MAX_MS) ? 0
                    : wait_ms > WORKER_WAIT_MIN_MS                  ? (int)wait_ms
                                                                    : WORKER_WAIT_MIN_MS;
    if (wanted_ms == store->worker_wait_ms)
        return RV_OK;
    snprintf(
        sql, sizeof sql,
        "SELECT set_config(name, CASE WHEN %d = 0 THEN reset_val ELSE least(%d, reset_val::int)::text END, "
        "false) FROM pg_settings WHERE name = 'citus.node_connection_timeout'",
        wanted_ms, wanted_ms);
    RvStatus status = rv_postgres_query(store, sql, NULL, false, NULL, err);
    store->worker_wait_ms = status == RV_OK ? wanted_ms : store->worker_wait_ms;
    return status;
}

static RvStatus ask_for_silent_videos(PostgresStore *store, ServerAnswer *out, RvError *err)
{
    *out = rv_answer(2, LISTED_VIDEOS_MAX);
    out->max_bytes = LISTED_BYTES_MAX;
    // If shards are replicated, a video is reachable as long as one of its workers is. A secondary does not
    // count: Citus does not read from it. Inactive workers are not asked, and are not read from either.
    return rv_postgres_query(
        store,
        "SELECT video_id, string_agg(nodename || ':' || nodeport, ', ') "
        "FROM videos JOIN pg_dist_placement ON "
        "shardid = get_shard_id_for_distribution_column('frames', video_id) JOIN pg_dist_node USING (groupid) "
        "LEFT JOIN (SELECT nodename, nodeport FROM run_command_on_workers('SELECT 1') WHERE NOT success) "
        "AS silent USING (nodename, nodeport) WHERE noderole = 'primary' "
        "GROUP BY video_id HAVING bool_and(silent.nodename IS NOT NULL OR NOT isactive) ORDER BY video_id",
        NULL, false, out, err);
}

RvStatus rv_citus_unreachable(Store *base, const int64_t *asked, size_t asked_count, int64_t **ids,
                              size_t *count, RvError *err)
{
    ServerAnswer answer;
    const char *worker = NULL; // of the first of them
    RvStatus status = ask_for_silent_videos((PostgresStore *)base, &answer, err);
    *count = 0;
    *ids = status == RV_OK ? rv_mem_alloc(answer.rows + 1, sizeof **ids, err) : NULL;
    if (status == RV_OK && *ids == NULL)
        status = RV_ERROR_MEMORY;
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        int64_t id = 0;
        status = rv_answer_integer(&answer, base, row, 0, "videos", 1, STORE_MAX_VIDEO_ID, &id, err);
        size_t at = rv_find_first(asked, asked_count, sizeof *asked, 0, id);
        if (status != RV_OK || at == asked_count || asked[at] != id)
            continue;
        worker = worker != NULL ? worker : rv_answer_value(&answer, row, 1, NULL);
        (*ids)[(*count)++] = id;
    }
    if (status != RV_OK) {
        free(*ids);
        *ids = NULL;
        *count = 0;
    } else if (*count > 0) {
        rv_log_line(&base->log, RV_LOG_WARNING,
                    "%s: the worker %.200s does not answer: %zu of %zu videos cannot be searched", base->uri,
                    worker != NULL ? worker : "?", *count, asked_count);
    }
    rv_answer_clear(&answer);
    return status;
}
