/* SPDX-License-Identifier: MIT */
/* Fuzz target: the bytes as JSON and as a vector in the SQL functions.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address -DSQLITE_CORE and the sources of apps/sqlite. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sql_functions.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* A value, or an error with a message; never anything else. */
static int step(sqlite3 *db, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && (code != SQLITE_ERROR || sqlite3_errmsg(db)[0] == '\0'))
        abort();
    return code;
}

static void run(sqlite3 *db, const char *sql, const uint8_t *bytes, size_t size_bytes, int as_text)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        abort();
    if (as_text)
        sqlite3_bind_text(statement, 1, (const char *)bytes, (int)size_bytes, SQLITE_STATIC);
    else
        sqlite3_bind_blob(statement, 1, bytes, (int)size_bytes, SQLITE_STATIC);
    // Those that compare what came out with what went in must find it equal.
    if (step(db, statement) == SQLITE_ROW && strstr(sql, " = ") != NULL &&
        sqlite3_column_int(statement, 0) != 1)
        abort();
    sqlite3_finalize(statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    sqlite3 *db = NULL;
    if (size_bytes > 1 << 20)
        return 0;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK || sql_functions_register(db, NULL) != SQLITE_OK)
        abort();
    run(db, "SELECT vector_from_json(vector_to_json(vector_from_json(?1))) = vector_from_json(?1)", bytes,
        size_bytes, 1);
    run(db, "SELECT vector_length(?1)", bytes, size_bytes, 0);
    run(db, "SELECT dot_product(?1, ?1)", bytes, size_bytes, 0);
    run(db, "SELECT vector_norm(?1)", bytes, size_bytes, 0);
    run(db, "SELECT vector_to_json(?1)", bytes, size_bytes, 0);
    sqlite3_close(db);
    return 0;
}
