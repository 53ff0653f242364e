/* SPDX-License-Identifier: MIT */
/* How SQL that is written once reaches a database: statements with typed values, rows by a callback, and the
 * few words in which the dialects differ. A database that fills SqlLink and SqlWords gets the rows of videos,
 * the library's model, and the pictures from the other files of this folder. */
#ifndef RV_SQL_LINK_H
#define RV_SQL_LINK_H

#include <stdarg.h>

#include "base/buffer.h"
#include "store/sql/sql_row.h"
#include "store/store_backend.h"

/* ---- statements ---- */

#define SQL_VALUES_MAX 16

/* A statement under construction: its text without the values, and the values with their places. Values are
 * borrowed until the statement has run. */
typedef struct SqlStatement {
    Buffer text;
    size_t places[SQL_VALUES_MAX]; // where in the text a value stands; they rise
    SqlValue values[SQL_VALUES_MAX];
    size_t count;
} SqlStatement;

/* What a statement's rows look like, and the callback that reads them. columns: a letter each, 't' text, 'd'
 * integer, 'f' real, 'b' bytes. A server's answer with more rows is refused; SQLite is not asked for more. */
typedef struct SqlReader {
    const char *columns;
    size_t max_rows, max_bytes; // max_bytes 0: ANSWER_MAX_BYTES
    bool is_binary;             // values come in the server's own form, since bytes as text would be longer
    SqlRowCallback row;
    void *user;
} SqlReader;

/* ---- what a database provides ---- */

// The limit for answers about which nothing more is known.
#define SQL_FEW_ROWS 64

typedef enum SqlMode {
    SQL_WRITE,     // for changing rows
    SQL_WRITE_FAIR // each statement sees what others have committed, and locks only the rows that it finds
} SqlMode;

struct SqlLink {
    const struct SqlWords *words;
    RvStatus (*begin)(Store *store, SqlMode mode, RvError *err);
    /* Commits if status is RV_OK, else rolls back; returns the status of the whole. */
    RvStatus (*end)(Store *store, RvStatus status, RvError *err);
    /* One statement is one message to a server. reader NULL: no rows are wanted. */
    RvStatus (*run)(Store *store, const SqlStatement *statement, const SqlReader *reader, RvError *err);
    int64_t (*changed)(const Store *store); // rows of the last statement
    int64_t (*last_id)(
        const Store *store); // of the row that it inserted; not called if insert_tail returns it
    /* Whether the last statement failed because another row has the same key. NULL: that has no message of
     * its own. */
    bool (*is_taken)(const Store *store);
    /* Whether the database ended the last transaction in favour of another one, so that it may be run again
     * as it was: they waited for each other. NULL: that cannot happen. */
    bool (*is_deadlock)(const Store *store);
    /* Called in the transaction, after a video's row was deleted. NULL: nothing else is to be done. */
    RvStatus (*after_delete)(Store *store, int64_t video_id, RvError *err);
    /* Called before and after the claim of a library by a model: no other process can claim it meanwhile.
     * begin_claim returns UNSUPPORTED if the database cannot hold the model's vectors at all. */
    RvStatus (*begin_claim)(Store *store, const ModelIdentity *wanted, RvError *err);
    RvStatus (*end_claim)(Store *store, RvStatus status, RvError *err);
    /* Makes the column of vectors, which is empty, fit the model. before: the dimensions of the model that
     * claimed the library before, or 0. NULL: the column holds vectors of any length. */
    RvStatus (*set_dimensions)(Store *store, int before, const ModelIdentity *wanted, RvError *err);
};

/* The words in which the dialects differ. */
typedef struct SqlWords {
    const char *now; // the value of created and updated
    /* Texts may be longer than a key: their SHA-256 stand beside them, in path_key and content_hash. */
    bool has_digests;
    bool cascades;           // frames and pictures go with their video's row
    bool counts_by_join;     // lists count frames by GROUP BY, not by a subquery per video
    bool finds_id_first;     // a video is found by its key, then its frames are counted by its id
    const char *insert_tail; // "", or what makes INSERT return video_id, and no row if the path is taken
    const char *byte_length; // of a value; NULL: the database itself refuses values that are too long
    const char *note_head, *note_tail; // around (name, value): INSERT that replaces a note of the same name
    const char *normalized;            // library.normalized as a number
    // Appended to a SELECT: the row cannot be changed by others until the transaction ends.
    const char *lock_video, *lock_library, *lock_claim; // the first with a space before it
    // Statements that begin a transaction that writes frames, or changes what they must be like. Until it
    // ends, the other kind waits. NULL: the locks of rows see to that.
    const char *hold_model, *hold_claim;
} SqlWords;

/* ---- sql_link.c: running statements ---- */

/* Append to a statement. format: SQL with %s for text (any bytes up to a NUL; NULL is SQL's NULL), %d for
 * int64_t, %f for double, %k for text as key columns hold it, %w for a word of the dialect, %% for a percent
 * sign. */
RvStatus rv_sql_add(Store *store, SqlStatement *statement, RvError *err, const char *format, ...);
RvStatus rv_sql_add_list(Store *store, SqlStatement *statement, RvError *err, const char *format,
                         va_list values);
void rv_sql_statement_init(SqlStatement *statement);
void rv_sql_statement_clear(SqlStatement *statement);

/* For links: write the statement's text to *sql. `place` is called for each value and appends what stands in
 * its place. */
RvStatus rv_sql_write(const SqlStatement *statement, Buffer *sql,
                      RvStatus (*place)(void *user, Buffer *sql, size_t index, RvError *err), void *user,
                      RvError *err);

RvStatus rv_sql_query(Store *store, const SqlReader *reader, RvError *err, const char *format, ...);
/* Run a statement without rows. */
RvStatus rv_sql_run(Store *store, RvError *err, const char *format, ...);
/* Run a statement of one column and at most SQL_FEW_ROWS rows. *found: true if it has a row. */
RvStatus rv_sql_has_row(Store *store, bool *found, RvError *err, const char *format, ...);

RvStatus rv_sql_end(Store *store, RvStatus status, RvError *err);
/* Returns true if a transaction that ended with this status, as a deadlock, is to be run again, after a pause
 * that differs between processes. *tries: 0 at first. */
bool rv_sql_try_again(const Store *store, RvStatus status, int *tries);
/* The same if the status is BUSY for any reason, such as a lock that was waited for too long. */
bool rv_sql_try_busy_again(RvStatus status, int *tries);

/* ---- sql_queue.c ---- */

/* Begin a transaction that changes a video. Errors: BUSY if this store took a video from the worker list and
 * another worker has it now. On failure no transaction is open. */
RvStatus rv_sql_begin_writing(Store *store, RvError *err);

#endif
