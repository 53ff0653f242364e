/* SPDX-License-Identifier: MIT */
/* UTF-8: one walker for texts of any origin, and characters from numbers. */
#ifndef RV_BASE_UTF8_H
#define RV_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the number of bytes of the character that begins at text (Unicode 15, table 3-7) and writes its
 * number into *code. size_bytes is at least 1. If the bytes are not well-formed, *code is RV_UTF8_BAD and the
 * result (at least 1) is the length of the longest beginning of a character. One U+FFFD replaces those bytes,
 * as Unicode recommends and Python does. */
size_t rv_utf8_read(const uint8_t *text, size_t size_bytes, uint32_t *code);
#define RV_UTF8_BAD UINT32_MAX

/* True if all of the text is well-formed. */
bool rv_utf8_is_valid(const void *text, size_t size_bytes);

/* Write the UTF-8 of a code point (not a surrogate) into character. Returns the number of bytes, 1 to 4. */
size_t rv_utf8_write(uint32_t code, char character[4]);

#endif
