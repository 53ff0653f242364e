/* SPDX-License-Identifier: MIT */
/* Texts and numbers of any origin in XML, JSON, URLs and lines. */
#include "timeline/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" // U+FFFD

static RvStatus append_text(Buffer *out, const char *text, RvError *err)
{
    return rv_buffer_append(out, text, strlen(text), err);
}

// Append the text with each character that `replace` has something for replaced. replace: returns NULL for "as it is";
// scratch is 16 bytes that the result may use.
static RvStatus append_replaced(Buffer *out, const char *text,
                                const char *(*replace)(uint32_t code, char *scratch), RvError *err)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text), *plain = at;
    RvStatus status = rv_buffer_reserve(out, (size_t)(end - at), err);
    while (at < end && status == RV_OK) {
        char scratch[16];
        uint32_t code;
        size_t length = rv_utf8_read(at, (size_t)(end - at), &code);
        const char *instead = code == RV_UTF8_BAD ? REPLACEMENT : replace(code, scratch);
        if (instead != NULL) {
            rv_buffer_append(out, plain, (size_t)(at - plain), err);
            status = append_text(out, instead, err);
            plain = at + length;
        }
        at += length;
    }
    return rv_buffer_append(out, plain, (size_t)(end - plain), err);
}

static const char *replace_in_xml(uint32_t code, char *scratch)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&apos;";
    case '\t':
    case '\n':
    case '\r':
        snprintf(scratch, 16, "&#%u;", (unsigned)code);
        return scratch;
    default: // XML 1.0, production 2
        return code < ' ' || code == 0xfffe || code == 0xffff ? REPLACEMENT : NULL;
    }
}

RvStatus rv_escape_xml(Buffer *out, const char *text, RvError *err)
{
    return append_replaced(out, text, replace_in_xml, err);
}

static const char *replace_in_json(uint32_t code, char *scratch)
{
    if (code == '"')
        return "\\\"";
    if (code == '\\')
        return "\\\\";
    if (code >= ' ' && code != 0x7f)
        return NULL;
    snprintf(scratch, 16, "\\u%04x", (unsigned)code);
    return scratch;
}

RvStatus rv_escape_json(Buffer *out, const char *text, RvError *err)
{
    append_text(out, "\"", err);
    append_replaced(out, text, replace_in_json, err);
    return append_text(out, "\"", err);
}

RvStatus rv_escape_url_path(Buffer *out, const char *path, RvError *err)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/";
    RvStatus status = out->status;
    while (*path != '\0' && status == RV_OK) {
        size_t length = strspn(path, safe);
        status = length > 0 ? rv_buffer_append(out, path, length, err)
                            : rv_buffer_append_format(out, err, "%%%02X", (unsigned char)*path);
        path += length > 0 ? length : 1;
    }
    return status;
}

RvStatus rv_escape_decimal(Buffer *out, double value, int decimals, RvError *err)
{
    char text[400]; // the largest double has 309 digits
    if (decimals >= 0)
        snprintf(text, sizeof text, "%.*f", decimals < 30 ? decimals : 30, value);
    for (int digits = 15; decimals < 0 && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    // The locale's decimal point, which may have several bytes.
    size_t whole = strspn(text, "+-0123456789"), point = strcspn(text + whole, "0123456789e");
    rv_buffer_append(out, text, whole, err);
    if (text[whole] != '\0' && point > 0)
        append_text(out, ".", err);
    return append_text(out, text + whole + point, err);
}

char *rv_escape_clean(const char *text, size_t max_bytes, RvError *err)
{
    size_t size_bytes = strlen(text), used = 0;
    char *clean = rv_mem_alloc(3 * (size_bytes < max_bytes ? size_bytes : max_bytes) + 1, 1, err);
    const uint8_t *at = (const uint8_t *)text, *end = at + size_bytes;
    while (clean != NULL && at < end) {
        uint32_t code;
        size_t length = rv_utf8_read(at, (size_t)(end - at), &code);
        bool control = code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
        const char *character = control ? " " : code == RV_UTF8_BAD ? REPLACEMENT : (const char *)at;
        size_t character_bytes = control ? 1 : code == RV_UTF8_BAD ? strlen(REPLACEMENT) : length;
        if (used + character_bytes > max_bytes)
            break;
        memcpy(clean + used, character, character_bytes);
        used += character_bytes;
        at += length;
    }
    if (clean != NULL)
        clean[used] = '\0';
    return clean;
}
