/* SPDX-License-Identifier: MIT */
/* A server's answer to one statement: a copy, checked against what was asked for. */
#include "store/sql/server_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define UNREAD_MAX_ROWS 64

ServerAnswer rv_answer(size_t columns, size_t max_rows)
{
    ServerAnswer answer = {.columns = columns, .max_rows = max_rows, .max_bytes = ANSWER_MAX_BYTES};
    rv_buffer_init(&answer.bytes, SIZE_MAX / 4);
    return answer;
}

ServerAnswer rv_answer_unread(void)
{
    return rv_answer(0, UNREAD_MAX_ROWS);
}

ServerAnswer rv_answer_for(const SqlReader *reader)
{
    ServerAnswer answer =
        reader != NULL ? rv_answer(strlen(reader->columns), reader->max_rows) : rv_answer_unread();
    if (reader != NULL && reader->max_bytes != 0)
        answer.max_bytes = reader->max_bytes;
    return answer;
}

void rv_answer_clear(ServerAnswer *answer)
{
    free(answer->values);
    answer->values = NULL;
    answer->rows = answer->value_count = answer->value_capacity = 0;
    rv_buffer_clear(&answer->bytes);
}

/* ---- filling ------------------------------------------------------------------------------------------ */

static RvStatus misfit(const Store *store, const char *has, size_t number, const char *of, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_FORMAT,
        "%s: the server's answer has %s %zu %s, which no answer to this question has; check that the "
        "address is that of the library's server",
        store->uri, has, number, of);
}

RvStatus rv_answer_begin(ServerAnswer *answer, const Store *store, size_t columns, RvError *err)
{
    answer->rows = answer->value_count = 0;
    rv_buffer_reset(&answer->bytes);
    if (answer->columns != 0 && columns != answer->columns)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: the server's answer has %zu columns where %zu belong; check that the address is that "
            "of the library's server",
            store->uri, columns, answer->columns);
    return RV_OK;
}

static RvStatus reserve_value(ServerAnswer *answer, RvError *err)
{
    if (answer->value_count < answer->value_capacity)
        return RV_OK;
    AnswerValue *values =
        rv_mem_grow(answer->values, &answer->value_capacity, answer->value_count + 1, sizeof *values, err);
    if (values == NULL)
        return RV_ERROR_MEMORY;
    answer->values = values;
    return RV_OK;
}

RvStatus rv_answer_add(ServerAnswer *answer, const Store *store, const void *value, size_t length,
                       RvError *err)
{
    if (answer->columns == 0)
        return RV_OK;
    if (answer->value_count >= answer->columns * (answer->rows + 2))
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: a row of more values than columns", store->uri);
    if (answer->rows >= answer->max_rows && answer->value_count >= answer->columns)
        return misfit(store, "more than", answer->max_rows, "rows", err);
    size_t used = answer->bytes.size_bytes + answer->value_count * sizeof *answer->values;
    if (used > answer->max_bytes || length > answer->max_bytes - used)
        return misfit(store, "more than", answer->max_bytes >> 20, "MiB", err);
    RvStatus status = reserve_value(answer, err);
    AnswerValue at = {value != NULL ? answer->bytes.size_bytes : SIZE_MAX, value != NULL ? length : 0};
    if (status == RV_OK && value != NULL)
        status = rv_buffer_append(&answer->bytes, value, length, err);
    if (status == RV_OK && value != NULL)
        status = rv_buffer_append(&answer->bytes, "", 1, err);
    if (status == RV_OK)
        answer->values[answer->value_count++] = at;
    return status;
}

RvStatus rv_answer_end_row(ServerAnswer *answer, const Store *store, RvError *err)
{
    if (answer->columns == 0 && answer->rows >= answer->max_rows)
        return misfit(store, "more than", answer->max_rows, "rows", err);
    if (answer->value_count != answer->columns * (answer->rows + 2) && answer->columns != 0)
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: a row of fewer values than columns", store->uri);
    answer->rows++;
    return RV_OK;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

const char *rv_answer_value(const ServerAnswer *answer, size_t row, size_t column, size_t *length)
{
    bool there = row < answer->rows && column < answer->columns;
    const AnswerValue *value = there ? &answer->values[(row + 1) * answer->columns + column] : NULL;
    if (value == NULL || value->at == SIZE_MAX) {
        if (length != NULL)
            *length = 0;
        return NULL;
    }
    if (length != NULL)
        *length = value->length;
    return (const char *)answer->bytes.bytes + value->at;
}

SqlRow rv_answer_row(const ServerAnswer *answer, const Store *store, size_t row)
{
    SqlRow out = {.store = store};
    for (size_t i = 0; i < answer->columns && i < SQL_COLUMNS_MAX; i++) {
        SqlValue *value = &out.values[i];
        const AnswerValue *name = i < answer->value_count ? &answer->values[i] : NULL;
        if (name != NULL && name->at != SIZE_MAX)
            out.names[i] = (const char *)answer->bytes.bytes + name->at;
        value->bytes = rv_answer_value(answer, row, i, &value->size_bytes);
        value->type = value->bytes != NULL ? SQL_WRITTEN : SQL_NULL;
    }
    return out;
}

RvStatus rv_answer_read(const ServerAnswer *answer, const Store *store, const SqlReader *reader,
                        void (*decode)(const SqlReader *reader, SqlRow *row), RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t at = 0; status == RV_OK && at < answer->rows; at++) {
        SqlRow row = rv_answer_row(answer, store, at);
        if (decode != NULL)
            decode(reader, &row);
        status = reader->row(reader->user, &row, err);
    }
    return status;
}

RvStatus rv_answer_integer(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, int64_t min, int64_t max, int64_t *out, RvError *err)
{
    if (row >= answer->rows)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s: the server gave no row where one belongs",
                            store->uri, what);
    SqlRow values = rv_answer_row(answer, store, row);
    return rv_sql_integer(&values, column, what, min, max, out, err);
}

RvStatus rv_answer_library(const ServerAnswer *answer, Store *store, int newest, RvError *err)
{
    int64_t version = 0;
    const char *kind = rv_answer_value(answer, 0, 0, NULL);
    if (answer->rows > 0 && (kind == NULL || strcmp(kind, STORE_LIBRARY_KIND) != 0))
        return rv_store_unknown_kind(store, kind != NULL ? kind : "unknown", err);
    RvStatus status = rv_answer_integer(answer, store, 0, 1, "library", 1, INT32_MAX, &version, err);
    if (status == RV_OK && version > newest)
        return rv_store_newer_schema(store, version, newest, err);
    store->schema_version = (int)version;
    return status;
}
