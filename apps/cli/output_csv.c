/* SPDX-License-Identifier: MIT */
/* Rows as CSV after RFC 4180: a header, CR LF, quotes where needed. */
#include <inttypes.h>
#include <string.h>

#include "output.h"

static void write_field(FILE *file, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0' && text[0] != ' ' && text[0] != '\t') {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static bool begin_csv(Output *output)
{
    for (size_t i = 0; i < output->column_count; i++) {
        if (i > 0)
            fputc(',', output->file);
        write_field(output->file, output->columns[i].key);
    }
    fputs("\r\n", output->file);
    return true;
}

static bool row_csv(Output *output, const Cell *cells)
{
    for (size_t i = 0; i < output->column_count; i++) {
        if (i > 0)
            fputc(',', output->file);
        switch (output->columns[i].kind) {
        case COLUMN_TEXT:
        case COLUMN_NAME:
            write_field(output->file, cells[i].text);
            break;
        case COLUMN_WHOLE:
            fprintf(output->file, "%" PRId64, cells[i].whole);
            break;
        case COLUMN_FLAG:
            fputs(cells[i].whole != 0 ? "true" : "false", output->file);
            break;
        case COLUMN_SCORE:
        case COLUMN_TIME:
            fprintf(output->file, "%.9g", cells[i].real);
            break;
        case COLUMN_VALUE:
            if (cells[i].kind == CELL_WHOLE)
                fprintf(output->file, "%" PRId64, cells[i].whole);
            else if (cells[i].kind != CELL_NULL)
                write_field(output->file, cells[i].text);
            break;
        }
    }
    fputs("\r\n", output->file);
    return true;
}

static bool end_csv(Output *output)
{
    (void)output;
    return true;
}

const OutputFormat cli_output_csv = {"csv", begin_csv, row_csv, end_csv};
