/* SPDX-License-Identifier: MIT */
/* Texts and numbers of any origin in XML, JSON, URLs and lines. What is not UTF-8 becomes U+FFFD; a URL keeps every
 * byte. */
#ifndef RV_TIMELINE_ESCAPE_H
#define RV_TIMELINE_ESCAPE_H

#include "base/buffer.h"

/* The text as the content of an element or a value between quotes: & < > " ' escaped; what XML 1.0 forbids becomes
 * U+FFFD. Line ends and tabs are written as references, which survive in values too. */
RvStatus rv_escape_xml(Buffer *out, const char *text, RvError *err);

/* The text as a JSON string with its quotes. */
RvStatus rv_escape_json(Buffer *out, const char *text, RvError *err);

/* The bytes of a path, with all but letters, digits and -_.~/ as %XX (RFC 3986). */
RvStatus rv_escape_url_path(Buffer *out, const char *path, RvError *err);

/* A number with a point in any locale. decimals: digits behind it; -1: as few as give the same double again. */
RvStatus rv_escape_decimal(Buffer *out, double value, int decimals, RvError *err);

/* A new text of at most max_bytes bytes: what is not UTF-8 becomes U+FFFD, control characters and line separators become
 * blanks; cut between characters. Free with free(). Returns NULL on error (MEMORY). */
char *rv_escape_clean(const char *text, size_t max_bytes, RvError *err);

#endif
