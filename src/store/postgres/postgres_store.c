/* SPDX-License-Identifier: MIT */
/* A library in PostgreSQL with pgvector: opening, snapshots, the database's own checks. */
#include "store/postgres/postgres_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_model.h"
#include "store/sql/sql_note.h"
#include "store/sql/sql_picture.h"
#include "store/sql/sql_video.h"
#include "store/sql/text_escape.h"

#define CHECKED_INDEXES_MAX 10000

static void postgres_close(Store *base)
{
    PostgresStore *store = (PostgresStore *)base;
    PQfinish(store->connection);
    free(base->uri);
    free(store);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

/* If the server is a replica, or the user may only read, the library opens for reading. */
static RvStatus find_read_only(PostgresStore *store, RvError *err)
{
    ServerAnswer answer = rv_answer(2, 1);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT pg_is_in_recovery(), NOT (has_table_privilege('videos', 'INSERT') "
                          "AND has_table_privilege('frames', 'INSERT'))",
                          NULL, false, &answer, err);
    const char *is_copy = rv_answer_value(&answer, 0, 0, NULL),
               *is_reader = rv_answer_value(&answer, 0, 1, NULL);
    if (status == RV_OK && is_copy != NULL && is_copy[0] == 't')
        store->base.read_only_why = "this server is a read-only copy";
    else if (status == RV_OK && is_reader != NULL && is_reader[0] == 't')
        store->base.read_only_why =
            "this user lacks the right to INSERT into its tables, which their owner can GRANT";
    store->base.read_only = store->base.read_only || store->base.read_only_why != NULL;
    rv_answer_clear(&answer);
    return status;
}

static RvStatus open_library(PostgresStore *store, const char *uri, const StoreOptions *options, RvError *err)
{
    bool empty = false;
    RvStatus status = rv_postgres_connect(store, uri, options->create, err);
    if (status == RV_OK)
        status = rv_postgres_check_schema(store, &empty, err);
    if (status == RV_OK && empty)
        status = options->create ? rv_postgres_create_schema(store, err) : rv_postgres_no_library(store, err);
    if (status == RV_OK && !store->base.read_only)
        status = find_read_only(store, err);
    if (status == RV_OK && !store->base.read_only)
        status = rv_postgres_upgrade_schema(store, err);
    return status;
}

static RvStatus postgres_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    PostgresStore *store = rv_mem_alloc(1, sizeof *store, err);
    if (store == NULL)
        return RV_ERROR_MEMORY;
    store->base =
        (Store){.backend = &store_postgres_backend, .log = options->log, .read_only = options->read_only};
    store->base.uri = rv_store_uri_for_show(uri, err);
    RvStatus status = store->base.uri != NULL ? open_library(store, uri, options, err) : RV_ERROR_MEMORY;
    if (status != RV_OK) {
        postgres_close(&store->base);
        return status;
    }
    *out = &store->base;
    return RV_OK;
}

/* ---- the whole library -------------------------------------------------------------------------------- */

static RvStatus postgres_begin_snapshot(Store *base, RvError *err)
{
    return rv_postgres_begin((PostgresStore *)base, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
}

static void postgres_end_snapshot(Store *base)
{
    rv_postgres_end((PostgresStore *)base, RV_OK, NULL);
}

static RvStatus postgres_size_bytes(Store *base, int64_t *out, RvError *err)
{
    return rv_postgres_integer(
        (PostgresStore *)base,
        "SELECT pg_total_relation_size('library') + pg_total_relation_size('videos') + "
        "pg_total_relation_size('frames') + pg_total_relation_size('frame_pictures')",
        "size", out, err);
}

static RvStatus postgres_describe(Store *base, RvLibraryInfo *out, RvError *err)
{
    (void)err;
    snprintf(out->schema, sizeof out->schema, "%s", ((PostgresStore *)base)->schema);
    return RV_OK;
}

/* The server itself keeps keys and foreign keys correct. What is checked is an index whose making was
 * interrupted. */
static RvStatus postgres_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                               RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    ServerAnswer answer = rv_answer(1, CHECKED_INDEXES_MAX);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                          "WHERE NOT i.indisvalid AND i.indrelid IN ('library'::regclass, "
                          "'videos'::regclass, 'frames'::regclass, 'frame_pictures'::regclass)",
                          NULL, false, &answer, err);
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        RvError line = {0};
        const char *name = rv_answer_value(&answer, row, 0, NULL);
        rv_error_set(&line, RV_ERROR_FORMAT,
                     "database: the index %.200s is not complete; drop it and build it again",
                     name != NULL ? name : "?");
        fault(user, line.message);
    }
    rv_answer_clear(&answer);
    return status;
}

static const AnnKind ann_kinds[] = {
    [HNSW] = {"hnsw", 2000, {{"m", 2, 100}, {"ef_construction", 4, 1000}}},
    [HNSW_HALFVEC] = {"hnsw-halfvec", 4000, {{"m", 2, 100}, {"ef_construction", 4, 1000}}},
    [IVFFLAT] = {"ivfflat", 2000, {{"lists", 1, 32768}}},
    [IVFFLAT_HALFVEC] = {"ivfflat-halfvec", 4000, {{"lists", 1, 32768}}},
    {0},
};

#define COMMON_FUNCTIONS                                                                                     \
    .open = postgres_open, .close = postgres_close, .begin_snapshot = postgres_begin_snapshot,               \
    .end_snapshot = postgres_end_snapshot, SQL_MODEL_FUNCTIONS, .put_frames = rv_postgres_put_frames,        \
    .picture = rv_sql_picture, .pictures = rv_sql_pictures, .nearest = rv_postgres_nearest,                  \
    .ann_kinds = ann_kinds, .ann_build = rv_postgres_ann_build, .ann_drop = rv_postgres_ann_drop,            \
    .ann_info = rv_postgres_ann_info, SQL_VIDEO_FUNCTIONS, .remove_video = rv_sql_remove_video,              \
    .queue = &rv_postgres_queue, SQL_NOTE_FUNCTIONS

const StoreBackend store_postgres_backend = {
    .name = "postgres",
    COMMON_FUNCTIONS,
    .visit_frames = rv_postgres_visit_frames,
    .size_bytes = postgres_size_bytes,
    .describe = postgres_describe,
    .check = postgres_check,
    .link = &rv_postgres_link,
};

const StoreBackend store_citus_backend = {
    .name = "postgres with citus",
    COMMON_FUNCTIONS,
    .visit_frames = rv_citus_visit_frames,
    .size_bytes = rv_citus_size_bytes,
    .check = rv_citus_check,
    .ann_size_bytes = rv_citus_ann_size_bytes,
    .describe = rv_citus_describe,
    .limit_wait = rv_citus_limit_wait,
    .unreachable = rv_citus_unreachable,
    .link = &rv_citus_link,
};
