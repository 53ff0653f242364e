/* SPDX-License-Identifier: MIT */
/* Text for servers: bytes that are not UTF-8 kept in columns that must be, addresses without their passwords.
 */
#ifndef RV_TEXT_ESCAPE_H
#define RV_TEXT_ESCAPE_H

#include "base/buffer.h"
#include "reelvec/status.h"

/* Any bytes as valid UTF-8, one way and back without loss: valid text stays as it is, and every byte b that
 * is not part of it becomes U+EF00 + b. U+EF80 to U+EFFF, if they occur in the text, are escaped byte by
 * byte too, so that different bytes never give the same text. (The scheme of MirBSD's OPTU encodings.) */
RvStatus rv_store_text_encode(const char *bytes, Buffer *out, RvError *err);
/* Back, in place; length shrinks or stays. */
void rv_store_text_decode(char *text);

/* rv_store_show_uri into memory of its own. Free with free(). */
char *rv_store_uri_for_show(const char *uri, RvError *err);

/* A server's message as one line: each run of spaces, tabs and ends of lines becomes one space, those at the
 * end are left out. */
void rv_store_one_line(const char *text, char *line, size_t size_bytes);

#endif
