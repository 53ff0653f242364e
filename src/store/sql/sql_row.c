/* SPDX-License-Identifier: MIT */
/* The strict reading of columns. */
#include "store/sql/sql_row.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/sql/text_escape.h"
#include "store/store_backend.h"

// Encoded text is up to three times as long as what the front lets through.
#define WRITTEN_TEXT_MAX (3 * STORE_MAX_TEXT_BYTES)

const char *rv_sql_written(const SqlValue *value)
{
    return value->type == SQL_WRITTEN ? value->bytes : NULL;
}

/* Returns a number as text, or NULL if there is anything after a NUL in it. */
static const char *written_number(const SqlValue *value)
{
    const char *text = rv_sql_written(value);
    return text != NULL && strlen(text) == value->size_bytes ? text : NULL;
}

bool rv_sql_is_integer(const SqlValue *value, int64_t min, int64_t max, int64_t *out)
{
    const char *text = written_number(value);
    if (text != NULL)
        return rv_parse_int64(text, min, max, out);
    *out = value->integer;
    return value->type == SQL_INTEGER && *out >= min && *out <= max;
}

bool rv_sql_is_quantity(const SqlValue *value, double *out)
{
    const char *text = written_number(value);
    if (text != NULL)
        return rv_parse_double(text, 0, DBL_MAX, out);
    *out = value->real;
    return value->type == SQL_REAL && isfinite(*out) && *out >= 0;
}

bool rv_sql_is_picture(const SqlValue *value, const uint8_t **jpeg, size_t *size_bytes)
{
    *jpeg = value->bytes;
    *size_bytes = value->size_bytes;
    return (value->type == SQL_BYTES || value->type == SQL_WRITTEN) && value->bytes != NULL &&
           value->size_bytes > 0 && value->size_bytes <= STORE_MAX_PICTURE_BYTES;
}

static RvStatus bad_column(const SqlRow *row, size_t column, const char *what, RvError *err)
{
    const char *uri = row->store->uri;
    if (row->values[column].type == SQL_FOREIGN)
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                                 "%s: %s: a number that is not of reelvec's type", uri, what);
    return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                             "%s: %s: %.64s holds a value that reelvec does not write", uri, what,
                             row->names[column] != NULL ? row->names[column] : "a column");
}

RvStatus rv_sql_integer(const SqlRow *row, size_t column, const char *what, int64_t min, int64_t max,
                        int64_t *out, RvError *err)
{
    return rv_sql_is_integer(&row->values[column], min, max, out) ? RV_OK
                                                                  : bad_column(row, column, what, err);
}

RvStatus rv_sql_quantity(const SqlRow *row, size_t column, const char *what, double *out, RvError *err)
{
    return rv_sql_is_quantity(&row->values[column], out) ? RV_OK : bad_column(row, column, what, err);
}

RvStatus rv_sql_text(const SqlRow *row, size_t column, const char *what, char **out, RvError *err)
{
    const SqlValue *value = &row->values[column];
    bool written = value->type == SQL_WRITTEN;
    bool has_type = written || value->type == SQL_TEXT || value->type == SQL_BYTES;
    *out = NULL;
    if (!has_type || value->size_bytes > (written ? WRITTEN_TEXT_MAX : STORE_MAX_TEXT_BYTES) ||
        (value->bytes != NULL && memchr(value->bytes, '\0', value->size_bytes) != NULL))
        return bad_column(row, column, what, err);
    char *copy = rv_mem_alloc(value->size_bytes + 1, 1, err);
    if (copy == NULL)
        return RV_ERROR_MEMORY;
    if (value->bytes != NULL)
        memcpy(copy, value->bytes, value->size_bytes);
    if (written)
        rv_store_text_decode(copy);
    *out = copy;
    return RV_OK;
}
