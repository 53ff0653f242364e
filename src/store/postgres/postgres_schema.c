/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: making the tables, recognising a library, the model's dimensions. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"

#define PLAIN_DIMENSIONS_MAX 2000
#define FOUND_ROWS_MAX 16 // of the statement that looks for a library

// Every library has all of these up to library_notes, which this user may lack the right to read.
static const char *const library_names[] = {
    "library", "videos", "frames", "frame_pictures", "frames_with_pictures", "library_notes"};
enum { LIBRARY_NAME_COUNT = sizeof library_names / sizeof library_names[0], NOTES = LIBRARY_NAME_COUNT - 1 };

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

/* What there is in the first schema of the search_path, which is where a library is. */
typedef struct Found {
    bool names[LIBRARY_NAME_COUNT]; // in the order of library_names
    bool citus;                     // the extension
    // The schema that the search_path names first, if it cannot be used; a later one of the path with a
    // library; pgvector's, if it is not in the path. Else "".
    char missing[POSTGRES_NAME_MAX], later[POSTGRES_NAME_MAX], vector[POSTGRES_NAME_MAX];
} Found;

static void take_found(PostgresStore *store, const char *what, const char *name, Found *out)
{
    const struct {
        const char *what;
        char *to;
    } places[] = {
        {"schema", store->schema}, {"missing", out->missing}, {"later", out->later}, {"vector", out->vector}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(what, places[i].what) == 0)
            snprintf(places[i].to, POSTGRES_NAME_MAX, "%s", name);
    }
    out->citus = out->citus || strcmp(what, "citus") == 0;
    for (size_t i = 0; strcmp(what, "relation") == 0 && i < LIBRARY_NAME_COUNT; i++)
        out->names[i] = out->names[i] || strcmp(name, library_names[i]) == 0;
}

/* pg_class is queried, because the answer must come from one snapshot. to_regclass() answers from the
 * session's cache, even after it has waited for the process that was making the tables. pg_table_is_visible()
 * sees later changes, such as a claim that makes the view again. current_schema() leaves out schemas that do
 * not exist, or that this user may not use; so the first name of the path is compared with it. "$user" may be
 * missing. */
static RvStatus find_names(PostgresStore *store, Found *out, RvError *err)
{
    ServerAnswer answer = rv_answer(2, FOUND_ROWS_MAX);
    *out = (Found){0};
    store->schema[0] = '\0';
    RvStatus status = rv_postgres_query(
        store,
        "WITH path AS (SELECT place, CASE WHEN starts_with(item[1], '\"') "
        "THEN replace(substr(item[1], 2, length(item[1]) - 2), '\"\"', '\"') ELSE lower(item[1]) END AS name "
        "FROM regexp_matches(current_setting('search_path'), '(\"(?:[^\"]|\"\")*\"|[^,\"[:space:]]+)', 'g') "
        "WITH ORDINALITY AS items (item, place)), "
        "first AS (SELECT coalesce((SELECT name FROM path WHERE name <> '$user' "
        "OR current_schema() = current_user ORDER BY place LIMIT 1), '') AS name) "
        "SELECT 'relation', relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE relname IN ('library', 'videos', 'frames', 'frame_pictures', 'frames_with_pictures', "
        "'library_notes') AND nspname = current_schema() "
        "AND (relname <> 'library_notes' OR has_table_privilege(pg_class.oid, 'SELECT')) "
        "UNION ALL SELECT 'schema', current_schema() "
        "UNION ALL SELECT 'missing', name FROM first WHERE name <> '$user' "
        "AND name IS DISTINCT FROM current_schema() "
        "UNION ALL (SELECT 'later', nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE relname = 'frames_with_pictures' AND nspname = ANY (current_schemas(false)) "
        "AND nspname <> current_schema() LIMIT 1) "
        "UNION ALL SELECT CASE WHEN extname = 'citus' THEN extname ELSE 'vector' END, nspname "
        "FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'citus' "
        "OR (extname = 'vector' AND nspname <> ALL (current_schemas(true)))",
        NULL, false, &answer, err);
    for (size_t row = 0; status == RV_OK && row < answer.rows; row++) {
        const char *what = rv_answer_value(&answer, row, 0, NULL),
                   *name = rv_answer_value(&answer, row, 1, NULL);
        if (what != NULL && name != NULL)
            take_found(store, what, name, out);
    }
    rv_answer_clear(&answer);
    return status;
}

/* The tables must be looked for, or made, in the schema that the user means, and nowhere else. */
static RvStatus check_path(const PostgresStore *store, const Found *found, RvError *err)
{
    if (found->missing[0] != '\0')
        return rv_error_set(
            err, RV_ERROR_NOT_FOUND,
            "%s: no schema %s that this user may use, and the search_path names it first; make "
            "it with CREATE SCHEMA, or name another one",
            store->base.uri, found->missing);
    if (store->schema[0] == '\0')
        return rv_error_set(err, RV_ERROR_NOT_FOUND,
                            "%s: the search_path names no schema that this user may use; name one with "
                            "?options=-csearch_path%%3DNAME",
                            store->base.uri);
    if (found->vector[0] != '\0')
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: pgvector is in the schema %s, which the search_path does not name, or which "
                            "this user may not use; give ?options=-csearch_path%%3D%s,%s",
                            store->base.uri, found->vector, store->schema, found->vector);
    return RV_OK;
}

RvStatus rv_postgres_no_library(const PostgresStore *store, RvError *err)
{
    if (strcmp(store->schema, "public") == 0)
        return rv_store_no_library(store->base.uri, err);
    return rv_error_set_hint(
        err, RV_ERROR_NOT_FOUND, RV_HINT_CREATE_LIBRARY, NULL, "%s: no library in the schema %s%s%s",
        store->base.uri, store->schema,
        store->later[0] != '\0' ? ", which is the first of the search_path; there is one in " : "",
        store->later);
}

RvStatus rv_postgres_check_schema(PostgresStore *store, bool *empty, RvError *err)
{
    Found found;
    *empty = false;
    store->base.schema_version = 0;
    RvStatus status = find_names(store, &found, err);
    if (status == RV_OK)
        status = check_path(store, &found, err);
    if (status != RV_OK)
        return status;
    const char *there = NULL, *missing = NULL;
    memcpy(store->later, found.later, sizeof store->later);
    store->base.has_notes = found.names[NOTES];
    for (int i = 0; i < NOTES; i++) {
        there = found.names[i] && there == NULL ? library_names[i] : there;
        missing = !found.names[i] && missing == NULL ? library_names[i] : missing;
    }
    *empty = there == NULL;
    if (found.citus)
        status = rv_citus_look(store, *empty, err);
    if (*empty || status != RV_OK)
        return status;
    if (!found.names[0])
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
    const char *const steps[] = {"DROP VIEW frames_with_pictures", sql,
                                 rv_schema_statement(rv_postgres_schema, "frames_with_pictures")};
    RvStatus status = rv_postgres_drop_index(store, err);
    for (size_t i = 0; status == RV_OK && i < sizeof steps / sizeof steps[0]; i++)
        status = rv_postgres_query(store, steps[i], NULL, false, NULL, err);
    return status;
}
