/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: connecting and reconnecting; making the database if it is missing. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/text_escape.h"

static void ignore_notice(void *user, const PGresult *result)
{
    (void)user;
    (void)result;
}

static RvStatus connect_failed(const Store *base, PGconn *connection, RvError *err)
{
    char reason[600];
    rv_postgres_reason(connection != NULL ? PQerrorMessage(connection) : "out of memory", reason,
                       sizeof reason);
    // If libpq asked for a password or used one, the server has answered. Before that, it may refuse a user
    // that it does not know or does not let in from here.
    bool refused = connection != NULL &&
                   (PQconnectionNeedsPassword(connection) || PQconnectionUsedPassword(connection) ||
                    strstr(reason, "FATAL:  role \"") != NULL || strstr(reason, "FATAL: role \"") != NULL ||
                    strstr(reason, "no pg_hba.conf entry") != NULL);
    bool no_tls = strstr(reason, "server does not support SSL") != NULL;
    // These are libpq's own messages. If it has translated them, the general advice is used.
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

/* True if the database that could not be opened is missing. The query goes to the database `postgres`, which
 * every server has. */
static bool database_is_missing(PostgresStore *maintenance, const char *database)
{
    ServerAnswer answer = rv_answer(1, 1);
    PostgresArguments arguments = {0};
    rv_postgres_add_text(&arguments, database);
    RvStatus status = arguments.status;
    if (status == RV_OK)
        status = rv_postgres_ask(maintenance, "SELECT 1 FROM pg_database WHERE datname = $1", &arguments,
                                 false, &answer, NULL);
    rv_postgres_clear_arguments(&arguments);
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
    RvStatus status = rv_postgres_ask(maintenance, sql, NULL, false, NULL, &reason);
    // Another process has made it meanwhile: before this statement began, or while it ran.
    if (status == RV_OK || rv_postgres_is(maintenance, "42P04") || rv_postgres_is(maintenance, "23505"))
        return RV_OK;
    return rv_error_wrap(err, status, &reason, "%s; the database %.200s could not be made", reason.message,
                         database);
}

/* Called after a failed connection. If the database is missing and `create` is set, it is made; else the
 * error is libpq's reason. */
static RvStatus mend_missing_database(PostgresStore *store, const PostgresParameters *parameters, bool create,
                                      RvError *err)
{
    RvStatus status = connect_failed(&store->base, store->connection, err);
    const char *database = parameters->database;
    if (database == NULL)
        return status;
    PQfinish(store->connection); // libpq may have left it open
    store->connection = NULL;
    PostgresStore maintenance = {.base.uri = store->base.uri,
                                 .connection = connect_to(parameters, "postgres"),
                                 .answer_timeout_s = store->answer_timeout_s};
    if (is_connected(maintenance.connection)) {
        // If it is no longer missing, another process has made it since.
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

/* Settings of every connection of a store. */
static RvStatus prepare_session(PostgresStore *store, RvError *err)
{
    store->has_staging = store->is_given_up = false;
    store->worker_wait_ms = 0;
    PQsetNoticeReceiver(store->connection, ignore_notice, NULL);
    const char *encoding = PQparameterStatus(store->connection, "server_encoding");
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: the database's encoding is %s; make one with ENCODING 'UTF8' TEMPLATE template0",
            store->base.uri, encoding != NULL ? encoding : "unknown");
    return rv_postgres_ask(store,
                           store->base.read_only ? "SET default_transaction_read_only = on"
                                                 : "SET client_min_messages = warning",
                           NULL, false, NULL, err);
}

RvStatus rv_postgres_reconnect(PostgresStore *store, RvError *err)
{
    PQreset(store->connection);
    if (!is_connected(store->connection))
        return connect_failed(&store->base, store->connection, err);
    return prepare_session(store, err);
}

RvStatus rv_postgres_connect(PostgresStore *store, const char *uri, bool create, RvError *err)
{
    PostgresParameters parameters = {0};
    RvStatus status = rv_postgres_parse_address(&store->base, uri, &parameters, err);
    store->answer_timeout_s = parameters.answer_timeout_s;
    if (status == RV_OK) {
        store->connection = connect_to(&parameters, NULL);
        if (!is_connected(store->connection))
            status = mend_missing_database(store, &parameters, create, err);
    }
    rv_postgres_clear_parameters(&parameters);
    return status == RV_OK ? prepare_session(store, err) : status;
}
