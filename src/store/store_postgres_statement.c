/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: statements, values, errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/store_postgres.h"
#include "store/store_text.h"

// Encoded text is up to three times as long as what the front lets through.
#define TEXT_COLUMN_MAX (3 * STORE_MAX_TEXT_BYTES)

/* ---- errors ------------------------------------------------------------------------------------------- */

/* What a SQLSTATE's class, or all of it, means to the caller, and what to do about it. */
static const struct StateMeaning {
    const char *state;
    RvStatus status;
    const char *advice;
} meanings[] = {
    {"08", RV_ERROR_NETWORK, "; run the command again when the server answers"},
    {"28", RV_ERROR_IO, "; check user and password"},
    {"3D000", RV_ERROR_NOT_FOUND, ""},
    {"40", RV_ERROR_BUSY, "; run the command again"},
    {"42501", RV_ERROR_IO, "; the database's owner can GRANT what is missing"},
    {"53", RV_ERROR_IO, ""},
    {"55P03", RV_ERROR_BUSY, ""},
    {"57014", RV_ERROR_IO, ""},
    {"57P", RV_ERROR_NETWORK, "; run the command again when the server answers"},
    {"22", RV_ERROR_FORMAT, ""},
    {"25006", RV_ERROR_IO, "; this server is a read-only copy"},
};

static const struct StateMeaning *meaning_of(const char *state)
{
    for (size_t i = 0; state != NULL && i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
            return &meanings[i];
    }
    return NULL;
}

bool rv_postgres_is(const PGresult *result, const char *sqlstate)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state != NULL && strcmp(state, sqlstate) == 0;
}

RvStatus rv_postgres_fail(PostgresStore *store, const PGresult *result, RvError *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (PQstatus(store->connection) == CONNECTION_BAD)
        return rv_error_set(err, RV_ERROR_NETWORK,
                            "%s: the connection to the server broke off; run the command again when it "
                            "answers, what was finished is kept",
                            store->base.uri);
    const char *message = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (message == NULL)
        message = PQerrorMessage(store->connection);
    const struct StateMeaning *meaning = meaning_of(state);
    return rv_error_set(err, meaning != NULL ? meaning->status : RV_ERROR_IO, "%s: %.600s%s", store->base.uri,
                        message, meaning != NULL ? meaning->advice : "");
}

/* ---- arguments ---------------------------------------------------------------------------------------- */

static int add_value(PostgresArguments *arguments, const char *value)
{
    int at = arguments->count++;
    arguments->values[at] = value;
    return at;
}

void rv_postgres_add_null(PostgresArguments *arguments)
{
    add_value(arguments, NULL);
}

void rv_postgres_add_integer(PostgresArguments *arguments, int64_t value)
{
    char *text = arguments->numbers[add_value(arguments, NULL)];
    snprintf(text, sizeof arguments->numbers[0], "%lld", (long long)value);
    arguments->values[arguments->count - 1] = text;
}

void rv_postgres_add_real(PostgresArguments *arguments, double value)
{
    char *text = arguments->numbers[add_value(arguments, NULL)];
    snprintf(text, sizeof arguments->numbers[0], "%.17g", value);
    // The caller's locale may have another sign there.
    for (char *at = text; *at != '\0'; at++) {
        if (*at == ',')
            *at = '.';
    }
    arguments->values[arguments->count - 1] = text;
}

void rv_postgres_add_text(PostgresArguments *arguments, const char *text)
{
    int at = add_value(arguments, NULL);
    if (text == NULL)
        return;
    Buffer *buffer = &arguments->texts[at];
    rv_buffer_init(buffer, TEXT_COLUMN_MAX + 1);
    if (rv_store_text_encode(text, buffer, NULL) != RV_OK)
        arguments->status = RV_ERROR_MEMORY;
    else
        arguments->values[at] = buffer->bytes != NULL ? (const char *)buffer->bytes : "";
}

static void clear_arguments(PostgresArguments *arguments)
{
    for (int i = 0; i < arguments->count; i++)
        rv_buffer_clear(&arguments->texts[i]);
    *arguments = (PostgresArguments){0};
}

/* ---- statements --------------------------------------------------------------------------------------- */

static PGresult *execute(PostgresStore *store, const char *sql, const PostgresArguments *arguments,
                         bool binary)
{
    return PQexecParams(store->connection, sql, arguments->count, arguments->types, arguments->values,
                        arguments->lengths, arguments->formats, binary);
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

RvStatus rv_postgres_query(PostgresStore *store, const char *sql, PostgresArguments *arguments, bool binary,
                           PGresult **out, RvError *err)
{
    PostgresArguments none = {0};
    if (out != NULL)
        *out = NULL;
    if (arguments == NULL)
        arguments = &none;
    if (arguments->status != RV_OK) {
        clear_arguments(arguments);
        return rv_error_memory(err, TEXT_COLUMN_MAX);
    }
    RvStatus status = RV_OK;
    PGresult *result = execute(store, sql, arguments, binary);
    if (!succeeded(result) && PQstatus(store->connection) == CONNECTION_BAD && !store->in_transaction) {
        PQclear(result);
        result = NULL;
        status = rv_postgres_reconnect(store, err);
        if (status == RV_OK)
            result = execute(store, sql, arguments, binary);
    }
    if (status == RV_OK && !succeeded(result))
        status = rv_postgres_fail(store, result, err);
    clear_arguments(arguments);
    if (out != NULL && (status == RV_OK || result != NULL))
        *out = result;
    else
        PQclear(result);
    return status;
}

RvStatus rv_postgres_run(PostgresStore *store, const char *sql, RvError *err)
{
    PGresult *result = PQexec(store->connection, sql);
    RvStatus status = succeeded(result) ? RV_OK : rv_postgres_fail(store, result, err);
    PQclear(result);
    return status;
}

RvStatus rv_postgres_begin(PostgresStore *store, const char *sql, RvError *err)
{
    RvStatus status = rv_postgres_query(store, sql, NULL, false, NULL, err);
    store->in_transaction = status == RV_OK;
    return status;
}

RvStatus rv_postgres_begin_writing(PostgresStore *store, RvError *err)
{
    RvStatus status = rv_postgres_begin(store, "BEGIN", err);
    if (status != RV_OK)
        return status;
    status = rv_store_queue_fence(&store->base, err);
    return status == RV_OK ? RV_OK : rv_postgres_end(store, status, err);
}

RvStatus rv_postgres_end(PostgresStore *store, RvStatus status, RvError *err)
{
    if (status == RV_OK)
        status = rv_postgres_run(store, "COMMIT", err);
    if (status != RV_OK)
        PQclear(PQexec(store->connection, "ROLLBACK"));
    store->in_transaction = false;
    return status;
}

/* ---- columns ------------------------------------------------------------------------------------------ */

static RvStatus bad_column(PostgresStore *store, const PGresult *result, int column, const char *what,
                           RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT,
                        "%s: %s: %s holds a value that reelvec does not write; run `reelvec verify`",
                        store->base.uri, what, PQfname(result, column));
}

RvStatus rv_postgres_column_text(PostgresStore *store, const PGresult *result, int row, int column,
                                 const char *what, char **out, RvError *err)
{
    *out = NULL;
    if (PQgetisnull(result, row, column) || (size_t)PQgetlength(result, row, column) > TEXT_COLUMN_MAX)
        return bad_column(store, result, column, what, err);
    *out = rv_mem_copy_string(PQgetvalue(result, row, column), err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    rv_store_text_decode(*out);
    return RV_OK;
}

RvStatus rv_postgres_column_integer(PostgresStore *store, const PGresult *result, int row, int column,
                                    const char *what, int64_t min, int64_t max, int64_t *out, RvError *err)
{
    bool good =
        !PQgetisnull(result, row, column) && rv_parse_int64(PQgetvalue(result, row, column), min, max, out);
    return good ? RV_OK : bad_column(store, result, column, what, err);
}

RvStatus rv_postgres_column_quantity(PostgresStore *store, const PGresult *result, int row, int column,
                                     const char *what, double *out, RvError *err)
{
    bool good = !PQgetisnull(result, row, column) &&
                rv_parse_double(PQgetvalue(result, row, column), 0, 1.7976931348623157e308, out);
    return good ? RV_OK : bad_column(store, result, column, what, err);
}
