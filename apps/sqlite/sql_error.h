/* SPDX-License-Identifier: MIT */
/* How a function of SQL fails. */
#ifndef RV_SQL_ERROR_H
#define RV_SQL_ERROR_H

#include <sqlite3ext.h>

/* End the statement with "FUNCTION: message". */
void sql_fail(sqlite3_context *context, const char *function, const char *format, ...);

#endif
