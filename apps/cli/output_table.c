/* SPDX-License-Identifier: MIT */
/* Rows as a table for people: aligned columns, numbers to the right. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "text.h"

/* All rows are kept, because the widths are known at the end. */
typedef struct Table {
    char **texts; // [row_count, column_count], as they are shown; names whole
    size_t row_count, row_capacity;
    bool words[OUTPUT_MAX_COLUMNS]; // a COLUMN_VALUE holds something that is no number
} Table;

static bool begin_table(Output *output)
{
    output->state = calloc(1, sizeof(Table));
    return output->state != NULL;
}

static char *shown_text(const Column *column, const Cell *cell)
{
    char text[64];
    switch (column->kind) {
    case COLUMN_TEXT:
    case COLUMN_NAME:
        return cli_text_clean(cell->text);
    case COLUMN_WHOLE:
        snprintf(text, sizeof text, "%" PRId64, cell->whole);
        break;
    case COLUMN_SCORE:
        snprintf(text, sizeof text, "%.4f", cell->real);
        break;
    case COLUMN_TIME:
        cli_text_time(cell->real, text, sizeof text);
        break;
    case COLUMN_FLAG:
        return strdup(cell->whole != 0 ? "yes" : "no");
    case COLUMN_VALUE:
        if (cell->kind != CELL_WHOLE)
            return cli_text_clean(cell->kind == CELL_NULL ? "" : cell->text);
        snprintf(text, sizeof text, "%" PRId64, cell->whole);
        break;
    }
    return strdup(text);
}

static bool row_table(Output *output, const Cell *cells)
{
    Table *table = output->state;
    if (table->row_count == table->row_capacity) {
        size_t capacity = table->row_capacity > 0 ? 2 * table->row_capacity : 16;
        char **texts = reallocarray(table->texts, capacity * output->column_count, sizeof *texts);
        if (texts == NULL)
            return false;
        table->texts = texts;
        table->row_capacity = capacity;
    }
    char **row = table->texts + table->row_count * output->column_count;
    table->row_count++;
    bool good = true;
    for (size_t i = 0; i < output->column_count; i++) {
        row[i] = shown_text(&output->columns[i], &cells[i]);
        if (cells[i].kind == CELL_TEXT)
            table->words[i] = true;
        good = good && row[i] != NULL;
    }
    return good;
}

static const char *text_at(const Output *output, size_t row, size_t column)
{
    const Table *table = output->state;
    return table->texts[row * output->column_count + column];
}

/* Two different paths with the same last part? */
static bool ambiguous(const Output *output, size_t column)
{
    const Table *table = output->state;
    for (size_t i = 0; i < table->row_count; i++) {
        const char *one = text_at(output, i, column);
        for (size_t j = 0; j < i; j++) {
            const char *other = text_at(output, j, column);
            if (strcmp(cli_text_last_part(one), cli_text_last_part(other)) == 0 && strcmp(one, other) != 0)
                return true;
        }
    }
    return false;
}

static const char *display(const Output *output, size_t row, size_t column, bool whole_name)
{
    const char *text = text_at(output, row, column);
    return output->columns[column].kind == COLUMN_NAME && !whole_name ? cli_text_last_part(text) : text;
}

/* *gap: spaces that are owed before the next text, so that no line ends in any. */
static void write_field(FILE *file, const char *text, size_t width, bool right, size_t *gap)
{
    size_t padding = width - cli_text_width(text);
    if (text[0] == '\0') {
        *gap += width + 2;
        return;
    }
    fprintf(file, "%*s%s", (int)(*gap + (right ? padding : 0)), "", text);
    *gap = 2 + (right ? 0 : padding);
}

static void write_table(const Output *output)
{
    const Table *table = output->state;
    size_t widths[OUTPUT_MAX_COLUMNS] = {0};
    bool whole_names[OUTPUT_MAX_COLUMNS] = {false};
    for (size_t i = 0; i < output->column_count; i++) {
        if (output->columns[i].title == NULL)
            continue;
        // The comparison of all pairs is for tables that people read.
        whole_names[i] =
            output->columns[i].kind == COLUMN_NAME && (table->row_count > 2000 || ambiguous(output, i));
        widths[i] = cli_text_width(output->columns[i].title);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t width = cli_text_width(display(output, row, i, whole_names[i]));
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (size_t line = 0; line <= table->row_count; line++) {
        size_t gap = 0;
        for (size_t i = 0; i < output->column_count; i++) {
            ColumnKind kind = output->columns[i].kind;
            bool right = kind == COLUMN_WHOLE || kind == COLUMN_SCORE || kind == COLUMN_TIME ||
                         (kind == COLUMN_VALUE && !table->words[i]);
            const char *text =
                line == 0 ? output->columns[i].title : display(output, line - 1, i, whole_names[i]);
            if (output->columns[i].title != NULL)
                write_field(output->file, text, widths[i], right, &gap);
        }
        fputc('\n', output->file);
    }
}

static bool end_table(Output *output)
{
    Table *table = output->state;
    bool good = true;
    for (size_t i = 0; i < table->row_count * output->column_count; i++)
        good = good && table->texts[i] != NULL;
    if (good && table->row_count > 0)
        write_table(output);
    for (size_t i = 0; i < table->row_count * output->column_count; i++)
        free(table->texts[i]);
    free(table->texts);
    free(table);
    output->state = NULL;
    return good;
}

const OutputFormat cli_output_table = {"table", begin_table, row_table, end_table};
