/* SPDX-License-Identifier: MIT */
/* SQLite library: opening a file in the way that its permissions allow, or a library in memory. */
#include "store/sqlite/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define BUSY_WAIT_MS 5000
#define MAX_VALUE_BYTES (1 << 26)
#define WAL_SWITCH_TRIES 50

/* Ways to open a file, tried in this order. */
typedef enum OpenMode {
    OPEN_WRITE,
    OPEN_READ,
    OPEN_IMMUTABLE // without any lock, for file systems that have none
} OpenMode;

static void harden(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_WAIT_MS);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    // A file may come from anywhere: no code in it may run, and SQL must not damage the file's structure.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

/* True if a connection for reading may open LIBRARY-shm for writing too. All connections of a process share it as the
 * first of them has opened it, so if it is opened for reading, later writers of this process cannot write. A log without
 * its LIBRARY-shm is left to finish_interrupted. */
static bool may_share(const char *path)
{
    char log[SQLITE_SIDE_PATH_BYTES], shared[SQLITE_SIDE_PATH_BYTES];
    struct stat facts;
    return access(path, W_OK) == 0 && rv_sqlite_side_path(path, "-wal", log, sizeof log) &&
           rv_sqlite_side_path(path, "-shm", shared, sizeof shared) &&
           (access(shared, W_OK) == 0 || stat(log, &facts) != 0 || facts.st_size == 0);
}

/* Open and read the header. *code: SQLite's, which shows whether another mode is worth trying. */
static RvStatus try_open(SqliteStore *store, OpenMode mode, int *code, RvError *err)
{
    // readonly_shm: LIBRARY-shm is read if it exists, and never made.
    const char *const parameters[] = {[OPEN_WRITE] = NULL,
                                      [OPEN_READ] = may_share(store->base.uri) ? NULL : "readonly_shm=1",
                                      [OPEN_IMMUTABLE] = "immutable=1"};
    int flags = mode == OPEN_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    sqlite3_close_v2(store->db);
    *code = rv_sqlite_connect(store->base.uri, flags, parameters[mode], &store->db);
    if (store->db == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory", store->base.uri);
    if (*code == SQLITE_OK) {
        harden(store->db);
        *code = sqlite3_exec(store->db, "PRAGMA schema_version", NULL, NULL, NULL);
    }
    store->base.read_only = mode != OPEN_WRITE || sqlite3_db_readonly(store->db, "main") == 1;
    return *code == SQLITE_OK ? RV_OK : rv_sqlite_fail(store, err);
}

static bool may_be_permissions(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_PERM ||
           primary == SQLITE_PROTOCOL || code == SQLITE_IOERR_LOCK;
}

static RvStatus cannot_finish(const char *path, const char *pending, RvError *err)
{
    RvError reason = {0};
    rv_sqlite_cannot_write(path, &reason);
    return rv_error_set(
        err, RV_ERROR_IO,
        "%s: an interrupted write waits in %s to be finished, which this user cannot do (%s); "
        "it is finished when somebody who may write to the library opens it",
        path, pending, reason.message);
}

/* Undo or finish a write that was interrupted, if this user may write to the library. If not, the error says
 * what to do. */
static RvStatus finish_interrupted(SqliteStore *store, const char *pending, RvError *err)
{
    int code = SQLITE_OK;
    rv_sqlite_clear_way(store->base.uri);
    RvStatus status =
        access(store->base.uri, W_OK) == 0 ? try_open(store, OPEN_WRITE, &code, err) : RV_ERROR_IO;
    if (status != RV_OK && (code == SQLITE_OK || may_be_permissions(code)))
        status = cannot_finish(store->base.uri, pending, err);
    return status;
}

/* Open for reading, without making any file. */
static RvStatus open_for_reading(SqliteStore *store, RvError *err)
{
    int code = SQLITE_OK;
    char pending[SQLITE_SIDE_PATH_BYTES];
    RvStatus status = try_open(store, OPEN_READ, &code, err);
    if (status == RV_OK || !may_be_permissions(code))
        return status;
    if (!rv_sqlite_pending(store->base.uri, pending, sizeof pending))
        return try_open(store, OPEN_IMMUTABLE, &code, err);
    status = finish_interrupted(store, pending, err);
    return status == RV_OK ? try_open(store, OPEN_READ, &code, err) : status;
}

static RvStatus open_database(SqliteStore *store, bool read_only, RvError *err)
{
    int code = SQLITE_OK;
    // If a file cannot be written to, SQLite itself would open it for reading, but make files beside it.
    if (read_only || access(store->base.uri, W_OK) != 0)
        return open_for_reading(store, err);
    rv_sqlite_clear_way(store->base.uri);
    RvStatus status = try_open(store, OPEN_WRITE, &code, err);
    return may_be_permissions(code) ? open_for_reading(store, err) : status;
}

/* If the file is not a database at all, the message says that the name is wrong, not that the file is
 * damaged. */
static RvStatus explain_open_failure(SqliteStore *store, RvStatus status, RvError *err)
{
    if (store->db != NULL && sqlite3_errcode(store->db) == SQLITE_NOTADB)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a reelvec library; choose another file",
                            store->base.uri);
    return status;
}

/* Check what is at the path. *exists is false if there is nothing or an empty file. */
static RvStatus look_at_path(const char *path, bool create, bool *exists, RvError *err)
{
    struct stat facts;
    *exists = false;
    if (stat(path, &facts) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return create ? RV_OK : rv_store_no_library(path, err);
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(facts.st_mode))
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: a folder, not a library; give a file in it", path);
    if (!S_ISREG(facts.st_mode))
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a regular file; choose another one", path);
    *exists = facts.st_size > 0;
    return RV_OK;
}

static RvStatus check_folder(const char *path, RvError *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return RV_OK;
    char *folder = rv_mem_copy_string(path, err);
    if (folder == NULL)
        return RV_ERROR_MEMORY;
    folder[slash - path] = '\0';
    struct stat facts;
    RvStatus status = RV_OK;
    if (stat(folder, &facts) != 0 || !S_ISDIR(facts.st_mode))
        status = rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: the folder does not exist; make it first", path);
    free(folder);
    return status;
}

/* Make the library's file, empty, with the permissions of the user's umask. SQLite would make it with mode
 * 644 at most. mknod is used because it opens nothing: closing the file again would release the locks of
 * other threads on it. */
static RvStatus make_file(const char *path, RvError *err)
{
    if (mknod(path, S_IFREG | 0666, 0) == 0 || errno == EEXIST)
        return RV_OK;
    if (errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP) { // not on this file system
        int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0)
            close(descriptor);
        if (descriptor >= 0 || errno == EEXIST)
            return RV_OK;
    }
    return rv_error_set(err, RV_ERROR_IO, "%s: cannot make the library: %s", path, strerror(errno));
}

/* Switch to the write-ahead log, with which readers continue while one process writes. The switch needs the
 * file exclusively for a moment, and SQLite does not wait for that by itself. */
static RvStatus use_write_ahead_log(SqliteStore *store, RvError *err)
{
    RvStatus status = RV_OK;
    for (int tries = 0; tries < WAL_SWITCH_TRIES; tries++) {
        status = rv_sqlite_run(store, "PRAGMA journal_mode = WAL", err);
        if (status != RV_ERROR_BUSY)
            break;
        sqlite3_sleep(20);
    }
    return status;
}

static RvStatus prepare_for_writing(SqliteStore *store, RvError *err)
{
    RvStatus status = use_write_ahead_log(store, err);
    // NORMAL: a power cut may lose the last transactions, but never damages the file. A killed process loses
    // nothing.
    if (status == RV_OK)
        status = rv_sqlite_run(
            store,
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -16384; "
            "PRAGMA journal_size_limit = 16777216",
            err);
    // The first read through the log makes the files that are missing beside the library.
    if (status == RV_OK)
        status = rv_sqlite_run(store, "PRAGMA schema_version", err);
    if (status == RV_OK)
        rv_sqlite_share_side_files(store->base.uri);
    return status;
}

RvStatus rv_sqlite_open_file(SqliteStore *store, const StoreOptions *options, RvError *err)
{
    bool exists = false, empty = false;
    const char *path = store->base.uri;
    RvStatus status = look_at_path(path, options->create, &exists, err);
    if (status == RV_OK && !exists && options->create)
        status = check_folder(path, err);
    if (status == RV_OK && !exists)
        status = options->create ? make_file(path, err) : rv_store_no_library(path, err);
    if (status == RV_OK) {
        status = open_database(store, options->read_only, err);
        status = explain_open_failure(store, status, err);
    }
    if (status == RV_OK)
        status = rv_sqlite_check_schema(store, &empty, err);
    if (status == RV_OK && empty && (!options->create || store->base.read_only))
        return rv_store_no_library(path, err);
    if (status == RV_OK && empty) {
        status = rv_sqlite_create_schema(store, err);
        if (status == RV_OK)
            status = rv_sqlite_check_schema(store, &empty, err);
    }
    if (status == RV_OK && !store->base.read_only)
        status = prepare_for_writing(store, err);
    if (status == RV_OK && !store->base.read_only)
        status = rv_sqlite_upgrade_schema(store, err);
    return status;
}

RvStatus rv_sqlite_open_memory(SqliteStore *store, const StoreOptions *options, RvError *err)
{
    const char *uri = store->base.uri;
    if (strcmp(uri, "memory:") != 0)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "%s: the library in memory has no name; write memory:", uri);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(":memory:", &store->db, flags, NULL);
    if (store->db == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory", uri);
    if (code != SQLITE_OK)
        return rv_sqlite_fail(store, err);
    harden(store->db);
    // Without this, SQLite sorts large tables in files.
    bool empty = false;
    RvStatus status = rv_sqlite_run(store, "PRAGMA temp_store = MEMORY", err);
    if (status == RV_OK)
        status = rv_sqlite_create_schema(store, err);
    if (status == RV_OK)
        status = rv_sqlite_check_schema(store, &empty, err);
    store->base.read_only = options->read_only;
    return status;
}
