/* SPDX-License-Identifier: MIT */
/* Moments from a table after RFC 4180, with commas, semicolons or tabs. The first line names the columns;
 * without names they are start, end, name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "timeline/moments_read.h"

#define COLUMNS_MAX 1000

typedef struct Table {
    const char *at, *end;
    size_t line; // of `at`, from 1
    char separator;
    Buffer texts;   // of the fields of one record, each with a NUL
    size_t *fields; // [field_count] where each begins
    size_t field_count, capacity;
} Table;

typedef struct Columns {
    MomentWord words[COLUMNS_MAX];
    bool known[COLUMNS_MAX];
    size_t count;
} Columns;

/* ---- records ------------------------------------------------------------------------------------------ */

/* The one that stands most often in the first line, outside of quotes. */
static char find_separator(const char *text, const char *end)
{
    static const char separators[] = {',', ';', '\t'};
    size_t counts[sizeof separators] = {0}, best = 0;
    bool quoted = false;
    for (; text < end && (quoted || (*text != '\n' && *text != '\r')); text++) {
        quoted = *text == '"' ? !quoted : quoted;
        for (size_t i = 0; i < sizeof separators && !quoted; i++)
            counts[i] += *text == separators[i];
    }
    for (size_t i = 1; i < sizeof separators; i++)
        best = counts[i] > counts[best] ? i : best;
    return separators[best];
}

static RvStatus begin_field(Table *table, size_t line, RvError *err)
{
    if (table->field_count >= COLUMNS_MAX)
        return rv_error_set(err, RV_ERROR_FORMAT, "line %zu: has more than %d fields", line, COLUMNS_MAX);
    size_t *fields =
        rv_mem_grow(table->fields, &table->capacity, table->field_count + 1, sizeof *fields, err);
    if (fields == NULL)
        return RV_ERROR_MEMORY;
    table->fields = fields;
    fields[table->field_count++] = table->texts.size_bytes;
    return RV_OK;
}

/* Read up to the closing quote. `at` is behind the opening one. */
static RvStatus read_quoted(Table *table, RvError *err)
{
    size_t first_line = table->line;
    for (;;) {
        const char *quote = memchr(table->at, '"', (size_t)(table->end - table->at));
        if (quote == NULL)
            return rv_error_set(err, RV_ERROR_FORMAT, "line %zu: a quotation mark is not closed", first_line);
        for (const char *at = table->at; at < quote; at++)
            table->line += *at == '\n';
        RvStatus status = rv_buffer_append(&table->texts, table->at, (size_t)(quote - table->at), err);
        table->at = quote + 1;
        if (status != RV_OK || table->at == table->end || *table->at != '"')
            return status;
        rv_buffer_append(&table->texts, "\"", 1, err);
        table->at++;
    }
}

static bool at_field_end(const Table *table)
{
    return table->at == table->end || *table->at == table->separator || *table->at == '\n' ||
           *table->at == '\r';
}

static void skip_blanks(Table *table)
{
    while (!at_field_end(table) && (*table->at == ' ' || *table->at == '\t'))
        table->at++;
}

/* Blanks around a field count only between quotes. */
static RvStatus read_field(Table *table, RvError *err)
{
    RvStatus status = begin_field(table, table->line, err);
    skip_blanks(table);
    if (status == RV_OK && !at_field_end(table) && *table->at == '"') {
        table->at++;
        status = read_quoted(table, err);
        skip_blanks(table);
        if (status == RV_OK && !at_field_end(table))
            status = rv_error_set(err, RV_ERROR_FORMAT,
                                  "line %zu: text behind a closing quotation mark; write \"\" for one inside",
                                  table->line);
    } else if (status == RV_OK) {
        const char *from = table->at;
        while (!at_field_end(table))
            table->at++;
        size_t length = (size_t)(table->at - from);
        while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '\t'))
            length--;
        status = rv_buffer_append(&table->texts, from, length, err);
    }
    return status == RV_OK ? rv_buffer_append(&table->texts, "", 1, err) : status;
}

/* Read a record; *line is that of its beginning. Leaves field_count 0 at the end of the text. Lines of blanks are
 * skipped. */
static RvStatus read_record(Table *table, size_t *line, RvError *err)
{
    for (;;) {
        const char *at = table->at;
        while (at < table->end && strchr(" \t", *at) != NULL && *at != table->separator)
            at++;
        if (at == table->end || (*at != '\n' && *at != '\r'))
            break;
        table->line += *at == '\n';
        table->at = at + 1;
    }
    rv_buffer_reset(&table->texts);
    table->field_count = 0;
    *line = table->line;
    while (table->at < table->end) {
        RvStatus status = read_field(table, err);
        if (status != RV_OK)
            return status;
        if (table->at == table->end || *table->at != table->separator)
            break;
        table->at++;
        if (table->at == table->end) { // a last field that is empty
            status = read_field(table, err);
            return status;
        }
    }
    return RV_OK;
}

static const char *field_text(const Table *table, size_t index)
{
    return (const char *)table->texts.bytes + table->fields[index];
}

/* ---- columns ------------------------------------------------------------------------------------------ */

/* Returns true if the record names columns: a word of a moment stands in it, and no time. */
static bool read_names(const Table *table, Columns *columns)
{
    bool any = false;
    double time_s = 0;
    for (size_t i = 0; i < table->field_count; i++) {
        const char *text = field_text(table, i);
        columns->known[i] = rv_moment_word(text, &columns->words[i]);
        any = any || columns->known[i];
        if (rv_parse_time(text, &time_s))
            return false;
    }
    columns->count = table->field_count;
    return any;
}

static RvStatus check_names(const Columns *columns, size_t line, RvError *err)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->known[i] &&
            (columns->words[i].field == MOMENT_START || columns->words[i].field == MOMENT_TIME))
            return RV_OK;
    }
    return rv_error_set(err, RV_ERROR_FORMAT, "line %zu: names no column start or time", line);
}

static void name_usual(Columns *columns)
{
    static const char *const usual[] = {"start", "end", "name"};
    columns->count = sizeof usual / sizeof usual[0];
    for (size_t i = 0; i < columns->count; i++)
        columns->known[i] = rv_moment_word(usual[i], &columns->words[i]);
}

static RvStatus add_record(const Table *table, const Columns *columns, size_t line, MomentList *list,
                           RvError *err)
{
    MomentFacts facts = {0};
    char where[32];
    snprintf(where, sizeof where, "line %zu", line);
    if (table->field_count > columns->count)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: has %zu fields instead of %zu; a text that holds a '%c' goes between quotation marks", where,
            table->field_count, columns->count, table->separator);
    RvStatus status = RV_OK;
    for (size_t i = 0; i < table->field_count && status == RV_OK; i++) {
        if (columns->known[i])
            status = rv_moment_text(&facts, columns->words[i], field_text(table, i), where, err);
    }
    return status == RV_OK ? rv_moment_add(list, &facts, where, err) : status;
}

static RvStatus read_first(Table *table, Columns *columns, MomentList *list, RvError *err)
{
    size_t line = 0;
    double time_s = 0;
    RvStatus status = read_record(table, &line, err);
    if (status != RV_OK || table->field_count == 0)
        return status;
    if (read_names(table, columns))
        return check_names(columns, line, err);
    if (!rv_parse_time(field_text(table, 0), &time_s))
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "line %zu: is neither JSON nor a table of moments; the first line of a table names its "
            "columns, as video,start,end,name",
            line);
    name_usual(columns);
    return add_record(table, columns, line, list, err);
}

RvStatus rv_moments_read_csv(const char *text, size_t size_bytes, MomentList *list, RvError *err)
{
    Table table = {.at = text, .end = text + size_bytes, .line = 1};
    table.separator = find_separator(text, table.end);
    Columns *columns = rv_mem_alloc(1, sizeof *columns, err);
    if (columns == NULL)
        return RV_ERROR_MEMORY;
    rv_buffer_init(&table.texts, 2 * MOMENTS_MAX_BYTES + COLUMNS_MAX);
    RvStatus status = read_first(&table, columns, list, err);
    while (status == RV_OK) {
        size_t line = 0;
        status = read_record(&table, &line, err);
        if (status != RV_OK || table.field_count == 0)
            break;
        status = add_record(&table, columns, line, list, err);
    }
    rv_buffer_clear(&table.texts);
    free(table.fields);
    free(columns);
    return status;
}
