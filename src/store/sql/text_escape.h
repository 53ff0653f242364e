/* SPDX-License-Identifier: MIT */
/* Text for servers: any bytes in columns that must be UTF-8, and addresses without their passwords. */
#ifndef RV_TEXT_ESCAPE_H
#define RV_TEXT_ESCAPE_H

#include "base/buffer.h"
#include "reelvec/status.h"

/* Write any bytes as valid UTF-8, without loss. Valid text is unchanged, and every byte b that is not part of
 * it becomes U+EF00 + b. U+EF80 to U+EFFF, if they occur in the text, are escaped byte by byte too, so that
 * different bytes never become the same text. (This is the scheme of MirBSD's OPTU encodings.) Errors:
 * MEMORY. */
RvStatus rv_store_text_encode(const char *bytes, Buffer *out, RvError *err);
/* The inverse, in place. The text does not get longer. */
void rv_store_text_decode(char *text);

/* rv_store_show_uri into allocated memory. Free with free(). NULL: MEMORY. */
char *rv_store_uri_for_show(const char *uri, RvError *err);

/* Write a server's message as one line: each run of spaces, tabs and ends of lines becomes one space, and
 * those at the end are left out. */
void rv_store_one_line(const char *text, char *line, size_t size_bytes);

#endif
