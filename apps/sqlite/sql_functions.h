/* SPDX-License-Identifier: MIT */
/* reelvec's SQL functions on an SQLite connection: vectors, and embeddings of texts and pictures.
 *
 * Compiled twice: with SQLITE_CORE into programs that link SQLite, without it into the loadable extension. */
#ifndef RV_SQL_FUNCTIONS_H
#define RV_SQL_FUNCTIONS_H

#include "sql_embed.h"

/* Add the functions to a connection. Their memory is freed with the connection. options are copied; NULL means the
 * defaults. Returns SQLite's result code. */
int sql_functions_register(sqlite3 *db, const SqlFunctionOptions *options);

#endif
