/* SPDX-License-Identifier: MIT */
/* SQL functions on vectors. */
#ifndef RV_SQL_VECTOR_H
#define RV_SQL_VECTOR_H

#include <sqlite3ext.h>

/* Add them to a connection. Returns SQLite's result code. */
int sql_vector_register(sqlite3 *db);

#endif
