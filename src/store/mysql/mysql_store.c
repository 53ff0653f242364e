/* SPDX-License-Identifier: MIT */
/* A library in MariaDB or SingleStore: opening, snapshots, the database's own checks. */
#include "store/mysql/mysql_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_model.h"
#include "store/sql/sql_note.h"
#include "store/sql/sql_picture.h"
#include "store/sql/sql_video.h"
#include "store/sql/text_escape.h"

static void mysql_close_store(Store *base)
{
    MysqlStore *store = (MysqlStore *)base;
    if (store->connection != NULL)
        mysql_close(store->connection);
    rv_store_clear_address(&store->address);
    free(base->uri);
    free(store);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static RvStatus open_library(MysqlStore *store, const char *uri, const StoreOptions *options, RvError *err)
{
    bool empty = false;
    RvStatus status = rv_mysql_connect(store, uri, options->create, err);
    if (status == RV_OK)
        status = rv_mysql_check_schema(store, &empty, err);
    if (status == RV_OK && empty)
        status =
            options->create ? rv_mysql_create_schema(store, err) : rv_store_no_library(store->base.uri, err);
    if (status == RV_OK && !store->base.read_only)
        status = rv_mysql_upgrade_schema(store, err);
    return status;
}

static RvStatus open_dialect(const char *uri, const StoreOptions *options, const StoreBackend *backend,
                             const MysqlDialect *dialect, Store **out, RvError *err)
{
    MysqlStore *store = rv_mem_alloc(1, sizeof *store, err);
    if (store == NULL)
        return RV_ERROR_MEMORY;
    store->base = (Store){.backend = backend, .log = options->log, .read_only = options->read_only};
    store->dialect = dialect;
    store->base.uri = rv_store_uri_for_show(uri, err);
    RvStatus status = store->base.uri != NULL ? open_library(store, uri, options, err) : RV_ERROR_MEMORY;
    if (status != RV_OK) {
        mysql_close_store(&store->base);
        return status;
    }
    *out = &store->base;
    return RV_OK;
}

static RvStatus mariadb_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    return open_dialect(uri, options, &store_mariadb_backend, &rv_mysql_mariadb, out, err);
}

static RvStatus singlestore_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    return open_dialect(uri, options, &store_singlestore_backend, &rv_mysql_singlestore, out, err);
}

/* ---- the whole library -------------------------------------------------------------------------------- */

static RvStatus mysql_begin_snapshot(Store *base, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    if (store->dialect->begin_snapshot == NULL)
        return RV_OK;
    RvStatus status = rv_mysql_query(store, NULL, err, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    return status == RV_OK ? rv_mysql_begin(store, store->dialect->begin_snapshot, err) : status;
}

static void mysql_end_snapshot(Store *base)
{
    MysqlStore *store = (MysqlStore *)base;
    if (store->in_transaction)
        rv_mysql_end(store, RV_OK, NULL);
}

static RvStatus mysql_size_bytes(Store *base, int64_t *out, RvError *err)
{
    // The sizes of the files, which MariaDB shows to users with the right PROCESS; else its statistics.
    RvStatus status = rv_mysql_integer((MysqlStore *)base,
                                       "SELECT CAST(sum(file_size) AS SIGNED) FROM "
                                       "information_schema.innodb_sys_tablespaces "
                                       "WHERE left(name, length(database()) + 1) = concat(database(), '/')",
                                       0, out, NULL);
    if (status == RV_OK && *out > 0)
        return RV_OK;
    return rv_mysql_integer((MysqlStore *)base,
                            "SELECT CAST(coalesce(sum(data_length + index_length), 0) AS SIGNED) FROM "
                            "information_schema.tables WHERE table_schema = database() AND table_name IN "
                            "('library', 'videos', 'frames', 'frame_pictures')",
                            0, out, err);
}

/* Report rows whose parent is missing. */
static RvStatus mysql_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                            RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    ServerAnswer answer = rv_answer(2, 100);
    RvStatus status =
        rv_mysql_query(store, &answer, err,
                       "SELECT p.video_id, p.frame_number FROM frame_pictures p LEFT JOIN frames f "
                       "ON f.video_id = p.video_id AND f.frame_number = p.frame_number "
                       "WHERE f.video_id IS NULL LIMIT 100");
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        RvError line = {0};
        const char *video = rv_answer_value(&answer, row, 0, NULL),
                   *number = rv_answer_value(&answer, row, 1, NULL);
        rv_error_set(&line, RV_ERROR_FORMAT, "video %.20s, frame %.20s: a picture without its frame",
                     video != NULL ? video : "?", number != NULL ? number : "?");
        fault(user, line.message);
    }
    rv_answer_clear(&answer);
    return status;
}

#define COMMON_FUNCTIONS                                                                                     \
    .close = mysql_close_store, .begin_snapshot = mysql_begin_snapshot, .end_snapshot = mysql_end_snapshot,  \
    SQL_MODEL_FUNCTIONS, SQL_VIDEO_FUNCTIONS, .remove_video = rv_sql_remove_video,                           \
    .put_frames = rv_mysql_put_frames, .visit_frames = rv_mysql_visit_frames, .picture = rv_sql_picture,     \
    .pictures = rv_sql_pictures, .size_bytes = mysql_size_bytes, .check = mysql_check,                       \
    .nearest = rv_mysql_nearest, .ann_build = rv_mysql_ann_build, .ann_drop = rv_mysql_ann_drop,             \
    .ann_info = rv_mysql_ann_info

static const AnnKind mariadb_kinds[] = {
    {"hnsw", 16383, {{"m", 3, 200}}},
    {0},
};

static const AnnKind singlestore_kinds[] = {
    {"auto", STORE_MAX_DIMENSIONS, {{0}}},
    {"ivf-flat", STORE_MAX_DIMENSIONS, {{"nlist", 1, 65536}, {"nprobe", 1, 65536}}},
    {"ivf-pq",
     STORE_MAX_DIMENSIONS,
     {{"nlist", 1, 65536}, {"nprobe", 1, 65536}, {"m", 1, 4096}, {"nbits", 1, 16}}},
    {"ivf-pqfs", STORE_MAX_DIMENSIONS, {{"nlist", 1, 65536}, {"nprobe", 1, 65536}, {"m", 1, 4096}}},
    {"hnsw-flat", STORE_MAX_DIMENSIONS, {{"M", 2, 512}, {"efConstruction", 1, 100000}, {"ef", 1, 100000}}},
    {"hnsw-pq",
     STORE_MAX_DIMENSIONS,
     {{"M", 2, 512}, {"efConstruction", 1, 100000}, {"ef", 1, 100000}, {"m", 1, 4096}, {"nbits", 1, 16}}},
    {0},
};

const StoreBackend store_mariadb_backend = {
    .name = "mariadb",
    .open = mariadb_open,
    COMMON_FUNCTIONS,
    .ann_kinds = mariadb_kinds,
    .link = &rv_mysql_mariadb_link,
    .queue = &rv_mysql_mariadb_queue,
    SQL_NOTE_FUNCTIONS,
};

const StoreBackend store_singlestore_backend = {
    .name = "singlestore",
    .open = singlestore_open,
    COMMON_FUNCTIONS,
    .ann_kinds = singlestore_kinds,
    .link = &rv_mysql_singlestore_link,
};
