/* SPDX-License-Identifier: MIT */
/* The tables of operations of SQLite's libraries, in a file and in memory. */
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/sql/sql_model.h"
#include "store/sql/sql_note.h"
#include "store/sql/sql_picture.h"
#include "store/sql/sql_video.h"

#define INTEGRITY_FAULTS_MAX 100
// There is no need to wait longer for readers at a checkpoint: the next writer's checkpoint does the rest.
#define CHECKPOINT_WAIT_MS 100
#define BUSY_WAIT_MS 5000

/* ---- opening ------------------------------------------------------------------------------------------ */

static void sqlite_close(Store *base)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_finalize(store->last);
    sqlite3_finalize(store->frames);
    sqlite3_close_v2(store->db);
    free(base->uri);
    free(store);
}

static RvStatus open_kind(const StoreBackend *backend, const char *uri, const StoreOptions *options,
                          Store **out, RvError *err)
{
    SqliteStore *store = rv_mem_alloc(1, sizeof *store, err);
    if (store == NULL)
        return RV_ERROR_MEMORY;
    store->base = (Store){.backend = backend, .log = options->log};
    store->base.uri = rv_mem_copy_string(uri, err);
    RvStatus status = store->base.uri != NULL ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK)
        status = backend == &store_memory_backend ? rv_sqlite_open_memory(store, options, err)
                                                  : rv_sqlite_open_file(store, options, err);
    if (status != RV_OK) {
        sqlite_close(&store->base);
        return status;
    }
    *out = &store->base;
    return RV_OK;
}

static RvStatus sqlite_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    return open_kind(&store_sqlite_backend, uri, options, out, err);
}

static RvStatus memory_open(const char *uri, const StoreOptions *options, Store **out, RvError *err)
{
    return open_kind(&store_memory_backend, uri, options, out, err);
}

/* ---- the whole library -------------------------------------------------------------------------------- */

static RvStatus sqlite_begin_snapshot(Store *base, RvError *err)
{
    return rv_sqlite_run((SqliteStore *)base, "BEGIN", err);
}

static void sqlite_end_snapshot(Store *base)
{
    // Nothing was written: committing only ends the reading.
    sqlite3_exec(((SqliteStore *)base)->db, "COMMIT", NULL, NULL, NULL);
}

static RvStatus sqlite_size_bytes(Store *base, int64_t *out, RvError *err)
{
    struct stat facts;
    if (stat(base->uri, &facts) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", base->uri, strerror(errno));
    *out = facts.st_size;
    Buffer name;
    rv_buffer_init(&name, 1 << 16);
    RvStatus status = rv_buffer_append_format(&name, err, "%s-wal", base->uri);
    if (status == RV_OK && stat((const char *)name.bytes, &facts) == 0)
        *out += facts.st_size;
    rv_buffer_clear(&name);
    return status;
}

static RvStatus memory_size_bytes(Store *base, int64_t *out, RvError *err)
{
    return rv_sqlite_integer((SqliteStore *)base,
                             "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", 0, out,
                             err);
}

/* Move the last pages into the free ones, cut the file, and empty the log. The video is already deleted. A
 * failure only leaves free pages for later rows, so it is a warning. */
static void give_space_back(SqliteStore *store)
{
    RvError err = {0};
    RvStatus status = rv_sqlite_run(store, "PRAGMA incremental_vacuum", &err);
    sqlite3_busy_timeout(store->db, CHECKPOINT_WAIT_MS);
    if (status == RV_OK)
        status = rv_sqlite_run(store, "PRAGMA wal_checkpoint(TRUNCATE)", &err);
    sqlite3_busy_timeout(store->db, BUSY_WAIT_MS);
    if (status != RV_OK)
        rv_log_line(&store->base.log, RV_LOG_WARNING, "%s: the freed space stays in the file for now: %s",
                    store->base.uri, err.message);
}

static RvStatus sqlite_remove_video(Store *base, int64_t video_id, RvError *err)
{
    RvStatus status = rv_sql_remove_video(base, video_id, err);
    if (status == RV_OK)
        give_space_back((SqliteStore *)base);
    return status;
}

/* Pass every row of a check to `fault` as one line, with the columns joined by ", ". */
static RvStatus report_rows(SqliteStore *store, const char *sql, const char *what,
                            void (*fault)(void *user, const char *line), void *user, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    RvStatus status = rv_sqlite_prepare(store, sql, &statement, err);
    while (status == RV_OK) {
        status = rv_sqlite_step(store, statement, &row, err);
        if (status != RV_OK || !row)
            break;
        const char *first = (const char *)sqlite3_column_text(statement, 0);
        if (sqlite3_column_count(statement) == 1 && first != NULL && strcmp(first, "ok") == 0)
            continue;
        RvError line = {0};
        rv_error_set(&line, RV_ERROR_FORMAT, "%s: %s", what, first != NULL ? first : "?");
        for (int i = 1; i < sqlite3_column_count(statement) && i < 3; i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            rv_error_set(&line, RV_ERROR_FORMAT, "%s, %s", line.message, text != NULL ? text : "?");
        }
        fault(user, line.message);
    }
    sqlite3_finalize(statement);
    return status;
}

#define TEXT_OF(number) #number
#define VALUE_TEXT(macro) TEXT_OF(macro)

static RvStatus sqlite_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                             RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    RvStatus status = report_rows(store, "PRAGMA integrity_check(" VALUE_TEXT(INTEGRITY_FAULTS_MAX) ")",
                                  "database", fault, user, err);
    if (status == RV_OK)
        status = report_rows(store, "PRAGMA foreign_key_check", "row without its parent (table, row, parent)",
                             fault, user, err);
    return status;
}

// Made by search/ out of the codes.
static const AnnKind ann_kinds[] = {
    {"ivf",
     STORE_MAX_DIMENSIONS,
     {{"lists", 1, 65536}, {"probes", 1, 65536}, {"seed", 0, INT32_MAX}, {NULL, 0, 0}}},
    {NULL, 0, {{NULL, 0, 0}}}};

#define COMMON_FUNCTIONS                                                                                     \
    SQL_VIDEO_FUNCTIONS, SQL_MODEL_FUNCTIONS, SQL_NOTE_FUNCTIONS,                                            \
        .link = &rv_sqlite_link, .close = sqlite_close, .begin_snapshot = sqlite_begin_snapshot,             \
        .end_snapshot = sqlite_end_snapshot, .put_frames = rv_sqlite_put_frames,                             \
        .visit_frames = rv_sqlite_visit_frames, .count_frames = rv_sqlite_count_frames,                      \
        .created = rv_sql_created, .picture = rv_sql_picture, .check = sqlite_check,                         \
        .remove_video = sqlite_remove_video

const StoreBackend store_sqlite_backend = {
    .name = "sqlite",
    .open = sqlite_open,
    COMMON_FUNCTIONS,
    .size_bytes = sqlite_size_bytes,
    .derived = &rv_sqlite_derived,
    .ann_kinds = ann_kinds,
};

// It has no files beside it, so no derived data and no index.
const StoreBackend store_memory_backend = {
    .name = "memory",
    .open = memory_open,
    COMMON_FUNCTIONS,
    .size_bytes = memory_size_bytes,
};
