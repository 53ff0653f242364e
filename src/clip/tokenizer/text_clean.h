/* SPDX-License-Identifier: MIT */
/* Text as CLIP's tokenizer wants it: valid, repaired, unescaped, one space between words, lower case. */
#ifndef RV_TEXT_CLEAN_H
#define RV_TEXT_CLEAN_H

#include "base/buffer.h"

/* Append to `out` what OpenAI's basic_clean (text_fix.h says what of ftfy), whitespace_clean and lower() make
 * of the text. Bytes that are not UTF-8 become U+FFFD as with Python's errors="replace". Errors: MEMORY. */
RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
