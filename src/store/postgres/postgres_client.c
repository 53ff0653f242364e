/* SPDX-License-Identifier: MIT */
/* PostgreSQL library: one statement on the current connection, its values, its answer, errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/text_escape.h"

// If a server sends more results than this after an error, the connection is ended.
#define RESULTS_AFTER_FAILURE_MAX 16

/* ---- errors ------------------------------------------------------------------------------------------- */

#define STATE_NO_RIGHT "42501"

/* The meaning of an SQLSTATE, or of its class (the first two characters), and what to do about it. */
static const struct StateMeaning {
    const char *state;
    RvStatus status;
    const char *advice;
} meanings[] = {
    {"08", RV_ERROR_NETWORK, "; run the command again when the server answers"},
    {"28", RV_ERROR_IO, "; check user and password"},
    {"3D000", RV_ERROR_NOT_FOUND, ""},
    {"40", RV_ERROR_BUSY, "; run the command again"},
    {STATE_NO_RIGHT, RV_ERROR_IO, "; the database's owner can GRANT what is missing"},
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

bool rv_postgres_is(const PostgresStore *store, const char *sqlstate)
{
    return strcmp(store->sqlstate, sqlstate) == 0;
}

void rv_postgres_reason(const char *message, char *reason, size_t size_bytes)
{
    char lines[RV_ERROR_MESSAGE_SIZE], *to = lines;
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

/* What Citus says if its coordinator cannot reach a worker: the words before [USER@]HOST:PORT, and those
 * behind it. "": the message ends there. */
static const struct WorkerMessage {
    const char *before, *behind;
} worker_messages[] = {
    {"connection to the remote node ", " failed"},
    {"failure on connection marked as essential: ", ""},
    {"could not establish any connections to the node ", " after "},
};

/* If the message is one of them, set the error, NETWORK, and return true. */
static bool fail_by_worker(const PostgresStore *store, const char *line, RvError *err)
{
    static const char before_reason[] = " failed with the following error: ";
    const char *node = NULL, *end = NULL, *reason = strstr(line, before_reason);
    for (size_t i = 0; end == NULL && i < sizeof worker_messages / sizeof worker_messages[0]; i++) {
        const struct WorkerMessage *message = &worker_messages[i];
        node = strstr(line, message->before);
        node = node != NULL ? node + strlen(message->before) : NULL;
        if (node != NULL)
            end = message->behind[0] != '\0' ? strstr(node, message->behind) : node + strlen(node);
    }
    if (end == NULL)
        return false;
    for (const char *at = node; at < end; at++) { // the name of a user may contain '@'
        if (*at == '@')
            node = at + 1;
    }
    rv_error_set_hint(err, RV_ERROR_NETWORK, RV_HINT_PARTIAL, NULL,
                      "%s: the worker %.*s of the cluster does not answer (%.300s); run the command "
                      "again when it does",
                      store->base.uri, (int)(end - node), node,
                      reason != NULL           ? reason + sizeof before_reason - 1
                      : end[0] == '\0'         ? "the connection broke off"
                      : strstr(end, " after ") ? "no connection in time"
                                               : "no connection");
    return true;
}

RvStatus rv_postgres_fail(PostgresStore *store, const PGresult *result, RvError *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    snprintf(store->sqlstate, sizeof store->sqlstate, "%s", state != NULL ? state : "");
    if (PQstatus(store->connection) == CONNECTION_BAD)
        return rv_error_set(err, RV_ERROR_NETWORK,
                            "%s: the connection to the server broke off; run the command again when it "
                            "answers, what was finished is kept",
                            store->base.uri);
    const char *message = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (message == NULL)
        message = PQerrorMessage(store->connection);
    char line[RV_ERROR_MESSAGE_SIZE];
    rv_postgres_reason(message, line, sizeof line);
    if (fail_by_worker(store, line, err))
        return RV_ERROR_NETWORK;
    const struct StateMeaning *meaning = meaning_of(state);
    const char *advice = meaning != NULL ? meaning->advice : "";
    // What only the owner may do cannot be granted. The words are the server's own; if it has translated
    // them, the general advice is used.
    if (rv_postgres_is(store, STATE_NO_RIGHT) && strncmp(line, "must be owner of", 16) == 0)
        advice = "; run the command as that user";
    return rv_error_set(err, meaning != NULL ? meaning->status : RV_ERROR_IO, "%s: %.600s%s", store->base.uri,
                        line, advice);
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
    // The caller's locale may write another decimal sign.
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
    rv_buffer_init(buffer, ANSWER_TEXT_MAX + 1);
    if (rv_store_text_encode(text, buffer, NULL) != RV_OK)
        arguments->status = RV_ERROR_MEMORY;
    else
        arguments->values[at] = buffer->bytes != NULL ? (const char *)buffer->bytes : "";
}

void rv_postgres_clear_arguments(PostgresArguments *arguments)
{
    for (int i = 0; i < arguments->count; i++)
        rv_buffer_clear(&arguments->texts[i]);
    *arguments = (PostgresArguments){0};
}

/* ---- answers ------------------------------------------------------------------------------------------ */

static void give_up(PostgresStore *store)
{
    store->is_given_up = true;
    rv_wire_shut(PQsocket(store->connection));
}

/* Wait for the statement's next result. *out is NULL if there is none left. */
static RvStatus next_result(PostgresStore *store, PGresult **out, RvError *err)
{
    int timeout_s = store->is_patient ? 0 : store->answer_timeout_s;
    double deadline_s = rv_wire_deadline(timeout_s);
    *out = NULL;
    while (PQisBusy(store->connection)) {
        // The end of a TLS record of more than 8 kB, as proxies send them, may still be in the TLS library.
        // Then the socket does not show that there is more to read.
        if (PQsslInUse(store->connection) && PQconsumeInput(store->connection) &&
            !PQisBusy(store->connection))
            break;
        if (rv_wire_wait(PQsocket(store->connection), deadline_s) == WIRE_TIMED_OUT) {
            give_up(store);
            return rv_wire_timed_out(store->base.uri, timeout_s, err);
        }
        if (!PQconsumeInput(store->connection))
            break; // the result says why
    }
    *out = PQgetResult(store->connection);
    return RV_OK;
}

static RvStatus take_names(PostgresStore *store, const PGresult *result, ServerAnswer *answer, RvError *err)
{
    int columns = PQnfields(result);
    RvStatus status = rv_answer_begin(answer, &store->base, (size_t)columns, err);
    for (int i = 0; status == RV_OK && i < columns; i++) {
        const char *name = PQfname(result, i);
        name = name != NULL ? name : "";
        status = rv_answer_add(answer, &store->base, name, strlen(name), err);
    }
    return status;
}

static RvStatus take_rows(PostgresStore *store, const PGresult *result, ServerAnswer *answer, RvError *err)
{
    RvStatus status = RV_OK;
    for (int row = 0; status == RV_OK && row < PQntuples(result); row++) {
        for (int i = 0; status == RV_OK && i < PQnfields(result); i++) {
            const char *value = PQgetisnull(result, row, i) ? NULL : PQgetvalue(result, row, i);
            status = rv_answer_add(answer, &store->base, value, (size_t)PQgetlength(result, row, i), err);
        }
        if (status == RV_OK)
            status = rv_answer_end_row(answer, &store->base, err);
    }
    return status;
}

/* Process a result that comes instead of rows, or after them. */
static RvStatus take_end(PostgresStore *store, const PGresult *result, const ServerAnswer *answer, bool began,
                         RvError *err)
{
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        return RV_OK;
    case PGRES_COMMAND_OK: {
        const char *changed = PQcmdTuples((PGresult *)result); // is not changed by it
        store->changed_rows = changed[0] != '\0' ? strtoll(changed, NULL, 10) : -1;
        if (answer->columns == 0 || began)
            return RV_OK;
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: the server gave no rows where it should",
                            store->base.uri);
    }
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        give_up(store);
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: the server began a copy that nobody asked for",
                            store->base.uri);
    default:
        return rv_postgres_fail(store, result, err);
    }
}

/* Collect all results. Rows are received one by one, so that an answer that is too long is refused before it
 * is in memory. */
static RvStatus collect(PostgresStore *store, ServerAnswer *answer, RvError *err)
{
    PGresult *result = NULL;
    bool began = false;
    int results_after_failure = 0;
    RvStatus status = next_result(store, &result, err);
    while (result != NULL && !store->is_given_up) {
        ExecStatusType kind = PQresultStatus(result);
        if (status != RV_OK && ++results_after_failure > RESULTS_AFTER_FAILURE_MAX)
            give_up(store);
        bool rows = kind == PGRES_SINGLE_TUPLE || kind == PGRES_TUPLES_OK;
        if (status == RV_OK && rows && !began)
            status = take_names(store, result, answer, err);
        began = began || rows;
        if (status == RV_OK && rows && PQnfields(result) != (int)answer->columns && answer->columns != 0)
            status = rv_answer_begin(answer, &store->base, (size_t)PQnfields(result), err);
        if (status == RV_OK && rows)
            status = take_rows(store, result, answer, err);
        if (status == RV_OK && kind != PGRES_SINGLE_TUPLE)
            status = take_end(store, result, answer, began, err);
        if (status != RV_OK && rows)
            give_up(store); // the rest of the answer may be endless
        PQclear(result);
        result = NULL;
        if (!store->is_given_up) {
            RvError later = {0};
            RvStatus waited = next_result(store, &result, &later);
            if (status == RV_OK && waited != RV_OK)
                status = rv_error_wrap(err, waited, &later, "%s", later.message);
        }
    }
    return status;
}

/* ---- asking ------------------------------------------------------------------------------------------- */

RvStatus rv_postgres_ask(PostgresStore *store, const char *sql, const PostgresArguments *arguments,
                         bool binary, ServerAnswer *out, RvError *err)
{
    ServerAnswer unread = rv_answer_unread();
    store->sqlstate[0] = '\0';
    store->changed_rows = -1;
    int sent = arguments == NULL
                   ? PQsendQuery(store->connection, sql)
                   : PQsendQueryParams(store->connection, sql, arguments->count, arguments->types,
                                       arguments->values, arguments->lengths, arguments->formats, binary);
    if (!sent)
        return rv_postgres_fail(store, NULL, err);
    PQsetSingleRowMode(store->connection);
    return collect(store, out != NULL ? out : &unread, err);
}

RvStatus rv_postgres_begin_copy(PostgresStore *store, const char *sql, RvError *err)
{
    PGresult *result = NULL;
    RvStatus status = RV_OK;
    if (!PQsendQuery(store->connection, sql))
        status = rv_postgres_fail(store, NULL, err);
    else
        status = next_result(store, &result, err);
    if (status == RV_OK && PQresultStatus(result) != PGRES_COPY_IN) {
        status = rv_postgres_fail(store, result, err);
        // After an error only its end follows. With any other result the server is doing something else, for
        // which there is no wait.
        if (PQresultStatus(result) != PGRES_FATAL_ERROR)
            give_up(store);
        else {
            ServerAnswer unread = rv_answer_unread();
            collect(store, &unread, NULL);
        }
    }
    PQclear(result);
    return status;
}

RvStatus rv_postgres_end_copy(PostgresStore *store, RvStatus status, RvError *err)
{
    ServerAnswer unread = rv_answer_unread();
    if (PQputCopyEnd(store->connection, status == RV_OK ? NULL : "given up") != 1) {
        give_up(store);
        return status == RV_OK ? rv_postgres_fail(store, NULL, err) : status;
    }
    RvStatus ended = collect(store, &unread, status == RV_OK ? err : NULL);
    return status == RV_OK ? ended : status;
}
