/* SPDX-License-Identifier: MIT */
/* Rows as a table for people: aligned columns, numbers to the right. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "terminal.h"
#include "text.h"

#define NAME_MIN 16   // a name keeps this many columns on the narrowest terminal
#define RECORD_MIN 40 // on narrower terminals a table is a table, wherever its lines end

/* All rows are kept, because the widths are known only at the end. */
typedef struct Table {
    char **texts;                     // [row_count, column_count], as they are shown
    char *titles[OUTPUT_MAX_COLUMNS]; // NULL if the column is not shown
    char *folder;                     // the current folder; NULL if unknown
    size_t row_count, row_capacity;
    bool words[OUTPUT_MAX_COLUMNS]; // a COLUMN_VALUE contains something that is not a number
} Table;

static void clear_table(Output *output)
{
    Table *table = output->state;
    for (size_t i = 0; i < table->row_count * output->column_count; i++)
        free(table->texts[i]);
    for (size_t i = 0; i < output->column_count; i++)
        free(table->titles[i]);
    free(table->texts);
    free(table->folder);
    free(table);
    output->state = NULL;
}

static bool begin_table(Output *output)
{
    Table *table = calloc(1, sizeof *table);
    output->state = table;
    if (table == NULL)
        return false;
    table->folder = getcwd(NULL, 0);
    bool good = true;
    for (size_t i = 0; i < output->column_count; i++) {
        // A library made by someone else may use any names for its columns.
        const char *title = output->columns[i].title;
        table->titles[i] = title != NULL ? cli_text_clean(title) : NULL;
        good = good && (title == NULL || table->titles[i] != NULL);
    }
    if (!good)
        clear_table(output);
    return good;
}

/* Returns a name that is enough to open the file: a path below the current folder relative to it, any other
 * in full. */
static const char *name_from(const char *folder, const char *path)
{
    size_t length = folder != NULL ? strlen(folder) : 0;
    bool below = length > 1 && strncmp(path, folder, length) == 0 && path[length] == '/' &&
                 path[length + 1] != '\0' && path[length + 1] != '-';
    return below ? path + length + 1 : path;
}

static char *shown_text(const Table *table, const Column *column, const Cell *cell)
{
    char text[64];
    switch (column->kind) {
    case COLUMN_TEXT:
        return cli_text_clean(cell->text);
    case COLUMN_NAME:
        return cli_text_clean(name_from(table->folder, cell->text));
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
        row[i] = shown_text(table, &output->columns[i], &cells[i]);
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

/* *gap: number of spaces that must precede the next text. They are written late, so that no line ends in
 * spaces. */
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

static bool shown(const Output *output, size_t column)
{
    return output->columns[column].title != NULL;
}

static size_t width_of(const Output *output, size_t column)
{
    const Table *table = output->state;
    size_t widest = cli_text_width(table->titles[column]);
    for (size_t row = 0; row < table->row_count; row++) {
        size_t width = cli_text_width(text_at(output, row, column));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static bool is_right(const Table *table, const Column *column, size_t number)
{
    return column->kind == COLUMN_WHOLE || column->kind == COLUMN_SCORE || column->kind == COLUMN_TIME ||
           (column->kind == COLUMN_VALUE && !table->words[number]);
}

static size_t total_width(const Output *output, const size_t *widths)
{
    size_t total = 0;
    for (size_t i = 0; i < output->column_count; i++)
        total += shown(output, i) ? widths[i] + (total > 0 ? 2 : 0) : 0;
    return total;
}

/* Cut the names of a column at their beginning. Returns false if memory is refused. */
static bool cut_names(const Output *output, size_t column, size_t room)
{
    Table *table = output->state;
    for (size_t row = 0; row < table->row_count; row++) {
        char **text = &table->texts[row * output->column_count + column];
        char *shorter = cli_text_keep_end(*text, room);
        if (shorter == NULL)
            return false;
        free(*text);
        *text = shorter;
    }
    return true;
}

/* If the terminal is too narrow, cut the names, the last column of them first. Nothing is cut if that does not suffice
 * and the rows are shown as records (*fits is false then). Returns false if memory is refused. */
static bool fit(const Output *output, size_t *widths, bool *fits)
{
    size_t total = total_width(output, widths), least = total;
    for (size_t i = 0; i < output->column_count; i++) {
        if (shown(output, i) && output->columns[i].kind == COLUMN_NAME && widths[i] > NAME_MIN)
            least -= widths[i] - NAME_MIN;
    }
    *fits = output->width < RECORD_MIN || least <= output->width;
    if (output->width == 0 || total <= output->width || !*fits)
        return true;
    for (size_t i = output->column_count; i-- > 0 && total > output->width;) {
        if (!shown(output, i) || output->columns[i].kind != COLUMN_NAME || widths[i] <= NAME_MIN)
            continue;
        size_t over = total - output->width;
        size_t room = widths[i] - NAME_MIN > over ? widths[i] - over : NAME_MIN;
        if (!cut_names(output, i, room))
            return false;
        widths[i] = width_of(output, i);
        total = total_width(output, widths);
    }
    return true;
}

static void write_rows(const Output *output, const size_t *widths)
{
    const Table *table = output->state;
    for (size_t line = 0; line <= table->row_count; line++) {
        size_t gap = 0;
        fputs(line == 0 ? cli_style(output->file, CLI_STYLE_STRONG) : "", output->file);
        for (size_t i = 0; i < output->column_count; i++) {
            if (shown(output, i))
                write_field(output->file, line == 0 ? table->titles[i] : text_at(output, line - 1, i),
                            widths[i], is_right(table, &output->columns[i], i), &gap);
        }
        fputs(line == 0 ? cli_style(output->file, CLI_STYLE_NONE) : "", output->file);
        fputc('\n', output->file);
    }
}

/* For more columns than the terminal has room for: a line for each value, an empty line between rows. */
static void write_records(const Output *output)
{
    const Table *table = output->state;
    size_t widest = 0;
    for (size_t i = 0; i < output->column_count; i++) {
        if (shown(output, i) && cli_text_width(table->titles[i]) > widest)
            widest = cli_text_width(table->titles[i]);
    }
    for (size_t row = 0; row < table->row_count; row++) {
        if (row > 0)
            fputc('\n', output->file);
        for (size_t i = 0; i < output->column_count; i++) {
            if (!shown(output, i) || text_at(output, row, i)[0] == '\0')
                continue;
            const char *title = table->titles[i], *text = text_at(output, row, i);
            fprintf(output->file, "%s%s%s%*s", cli_style(output->file, CLI_STYLE_STRONG), title,
                    cli_style(output->file, CLI_STYLE_NONE), (int)(widest - cli_text_width(title) + 2), "");
            cli_print_wrapped(output->file, text, strlen(text), widest + 2, widest + 2, output->width);
        }
    }
}

// Print titles and rows, columns aligned. Returns false if memory is refused.
static bool write_table(const Output *output)
{
    size_t widths[OUTPUT_MAX_COLUMNS] = {0};
    bool fits = true;
    for (size_t i = 0; i < output->column_count; i++) {
        if (shown(output, i))
            widths[i] = width_of(output, i);
    }
    if (!fit(output, widths, &fits))
        return false;
    if (fits)
        write_rows(output, widths);
    else
        write_records(output);
    return true;
}

static bool end_table(Output *output)
{
    Table *table = output->state;
    bool good = true;
    for (size_t i = 0; i < table->row_count * output->column_count; i++)
        good = good && table->texts[i] != NULL;
    if (good && table->row_count > 0)
        good = write_table(output);
    clear_table(output);
    return good;
}

const OutputFormat cli_output_table = {"table", begin_table, row_table, end_table};
