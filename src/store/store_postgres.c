/* SPDX-License-Identifier: MIT */
/* A library in PostgreSQL with pgvector: the connection, snapshots, the database's own checks. */
#include "store/store_postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/store_text.h"

#define CONNECT_TIMEOUT_S "10"
#define PARAMETERS_MAX 64

static void postgres_close(Store *base)
{
    PostgresStore *store = (PostgresStore *)base;
    PQfinish(store->connection);
    free(base->uri);
    free(store);
}

/* ---- the address -------------------------------------------------------------------------------------- */

typedef struct Parameters {
    PQconninfoOption *options; // owns the values
    const char *names[PARAMETERS_MAX + 1], *values[PARAMETERS_MAX + 1];
    int count;
    const char *database; // NULL: the user's name, as libpq does
} Parameters;

static void add_parameter(Parameters *parameters, const char *name, const char *value)
{
    if (parameters->count < PARAMETERS_MAX) {
        parameters->names[parameters->count] = name;
        parameters->values[parameters->count++] = value;
    }
}

/* libpq's own messages about an address may quote a part of the password. */
static RvStatus bad_address(const Store *base, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%s: not an address that can be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "and %%40 for @, %%3A for :, %%2F for /, %%25 for %% inside user and password",
        base->uri);
}

static RvStatus parse_address(const Store *base, const char *uri, Parameters *out, RvError *err)
{
    out->options = PQconninfoParse(uri, NULL);
    if (out->options == NULL)
        return bad_address(base, err);
    bool has_timeout = false, good = true;
    for (PQconninfoOption *option = out->options; option->keyword != NULL; option++) {
        const char *value = option->val;
        int64_t port = 0;
        if (value == NULL)
            continue;
        if (strcmp(option->keyword, "host") == 0 && strchr(value, '@') != NULL)
            good = false;
        if (strcmp(option->keyword, "port") == 0 && strchr(value, ',') == NULL && value[0] != '\0' &&
            !rv_parse_int64(value, 1, 65535, &port))
            good = false;
        if (strcmp(option->keyword, "dbname") == 0)
            out->database = value;
        has_timeout = has_timeout || strcmp(option->keyword, "connect_timeout") == 0;
        add_parameter(out, option->keyword, value);
    }
    if (!good)
        return bad_address(base, err);
    if (!has_timeout)
        add_parameter(out, "connect_timeout", CONNECT_TIMEOUT_S);
    add_parameter(out, "client_encoding", "UTF8");
    add_parameter(out, "fallback_application_name", "reelvec");
    return RV_OK;
}

/* ---- connecting --------------------------------------------------------------------------------------- */

static void ignore_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

/* The server's reason in one line: libpq appends those of all addresses that it tried. */
static RvStatus connect_failed(const Store *base, PGconn *connection, RvError *err)
{
    char reason[600];
    snprintf(reason, sizeof reason, "%s", connection != NULL ? PQerrorMessage(connection) : "out of memory");
    size_t length = strlen(reason);
    while (length > 0 && (reason[length - 1] == '\n' || reason[length - 1] == ' '))
        reason[--length] = '\0';
    for (char *at = reason; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    }
    // The connection got an answer when libpq asked for a password or used one.
    bool refused =
        connection != NULL && (PQconnectionNeedsPassword(connection) || PQconnectionUsedPassword(connection));
    // libpq's own words, which it may translate; then the general advice stands.
    const char *check =
        refused ? "user, password and database"
        : strstr(reason, "certificate") != NULL
            ? "sslrootcert=FILE, the server's certificate authority, and that the address has the "
              "name that the certificate is for"
            : "the address, and that the server runs";
    return rv_error_set(err, refused ? RV_ERROR_IO : RV_ERROR_NETWORK, "%s: %s; check %s", base->uri, reason,
                        check);
}

static PGconn *connect_to(const Parameters *parameters, const char *database)
{
    Parameters copy = *parameters;
    if (database != NULL)
        add_parameter(&copy, "dbname", database);
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
static bool database_is_missing(PGconn *maintenance, const char *database)
{
    const char *values[] = {database};
    PGresult *result = PQexecParams(maintenance, "SELECT 1 FROM pg_database WHERE datname = $1", 1, NULL,
                                    values, NULL, NULL, 0);
    bool missing = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 0;
    PQclear(result);
    return missing;
}

static RvStatus create_database(const Store *base, PGconn *maintenance, const char *database, RvError *err)
{
    char sql[600];
    char *name = PQescapeIdentifier(maintenance, database, strlen(database));
    if (name == NULL)
        return connect_failed(base, maintenance, err);
    snprintf(sql, sizeof sql, "CREATE DATABASE %.200s ENCODING 'UTF8' TEMPLATE template0", name);
    PQfreemem(name);
    PGresult *result = PQexec(maintenance, sql);
    RvStatus status = RV_OK;
    // 42P04: somebody else made it meanwhile.
    if (PQresultStatus(result) != PGRES_COMMAND_OK && !rv_postgres_is(result, "42P04")) {
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        status = rv_error_set(err, RV_ERROR_IO, "%s: the database cannot be made: %.300s", base->uri,
                              message != NULL ? message : PQerrorMessage(maintenance));
    }
    PQclear(result);
    return status;
}

/* A failed connection: because the database is missing, which `create` mends, or for libpq's reason. */
static RvStatus mend_missing_database(PostgresStore *store, const Parameters *parameters, bool create,
                                      RvError *err)
{
    RvStatus status = connect_failed(&store->base, store->connection, err);
    const char *database = parameters->database;
    if (database == NULL)
        return status;
    PGconn *maintenance = connect_to(parameters, "postgres");
    if (is_connected(maintenance) && database_is_missing(maintenance, database)) {
        if (!create)
            status = rv_error_set(err, RV_ERROR_NOT_FOUND,
                                  "%s: no database %.200s on the server; make one with `reelvec index`",
                                  store->base.uri, database);
        else
            status = create_database(&store->base, maintenance, database, err);
        if (create && status == RV_OK) {
            PQfinish(store->connection);
            store->connection = connect_to(parameters, NULL);
            if (!is_connected(store->connection))
                status = connect_failed(&store->base, store->connection, err);
        }
    }
    PQfinish(maintenance);
    return status;
}

/* What holds for every connection of a store. */
static RvStatus prepare_session(PostgresStore *store, RvError *err)
{
    store->has_staging = false;
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
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no library here; make one with `reelvec index`",
                        base->uri);
}

/* A copy that follows another server, or rights to read only: the library opens for reading. */
static RvStatus find_read_only(PostgresStore *store, RvError *err)
{
    PGresult *result = NULL;
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT pg_is_in_recovery() OR NOT (has_table_privilege('videos', 'INSERT') "
                          "AND has_table_privilege('frames', 'INSERT'))",
                          NULL, false, &result, err);
    if (status == RV_OK && PQgetvalue(result, 0, 0)[0] == 't')
        store->base.read_only = true;
    PQclear(result);
    return status;
}

static RvStatus open_library(PostgresStore *store, const char *uri, const RvLibraryOptions *options,
                             RvError *err)
{
    Parameters parameters = {0};
    bool empty = false;
    RvStatus status = parse_address(&store->base, uri, &parameters, err);
    if (status == RV_OK) {
        store->connection = connect_to(&parameters, NULL);
        if (!is_connected(store->connection))
            status = mend_missing_database(store, &parameters, options->create, err);
    }
    PQconninfoFree(parameters.options);
    if (status == RV_OK)
        status = prepare_session(store, err);
    if (status == RV_OK)
        status = rv_postgres_check_schema(store, &empty, err);
    if (status == RV_OK && empty)
        status = options->create ? rv_postgres_create_schema(store, err) : no_library(&store->base, err);
    if (status == RV_OK && !store->base.read_only)
        status = find_read_only(store, err);
    return status;
}

static RvStatus postgres_open(const char *uri, const RvLibraryOptions *options, Store **out, RvError *err)
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
    PGresult *result = NULL;
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT pg_total_relation_size('library') + pg_total_relation_size('videos') + "
                          "pg_total_relation_size('frames') + pg_total_relation_size('frame_pictures')",
                          NULL, false, &result, err);
    if (status == RV_OK)
        status = rv_postgres_column_integer(store, result, 0, 0, "size", 0, INT64_MAX, out, err);
    PQclear(result);
    return status;
}

/* Keys and foreign keys are the server's to keep; an index whose making was interrupted is not. */
static RvStatus postgres_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                               RvError *err)
{
    PostgresStore *store = (PostgresStore *)base;
    PGresult *result = NULL;
    RvStatus status =
        rv_postgres_query(store,
                          "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                          "WHERE NOT i.indisvalid AND i.indrelid IN ('library'::regclass, "
                          "'videos'::regclass, 'frames'::regclass, 'frame_pictures'::regclass)",
                          NULL, false, &result, err);
    for (int i = 0; status == RV_OK && i < PQntuples(result); i++) {
        RvError line = {0};
        rv_error_set(&line, RV_ERROR_FORMAT,
                     "database: the index %.200s is not complete; drop it and build it again",
                     PQgetvalue(result, i, 0));
        fault(user, line.message);
    }
    PQclear(result);
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
