/* SPDX-License-Identifier: MIT */
/* A library in PostgreSQL with pgvector: the connection, snapshots, the database's own checks. */
#include "store/postgres/postgres_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/sql/text_escape.h"

#define CHECKED_INDEXES_MAX 10000

static void postgres_close(Store *base)
{
    PostgresStore *store = (PostgresStore *)base;
    PQfinish(store->connection);
    free(base->uri);
    free(store);
}

/* ---- connecting --------------------------------------------------------------------------------------- */

static void ignore_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

/* The server's reason in one line: libpq appends those of all addresses that it tried, and asks, behind a
 * tab, whether the server runs, which the advice says. */
static void connect_reason(const char *message, char *reason, size_t size_bytes)
{
    char lines[600], *to = lines;
    for (const char *at = message; *at != '\0' && to + 3 < lines + sizeof lines;) {
        size_t length = strcspn(at, "\n");
        if (*at != '\t' && length > 0) {
            size_t room = (size_t)(lines + sizeof lines - 3 - to), taken = length < room ? length : room;
            to += snprintf(to, (size_t)(lines + sizeof lines - to), "%s%.*s", to > lines ? "; " : "",
                           (int)taken, at);
        }
        at += length + (at[length] == '\n');
    }
    *to = '\0';
    rv_store_one_line(lines, reason, size_bytes);
}

static RvStatus connect_failed(const Store *base, PGconn *connection, RvError *err)
{
    char reason[600];
    connect_reason(connection != NULL ? PQerrorMessage(connection) : "out of memory", reason, sizeof reason);
    // The connection got an answer when libpq asked for a password or used one.
    bool refused =
        connection != NULL && (PQconnectionNeedsPassword(connection) || PQconnectionUsedPassword(connection));
    bool no_tls = strstr(reason, "server does not support SSL") != NULL;
    // libpq's own words, which it may translate; then the general advice stands.
    const char *advice =
        strstr(reason, "authentication method requirement") != NULL
            ? "the server asks for the password itself; give sslmode=verify-full, or require_auth=password "
              "with a "
              "server that can be trusted"
        : refused ? "check user, password and database"
        : no_tls  ? "switch TLS on there, or give ?sslmode=disable for a network that can be trusted"
        : strstr(reason, "certificate") != NULL
            ? "check sslrootcert=FILE, the server's certificate authority, and that the address has the name "
              "that the "
              "certificate is for, or give ?sslmode=require to trust any certificate"
            : "check the address, and that the server runs";
    return rv_error_set(err, refused ? RV_ERROR_IO : RV_ERROR_NETWORK, "%s: %s; %s", base->uri, reason,
                        advice);
}

static PGconn *connect_to(const PostgresParameters *parameters, const char *database)
{
    PostgresParameters copy = *parameters;
    if (database != NULL)
        rv_postgres_add_parameter(&copy, "dbname", database);
    copy.names[copy.count] = copy.values[copy.count] = NULL;
    PGconn *connection = PQconnectdbParams(copy.names, copy.values, 0);
    if (connection != NULL)
        PQsetNoticeReceiver(connection, ignore_notice, NULL);
    return connection;
}

static bool is_connected(PGconn *connection)
{
    return connection != NULL && PQstatus(connection) == CONNECTION_OK;
}

/* Whether the database that could not be reached is missing. Asked of `postgres`, which every server has. */
static bool database_is_missing(PostgresStore *maintenance, const char *database)
{
    ServerAnswer answer = rv_answer(1, 1);
    PostgresArguments arguments = {0};
    rv_postgres_add_text(&arguments, database);
    RvStatus status = rv_postgres_query(maintenance, "SELECT 1 FROM pg_database WHERE datname = $1",
                                        &arguments, false, &answer, NULL);
    bool missing = status == RV_OK && answer.rows == 0;
    rv_answer_clear(&answer);
    return missing;
}

static RvStatus create_database(PostgresStore *maintenance, const char *database, RvError *err)
{
    char sql[600];
    RvError reason = {0};
    char *name = PQescapeIdentifier(maintenance->connection, database, strlen(database));
    if (name == NULL)
        return connect_failed(&maintenance->base, maintenance->connection, err);
    snprintf(sql, sizeof sql, "CREATE DATABASE %.200s ENCODING 'UTF8' TEMPLATE template0", name);
    PQfreemem(name);
    RvStatus status = rv_postgres_run(maintenance, sql, &reason);
    // Somebody else has made it meanwhile: before this statement began, or while it ran.
    if (status == RV_OK || rv_postgres_is(maintenance, "42P04") || rv_postgres_is(maintenance, "23505"))
        return RV_OK;
    return rv_error_wrap(err, status, &reason, "%s; the database %.200s could not be made", reason.message,
                         database);
}

/* A failed connection: because the database is missing, which `create` mends, or for libpq's reason. */
static RvStatus mend_missing_database(PostgresStore *store, const PostgresParameters *parameters, bool create,
                                      RvError *err)
{
    RvStatus status = connect_failed(&store->base, store->connection, err);
    const char *database = parameters->database;
    if (database == NULL)
        return status;
    PQfinish(store->connection); // libpq may have left it open
    store->connection = NULL;
    // in_transaction: its connection is not made anew.
    PostgresStore maintenance = {.base.uri = store->base.uri,
                                 .connection = connect_to(parameters, "postgres"),
                                 .answer_timeout_s = store->answer_timeout_s,
                                 .in_transaction = true};
    if (is_connected(maintenance.connection)) {
        // Not missing any more: somebody else has made it since.
        bool missing = database_is_missing(&maintenance, database);
        status = RV_OK;
        if (missing && !create)
            status = rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_CREATE_LIBRARY, NULL,
                                       "%s: no database %.200s on the server", store->base.uri, database);
        else if (missing)
            status = create_database(&maintenance, database, err);
        if (status == RV_OK) {
            store->connection = connect_to(parameters, NULL);
            if (!is_connected(store->connection))
                status = connect_failed(&store->base, store->connection, err);
        }
    }
    PQfinish(maintenance.connection);
    return status;
}

/* What holds for every connection of a store. */
static RvStatus prepare_session(PostgresStore *store, RvError *err)
{
    store->has_staging = store->is_given_up = false;
    PQsetNoticeReceiver(store->connection, ignore_notice, NULL);
    const char *encoding = PQparameterStatus(store->connection, "server_encoding");
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the database's encoding is %s; make one with ENCODING 'UTF8' TEMPLATE template0",
            store->base.uri, encoding != NULL ? encoding : "unknown");
    return rv_postgres_run(store,
                           store->base.read_only ? "SET default_transaction_read_only = on"
                                                 : "SET client_min_messages = warning",
                           err);
}

RvStatus rv_postgres_reconnect(PostgresStore *store, RvError *err)
{
    PQreset(store->connection);
    if (!is_connected(store->connection))
        return connect_failed(&store->base, store->connection, err);
    return prepare_session(store, err);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static RvStatus no_library(const Store *base, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_NOT_FOUND, RV_HINT_CREATE_LIBRARY, NULL, "%s: no library here",
                             base->uri);
}

/* A copy that follows another server, or rights to read only: the library opens for reading. */
static RvStatus find_read_only(PostgresStore *store, RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT pg_is_in_recovery() OR NOT (has_table_privilege('videos', 'INSERT') "
                          "AND has_table_privilege('frames', 'INSERT'))",
                          NULL, false, &answer, err);
    const char *read_only = rv_answer_value(&answer, 0, 0, NULL);
    if (status == RV_OK && read_only != NULL && read_only[0] == 't')
        store->base.read_only = true;
    rv_answer_clear(&answer);
    return status;
}

static RvStatus open_library(PostgresStore *store, const char *uri, const StoreOptions *options, RvError *err)
{
    PostgresParameters parameters = {0};
    bool empty = false;
    RvStatus status = rv_postgres_parse_address(&store->base, uri, &parameters, err);
    store->answer_timeout_s = parameters.answer_timeout_s;
    if (status == RV_OK) {
        store->connection = connect_to(&parameters, NULL);
        if (!is_connected(store->connection))
            status = mend_missing_database(store, &parameters, options->create, err);
    }
    rv_postgres_clear_parameters(&parameters);
    if (status == RV_OK)
        status = prepare_session(store, err);
    if (status == RV_OK)
        status = rv_postgres_check_schema(store, &empty, err);
    if (status == RV_OK && empty)
        status = options->create ? rv_postgres_create_schema(store, err) : no_library(&store->base, err);
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
    PostgresStore *store = (PostgresStore *)base;
    ServerAnswer answer = rv_answer(1, 1);
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT pg_total_relation_size('library') + pg_total_relation_size('videos') + "
                          "pg_total_relation_size('frames') + pg_total_relation_size('frame_pictures')",
                          NULL, false, &answer, err);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, base, 0, 0, "size", 0, INT64_MAX, out, err);
    rv_answer_clear(&answer);
    return status;
}

/* Keys and foreign keys are the server's to keep; an index whose making was interrupted is not. */
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

const StoreBackend store_postgres_backend = {
    .name = "postgres",
    .open = postgres_open,
    .close = postgres_close,
    .begin_snapshot = postgres_begin_snapshot,
    .end_snapshot = postgres_end_snapshot,
    .get_identity = rv_postgres_get_identity,
    .claim_identity = rv_postgres_claim_identity,
    .find_video = rv_postgres_find_video,
    .has_video = rv_postgres_has_video,
    .begin_video = rv_postgres_begin_video,
    .put_frames = rv_postgres_put_frames,
    .change_video = rv_postgres_change_video,
    .remove_video = rv_postgres_remove_video,
    .list_videos = rv_postgres_list_videos,
    .visit_frames = rv_postgres_visit_frames,
    .picture = rv_postgres_picture,
    .pictures = rv_postgres_pictures,
    .size_bytes = postgres_size_bytes,
    .check = postgres_check,
    .list_paths = rv_postgres_list_paths,
    .nearest = rv_postgres_nearest,
    .ann_kinds = rv_postgres_ann_kinds,
    .ann_build = rv_postgres_ann_build,
    .ann_drop = rv_postgres_ann_drop,
    .ann_info = rv_postgres_ann_info,
    .queue = &rv_postgres_queue,
    .get_note = rv_store_server_get_note,
    .put_note = rv_store_server_put_note,
};
