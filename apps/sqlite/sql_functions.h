/* SPDX-License-Identifier: MIT */
/* reelvec's SQL functions on an SQLite connection: vectors, and embeddings of texts and pictures.
 *
 * Compiled twice: with SQLITE_CORE into programs that link SQLite, without it into the loadable extension. */
#ifndef RV_SQL_FUNCTIONS_H
#define RV_SQL_FUNCTIONS_H

#include <sqlite3ext.h>

typedef struct SqlFunctionOptions {
    const char *model; // NULL: REELVEC_MODEL, else the model that the library names, else ViT-B/32
    int thread_count;  // of the model; 0: one per core
} SqlFunctionOptions;

/* Add the functions to a connection; what they allocate goes with it. Gives SQLite's result code. options:
 * copied. */
int sql_functions_register(sqlite3 *db, const SqlFunctionOptions *options);

/* ---- sql_vector.c ---- */
int sql_vector_register(sqlite3 *db);

/* ---- sql_embed.c ---- */
int sql_embed_register(sqlite3 *db, const SqlFunctionOptions *options);

/* End the statement with "FUNCTION: message". */
void sql_fail(sqlite3_context *context, const char *function, const char *format, ...);

#endif
