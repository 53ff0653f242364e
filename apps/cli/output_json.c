/* SPDX-License-Identifier: MIT */
/* Rows as JSON, one object per line, keys in the order of the columns. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "json_text.h"
#include "output.h"

static bool begin_json(Output *output)
{
    (void)output;
    return true;
}

static json_t *value_of(const Column *column, const Cell *cell)
{
    switch (column->kind) {
    case COLUMN_TEXT:
    case COLUMN_NAME:
        return cli_json_string(cell->text);
    case COLUMN_WHOLE:
        return json_integer(cell->whole);
    case COLUMN_FLAG:
        return json_boolean(cell->whole != 0);
    case COLUMN_VALUE:
        if (cell->kind == CELL_NULL)
            return json_null();
        if (cell->kind == CELL_TEXT)
            return cli_json_string(cell->text);
        if (cell->kind == CELL_WHOLE)
            return json_integer(cell->whole);
        break;
    case COLUMN_SCORE:
    case COLUMN_TIME:
        break;
    }
    return isfinite(cell->real) ? json_real(cell->real) : json_null();
}

/* Put a value under a key, or under KEY_2, KEY_3, ... if that is taken: columns of SQL may have any name, and the same.
 * Takes over the value. Returns false if memory is refused. */
static bool put(json_t *object, const char *name, json_t *value)
{
    json_t *first = cli_json_string(name), *key = json_incref(first);
    for (int count = 2; key != NULL && json_object_get(object, json_string_value(key)) != NULL; count++) {
        json_decref(key);
        key = json_sprintf("%s_%d", json_string_value(first), count);
    }
    bool good = key != NULL && json_object_set(object, json_string_value(key), value) == 0;
    json_decref(value);
    json_decref(key);
    json_decref(first);
    return good;
}

static bool row_json(Output *output, const Cell *cells)
{
    json_t *object = json_object();
    bool good = object != NULL;
    int digits = output->columns[0].kind == COLUMN_VALUE ? 15 : 9; // numbers of SQL are double
    for (size_t i = 0; i < output->column_count && good; i++)
        good = put(object, output->columns[i].key, value_of(&output->columns[i], &cells[i]));
    good = good && cli_json_line_digits(object, digits, output->file);
    json_decref(object);
    return good;
}

const OutputFormat cli_output_json = {"json", begin_json, row_json, begin_json};
