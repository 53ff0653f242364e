/* SPDX-License-Identifier: MIT */
/* HTML character references to characters, as Python's html.unescape does it. */
#ifndef RV_HTML_UNESCAPE_H
#define RV_HTML_UNESCAPE_H

#include "base/buffer.h"

/* Append text (valid UTF-8) to `out` with one level of references replaced: named ones by longest match, also
 * without semicolon; numbers with windows-1252's remapping. What is no character becomes U+FFFD or nothing.
 * Errors: MEMORY. */
RvStatus rv_html_unescape(const char *text, size_t size_bytes, Buffer *out, RvError *err);

/* The same, but only for references that are complete, as in ftfy 6: "&", up to 24 letters and digits (behind
 * '#' for a number) and ";". Names in capitals stand for the capital letter: "&EACUTE;". Other text is
 * unchanged, "&#59;" too. Errors: MEMORY. */
RvStatus rv_html_unescape_whole(const char *text, size_t size_bytes, Buffer *out, RvError *err);

/* Returns the character that Windows-1252 has at 0x80 to 0x9f, where Latin-1 has controls. Other numbers are
 * unchanged. */
uint32_t rv_html_windows_1252(uint32_t code);

#endif
