/* SPDX-License-Identifier: MIT */
/* SQLite library: making the tables, recognising a library, its notes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"

#define NOTES_SCHEMA 3 // the version that introduced library_notes

/* *empty: there is no table and no mark of ours. The file is empty, or its creation was interrupted after the
 * first page. */
static RvStatus is_empty(SqliteStore *store, bool *empty, RvError *err)
{
    int64_t marks = 1;
    RvStatus status = rv_sqlite_integer(store,
                                        "SELECT (SELECT count(*) FROM sqlite_schema) + "
                                        "(SELECT application_id <> 0 FROM pragma_application_id) + "
                                        "(SELECT user_version <> 0 FROM pragma_user_version)",
                                        1, &marks, err);
    *empty = marks == 0;
    return status;
}

/* The statement of a table in the file must be equal to ours in every byte. So nothing in a foreign schema is
 * ever run. */
static RvStatus check_object(SqliteStore *store, sqlite3_stmt *statement, const SchemaStep *object,
                             RvError *err)
{
    bool row = false;
    sqlite3_bind_text(statement, 1, object->name, -1, SQLITE_STATIC);
    RvStatus status = rv_sqlite_step(store, statement, &row, err);
    const char *sql = status == RV_OK && row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (status == RV_OK && (sql == NULL || strcmp(sql, object->sql) != 0))
        status = rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: %s is %s; another program has changed the library, restore a copy or index again",
            store->base.uri, object->name, sql == NULL ? "missing" : "not as reelvec makes it");
    sqlite3_reset(statement);
    return status;
}

static RvStatus take_library(void *user, const SqlRow *row, RvError *err)
{
    int version = row->store->schema_version;
    int64_t written = 0;
    char *kind = NULL;
    *(bool *)user = true;
    RvStatus status = rv_sql_text(row, 0, "library", &kind, err);
    if (status == RV_OK && strcmp(kind, STORE_LIBRARY_KIND) != 0)
        status = rv_store_unknown_kind(row->store, kind, err);
    free(kind);
    return status == RV_OK ? rv_sql_integer(row, 1, "library", version, version, &written, err) : status;
}

static RvStatus check_library_row(SqliteStore *store, RvError *err)
{
    bool there = false;
    SqlReader reader = {"td", .max_rows = 1, .row = take_library, .user = &there};
    RvStatus status =
        rv_sql_query(&store->base, &reader, err, "SELECT kind, schema_version FROM library WHERE id = 1");
    if (status == RV_OK && !there)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: the library row is missing; restore a copy or index again", store->base.uri);
    return status;
}

static RvStatus check_version(SqliteStore *store, RvError *err)
{
    int64_t application = 0, version = 0;
    int newest = rv_schema_newest(rv_sqlite_schema);
    RvStatus status = rv_sqlite_integer(store, "PRAGMA application_id", 0, &application, err);
    if (status == RV_OK && application != SQLITE_LIBRARY_APPLICATION_ID)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: an SQLite database of another program; choose another file for the library",
                            store->base.uri);
    if (status == RV_OK)
        status = rv_sqlite_integer(store, "PRAGMA user_version", 0, &version, err);
    if (status == RV_OK && version > newest)
        return rv_store_newer_schema(&store->base, version, newest, err);
    if (status == RV_OK && version < 1)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: schema version %lld, which no reelvec has made; restore a copy or index again",
            store->base.uri, (long long)version);
    store->base.schema_version = (int)version;
    store->base.has_notes = version >= NOTES_SCHEMA;
    return status;
}

static RvStatus check_schema(SqliteStore *store, bool *empty, RvError *err)
{
    RvStatus status = is_empty(store, empty, err);
    if (status != RV_OK || *empty)
        return status;
    status = check_version(store, err);
    sqlite3_stmt *statement = NULL;
    if (status == RV_OK)
        status = rv_sqlite_prepare(store, "SELECT sql FROM sqlite_schema WHERE name = ?1", &statement, err);
    for (const SchemaStep *step = rv_sqlite_schema; status == RV_OK && step->version != 0; step++) {
        if (step->version <= store->base.schema_version)
            status = check_object(store, statement, step, err);
    }
    sqlite3_finalize(statement);
    return status == RV_OK ? check_library_row(store, err) : status;
}

RvStatus rv_sqlite_check_schema(SqliteStore *store, bool *empty, RvError *err)
{
    // In one snapshot: another process may be upgrading the library.
    *empty = false;
    RvStatus status = rv_sqlite_run(store, "BEGIN", err);
    return status == RV_OK ? rv_sqlite_end(store, check_schema(store, empty, err), err) : status;
}

/* ---- making and upgrading ----------------------------------------------------------------------------- */

static RvStatus begin_migration(Store *base, RvError *err)
{
    return rv_sqlite_begin((SqliteStore *)base, err);
}

static RvStatus look_at_version(Store *base, RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    bool empty = false;
    base->schema_version = 0;
    RvStatus status = is_empty(store, &empty, err);
    return status == RV_OK && !empty ? check_version(store, err) : status;
}

static RvStatus execute_step(Store *base, const char *sql, RvError *err)
{
    return rv_sqlite_run((SqliteStore *)base, sql, err);
}

static RvStatus record_version(Store *base, int from, int to, RvError *err)
{
    char sql[500];
    if (from == 0)
        snprintf(sql, sizeof sql,
                 "PRAGMA application_id = %d; PRAGMA user_version = %d; "
                 "INSERT INTO library (id, kind, schema_version, created) "
                 "VALUES (1, '%s', %d, strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now')); "
                 "INSERT INTO library_notes (name, value) VALUES ('" STORE_NOTE_ID "', hex(randomblob(16)))",
                 SQLITE_LIBRARY_APPLICATION_ID, to, STORE_LIBRARY_KIND, to);
    else
        snprintf(sql, sizeof sql, "PRAGMA user_version = %d; UPDATE library SET schema_version = %d", to, to);
    return rv_sqlite_run((SqliteStore *)base, sql, err);
}

static RvStatus end_migration(Store *base, RvStatus status, RvError *err)
{
    return rv_sqlite_end((SqliteStore *)base, status, err);
}

static const SqlMigrations migrations = {
    .steps = rv_sqlite_schema,
    .begin = begin_migration,
    .look = look_at_version,
    .end = end_migration,
    .execute = execute_step,
    .record = record_version,
};

RvStatus rv_sqlite_create_schema(SqliteStore *store, RvError *err)
{
    // Both take effect only before the first page is written, and the second writes it, so they run before
    // our transaction. A row of 512 floats fills a seventh of 16 KiB; in pages of 4 KiB half of each would
    // stay empty.
    RvStatus status = rv_sqlite_run(store, "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL", err);
    return status == RV_OK ? rv_sql_migrate(&store->base, &migrations, err) : status;
}

RvStatus rv_sqlite_upgrade_schema(SqliteStore *store, RvError *err)
{
    bool empty = false;
    if (store->base.schema_version == rv_schema_newest(rv_sqlite_schema))
        return RV_OK;
    RvStatus status = rv_sql_upgrade(&store->base, &migrations, err);
    return status == RV_OK ? rv_sqlite_check_schema(store, &empty, err) : status;
}
