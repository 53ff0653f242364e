/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: statements and transactions on a connection that is made again if it is lost. */
#include <stdio.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"

/* NETWORK if there is no connection and none may be made. */
static RvStatus need_connection(PostgresStore *store, RvError *err)
{
    if (!store->is_given_up)
        return RV_OK;
    if (!store->in_transaction)
        return rv_postgres_reconnect(store, err);
    store->sqlstate[0] = '\0';
    return rv_wire_given_up(store->base.uri, err);
}

RvStatus rv_postgres_query(PostgresStore *store, const char *sql, PostgresArguments *arguments, bool binary,
                           ServerAnswer *out, RvError *err)
{
    PostgresArguments none = {0};
    if (arguments == NULL)
        arguments = &none;
    RvStatus status = arguments->status == RV_OK ? RV_OK : rv_error_memory(err, ANSWER_TEXT_MAX);
    if (status == RV_OK)
        status = need_connection(store, err);
    if (status == RV_OK) {
        status = rv_postgres_ask(store, sql, arguments, binary, out, err);
        if (status != RV_OK && !store->is_given_up && PQstatus(store->connection) == CONNECTION_BAD &&
            !store->in_transaction) {
            status = rv_postgres_reconnect(store, err);
            if (status == RV_OK)
                status = rv_postgres_ask(store, sql, arguments, binary, out, err);
        }
    }
    rv_postgres_clear_arguments(arguments);
    return status;
}

RvStatus rv_postgres_integer(PostgresStore *store, const char *sql, const char *what, int64_t *out,
                             RvError *err)
{
    ServerAnswer answer = rv_answer(1, 1);
    RvStatus status = rv_postgres_query(store, sql, NULL, false, &answer, err);
    if (status == RV_OK)
        status = rv_answer_integer(&answer, &store->base, 0, 0, what, 0, INT64_MAX, out, err);
    rv_answer_clear(&answer);
    return status;
}

RvStatus rv_postgres_run(PostgresStore *store, const char *sql, RvError *err)
{
    RvStatus status = need_connection(store, err);
    return status == RV_OK ? rv_postgres_ask(store, sql, NULL, false, NULL, err) : status;
}

RvStatus rv_postgres_begin(PostgresStore *store, const char *sql, RvError *err)
{
    RvStatus status = rv_postgres_query(store, sql, NULL, false, NULL, err);
    store->in_transaction = status == RV_OK;
    return status;
}

RvStatus rv_postgres_end(PostgresStore *store, RvStatus status, RvError *err)
{
    char state[sizeof store->sqlstate];
    if (status == RV_OK)
        status = rv_postgres_run(store, "COMMIT", err);
    snprintf(state, sizeof state, "%s", store->sqlstate);
    if (status != RV_OK) {
        rv_postgres_run(store, "ROLLBACK", NULL);
        snprintf(store->sqlstate, sizeof store->sqlstate, "%s", state); // of the statement that failed
    }
    store->in_transaction = false;
    return status;
}
