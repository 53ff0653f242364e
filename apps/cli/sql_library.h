/* SPDX-License-Identifier: MIT */
/* A library file opened for SQL. */
#ifndef RV_CLI_SQL_LIBRARY_H
#define RV_CLI_SQL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

struct sqlite3;

/* Open a library file for SQL. uri: as in rv_library_open. path: receives the file's path. The file is
 * checked as in every command. Code that is stored in the file (triggers, functions in views) does not run.
 * Adds the shell's readfile(). Errors: those of rv_library_open, and UNSUPPORTED if the library is not a
 * file. */
RvStatus cli_sql_open(const char *uri, bool write, char *path, size_t size_bytes, struct sqlite3 **out,
                      RvError *err);

#endif
