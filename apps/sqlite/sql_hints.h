/* SPDX-License-Identifier: MIT */
/* What to do about an error of the library, in words for users of SQL: they have no options, only their
 * environment. */
#ifndef RV_SQL_HINTS_H
#define RV_SQL_HINTS_H

#include <stddef.h>

#include "reelvec/status.h"

#define SQL_ERROR_TEXT_SIZE (RV_ERROR_MESSAGE_SIZE + 256)

/* Write the message of the error and the words of its hint. Returns text. */
const char *sql_error_text(const RvError *err, char *text, size_t size_bytes);

#endif
