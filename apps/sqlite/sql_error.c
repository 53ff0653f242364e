/* SPDX-License-Identifier: MIT */
/* How a function of SQL fails. */
#include "sql_error.h"

#include <stdarg.h>
#include <stddef.h>

SQLITE_EXTENSION_INIT3

void sql_fail(sqlite3_context *context, const char *function, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    char *whole = message != NULL ? sqlite3_mprintf("%s: %s", function, message) : NULL;
    if (whole != NULL)
        sqlite3_result_error(context, whole, -1);
    else
        sqlite3_result_error_nomem(context);
    sqlite3_free(whole);
    sqlite3_free(message);
}
