/* SPDX-License-Identifier: MIT */
/* What a server answered to one statement, copied and held to what was asked for. */
#include "store/sql/server_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/sql/text_escape.h"

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
    size_t capacity = answer->value_capacity * 2 + 16;
    AnswerValue *values = realloc(answer->values, capacity * sizeof *values);
    if (values == NULL)
        return rv_error_memory(err, capacity * sizeof *values);
    answer->values = values;
    answer->value_capacity = capacity;
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

static RvStatus bad_column(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, RvError *err)
{
    if (row >= answer->rows)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s: the server gave no row where one belongs",
                            store->uri, what);
    const AnswerValue *name = column < answer->columns ? &answer->values[column] : NULL;
    bool named = name != NULL && name->at != SIZE_MAX;
    return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                             "%s: %s: %.64s holds a value that reelvec does not write", store->uri, what,
                             named ? (const char *)answer->bytes.bytes + name->at : "a column");
}

RvStatus rv_answer_text(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                        const char *what, char **out, RvError *err)
{
    size_t length = 0;
    const char *value = rv_answer_value(answer, row, column, &length);
    *out = NULL;
    if (value == NULL || length > ANSWER_TEXT_MAX || memchr(value, '\0', length) != NULL)
        return bad_column(answer, store, row, column, what, err);
    *out = rv_mem_copy_string(value, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    rv_store_text_decode(*out);
    return RV_OK;
}

RvStatus rv_answer_integer(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, int64_t min, int64_t max, int64_t *out, RvError *err)
{
    size_t length = 0;
    const char *value = rv_answer_value(answer, row, column, &length);
    bool good = value != NULL && strlen(value) == length && rv_parse_int64(value, min, max, out);
    return good ? RV_OK : bad_column(answer, store, row, column, what, err);
}

RvStatus rv_answer_quantity(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                            const char *what, double *out, RvError *err)
{
    size_t length = 0;
    const char *value = rv_answer_value(answer, row, column, &length);
    bool good =
        value != NULL && strlen(value) == length && rv_parse_double(value, 0, 1.7976931348623157e308, out);
    return good ? RV_OK : bad_column(answer, store, row, column, what, err);
}
