/* SPDX-License-Identifier: MIT */
/* What Python's str methods do to a text: white space and lower case; and lower case of single characters. */
#ifndef RV_PYTHON_TEXT_H
#define RV_PYTHON_TEXT_H

#include "base/buffer.h"

/* Returns the number of bytes of the white space character (Unicode's property White_Space) at text; 0 if it
 * is another character. */
size_t rv_text_white_space(const uint8_t *text, size_t size_bytes);

/* The same with the information separators U+001C to U+001F, as str.isspace(), str.split(), str.strip() and \s of the
 * module re have it; \s of the module regex does not. */
size_t rv_text_space(const uint8_t *text, size_t size_bytes);

/* As str.strip(), by moving the beginning and shortening the size. */
void rv_text_strip(const uint8_t **text, size_t *size_bytes);

/* Append the text (valid UTF-8) as str.lower() makes it: a capital sigma at the end of a word becomes U+03C2. Errors:
 * MEMORY. */
RvStatus rv_text_lower(const Buffer *text, Buffer *out, RvError *err);

/* Append the text with each character in lower case, whatever its neighbours are: a capital sigma is always U+03C3, as in
 * the Lowercase step of Hugging Face's tokenizers. Errors: MEMORY. */
RvStatus rv_text_lower_characters(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err);

#endif
