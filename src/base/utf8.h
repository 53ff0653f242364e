/* SPDX-License-Identifier: MIT */
/* UTF-8: one walker for texts of any origin, and characters from numbers. */
#ifndef RV_BASE_UTF8_H
#define RV_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed character (Unicode 15, table 3-7) that begins at text; size_bytes is at least 1.
 * *code: its number. Where there is none: *code is RV_UTF8_BAD, and the bytes returned (at least 1) are the
 * longest beginning of a character, which one U+FFFD replaces, as Unicode recommends and Python does. */
size_t rv_utf8_read(const uint8_t *text, size_t size_bytes, uint32_t *code);
#define RV_UTF8_BAD UINT32_MAX

/* Whether all of the text is well-formed. */
bool rv_utf8_is_valid(const void *text, size_t size_bytes);

/* UTF-8 of a code point (not a surrogate) into character[4]; number of bytes. */
size_t rv_utf8_write(uint32_t code, char character[4]);

#endif
