/* SPDX-License-Identifier: MIT */
/* SQL functions that embed texts and pictures. */
#ifndef RV_SQL_EMBED_H
#define RV_SQL_EMBED_H

#include <sqlite3ext.h>

typedef struct SqlFunctionOptions {
    const char *model; // NULL: REELVEC_MODEL, else the model that the library names, else ViT-B/32
    int thread_count;  // of the model; 0: one per core
} SqlFunctionOptions;

/* Add them to a connection; what they allocate is freed with it. options: copied. Returns SQLite's result code. */
int sql_embed_register(sqlite3 *db, const SqlFunctionOptions *options);

#endif
