/* SPDX-License-Identifier: MIT */
/* HTML character references to characters, as Python's html.unescape does it. */
#include "clip/tokenizer/html_unescape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "base/error.h"
#include "base/utf8.h"

#define NAME_MAX_CHARACTERS 32
#define WHOLE_MAX_CHARACTERS 24

typedef struct HtmlEntity {
    const char *name; // without '&'; with ';' if the entity has one
    const char *text;
} HtmlEntity;

static const HtmlEntity entities[] = {
#include "clip/tokenizer/html_entities.inc"
};

/* The characters that browsers show for 0x80 to 0x9f. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

uint32_t rv_html_windows_1252(uint32_t code)
{
    return code >= 0x80 && code <= 0x9f ? windows_1252[code - 0x80] : code;
}

/* Returns the entity whose name is exactly these bytes, or NULL. */
static const HtmlEntity *find_entity(const char *name, size_t length)
{
    size_t low = 0, high = sizeof entities / sizeof entities[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(entities[middle].name, name, length);
        if (order == 0 && entities[middle].name[length] == '\0')
            return &entities[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* True for code points that HTML forbids: controls and non-characters. */
static bool is_forbidden(uint32_t code)
{
    return (code >= 0x1 && code <= 0x8) || code == 0xb || (code >= 0xe && code <= 0x1f) ||
           (code >= 0x7f && code <= 0x9f) || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
}

static RvStatus append_number(uint32_t code, Buffer *out, RvError *err)
{
    if (code >= 0x80 && code <= 0x9f)
        code = rv_html_windows_1252(code);
    else if (code == 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
        code = 0xfffd;
    else if (is_forbidden(code))
        return RV_OK;
    char character[4];
    return rv_buffer_append(out, character, rv_utf8_write(code, character), err);
}

static int digit_value(char character, int base)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    char lower = (char)(character | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Read "#123;" or "#x1f;" at text. Returns the number of bytes it has, 0 if it is none. */
static size_t read_number(const char *text, size_t size_bytes, uint32_t *code)
{
    size_t at = 1;
    int base = 10;
    if (at < size_bytes && (text[at] == 'x' || text[at] == 'X')) {
        base = 16;
        at++;
    }
    size_t first = at;
    *code = 0;
    for (; at < size_bytes && digit_value(text[at], base) >= 0; at++) {
        if (*code <= 0x10ffff)
            *code = *code * (uint32_t)base + (uint32_t)digit_value(text[at], base);
    }
    if (at == first)
        return 0;
    return at < size_bytes && text[at] == ';' ? at + 1 : at;
}

/* Returns the length in bytes of a possible name: 1 to 32 characters other than \t \n \f space < & # ;, then
 * optionally ';'. */
static size_t name_length(const char *text, size_t size_bytes)
{
    size_t at = 0;
    for (int count = 0; at < size_bytes && count < NAME_MAX_CHARACTERS; count++) {
        if (text[at] == '\0' || strchr("\t\n\f <&#;", text[at]) == NULL) {
            at++;
            while (at < size_bytes && ((unsigned char)text[at] & 0xc0) == 0x80)
                at++;
        } else {
            break;
        }
    }
    return at > 0 && at < size_bytes && text[at] == ';' ? at + 1 : at;
}

/* Append the reference that begins behind an '&'. *used: number of bytes of text that belong to it. */
static RvStatus append_reference(const char *text, size_t size_bytes, size_t *used, Buffer *out, RvError *err)
{
    uint32_t code = 0;
    *used = size_bytes > 1 && text[0] == '#' ? read_number(text, size_bytes, &code) : 0;
    if (*used > 0)
        return append_number(code, out, err);
    size_t length = name_length(text, size_bytes);
    *used = length;
    // Names are ASCII without NUL and have at most this many bytes.
    size_t longest = strnlen(text, length < NAME_MAX_CHARACTERS + 1 ? length : NAME_MAX_CHARACTERS + 1);
    // The whole name may have any length; a prefix needs at least two characters.
    for (size_t taken = longest; taken > 0 && (taken > 1 || taken == length); taken--) {
        const HtmlEntity *entity = find_entity(text, taken);
        if (entity == NULL)
            continue;
        *used = taken;
        return rv_buffer_append(out, entity->text, strlen(entity->text), err);
    }
    rv_buffer_append(out, "&", 1, err);
    return rv_buffer_append(out, text, length, err);
}

RvStatus rv_html_unescape(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    while (size_bytes > 0 && status == RV_OK) {
        const char *ampersand = memchr(text, '&', size_bytes);
        size_t plain = ampersand != NULL ? (size_t)(ampersand - text) : size_bytes;
        size_t used = plain;
        status = rv_buffer_append(out, text, plain, err);
        if (status == RV_OK && ampersand != NULL) {
            size_t taken = 0;
            status = append_reference(ampersand + 1, size_bytes - plain - 1, &taken, out, err);
            used = plain + 1 + taken;
        }
        text += used;
        size_bytes -= used;
    }
    return status;
}

/* ---- references that are whole ---------------------------------------------------------------------- */

static bool is_alphanumeric(char character)
{
    char lower = (char)(character | 0x20);
    return (character >= '0' && character <= '9') || (lower >= 'a' && lower <= 'z');
}

/* Returns the number of bytes of "name;" or "#123;" at text; 0 if there is none. */
static size_t whole_length(const char *text, size_t size_bytes)
{
    size_t first = size_bytes > 0 && text[0] == '#' ? 1 : 0;
    size_t at = first;
    while (at < size_bytes && at - first < WHOLE_MAX_CHARACTERS && is_alphanumeric(text[at]))
        at++;
    return at > first && at < size_bytes && text[at] == ';' ? at + 1 : 0;
}

/* Handle "&EACUTE;": the entity of the same name in small letters, in capitals, unless a reference begins
 * with that name. */
static RvStatus append_capitals(const char *name, size_t length, bool *found, Buffer *out, RvError *err)
{
    char lower[WHOLE_MAX_CHARACTERS + 1];
    *found = false;
    for (size_t i = 0; i < length; i++) {
        if (name[i] >= 'a' && name[i] <= 'z')
            return RV_OK;
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
        if (i > 0 && find_entity(name, i + 1) != NULL)
            return RV_OK;
    }
    const HtmlEntity *entity = find_entity(lower, length);
    if (entity == NULL)
        return RV_OK;
    size_t upper_bytes = 0;
    uint8_t *upper =
        u8_toupper((const uint8_t *)entity->text, strlen(entity->text), NULL, NULL, NULL, &upper_bytes);
    if (upper == NULL)
        return rv_error_memory(err, strlen(entity->text));
    *found = true;
    RvStatus status = rv_buffer_append(out, upper, upper_bytes, err);
    free(upper);
    return status;
}

/* Append the whole reference of that length behind an '&'. *found: true if it is one. */
static RvStatus append_whole(const char *text, size_t length, bool *found, Buffer *out, RvError *err)
{
    *found = false;
    if (text[0] == '#') {
        uint32_t code = 0;
        *found = read_number(text, length, &code) == length && code != ';';
        return *found ? append_number(code, out, err) : RV_OK;
    }
    const HtmlEntity *entity = find_entity(text, length);
    if (entity == NULL)
        return append_capitals(text, length, found, out, err);
    *found = true;
    return rv_buffer_append(out, entity->text, strlen(entity->text), err);
}

RvStatus rv_html_unescape_whole(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    RvStatus status = RV_OK;
    while (size_bytes > 0 && status == RV_OK) {
        const char *ampersand = memchr(text, '&', size_bytes);
        size_t used = ampersand != NULL ? (size_t)(ampersand - text) : size_bytes;
        status = rv_buffer_append(out, text, used, err);
        if (status == RV_OK && ampersand != NULL) {
            bool found = false;
            size_t length = whole_length(ampersand + 1, size_bytes - used - 1);
            if (length > 0)
                status = append_whole(ampersand + 1, length, &found, out, err);
            if (status == RV_OK && !found)
                status = rv_buffer_append(out, "&", 1, err);
            used += found ? 1 + length : 1;
        }
        text += used;
        size_bytes -= used;
    }
    return status;
}
