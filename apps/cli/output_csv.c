/* SPDX-License-Identifier: MIT */
/* Rows as CSV after RFC 4180: a header, CR LF, quotes where needed. Texts are written as they are, except on a
 * terminal, which would obey what they hold. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "text.h"

static void write_text(FILE *file, const char *text)
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

/* Returns false if memory is refused. */
static bool write_field(const Output *output, const char *text)
{
    if (!output->terminal) {
        write_text(output->file, text);
        return true;
    }
    char *clean = cli_text_clean(text);
    if (clean != NULL)
        write_text(output->file, clean);
    bool good = clean != NULL;
    free(clean);
    return good;
}

static bool begin_csv(Output *output)
{
    bool good = true;
    for (size_t i = 0; i < output->column_count && good; i++) {
        if (i > 0)
            fputc(',', output->file);
        good = write_field(output, output->columns[i].key);
    }
    fputs("\r\n", output->file);
    return good;
}

static bool row_csv(Output *output, const Cell *cells)
{
    bool good = true;
    for (size_t i = 0; i < output->column_count && good; i++) {
        if (i > 0)
            fputc(',', output->file);
        switch (output->columns[i].kind) {
        case COLUMN_TEXT:
        case COLUMN_NAME:
            good = write_field(output, cells[i].text);
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
                good = write_field(output, cells[i].text);
            break;
        }
    }
    fputs("\r\n", output->file);
    return good;
}

static bool end_csv(Output *output)
{
    (void)output;
    return true;
}

const OutputFormat cli_output_csv = {"csv", begin_csv, row_csv, end_csv};
