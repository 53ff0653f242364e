/* SPDX-License-Identifier: MIT */
/* A library file opened for SQL. */
#include "sql_library.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "reelvec/library.h"
#include "sqlite/sql_functions.h"

#define BUSY_WAIT_MS 5000

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
    int code = sqlite3_open_v2(uri, out, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
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

/* Whether the file is a library that this reelvec knows. */
static RvStatus check_library(const char *path, bool write, RvError *err)
{
    RvLibraryOptions options = {.read_only = !write};
    RvLibrary *library = NULL;
    RvStatus status = rv_library_open(path, &options, &library, err);
    rv_library_close(library);
    return status;
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
    int code = open_uri(path, "", write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, out);
    if (code != SQLITE_OK && !write) { // a folder that cannot be written to has no place for SQLite's locks
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
    return RV_OK;
}
