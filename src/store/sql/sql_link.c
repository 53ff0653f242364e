/* SPDX-License-Identifier: MIT */
/* Statements that are the same for all databases: their values, running them, transactions. */
#include "store/sql/sql_link.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

#define STATEMENT_MAX ((size_t)1 << 16) // without its values
#define TRIES_MAX 20                    // of a transaction

/* ---- writing ------------------------------------------------------------------------------------------ */

void rv_sql_statement_init(SqlStatement *statement)
{
    *statement = (SqlStatement){0};
    rv_buffer_init(&statement->text, STATEMENT_MAX);
}

void rv_sql_statement_clear(SqlStatement *statement)
{
    rv_buffer_clear(&statement->text);
    statement->count = 0;
}

static RvStatus add_value(const Store *store, SqlStatement *statement, SqlValue value, RvError *err)
{
    if (statement->count == SQL_VALUES_MAX)
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: a statement of too many values", store->uri);
    statement->places[statement->count] = statement->text.size_bytes;
    statement->values[statement->count++] = value;
    return RV_OK;
}

static RvStatus add_text(const Store *store, SqlStatement *statement, const char *text, RvError *err)
{
    SqlValue value = {.type = text != NULL ? SQL_TEXT : SQL_NULL,
                      .bytes = text,
                      .size_bytes = text != NULL ? strlen(text) : 0};
    return add_value(store, statement, value, err);
}

static RvStatus add_word(SqlStatement *statement, const char *word, RvError *err)
{
    return rv_buffer_append(&statement->text, word, strlen(word), err);
}

static RvStatus add_key(const Store *store, SqlStatement *statement, const char *text, RvError *err)
{
    bool digest = store->backend->link->words->has_digests;
    if (digest)
        add_word(statement, "SHA2(", err);
    RvStatus status = add_text(store, statement, text, err);
    return status == RV_OK && digest ? add_word(statement, ", 256)", err) : status;
}

RvStatus rv_sql_add_list(Store *store, SqlStatement *statement, RvError *err, const char *format,
                         va_list values)
{
    RvStatus status = RV_OK;
    while (status == RV_OK && *format != '\0') {
        size_t length = strcspn(format, "%");
        status = rv_buffer_append(&statement->text, format, length, err);
        format += length;
        if (status != RV_OK || *format == '\0')
            break;
        SqlValue value = {0};
        switch (format[1]) {
        case 's':
            status = add_text(store, statement, va_arg(values, const char *), err);
            break;
        case 'd':
            value = (SqlValue){.type = SQL_INTEGER, .integer = va_arg(values, int64_t)};
            status = add_value(store, statement, value, err);
            break;
        case 'f':
            value = (SqlValue){.type = SQL_REAL, .real = va_arg(values, double)};
            status = add_value(store, statement, value, err);
            break;
        case 'k':
            status = add_key(store, statement, va_arg(values, const char *), err);
            break;
        case 'w':
            status = add_word(statement, va_arg(values, const char *), err);
            break;
        default:
            status = add_word(statement, "%", err);
        }
        format += 2;
    }
    return status;
}

RvStatus rv_sql_add(Store *store, SqlStatement *statement, RvError *err, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    RvStatus status = rv_sql_add_list(store, statement, err, format, values);
    va_end(values);
    return status;
}

RvStatus rv_sql_write(const SqlStatement *statement, Buffer *sql,
                      RvStatus (*place)(void *user, Buffer *sql, size_t index, RvError *err), void *user,
                      RvError *err)
{
    const char *text = (const char *)statement->text.bytes;
    size_t from = 0;
    RvStatus status = RV_OK;
    for (size_t i = 0; status == RV_OK && i < statement->count; i++) {
        status = rv_buffer_append(sql, text + from, statement->places[i] - from, err);
        from = statement->places[i];
        if (status == RV_OK)
            status = place(user, sql, i, err);
    }
    return status == RV_OK ? rv_buffer_append(sql, text + from, statement->text.size_bytes - from, err)
                           : status;
}

/* ---- running ------------------------------------------------------------------------------------------ */

static RvStatus run_list(Store *store, const SqlReader *reader, RvError *err, const char *format,
                         va_list values)
{
    SqlStatement statement;
    rv_sql_statement_init(&statement);
    RvStatus status = rv_sql_add_list(store, &statement, err, format, values);
    if (status == RV_OK)
        status = store->backend->link->run(store, &statement, reader, err);
    rv_sql_statement_clear(&statement);
    return status;
}

RvStatus rv_sql_query(Store *store, const SqlReader *reader, RvError *err, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    RvStatus status = run_list(store, reader, err, format, values);
    va_end(values);
    return status;
}

RvStatus rv_sql_run(Store *store, RvError *err, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    RvStatus status = run_list(store, NULL, err, format, values);
    va_end(values);
    return status;
}

static RvStatus note_row(void *user, const SqlRow *row, RvError *err)
{
    (void)row;
    (void)err;
    *(bool *)user = true;
    return RV_OK;
}

RvStatus rv_sql_has_row(Store *store, bool *found, RvError *err, const char *format, ...)
{
    SqlReader reader = {.columns = "d", .max_rows = SQL_FEW_ROWS, .row = note_row, .user = found};
    va_list values;
    *found = false;
    va_start(values, format);
    RvStatus status = run_list(store, &reader, err, format, values);
    va_end(values);
    return status;
}

/* ---- transactions ------------------------------------------------------------------------------------- */

RvStatus rv_sql_end(Store *store, RvStatus status, RvError *err)
{
    return store->backend->link->end(store, status, err);
}

bool rv_sql_try_again(const Store *store, RvStatus status, int *tries)
{
    const SqlLink *link = store->backend->link;
    return link->is_deadlock != NULL && link->is_deadlock(store) && rv_sql_try_busy_again(status, tries);
}

bool rv_sql_try_busy_again(RvStatus status, int *tries)
{
    if (status != RV_ERROR_BUSY || ++*tries == TRIES_MAX)
        return false;
    long pause_ms = 5L * *tries + getpid() % 17;
    nanosleep(&(struct timespec){.tv_nsec = pause_ms * 1000000}, NULL);
    return true;
}
