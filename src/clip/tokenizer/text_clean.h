/* SPDX-License-Identifier: MIT */
/* Text as CLIP's tokenizer needs it: valid, repaired, unescaped, one space between words, lower case. */
#ifndef RV_TEXT_CLEAN_H
#define RV_TEXT_CLEAN_H

#include "base/buffer.h"

/* Append the text after OpenAI's basic_clean (text_fix.h says which part of ftfy), whitespace_clean and
 * lower(). Bytes that are not UTF-8 become U+FFFD as with Python's errors="replace". Errors: MEMORY. */
RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
