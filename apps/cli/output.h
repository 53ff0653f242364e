/* SPDX-License-Identifier: MIT */
/* Rows of results on stdout as a table, as JSON lines, or as CSV: one front for all formats. */
#ifndef RV_CLI_OUTPUT_H
#define RV_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUT_MAX_COLUMNS 100

typedef enum ColumnKind {
    COLUMN_TEXT,
    COLUMN_NAME, // a path or URL; the table shows a path below the current folder relative to it
    COLUMN_WHOLE,
    COLUMN_SCORE, // four decimals in the table
    COLUMN_TIME,  // seconds; h:mm:ss.s in the table
    COLUMN_FLAG,  // true and false; yes and no in the table
    COLUMN_VALUE, // each cell has a kind of its own
} ColumnKind;

typedef struct Column {
    const char *key;   // key in JSON and CSV
    const char *title; // title in the table; NULL if it is not shown there
    ColumnKind kind;
} Column;

typedef enum CellKind { CELL_TEXT, CELL_WHOLE, CELL_REAL, CELL_NULL } CellKind;

typedef struct Cell {
    const char *text; // borrowed until the row is written
    int64_t whole;    // also used for flags
    double real;
    CellKind kind; // used in a COLUMN_VALUE only; a CELL_REAL has its digits in `text`
} Cell;

typedef struct Output Output;

typedef struct OutputFormat {
    const char *name;
    bool (*begin)(Output *output);
    bool (*row)(Output *output, const Cell *cells);
    bool (*end)(Output *output);
} OutputFormat;

struct Output {
    const OutputFormat *format;
    const Column *columns;
    size_t column_count;
    FILE *file;
    size_t width;  // for the table to keep to, by cutting names or by a line for each value; 0 for any
    bool terminal; // the file is one: texts are cleaned, see cli_text_clean
    void *state;   // of the format
};

/* The numbers of the formats in "table|json|csv". */
enum { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

/* Return false only if memory is refused; failures of the file are found by cli_finish. A table is written at
 * the end. */
bool cli_output_begin(Output *output, int format, const Column *columns, size_t column_count, FILE *file);

/* Write one row; cells[column_count], in the order of the columns. */
bool cli_output_row(Output *output, const Cell *cells);
bool cli_output_end(Output *output);

extern const OutputFormat cli_output_table, cli_output_json, cli_output_csv;

#endif
