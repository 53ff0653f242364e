/* SPDX-License-Identifier: MIT */
/* HTML character references to characters, as Python's html.unescape does it. */
#ifndef RV_CLIP_HTML_UNESCAPE_H
#define RV_CLIP_HTML_UNESCAPE_H

#include "base/buffer.h"

/* Append text (valid UTF-8) to `out` with one level of references replaced: named ones by longest match, also
 * without semicolon; numbers with windows-1252's remapping; what is no character becomes U+FFFD or nothing.
 * Errors: MEMORY. */
RvStatus rv_html_unescape(const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
