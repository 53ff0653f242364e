/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: making the tables, recognising a library, the model's dimensions. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"

#define PLAIN_DIMENSIONS_MAX 2000
#define SCHEMAS_MAX 100 // of a search_path

// A process that makes or upgrades a schema holds this lock until the tables are there. The number is the
// same in all versions of reelvec.
#define CREATE_LOCK "7239171526534201163"
// Programs that know only version 1 hold this one while they make library_notes.
#define NOTES_LOCK "7239171526534201164"

static RvStatus has_row(PostgresStore *store, const char *sql, bool *found, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    RvStatus status = rv_postgres_query(store, sql, NULL, false, &answer, err);
    *found = status == RV_OK && answer.rows > 0;
    rv_answer_clear(&answer);
    return status;
}

static RvStatus need_pgvector(PostgresStore *store, RvError *err)
{
    bool found = false;
    RvStatus status = has_row(store, "SELECT 1 FROM pg_extension WHERE extname = 'vector'", &found, err);
    if (status != RV_OK || found)
        return status;
    status = has_row(store, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'", &found, err);
    if (status == RV_OK && !found)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: the server has no pgvector; install it there (on Debian the package "
                            "postgresql-17-pgvector)",
                            store->base.uri);
    if (status == RV_OK)
        status = rv_postgres_query(store, "CREATE EXTENSION IF NOT EXISTS vector", NULL, false, NULL, err);
    if (status != RV_OK && rv_postgres_is(store, "42501"))
        status = rv_error_set(err, RV_ERROR_IO,
                              "%s: this user may not add the extension pgvector; its administrator runs "
                              "CREATE EXTENSION vector in this database once",
                              store->base.uri);
    return status;
}

/* ---- making and upgrading ----------------------------------------------------------------------------- */

static RvStatus begin_migration(Store *base, RvError *err)
{
    static const char *const locks[] = {CREATE_LOCK, NOTES_LOCK};
    PostgresStore *store = (PostgresStore *)base;
    // Each statement sees what others have committed while the locks were waited for.
    RvStatus status = rv_postgres_begin(store, "BEGIN ISOLATION LEVEL READ COMMITTED", err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; status == RV_OK && i < sizeof locks / sizeof locks[0]; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT pg_advisory_xact_lock(%s)", locks[i]);
        status = rv_postgres_query(store, sql, NULL, false, NULL, err);
    }
    return status == RV_OK ? RV_OK : rv_postgres_end(store, status, err);
}

static RvStatus look_at_version(Store *base, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    bool empty = false;
    RvStatus status = rv_postgres_check_schema(store, &empty, err);
    return status == RV_OK && empty ? need_pgvector(store, err) : status;
}

static RvStatus execute_step(Store *base, const char *sql, RvError *err)
{
    return rv_postgres_query((PostgresStore *)base, sql, NULL, false, NULL, err);
}

static RvStatus record_version(Store *base, int from, int to, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    PostgresArguments arguments = {0};
    bool spread = from == 0 && base->backend == &store_citus_backend;
    RvStatus status = spread ? rv_citus_spread_tables(store, err) : RV_OK;
    if (status != RV_OK)
        return status;
    rv_postgres_add_text(&arguments, STORE_LIBRARY_KIND);
    rv_postgres_add_integer(&arguments, to);
    status =
        rv_postgres_query(store,
                          from == 0 ? "INSERT INTO library (id, kind, schema_version) VALUES (1, $1, $2)"
                                    : "UPDATE library SET schema_version = $2 WHERE id = 1 AND kind = $1",
                          &arguments, false, NULL, err);
    if (status == RV_OK && to >= STORE_NOTES_SCHEMA)
        base->has_notes = true;
    return status;
}

static RvStatus end_migration(Store *base, RvStatus status, RvError *err)
{
    return rv_postgres_end((PostgresStore *)base, status, err);
}

static bool is_forbidden(const Store *base)
{
    const PostgresStore *store = (const PostgresStore *)base;
    // The user lacks the right, or the session or the server is read-only.
    return rv_postgres_is(store, "42501") || rv_postgres_is(store, "25006");
}

static const SqlMigrations migrations = {
    .steps = rv_postgres_schema,
    .begin = begin_migration,
    .look = look_at_version,
    .end = end_migration,
    .execute = execute_step,
    .record = record_version,
    .is_forbidden = is_forbidden,
};

RvStatus rv_postgres_create_schema(PostgresStore *store, RvError *err)
{
    return rv_sql_migrate(&store->base, &migrations, err);
}

RvStatus rv_postgres_upgrade_schema(PostgresStore *store, RvError *err)
{
    return rv_sql_upgrade(&store->base, &migrations, err);
}

/* ---- recognising a library ---------------------------------------------------------------------------- */

static RvStatus check_library_row(PostgresStore *store, RvError *err)
{
    ServerAnswer answer = rv_answer(ANSWER_LIBRARY_COUNT, 1);
    RvStatus status = rv_postgres_query(store, "SELECT kind, schema_version FROM library WHERE id = 1", NULL,
                                        false, &answer, err);
    if (status != RV_OK && rv_postgres_is(store, "42703"))
        status = rv_error_set(err, RV_ERROR_FORMAT,
                              "%s: the database has a table `library` of another program; choose another "
                              "database",
                              store->base.uri);
    else if (status == RV_OK && answer.rows == 0)
        status =
            rv_error_set(err, RV_ERROR_FORMAT,
                         "%s: the library row is missing; restore a copy or index again", store->base.uri);
    if (status == RV_OK)
        status = rv_answer_library(&answer, &store->base, rv_schema_newest(rv_postgres_schema), err);
    rv_answer_clear(&answer);
    return status;
}

/* found[count]: which of our names exist, and whether the extension citus does. pg_class is queried, because
 * the answer must come from one snapshot. to_regclass() answers from the session's cache, even after it has
 * waited for the process that was making the tables. pg_table_is_visible() sees later changes, such as a
 * claim that makes the view again. */
static RvStatus find_names(PostgresStore *store, const char *const *names, bool *found, size_t count,
                           RvError *err)
{
    ServerAnswer answer = rv_answer(1, count * SCHEMAS_MAX);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT relname FROM pg_class "
                          "WHERE relname IN ('library', 'videos', 'frames', 'frame_pictures', "
                          "'frames_with_pictures', 'library_notes') AND relnamespace IN "
                          "(SELECT oid FROM pg_namespace WHERE nspname = ANY (current_schemas(false))) "
                          "AND (relname <> 'library_notes' OR has_table_privilege(oid, 'SELECT')) "
                          "UNION ALL SELECT extname FROM pg_extension WHERE extname = 'citus'",
                          NULL, false, &answer, err);
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        const char *name = rv_answer_value(&answer, row, 0, NULL);
        for (size_t i = 0; i < count; i++)
            found[i] = found[i] || (name != NULL && strcmp(name, names[i]) == 0);
    }
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_postgres_check_schema(PostgresStore *store, bool *empty, RvError *err)
{
    // Every library has all of these up to library_notes. This user may lack the right to read that one.
    static const char *const names[] = {
        "library", "videos", "frames", "frame_pictures", "frames_with_pictures", "library_notes", "citus"};
    enum { NAME_COUNT = sizeof names / sizeof names[0], NOTES = NAME_COUNT - 2, CITUS };
    bool found[NAME_COUNT] = {0};
    *empty = false;
    store->base.schema_version = 0;
    RvStatus status = find_names(store, names, found, NAME_COUNT, err);
    if (status != RV_OK)
        return status;
    const char *there = NULL, *missing = NULL;
    store->base.has_notes = found[NOTES];
    for (int i = 0; i < NOTES; i++) {
        there = found[i] && there == NULL ? names[i] : there;
        missing = !found[i] && missing == NULL ? names[i] : missing;
    }
    *empty = there == NULL;
    if (found[CITUS])
        status = rv_citus_look(store, *empty, err);
    if (*empty || status != RV_OK)
        return status;
    if (!found[0])
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: the database has a table `%s` of another program; choose another database, or "
            "a schema of its own with ?options=-csearch_path%%3DNAME",
            store->base.uri, there);
    if (missing != NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is missing; restore a copy or index again",
                            store->base.uri, missing);
    return check_library_row(store, err);
}

/* The change of its type resets how the column is stored, so that is set again. */
void rv_postgres_describe_column(int dimensions, char sql[POSTGRES_COLUMN_SQL_MAX])
{
    // PLAIN keeps embeddings in the row, which makes an exact scan four times as fast. Longer embeddings do
    // not fit into a page of 8 KiB.
    snprintf(sql, POSTGRES_COLUMN_SQL_MAX,
             "ALTER TABLE frames ALTER COLUMN embedding_data TYPE vector(%d), "
             "ALTER COLUMN embedding_data SET STORAGE %s",
             dimensions, dimensions <= PLAIN_DIMENSIONS_MAX ? "PLAIN" : "EXTERNAL");
}

/* Make the column accept only vectors of the model's length. A view prevents the change, so it is dropped and
 * made again. */
RvStatus rv_postgres_set_dimensions(Store *base, int before, const ModelIdentity *wanted, RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    int dimensions = wanted->dimensions;
    if (before == dimensions)
        return RV_OK;
    char sql[POSTGRES_COLUMN_SQL_MAX];
    rv_postgres_describe_column(dimensions, sql);
    const char *const steps[] = {"DROP INDEX IF EXISTS " POSTGRES_ANN_INDEX, "DROP VIEW frames_with_pictures",
                                 sql, rv_schema_statement(rv_postgres_schema, "frames_with_pictures")};
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < sizeof steps / sizeof steps[0]; i++)
        status = rv_postgres_query(store, steps[i], NULL, false, NULL, err);
    return status;
}
