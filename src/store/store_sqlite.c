/* SPDX-License-Identifier: MIT */
/* A library in an SQLite file: opening in whatever way the file allows, closing, the database's own checks.
 */
#include "store/store_sqlite.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

#define BUSY_WAIT_MS 5000
#define MAX_VALUE_BYTES (1 << 26)
#define INTEGRITY_FAULTS_MAX 100
#define WAL_SWITCH_TRIES 50

static void sqlite_close(Store *base)
{
    SqliteStore *store = (SqliteStore *)base;
    sqlite3_finalize(store->frames);
    sqlite3_close_v2(store->db);
    free(base->uri);
    free(store);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

/* Ways to open a file, tried in this order. */
typedef enum OpenMode {
    OPEN_WRITE,
    OPEN_READ,
    OPEN_IMMUTABLE // no lock, no shared memory: the file lies where nothing can be written
} OpenMode;

/* The path as a "file:" URI (RFC 3986): every byte that could mean something else is escaped. */
static RvStatus immutable_uri(const char *path, Buffer *out, RvError *err)
{
    RvStatus status = rv_buffer_append_format(out, err, "file:");
    for (const char *at = path; status == RV_OK && *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        bool plain =
            (byte < 0x80 && isalnum(byte)) || byte == '/' || byte == '.' || byte == '-' || byte == '_';
        status = rv_buffer_append_format(out, err, plain ? "%c" : "%%%02X", byte);
    }
    return status == RV_OK ? rv_buffer_append_format(out, err, "?mode=ro&immutable=1") : status;
}

/* SQLite reads a name that starts with "file:" or is ":memory:" otherwise; "./" before it makes it a path. */
static RvStatus plain_path(const char *path, Buffer *out, RvError *err)
{
    return rv_buffer_append_format(out, err, "%s%s", path[0] == '/' ? "" : "./", path);
}

static void harden(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_WAIT_MS);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    // Files come from anywhere: no code of theirs runs, and SQL cannot damage the file's own structure.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

/* Open and read the header. *code: SQLite's, which says whether another mode is worth trying. */
static RvStatus try_open(SqliteStore *store, OpenMode mode, bool create, int *code, RvError *err)
{
    static const int flags_of[] = {[OPEN_WRITE] = SQLITE_OPEN_READWRITE,
                                   [OPEN_READ] = SQLITE_OPEN_READONLY,
                                   [OPEN_IMMUTABLE] = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI};
    int flags = flags_of[mode] | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    Buffer name;
    rv_buffer_init(&name, 1 << 16);
    RvStatus status = mode == OPEN_IMMUTABLE ? immutable_uri(store->base.uri, &name, err)
                                             : plain_path(store->base.uri, &name, err);
    *code = SQLITE_OK;
    if (status == RV_OK) {
        sqlite3_close_v2(store->db);
        store->db = NULL;
        *code = sqlite3_open_v2((const char *)name.bytes, &store->db, flags, NULL);
    }
    rv_buffer_clear(&name);
    if (status != RV_OK)
        return status;
    if (store->db == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: out of memory", store->base.uri);
    if (*code == SQLITE_OK) {
        harden(store->db);
        *code = sqlite3_exec(store->db, "PRAGMA schema_version", NULL, NULL, NULL);
    }
    store->base.read_only = mode != OPEN_WRITE || sqlite3_db_readonly(store->db, "main") == 1;
    return *code == SQLITE_OK ? RV_OK : rv_sqlite_fail(store, err);
}

/* Whether changes wait beside the file that reading it as immutable would miss. */
static bool has_pending_changes(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-journal"};
    bool pending = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        Buffer name;
        rv_buffer_init(&name, 1 << 16);
        struct stat facts;
        if (rv_buffer_append_format(&name, NULL, "%s%s", path, suffixes[i]) != RV_OK ||
            (stat((const char *)name.bytes, &facts) == 0 && facts.st_size > 0))
            pending = true;
        rv_buffer_clear(&name);
    }
    return pending;
}

static bool may_be_permissions(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_PERM ||
           code == SQLITE_IOERR_LOCK;
}

static RvStatus open_database(SqliteStore *store, bool read_only, bool create, RvError *err)
{
    int code = SQLITE_OK;
    RvStatus status = try_open(store, read_only ? OPEN_READ : OPEN_WRITE, create, &code, err);
    if (!read_only && !create && may_be_permissions(code))
        status = try_open(store, OPEN_READ, false, &code, err);
    if (create || !may_be_permissions(code))
        return status;
    if (has_pending_changes(store->base.uri))
        return rv_error_set(err, RV_ERROR_IO,
                            "%s: an interrupted write waits to be finished, and the folder cannot be "
                            "written to; open it once where it can",
                            store->base.uri);
    return try_open(store, OPEN_IMMUTABLE, false, &code, err);
}

/* Not a database at all is a fault of the name, not damage. */
static RvStatus explain_open_failure(SqliteStore *store, RvStatus status, RvError *err)
{
    if (store->db != NULL && sqlite3_errcode(store->db) == SQLITE_NOTADB)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a reelvec library; choose another file",
                            store->base.uri);
    return status;
}

static RvStatus no_library(const char *uri, RvError *err)
{
    return rv_error_set(err, RV_ERROR_NOT_FOUND, "%s: no library here; make one with `reelvec index`", uri);
}

/* What lies at the path. *exists is false for nothing and for an empty file. */
static RvStatus look_at_path(const char *path, bool create, bool *exists, RvError *err)
{
    struct stat facts;
    *exists = false;
    if (stat(path, &facts) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return create ? RV_OK : no_library(path, err);
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

/* Write-ahead log: readers go on while one writes. The switch needs the file alone for a moment, and SQLite
 * does not wait for that by itself. */
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
    // NORMAL: a power cut may take the last transactions, never the file's integrity; a killed process loses
    // nothing.
    if (status == RV_OK)
        status = rv_sqlite_run(
            store,
            "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -16384; "
            "PRAGMA journal_size_limit = 16777216",
            err);
    return status;
}

static RvStatus open_library(SqliteStore *store, const RvLibraryOptions *options, RvError *err)
{
    bool exists = false, empty = false;
    const char *path = store->base.uri;
    RvStatus status = look_at_path(path, options->create, &exists, err);
    if (status == RV_OK && !exists && options->create)
        status = check_folder(path, err);
    if (status == RV_OK && !exists && !options->create)
        status = no_library(path, err);
    if (status == RV_OK) {
        status = open_database(store, options->read_only, options->create && !exists, err);
        status = explain_open_failure(store, status, err);
    }
    if (status == RV_OK)
        status = rv_sqlite_check_schema(store, &empty, err);
    if (status == RV_OK && empty && (!options->create || store->base.read_only))
        return no_library(path, err);
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

static RvStatus sqlite_open(const char *uri, const RvLibraryOptions *options, Store **out, RvError *err)
{
    SqliteStore *store = rv_mem_alloc(1, sizeof *store, err);
    if (store == NULL)
        return RV_ERROR_MEMORY;
    store->base = (Store){.backend = &store_sqlite_backend, .log = options->log};
    store->base.uri = rv_mem_copy_string(uri, err);
    RvStatus status = store->base.uri != NULL ? open_library(store, options, err) : RV_ERROR_MEMORY;
    if (status != RV_OK) {
        sqlite_close(&store->base);
        return status;
    }
    *out = &store->base;
    return RV_OK;
}

/* ---- the whole library -------------------------------------------------------------------------------- */

static RvStatus sqlite_begin_snapshot(Store *base, RvError *err)
{
    return rv_sqlite_run((SqliteStore *)base, "BEGIN", err);
}

static void sqlite_end_snapshot(Store *base)
{
    // Nothing was written: committing only ends the reading.
    sqlite3_exec(((SqliteStore *)base)->db, "COMMIT", NULL, NULL, NULL);
}

static RvStatus sqlite_size_bytes(Store *base, int64_t *out, RvError *err)
{
    struct stat facts;
    if (stat(base->uri, &facts) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", base->uri, strerror(errno));
    *out = facts.st_size;
    Buffer name;
    rv_buffer_init(&name, 1 << 16);
    RvStatus status = rv_buffer_append_format(&name, err, "%s-wal", base->uri);
    if (status == RV_OK && stat((const char *)name.bytes, &facts) == 0)
        *out += facts.st_size;
    rv_buffer_clear(&name);
    return status;
}

/* Hand every row of a check to `fault` as one line; columns are joined by ", ". */
static RvStatus report_rows(SqliteStore *store, const char *sql, const char *what,
                            void (*fault)(void *user, const char *line), void *user, RvError *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    RvStatus status = rv_sqlite_prepare(store, sql, &statement, err);
    while (status == RV_OK) {
        status = rv_sqlite_step(store, statement, &row, err);
        if (status != RV_OK || !row)
            break;
        const char *first = (const char *)sqlite3_column_text(statement, 0);
        if (sqlite3_column_count(statement) == 1 && first != NULL && strcmp(first, "ok") == 0)
            continue;
        RvError line = {0};
        rv_error_set(&line, RV_ERROR_FORMAT, "%s: %s", what, first != NULL ? first : "?");
        for (int i = 1; i < sqlite3_column_count(statement) && i < 3; i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            rv_error_set(&line, RV_ERROR_FORMAT, "%s, %s", line.message, text != NULL ? text : "?");
        }
        fault(user, line.message);
    }
    sqlite3_finalize(statement);
    return status;
}

#define TEXT_OF(number) #number
#define VALUE_TEXT(macro) TEXT_OF(macro)

static RvStatus sqlite_check(Store *base, void (*fault)(void *user, const char *line), void *user,
                             RvError *err)
{
    SqliteStore *store = (SqliteStore *)base;
    RvStatus status = report_rows(store, "PRAGMA integrity_check(" VALUE_TEXT(INTEGRITY_FAULTS_MAX) ")",
                                  "database", fault, user, err);
    if (status == RV_OK)
        status = report_rows(store, "PRAGMA foreign_key_check", "row without its parent (table, row, parent)",
                             fault, user, err);
    return status;
}

// Made by search/ out of the codes.
static const AnnKind ann_kinds[] = {
    {"ivf",
     STORE_MAX_DIMENSIONS,
     {{"lists", 1, 65536}, {"probes", 1, 65536}, {"seed", 0, INT32_MAX}, {NULL, 0, 0}}},
    {NULL, 0, {{NULL, 0, 0}}}};

const StoreBackend store_sqlite_backend = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin_snapshot = sqlite_begin_snapshot,
    .end_snapshot = sqlite_end_snapshot,
    .get_identity = rv_sqlite_get_identity,
    .claim_identity = rv_sqlite_claim_identity,
    .get_note = rv_sqlite_get_note,
    .put_note = rv_sqlite_put_note,
    .find_video = rv_sqlite_find_video,
    .has_video = rv_sqlite_has_video,
    .begin_video = rv_sqlite_begin_video,
    .put_frames = rv_sqlite_put_frames,
    .change_video = rv_sqlite_change_video,
    .remove_video = rv_sqlite_remove_video,
    .list_videos = rv_sqlite_list_videos,
    .list_paths = rv_sqlite_list_paths,
    .visit_frames = rv_sqlite_visit_frames,
    .count_frames = rv_sqlite_count_frames,
    .derived = &rv_sqlite_derived,
    .ann_kinds = ann_kinds,
    .picture = rv_sqlite_picture,
    .size_bytes = sqlite_size_bytes,
    .check = sqlite_check,
};

const char *rv_store_sqlite_version(void)
{
    return sqlite3_libversion();
}
