/* SPDX-License-Identifier: MIT */
/* A library file opened for SQL. */
#include "sql_library.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "reelvec/library.h"
#include "sqlite/sql_error.h"

#define BUSY_WAIT_MS 5000
#define READ_MAX_BYTES ((size_t)64 << 20)

static bool is_file(const char *uri)
{
    return strstr(uri, "://") == NULL && strncasecmp(uri, "memory:", 7) != 0;
}

static int open_uri(const char *path, const char *parameters, int flags, sqlite3 **out)
{
    size_t size_bytes = 3 * strlen(path) + strlen(parameters) + 8, length = 5;
    char *uri = malloc(size_bytes);
    if (uri == NULL)
        return SQLITE_NOMEM;
    memcpy(uri, "file:", length);
    for (const char *at = path; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        bool plain = (byte < 0x80 && isalnum(byte)) || strchr("/._-", byte) != NULL;
        length += (size_t)snprintf(uri + length, size_bytes - length, plain ? "%c" : "%%%02X", byte);
    }
    snprintf(uri + length, size_bytes - length, "%s", parameters);
    // The library's own view of the file system, which was registered when the library opened the file: a
    // reader leaves no files behind. See src/store/sqlite/sqlite_vfs.c.
    int code = sqlite3_open_v2(uri, out, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, "reelvec");
    if (code == SQLITE_OK)
        code = sqlite3_exec(*out, "PRAGMA schema_version", NULL, NULL, NULL);
    free(uri);
    return code;
}

static void harden(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_WAIT_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
}

/* Check that the file is a library that this version can read. */
static RvStatus check_library(const char *path, bool write, RvError *err)
{
    RvLibraryOptions options = {.mode = write ? RV_OPEN_WRITE : RV_OPEN_READ};
    RvLibrary *library = NULL;
    RvStatus status = rv_library_open(path, &options, &library, err);
    rv_library_close(library);
    return status;
}

/* readfile(path), as in SQLite's own shell: returns the bytes of a file, or NULL if there is none. */
static void read_file(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const char *path = (const char *)sqlite3_value_text(values[0]);
    FILE *file = path != NULL ? fopen(path, "rbe") : NULL;
    if (file == NULL)
        return;
    size_t size_bytes = 0, capacity_bytes = 1 << 16;
    char *bytes = sqlite3_malloc64(capacity_bytes);
    while (bytes != NULL && size_bytes <= READ_MAX_BYTES) {
        size_bytes += fread(bytes + size_bytes, 1, capacity_bytes - size_bytes, file);
        if (size_bytes < capacity_bytes)
            break;
        char *larger = sqlite3_realloc64(bytes, 2 * capacity_bytes);
        if (larger == NULL)
            sqlite3_free(bytes);
        bytes = larger;
        capacity_bytes *= 2;
    }
    bool broken = ferror(file) != 0;
    fclose(file);
    if (bytes == NULL) {
        sqlite3_result_error_nomem(context);
    } else if (broken || size_bytes > READ_MAX_BYTES) {
        sql_fail(context, "readfile", "%s: cannot be read, or is larger than 64 MiB", path);
        sqlite3_free(bytes);
    } else {
        sqlite3_result_blob64(context, bytes, size_bytes, sqlite3_free);
    }
}

/* ---- what a statement changes -------------------------------------------------------------------------- */

static bool is_temporary(const char *schema)
{
    return schema != NULL && strcmp(schema, "temp") == 0;
}

static void note_change(SqlChanges *changes, const char *schema)
{
    if (is_temporary(schema)) {
        changes->temporary = true;
        return;
    }
    changes->other = true;
    if (schema == NULL || strcmp(schema, "main") == 0)
        changes->library = true;
    else
        snprintf(changes->attached, sizeof changes->attached, "%s", schema);
}

/* SQLite asks before each thing that a statement does. Everything is allowed here, and what is no reading is noted;
 * what is not known counts as a change of something else. VACUUM, also into another file, is never asked for. */
static int note_action(void *user, int action, const char *first, const char *second, const char *schema,
                       const char *trigger)
{
    SqlChanges *changes = user;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
        break;
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_DROP_TEMP_INDEX:
    case SQLITE_DROP_TEMP_TABLE:
    case SQLITE_DROP_TEMP_TRIGGER:
    case SQLITE_DROP_TEMP_VIEW:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TABLE: // ANALYZE makes one
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_REINDEX:
    case SQLITE_ANALYZE:
        note_change(changes, schema);
        break;
    case SQLITE_ALTER_TABLE: // names the schema first
        note_change(changes, first);
        break;
    case SQLITE_PRAGMA:
        if (second == NULL && strcasecmp(first, "journal_mode") == 0)
            changes->journal_mode = true;
        else
            note_change(changes, NULL);
        break;
    default:
        note_change(changes, NULL);
    }
    return SQLITE_OK;
}

void cli_sql_watch(sqlite3 *db, SqlChanges *changes)
{
    sqlite3_set_authorizer(db, note_action, changes);
}

bool cli_sql_changes_nothing(const SqlChanges *changes, sqlite3_stmt *statement)
{
    // SQLite counts a statement that is only explained as if it ran, and the question for the journal's mode as a
    // change of it.
    return sqlite3_stmt_readonly(statement) || sqlite3_stmt_isexplain(statement) != 0 ||
           ((changes->temporary || changes->journal_mode) && !changes->other);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

/* The URI of an attached file may ask for another way of locking. Two of them leave files beside it, also when they only
 * read. */
static void forget_other_locking(void)
{
    static const char *const names[] = {"unix-dotfile", "unix-excl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        sqlite3_vfs *vfs = sqlite3_vfs_find(names[i]);
        if (vfs != NULL)
            sqlite3_vfs_unregister(vfs);
    }
}

RvStatus cli_sql_open(const char *uri, bool write, char *path, size_t size_bytes, sqlite3 **out, RvError *err)
{
    *out = NULL;
    RvStatus status = RV_OK;
    if (uri == NULL)
        status = rv_library_default_path(path, size_bytes, err);
    else if (!is_file(uri))
        return cli_error(err, RV_ERROR_UNSUPPORTED,
                         "`reelvec sql` reads library files; ask a server with its own client");
    else if ((size_t)snprintf(path, size_bytes, "%s", uri) >= size_bytes)
        return cli_error(err, RV_ERROR_ARGUMENT, "the library's path is too long");
    if (status == RV_OK)
        status = check_library(path, write, err);
    if (status != RV_OK)
        return status;
    if (!write)
        forget_other_locking();
    int code = write ? open_uri(path, "", SQLITE_OPEN_READWRITE, out)
                     : open_uri(path, "?readonly_shm=1", SQLITE_OPEN_READONLY, out);
    if (code != SQLITE_OK && !write) { // a file system without locks
        sqlite3_close_v2(*out);
        code = open_uri(path, "?immutable=1", SQLITE_OPEN_READONLY, out);
    }
    if (code != SQLITE_OK) {
        status = cli_error(err, RV_ERROR_IO, "%s: %s", path, sqlite3_errmsg(*out));
        sqlite3_close_v2(*out);
        *out = NULL;
        return status;
    }
    harden(*out);
    // Only for statements that the user writes: nothing stored in the library can open files.
    sqlite3_create_function_v2(*out, "readfile", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, read_file, NULL,
                               NULL, NULL);
    return RV_OK;
}
