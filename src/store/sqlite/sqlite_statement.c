/* SPDX-License-Identifier: MIT */
/* SQLite library: running statements, and turning SQLite's errors into reelvec's. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"

static RvStatus fail_io(SqliteStore *store, int extended, RvError *err)
{
    const char *uri = store->base.uri;
    int cause = sqlite3_system_errno(store->db);
    if (extended == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT || cause == EFBIG)
        return rv_error_set(err, RV_ERROR_IO,
                            "%s: the disk is full or the file may not grow; free space and try again, "
                            "what was written before is kept",
                            uri);
    // SQLite keeps no cause of a failed write.
    if (extended == SQLITE_IOERR_WRITE)
        return rv_error_set(err, RV_ERROR_IO,
                            "%s: cannot write: over a quota or a size limit, or the device fails; "
                            "what was written before is kept",
                            uri);
    return rv_error_set(err, RV_ERROR_IO, "%s: cannot read or write: %s%s%s", uri, sqlite3_errmsg(store->db),
                        cause != 0 ? ": " : "", cause != 0 ? strerror(cause) : "");
}

RvStatus rv_sqlite_fail(SqliteStore *store, RvError *err)
{
    const char *uri = store->base.uri;
    int extended = sqlite3_extended_errcode(store->db);
    switch (extended & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return fail_io(store, extended, err);
    case SQLITE_READONLY:
        return rv_sqlite_cannot_write(uri, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return rv_error_set(err, RV_ERROR_BUSY,
                            "%s: another process is writing to the library; try again when it has finished",
                            uri);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY_RESTORE, NULL,
                                 "%s: the library is damaged (%s)", uri, sqlite3_errmsg(store->db));
    case SQLITE_TOOBIG:
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL,
                                 "%s: a value is larger than reelvec ever writes", uri);
    case SQLITE_NOMEM:
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory", uri);
    case SQLITE_CONSTRAINT:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
        return rv_error_set_hint(err, RV_ERROR_FORMAT, RV_HINT_VERIFY, NULL, "%s: the database refused: %s",
                                 uri, sqlite3_errmsg(store->db));
    default:
        return rv_error_set(err, RV_ERROR_INTERNAL, "%s: SQLite %d: %s", uri, extended,
                            sqlite3_errmsg(store->db));
    }
}

RvStatus rv_sqlite_run(SqliteStore *store, const char *sql, RvError *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? RV_OK : rv_sqlite_fail(store, err);
}

RvStatus rv_sqlite_prepare(SqliteStore *store, const char *sql, sqlite3_stmt **out, RvError *err)
{
    *out = NULL;
    return sqlite3_prepare_v2(store->db, sql, -1, out, NULL) == SQLITE_OK ? RV_OK
                                                                          : rv_sqlite_fail(store, err);
}

RvStatus rv_sqlite_step(SqliteStore *store, sqlite3_stmt *statement, bool *row, RvError *err)
{
    int code = sqlite3_step(statement);
    if (row != NULL)
        *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? RV_OK : rv_sqlite_fail(store, err);
}

RvStatus rv_sqlite_integer(SqliteStore *store, const char *sql, int64_t fallback, int64_t *out, RvError *err)
{
    *out = fallback;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    RvStatus status = rv_sqlite_prepare(store, sql, &statement, err);
    if (status == RV_OK)
        status = rv_sqlite_step(store, statement, &row, err);
    if (status == RV_OK && row && sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

RvStatus rv_sqlite_begin(SqliteStore *store, RvError *err)
{
    return rv_sqlite_run(store, "BEGIN IMMEDIATE", err);
}

RvStatus rv_sqlite_end(SqliteStore *store, RvStatus status, RvError *err)
{
    if (status == RV_OK)
        status = rv_sqlite_run(store, "COMMIT", err);
    // After some failures (full disk, I/O) SQLite has already rolled back.
    if (status != RV_OK && sqlite3_get_autocommit(store->db) == 0)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

const char *rv_store_sqlite_version(void)
{
    return sqlite3_libversion();
}
