/* SPDX-License-Identifier: MIT */
/* A server of a small library that answers one statement otherwise than it should: which one and how is the
 * test's choice. liar_mysql.c and liar_postgres.c speak the protocols. */
#ifndef RV_TESTS_LIAR_H
#define RV_TESTS_LIAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define LIAR_COLUMNS_MAX 40
#define LIAR_ROWS_MAX 8
#define LIAR_LOG_MAX 300
#define LIAR_LOG_BYTES 80
#define LIAR_VIDEO_COLUMNS 14
#define LIAR_LONG_BYTES 200000

typedef enum Lie {
    LIE_NONE,
    // Rows that are not what was asked for.
    LIE_FEWER_COLUMNS,
    LIE_ONE_COLUMN,
    LIE_NO_COLUMNS,
    LIE_MORE_COLUMNS,
    LIE_MANY_ROWS,
    LIE_NO_ROWS,
    LIE_NULLS,
    LIE_EMPTY,
    LIE_SHORT,  // the first byte of each value
    LIE_LONG,   // 200,000 bytes each
    LIE_WORDS,  // text with signs of control
    LIE_BINARY, // NULs and bytes that are no UTF-8
    // Something else than rows, or rows instead of something else.
    LIE_OK,
    LIE_ROWS,
    LIE_ERROR,
    LIE_CUT_ROW, // a row that ends in the middle of a value
    LIE_GARBAGE,
    LIE_CLOSE,
    LIE_COPY, // PostgreSQL: a copy begins
    LIE_FILE, // MySQL's protocol: the client is asked for a file
    LIE_COUNT,
    // Only where a test asks for them.
    LIE_SILENCE,
    LIE_ENDLESS_ROWS,
} Lie;

typedef struct LiarValue {
    uint8_t bytes[200];
    size_t size;
    bool null;
} LiarValue;

typedef struct LiarRows {
    int columns, count;
    LiarValue values[LIAR_ROWS_MAX][LIAR_COLUMNS_MAX];
} LiarRows;

typedef struct Liar {
    bool postgres;
    Lie lie;
    int lie_at;                  // the statement, counted from 0; -1: none
    char (*log)[LIAR_LOG_BYTES]; // how each statement begins, LIAR_LOG_MAX of them; NULL: not wanted
    atomic_int asked;            // statements that came
    char statement[8192];        // the one that was lied to
    bool had_rows;               // whether it should have been answered with rows
    const char *plugin;          // MySQL's protocol: asked for after the greeting; NULL: none
    const char *first_plugin;    // named in the greeting; NULL: mysql_native_password
    bool ask_cleartext;          // PostgreSQL: for the password
    char received[4096];         // while the client proved itself
    size_t received_bytes;
    bool unclaimed;     // no model has claimed the library
    const char *die_at; // a part of the statement at which the server goes away for good; NULL: never
    // PostgreSQL: a part of the statements that fail, and the message with which they do; NULL: none
    const char *fail_at, *fail_with;
    int fetched;
    WireServer server;
} Liar;

/* liar->postgres chooses the protocol. */
void liar_start(Liar *liar);
void liar_stop(Liar *liar);

/* How many columns the answer to the statement has; -1: it has none. */
int liar_columns(const char *sql);

/* ---- for the protocols ----------------------------------------------------------------------------------
 */

/* One connection, until it ends. */
void liar_mysql_serve(void *liar, int connection);
void liar_postgres_serve(void *liar, int connection);

/* The next statement's lie; *rows: its rows, bent. Returns false if it is answered without rows. */
bool liar_decide(Liar *liar, const char *sql, Lie *lie, LiarRows *rows);

/* How many times all of the rows are to be sent. */
int64_t liar_repeats(const LiarRows *rows, Lie lie);

/* The value LIE_LONG: LIAR_LONG_BYTES of it. */
const void *liar_long_value(void);

/* true: nobody listens any more, and the connection is to be closed. */
bool liar_dies(Liar *liar, const char *sql);

/* Returns false: the connection is to be closed. */
bool liar_send_garbage(int connection);

/* Keeps what a client has sent while it proved itself. */
void liar_note(Liar *liar, const void *bytes, size_t size);

#endif
