/* SPDX-License-Identifier: MIT */
/* A library file opened for SQL. */
#ifndef RV_CLI_SQL_LIBRARY_H
#define RV_CLI_SQL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

struct sqlite3;

/* uri: as of rv_library_open; path: where it is. The file is checked as every command checks it. Code that
 * lies in the file (triggers, functions in views) does not run. Brings the shell's readfile(). Errors: those of rv_library_open;
 * UNSUPPORTED where the library is no file. */
RvStatus cli_sql_open(const char *uri, bool write, char *path, size_t size_bytes, struct sqlite3 **out,
                      RvError *err);

#endif
