/* SPDX-License-Identifier: MIT */
/* A library file opened for SQL. */
#ifndef RV_CLI_SQL_LIBRARY_H
#define RV_CLI_SQL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

struct sqlite3;
struct sqlite3_stmt;

/* Open a library file for SQL. uri: as in rv_library_open. path: receives the file's path. The file is
 * checked as in every command. Code that is stored in the file (triggers, functions in views) does not run.
 * Adds the shell's readfile(). Errors: those of rv_library_open, and UNSUPPORTED if the library is not a
 * file. */
RvStatus cli_sql_open(const char *uri, bool write, char *path, size_t size_bytes, struct sqlite3 **out,
                      RvError *err);

/* What a statement would change, as SQLite tells while it prepares the statement. */
typedef struct SqlChanges {
    bool temporary;    // tables, views, triggers, indexes or rows of the schema "temp"
    bool other;        // anything else
    bool library;      // of that: all but what is of attached databases
    bool journal_mode; // asked for, not set
    char attached[64]; // the name of an attached database of which something is changed; "": none
} SqlChanges;

/* From now on *changes is added to by every statement that is prepared; the caller clears it before one. */
void cli_sql_watch(struct sqlite3 *db, SqlChanges *changes);

/* True for a statement that changes no file: it only reads or explains, or it changes the schema "temp" alone.
 * changes: what cli_sql_watch noted while it was prepared. False also for a temporary trigger on a table of the
 * library, of which SQLite tells as of a change of the library. */
bool cli_sql_changes_nothing(const SqlChanges *changes, struct sqlite3_stmt *statement);

#endif
