/* SPDX-License-Identifier: MIT */
/* What Python's str methods do to a text: white space and lower case; and lower case of single characters. */
#include "clip/tokenizer/pieces/python_text.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/error.h"
#include "base/utf8.h"

#define DOTTED_I 0x130 // the only letter whose lower case is two characters in every language

size_t rv_text_white_space(const uint8_t *text, size_t size_bytes)
{
    if (text[0] == ' ' || (text[0] >= 0x09 && text[0] <= 0x0d))
        return 1;
    if (size_bytes >= 2 && text[0] == 0xc2 && (text[1] == 0x85 || text[1] == 0xa0))
        return 2;
    if (size_bytes < 3 || text[0] < 0xe1 || text[0] > 0xe3)
        return 0;
    unsigned code = (text[0] & 0xfu) << 12 | (text[1] & 0x3fu) << 6 | (text[2] & 0x3fu);
    bool found = code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
                 code == 0x202f || code == 0x205f || code == 0x3000;
    return found ? 3 : 0;
}

size_t rv_text_space(const uint8_t *text, size_t size_bytes)
{
    return text[0] >= 0x1c && text[0] <= 0x1f ? 1 : rv_text_white_space(text, size_bytes);
}

void rv_text_strip(const uint8_t **text, size_t *size_bytes)
{
    size_t length;
    while (*size_bytes > 0 && (length = rv_text_space(*text, *size_bytes)) > 0) {
        *text += length;
        *size_bytes -= length;
    }
    while (*size_bytes > 0) {
        size_t last = 1;
        while (last < *size_bytes && ((*text)[*size_bytes - last] & 0xc0) == 0x80)
            last++;
        if (rv_text_space(*text + *size_bytes - last, last) != last)
            break;
        *size_bytes -= last;
    }
}

static RvStatus append_lower_run(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    size_t length = 0;
    if (size_bytes == 0)
        return RV_OK;
    uint8_t *lower = u8_tolower(text, size_bytes, NULL, NULL, NULL, &length);
    if (lower == NULL)
        return rv_error_memory(err, size_bytes);
    RvStatus status = rv_buffer_append(out, lower, length, err);
    free(lower);
    return status;
}

/* True if the nearest character that is not case-ignorable, backwards from `end` or forwards from `at`, is
 * cased. */
static bool is_cased_before(const uint8_t *text, const uint8_t *end)
{
    ucs4_t code;
    while ((end = u8_prev(&code, end, text)) != NULL) {
        if (!uc_is_property_case_ignorable(code))
            return uc_is_property_cased(code);
    }
    return false;
}

static bool is_cased_after(const uint8_t *at, const uint8_t *end)
{
    ucs4_t code;
    while (at < end) {
        at += u8_mbtouc_unsafe(&code, at, (size_t)(end - at));
        if (!uc_is_property_case_ignorable(code))
            return uc_is_property_cased(code);
    }
    return false;
}

/* Full case mapping as Python's str.lower(): special casing without language. The capital sigma, the only
 * letter whose lower case depends on its neighbours, is handled here. libunistring takes letters that are
 * both cased and case-ignorable as cased; Python ignores them. */
RvStatus rv_text_lower(const Buffer *text, Buffer *out, RvError *err)
{
    const uint8_t *end = text->bytes + text->size_bytes;
    RvStatus status = RV_OK;
    for (const uint8_t *at = text->bytes; at < end && status == RV_OK;) {
        const uint8_t *sigma = memmem(at, (size_t)(end - at), "\xce\xa3", 2);
        const uint8_t *stop = sigma != NULL ? sigma : end;
        status = append_lower_run(at, (size_t)(stop - at), out, err);
        at = stop;
        if (sigma != NULL && status == RV_OK) {
            at = sigma + 2;
            bool final = is_cased_before(text->bytes, sigma) && !is_cased_after(at, end);
            status = rv_buffer_append(out, final ? "\xcf\x82" : "\xcf\x83", 2, err);
        }
    }
    return status;
}

RvStatus rv_text_lower_characters(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        uint32_t code;
        char lower[4];
        size_t length = rv_utf8_read(text + at, size_bytes - at, &code);
        if (code == DOTTED_I)
            status = rv_buffer_append(out, "i\xcc\x87", 3, err);
        else if (code == RV_UTF8_BAD)
            status = rv_buffer_append(out, text + at, length, err);
        else
            status = rv_buffer_append(out, lower, rv_utf8_write(uc_tolower(code), lower), err);
        at += length;
    }
    return status;
}
