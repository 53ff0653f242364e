/* SPDX-License-Identifier: MIT */
/* Text as CLIP's tokenizer wants it: valid, unescaped, one space between words, lower case. */
#ifndef RV_CLIP_TEXT_CLEAN_H
#define RV_CLIP_TEXT_CLEAN_H

#include <stdint.h>

#include "base/buffer.h"

/* Append to `out` what OpenAI's basic_clean (without ftfy), whitespace_clean and lower() make of the text.
 * Bytes that are not UTF-8 become U+FFFD as with Python's errors="replace". Errors: MEMORY. */
RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err);

/* UTF-8 of a code point (not a surrogate) into character[4]; number of bytes. */
size_t rv_text_write_character(uint32_t code, char character[4]);

#endif
