/* SPDX-License-Identifier: MIT */
/* reelvec's SQL functions on an SQLite connection, registered. */
#include "sql_functions.h"

#include <stddef.h>

#include "sql_vector.h"

int sql_functions_register(sqlite3 *db, const SqlFunctionOptions *options)
{
    static const SqlFunctionOptions defaults;
    int code = sql_vector_register(db);
    return code == SQLITE_OK ? sql_embed_register(db, options != NULL ? options : &defaults) : code;
}
