/* SPDX-License-Identifier: MIT */
/* Parts of the SQLite backend that its files share. */
#ifndef RV_SQLITE_STORE_H
#define RV_SQLITE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/sql/sql_link.h"
#include "store/sql/sql_migrate.h"
#include "store/store_backend.h"

/* The mark of a reelvec library in the file's header (bytes 68 to 71): "RVEC". */
#define SQLITE_LIBRARY_APPLICATION_ID 0x52564543

typedef struct SqliteStore {
    Store base;
    sqlite3 *db;
    sqlite3_stmt *last;   // of the link, kept because pictures are read one by one; NULL while in use
    sqlite3_stmt *frames; // of visit_frames, kept because searches read many short ranges; NULL while in use
} SqliteStore;

/* ---- sqlite_vfs.c: SQLite's view of the file system ---- */

/* The name by which connections select it. */
#define SQLITE_LIBRARY_VFS "reelvec"

/* Must be called before the first connection. Further calls do nothing. */
void rv_sqlite_vfs_register(void);

/* ---- sqlite_connect.c ---- */

/* Open a connection to a file. parameters: of SQLite's URI ("immutable=1"); NULL: none. Returns SQLite's code; *out
 * must be closed in any case. */
int rv_sqlite_connect(const char *path, int flags, const char *parameters, sqlite3 **out);

/* ---- sqlite_open.c ---- */

/* Open the library that store->base.uri names, or make it. On failure the caller closes store->db. */
RvStatus rv_sqlite_open_file(SqliteStore *store, const StoreOptions *options, RvError *err);
/* Make a library in SQLite's ":memory:". It writes no file, and is gone when it is closed. */
RvStatus rv_sqlite_open_memory(SqliteStore *store, const StoreOptions *options, RvError *err);

/* ---- sqlite_side.c: the files beside a library ---- */

#define SQLITE_SIDE_PATH_BYTES 8192

/* Write the path of a side file: path plus suffix. Returns false if it is too long. */
bool rv_sqlite_side_path(const char *path, const char *suffix, char *out, size_t size_bytes);
/* True if a file beside the library contains changes that a reader of the library alone does not see. name:
 * that file. */
bool rv_sqlite_pending(const char *path, char *name, size_t size_bytes);
/* Returns IO with a message why the library cannot be written to. It names the file that prevents it, and its
 * owner. */
RvStatus rv_sqlite_cannot_write(const char *path, RvError *err);
/* Called before writing: remove LIBRARY-shm and an empty LIBRARY-wal if they belong to another user and no
 * process has the library open. Readers with other programs leave such files. Failures show when the library
 * is written to. */
void rv_sqlite_clear_way(const char *path);
/* Called after the side files were made: give them the library's group, if this user may. SQLite has given
 * them the library's mode. */
void rv_sqlite_share_side_files(const char *path);

/* ---- sqlite_statement.c: statements, values, errors ---- */

/* The connection's last failure as a status and a message that names the library. */
RvStatus rv_sqlite_fail(SqliteStore *store, RvError *err);

/* Run statements that return no rows. */
RvStatus rv_sqlite_run(SqliteStore *store, const char *sql, RvError *err);
RvStatus rv_sqlite_prepare(SqliteStore *store, const char *sql, sqlite3_stmt **out, RvError *err);
/* Step a statement. *row: true if there is a row; row may be NULL if none is expected. */
RvStatus rv_sqlite_step(SqliteStore *store, sqlite3_stmt *statement, bool *row, RvError *err);
/* Run a statement of one row of one integer. *out is `fallback` if there is no row or no integer. */
RvStatus rv_sqlite_integer(SqliteStore *store, const char *sql, int64_t fallback, int64_t *out, RvError *err);

/* BEGIN IMMEDIATE: waits for other writers now rather than at the first write. */
RvStatus rv_sqlite_begin(SqliteStore *store, RvError *err);
/* Commit if status is RV_OK, else roll back. Returns the status of the whole. */
RvStatus rv_sqlite_end(SqliteStore *store, RvStatus status, RvError *err);

/* ---- sqlite_schema.c: making and recognising a library ---- */

extern const SchemaStep rv_sqlite_schema[]; // schema.sql

/* RV_OK if the open database is a library of a version that this reelvec knows; *empty if it has nothing in it at all.
 * Errors: FORMAT (not ours, or changed), UNSUPPORTED (a newer version, another kind). */
RvStatus rv_sqlite_check_schema(SqliteStore *store, bool *empty, RvError *err);
/* Make the tables in an empty database. */
RvStatus rv_sqlite_create_schema(SqliteStore *store, RvError *err);
/* Bring a checked library that is open for writing to the newest version. */
RvStatus rv_sqlite_upgrade_schema(SqliteStore *store, RvError *err);

/* ---- sqlite_link.c: statements that are written once ---- */

extern const SqlLink rv_sqlite_link;

/* ---- sqlite_frame.c: rows of frames, and the log of their changes ---- */

RvStatus rv_sqlite_put_frames(Store *store, int64_t video_id, const FrameRecord *frames, size_t count,
                              RvError *err);
RvStatus rv_sqlite_visit_frames(Store *store, const KeyRange *range, FrameRowCallback callback, void *user,
                                RvError *err);
RvStatus rv_sqlite_count_frames(Store *store, const KeyRange *range, int64_t *count, RvError *err);

/* Enter rows into the change log. Must be called in the transaction that changes them. */
RvStatus rv_sqlite_log_change(SqliteStore *store, int64_t first_key, int64_t last_key, RvError *err);

/* ---- sqlite_derived.c: tokens of derived data ---- */

extern const StoreDerived rv_sqlite_derived;

#endif
