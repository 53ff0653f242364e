/* SPDX-License-Identifier: MIT */
/* Text as a model's tokenizer needs it: valid, and by the model's rule repaired, unescaped, squeezed, in lower case. */
#ifndef RV_TEXT_CLEAN_H
#define RV_TEXT_CLEAN_H

#include "base/buffer.h"
#include "clip/tokenizer/tokenizer_spec.h"

/* Append the text after OpenAI's basic_clean (text_fix.h says which part of ftfy), whitespace_clean and
 * lower(). Bytes that are not UTF-8 become U+FFFD as with Python's errors="replace". Errors: MEMORY. */
RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err);

/* Append the text after one of the other rules; TEXT_CLEAN_KIND only replaces bytes that are not UTF-8. open_clip's rules
 * are those of its tokenizer.py. Errors: MEMORY. */
RvStatus rv_text_clean_as(TextCleaning rule, const char *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
