/* SPDX-License-Identifier: MIT */
/* Texts of any origin in XML, JSON, URLs and lines. What is not UTF-8 becomes U+FFFD; a URL keeps every byte. */
#ifndef RV_TIMELINE_ESCAPE_H
#define RV_TIMELINE_ESCAPE_H

#include "base/buffer.h"

/* The text as the content of an element or a value between double quotes: & < > " ' escaped, what XML 1.0 forbids left out
 * or replaced. */
RvStatus rv_escape_xml(Buffer *out, const char *text, RvError *err);

/* The text as a JSON string with its quotes. */
RvStatus rv_escape_json(Buffer *out, const char *text, RvError *err);

/* The bytes of a path with all but letters, digits and -_.~/ as %XX (RFC 3986). */
RvStatus rv_escape_url_path(Buffer *out, const char *path, RvError *err);

/* Replace what is not UTF-8 by U+FFFD, and control characters by blanks. Returns a new string, or NULL (MEMORY). */
char *rv_escape_clean(const char *text, RvError *err);

#endif
