/* SPDX-License-Identifier: MIT */
/* MariaDB and SingleStore libraries: making the tables, recognising a library. */
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/mysql/mysql_store.h"

#define LIBRARY_TABLE "library"
#define TABLES_MAX 32 // of these names, in small and large letters

/* ---- making and upgrading ----------------------------------------------------------------------------- */

static RvStatus execute_step(Store *base, const char *sql, RvError *err)
{
    return rv_mysql_run((MysqlStore *)base, sql, strlen(sql), NULL, err);
}

/* The row of `library` comes after the tables of version 1. Another process may be ahead. */
static RvStatus record_version(Store *base, int from, int to, RvError *err)
{
    MysqlStore *store = (MysqlStore *)base;
    RvStatus status =
        from == 0
            ? rv_mysql_query(store, NULL, err,
                             "INSERT IGNORE INTO library (id, kind, schema_version, created) "
                             "VALUES (1, %s, %d, now())",
                             STORE_LIBRARY_KIND, (int64_t)to)
            : rv_mysql_query(store, NULL, err,
                             "UPDATE library SET schema_version = %d WHERE id = 1 AND schema_version < %d",
                             (int64_t)to, (int64_t)to);
    if (status == RV_OK && to >= STORE_NOTES_SCHEMA)
        base->has_notes = true;
    return status;
}

static bool is_forbidden(const Store *base)
{
    // The user lacks the right, or the session or the server is read-only.
    static const unsigned errors[] = {
        ER_DBACCESS_DENIED_ERROR,     ER_TABLEACCESS_DENIED_ERROR,
        ER_COLUMNACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR,
        ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
    };
    bool forbidden = false;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        forbidden = forbidden || ((const MysqlStore *)base)->error_number == errors[i];
    return forbidden;
}

static SqlMigrations migrations_of(const MysqlStore *store)
{
    return (SqlMigrations){
        .steps = store->dialect->schema,
        .execute = execute_step,
        .record = record_version,
        .is_forbidden = is_forbidden,
    };
}

RvStatus rv_mysql_create_schema(MysqlStore *store, RvError *err)
{
    SqlMigrations migrations = migrations_of(store);
    return rv_sql_migrate(&store->base, &migrations, err);
}

RvStatus rv_mysql_upgrade_schema(MysqlStore *store, RvError *err)
{
    SqlMigrations migrations = migrations_of(store);
    return rv_sql_upgrade(&store->base, &migrations, err);
}

/* ---- recognising a library ---------------------------------------------------------------------------- */

static RvStatus check_library_row(MysqlStore *store, bool *empty, RvError *err)
{
    ServerAnswer answer = rv_answer(ANSWER_LIBRARY_COUNT, 1);
    RvStatus status =
        rv_mysql_query(store, &answer, err, "SELECT kind, schema_version FROM library WHERE id = 1");
    if (status != RV_OK && store->error_number == ER_BAD_FIELD_ERROR)
        status =
            rv_error_set(err, RV_ERROR_FORMAT,
                         "%s: the database has a table `library` of another program; choose another database",
                         store->base.uri);
    // The tables were not all made. Creating the library continues from there.
    *empty = status == RV_OK && answer.rows == 0;
    if (status == RV_OK && !*empty)
        status = rv_answer_library(&answer, &store->base, rv_schema_newest(store->dialect->schema), err);
    rv_answer_clear(&answer);
    return status;
}

/* List the tables. *there: the first table of a library that the database has; *missing: the first that it
 * lacks; or NULL. A library of version 1 may have library_notes. A later one has it, but if this user may not
 * use it, the server does not list it. */
static RvStatus list_tables(MysqlStore *store, const char **there, const char **missing, RvError *err)
{
    static const char *const names[] = {LIBRARY_TABLE,          "videos",       "frames", "frame_pictures",
                                        "frames_with_pictures", "library_notes"};
    enum { NAME_COUNT = sizeof names / sizeof names[0], NOTES = NAME_COUNT - 1 };
    bool found[NAME_COUNT] = {0};
    ServerAnswer answer = rv_answer(1, TABLES_MAX);
    RvStatus status = rv_mysql_query(
        store, &answer, err,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name IN "
        "('library', 'videos', 'frames', 'frame_pictures', 'frames_with_pictures', 'library_notes')");
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        const char *name = rv_answer_value(&answer, row, 0, NULL);
        for (int i = 0; i < NAME_COUNT; i++)
            found[i] = found[i] || (name != NULL && strcmp(name, names[i]) == 0);
    }
    rv_answer_clear(&answer);
    *there = *missing = NULL;
    store->base.has_notes = found[NOTES];
    for (int i = 0; i < NOTES; i++) {
        *there = found[i] && *there == NULL ? names[i] : *there;
        *missing = !found[i] && *missing == NULL ? names[i] : *missing;
    }
    return status;
}

RvStatus rv_mysql_check_schema(MysqlStore *store, bool *empty, RvError *err)
{
    const char *there = NULL, *missing = NULL;
    store->base.schema_version = 0;
    RvStatus status = list_tables(store, &there, &missing, err);
    *empty = there == NULL;
    if (status != RV_OK || *empty)
        return status;
    if (strcmp(there, LIBRARY_TABLE) != 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: the database has a table `%s` of another program; choose another database",
                            store->base.uri, there);
    status = check_library_row(store, empty, err);
    // The row is inserted last: if it exists, all tables exist, even if they did not when they were listed.
    if (status == RV_OK && !*empty && missing != NULL)
        status = list_tables(store, &there, &missing, err);
    if (status == RV_OK && !*empty && missing != NULL)
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is missing; restore a copy or index again",
                              store->base.uri, missing);
    return status;
}
