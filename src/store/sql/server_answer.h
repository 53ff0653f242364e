/* SPDX-License-Identifier: MIT */
/* A server's answer to one statement: a copy, checked against what was asked for. Every answer of every
 * server goes through here, because a server may be another program than it claims to be. An answer with
 * other columns, more rows or more bytes than allowed is refused before any value of it is used. */
#ifndef RV_SERVER_ANSWER_H
#define RV_SERVER_ANSWER_H

#include "base/buffer.h"
#include "store/sql/sql_link.h"

#define ANSWER_MAX_BYTES ((size_t)64 << 20) // of most answers, bookkeeping included
// Encoded text is up to three times as long as what the front lets through.
#define ANSWER_TEXT_MAX (3 * STORE_MAX_TEXT_BYTES)

typedef struct AnswerValue {
    size_t at, length; // in bytes; at SIZE_MAX: NULL
} AnswerValue;

typedef struct ServerAnswer {
    size_t columns, max_rows, max_bytes; // the limits; columns 0: any number, and no row is kept
    size_t rows;                         // complete ones
    int64_t changed;                     // rows that the statement changed
    AnswerValue *values;                 // the columns' names, then row after row
    size_t value_count, value_capacity;
    Buffer bytes;
} ServerAnswer;

/* Returns an empty answer with these limits. Nothing is allocated yet. */
ServerAnswer rv_answer(size_t columns, size_t max_rows);
/* The same for statements whose rows, if any, are not read. */
ServerAnswer rv_answer_unread(void);
/* The same with the limits of a reader; NULL: the rows are not read. */
ServerAnswer rv_answer_for(const SqlReader *reader);
void rv_answer_clear(ServerAnswer *answer);

/* ---- filling, by the clients ---- */

/* Empty the answer and begin one with this number of columns. Errors: FORMAT if that is not the expected
 * number. */
RvStatus rv_answer_begin(ServerAnswer *answer, const Store *store, size_t columns, RvError *err);
/* Add first the names of the columns, then their values, row by row. value NULL: SQL's NULL. Errors: MEMORY;
 * FORMAT if the answer exceeds a limit. */
RvStatus rv_answer_add(ServerAnswer *answer, const Store *store, const void *value, size_t length,
                       RvError *err);
/* End the row of the last values. */
RvStatus rv_answer_end_row(ServerAnswer *answer, const Store *store, RvError *err);

/* ---- reading: any row and column is safe to ask for ---- */

/* Returns a value, borrowed and followed by a NUL. NULL if it is SQL's NULL, or if there is no such row or
 * column. length may be NULL. */
const char *rv_answer_value(const ServerAnswer *answer, size_t row, size_t column, size_t *length);

/* Returns a row as text, for sql_row.h; valid until the answer is cleared. */
SqlRow rv_answer_row(const ServerAnswer *answer, const Store *store, size_t row);
/* An integer of min to max. column: below SQL_COLUMNS_MAX. Errors: FORMAT, also if there is no such row. */
RvStatus rv_answer_integer(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, int64_t min, int64_t max, int64_t *out, RvError *err);
/* Pass every row to the reader. decode: converts the values first; NULL: they are text, as the server writes
 * it. */
RvStatus rv_answer_read(const ServerAnswer *answer, const Store *store, const SqlReader *reader,
                        void (*decode)(const SqlReader *reader, SqlRow *row), RvError *err);

#define ANSWER_LIBRARY_COUNT 2 // kind, schema_version
/* Check that the first row is that of a library that this reelvec can use, up to version `newest`, and set
 * store->schema_version. */
RvStatus rv_answer_library(const ServerAnswer *answer, Store *store, int newest, RvError *err);

#endif
