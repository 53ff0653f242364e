/* SPDX-License-Identifier: MIT */
/* The loadable extension: `.load libreelvec_sqlite` in the shell, load_extension() elsewhere. */
#include <stddef.h>

#include "sql_functions.h"

SQLITE_EXTENSION_INIT1

/* The name that SQLite derives from the file name libreelvec_sqlite.so: without "lib", and only its
 * letters. */
__attribute__((visibility("default"))) int sqlite3_reelvecsqlite_init(sqlite3 *db, char **message,
                                                                      const sqlite3_api_routines *api);

int sqlite3_reelvecsqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    int code = sql_functions_register(db, NULL);
    if (code != SQLITE_OK)
        *message = sqlite3_mprintf("reelvec_sqlite: %s", sqlite3_errmsg(db));
    return code;
}
