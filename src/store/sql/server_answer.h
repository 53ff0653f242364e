/* SPDX-License-Identifier: MIT */
/* What a server answered to one statement, copied and held to what was asked for. Every answer of every
 * server goes through here: a server may be another program than it says, and an answer that has other
 * columns, more rows or more bytes than it may have is refused before anything of it is read. */
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
    size_t columns, max_rows, max_bytes; // what it may have; columns 0: any, and no row is kept
    size_t rows;                         // complete ones
    int64_t changed;                     // rows that the statement changed
    AnswerValue *values;                 // the columns' names, then row after row
    size_t value_count, value_capacity;
    Buffer bytes;
} ServerAnswer;

/* An empty one for answers of so many columns and at most so many rows. Nothing is allocated yet. */
ServerAnswer rv_answer(size_t columns, size_t max_rows);
/* For statements whose rows, if any, nobody reads. */
ServerAnswer rv_answer_unread(void);
/* For the rows of a reader; NULL: nobody reads them. */
ServerAnswer rv_answer_for(const SqlReader *reader);
void rv_answer_clear(ServerAnswer *answer);

/* ---- filling, by the clients ---- */

/* Forgets what is there, for an answer with so many columns. FORMAT: it has others than it may have. */
RvStatus rv_answer_begin(ServerAnswer *answer, const Store *store, size_t columns, RvError *err);
/* First the names of the columns, then their values, row by row; value NULL: SQL's NULL. FORMAT: more than
 * there may be. */
RvStatus rv_answer_add(ServerAnswer *answer, const Store *store, const void *value, size_t length,
                       RvError *err);
/* The row that the last values were. */
RvStatus rv_answer_end_row(ServerAnswer *answer, const Store *store, RvError *err);

/* ---- reading: nothing outside of what is there, whatever row and column ---- */

/* Borrowed, with a NUL behind it; NULL if it is SQL's NULL, or if there is no such row or column. length may
 * be NULL. */
const char *rv_answer_value(const ServerAnswer *answer, size_t row, size_t column, size_t *length);

/* A row as text, for sql_row.h, as long as the answer lives. */
SqlRow rv_answer_row(const ServerAnswer *answer, const Store *store, size_t row);
/* FORMAT also if there is no such row. column: below SQL_COLUMNS_MAX. */
RvStatus rv_answer_integer(const ServerAnswer *answer, const Store *store, size_t row, size_t column,
                           const char *what, int64_t min, int64_t max, int64_t *out, RvError *err);
/* Every row to the reader. decode: what the values mean; NULL: they are text, as the server writes it. */
RvStatus rv_answer_read(const ServerAnswer *answer, const Store *store, const SqlReader *reader,
                        void (*decode)(const SqlReader *reader, SqlRow *row), RvError *err);

#define ANSWER_LIBRARY_COUNT 2 // kind, schema_version
/* Whether the first row is that of a library that this reelvec can use, up to version `newest`; sets
 * store->schema_version. */
RvStatus rv_answer_library(const ServerAnswer *answer, Store *store, int newest, RvError *err);

#endif
