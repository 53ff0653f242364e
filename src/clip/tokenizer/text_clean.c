/* SPDX-License-Identifier: MIT */
/* Text as CLIP's tokenizer needs it: valid, repaired, unescaped, one space between words, lower case. */
#include "clip/tokenizer/text_clean.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/error.h"
#include "base/utf8.h"
#include "clip/tokenizer/html_unescape.h"
#include "clip/tokenizer/text_fix.h"

static RvStatus append_valid(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    const uint8_t *bytes = (const uint8_t *)text;
    RvStatus status = RV_OK;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        uint32_t code = 0;
        size_t first = at, length = 0;
        while (at < size_bytes) {
            length = rv_utf8_read(bytes + at, size_bytes - at, &code);
            if (code == RV_UTF8_BAD)
                break;
            at += length;
        }
        status = rv_buffer_append(out, text + first, at - first, err);
        if (code == RV_UTF8_BAD && status == RV_OK) {
            status = rv_buffer_append(out, "\xef\xbf\xbd", 3, err);
            at += length;
        }
    }
    return status;
}

/* Returns the number of bytes of the white space character (Unicode's property White_Space) at text; 0 if it
 * is another character. */
static size_t white_space(const uint8_t *text, size_t size_bytes)
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

/* Python's str.strip() also treats the information separators 0x1c to 0x1f as white space; regular
 * expressions do not. */
static size_t strippable(const uint8_t *text, size_t size_bytes)
{
    return text[0] >= 0x1c && text[0] <= 0x1f ? 1 : white_space(text, size_bytes);
}

static void strip(const uint8_t **text, size_t *size_bytes)
{
    size_t length;
    while (*size_bytes > 0 && (length = strippable(*text, *size_bytes)) > 0) {
        *text += length;
        *size_bytes -= length;
    }
    while (*size_bytes > 0) {
        size_t last = 1;
        while (last < *size_bytes && ((*text)[*size_bytes - last] & 0xc0) == 0x80)
            last++;
        if (strippable(*text + *size_bytes - last, last) != last)
            break;
        *size_bytes -= last;
    }
}

/* Replace each run of white space by one space. */
static RvStatus append_spaced(const uint8_t *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    size_t first = 0;
    for (size_t at = 0; at < size_bytes && status == RV_OK;) {
        size_t length = white_space(text + at, size_bytes - at);
        if (length == 0) {
            at++;
            continue;
        }
        status = rv_buffer_append(out, text + first, at - first, err);
        while (at < size_bytes && (length = white_space(text + at, size_bytes - at)) > 0)
            at += length;
        if (status == RV_OK)
            status = rv_buffer_append(out, " ", 1, err);
        first = at;
    }
    return status == RV_OK ? rv_buffer_append(out, text + first, size_bytes - first, err) : status;
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
static RvStatus append_lower(const Buffer *text, Buffer *out, RvError *err)
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

RvStatus rv_text_clean(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    Buffer one, two;
    rv_buffer_init(&one, out->max_bytes);
    rv_buffer_init(&two, out->max_bytes);
    RvStatus status = append_valid(text, size_bytes, &one, err);
    if (status == RV_OK)
        status = rv_text_fix((const char *)one.bytes, one.size_bytes, &two, err);
    rv_buffer_reset(&one);
    if (status == RV_OK)
        status = rv_html_unescape((const char *)two.bytes, two.size_bytes, &one, err);
    rv_buffer_reset(&two);
    if (status == RV_OK)
        status = rv_html_unescape((const char *)one.bytes, one.size_bytes, &two, err);
    rv_buffer_reset(&one);
    const uint8_t *stripped = two.bytes;
    size_t stripped_bytes = two.size_bytes;
    strip(&stripped, &stripped_bytes);
    if (status == RV_OK && stripped_bytes > 0)
        status = append_spaced(stripped, stripped_bytes, &one, err);
    if (status == RV_OK && one.size_bytes > 0)
        status = append_lower(&one, out, err);
    rv_buffer_clear(&one);
    rv_buffer_clear(&two);
    return status;
}
