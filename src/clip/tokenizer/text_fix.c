/* SPDX-License-Identifier: MIT */
/* The effect of the original's `ftfy` step on texts that people type. */
#include "clip/tokenizer/text_fix.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/error.h"
#include "base/utf8.h"
#include "clip/tokenizer/html_unescape.h"

/* ftfy repeats its steps until nothing changes, which takes long if references are nested
 * ("&amp;amp;amp;..."). Here the number of rounds is bounded. */
#define MAX_ROUNDS 16

#define ESCAPE 0x1b

/* Characters that ftfy splits, sorted by number. */
static const struct Ligature {
    uint16_t code;
    const char *letters;
} ligatures[] = {
    {0x132, "IJ"},      {0x133, "ij"},      {0x149, "'n"}, // through U+02BC, which is straightened below
    {0x1c4, "D\u017d"}, {0x1c5, "D\u017e"}, {0x1c6, "d\u017e"},  {0x1c7, "LJ"},  {0x1c8, "Lj"},
    {0x1c9, "lj"},      {0x1ca, "NJ"},      {0x1cb, "Nj"},       {0x1cc, "nj"},  {0x1f1, "DZ"},
    {0x1f2, "Dz"},      {0x1f3, "dz"},      {0xfb00, "ff"},      {0xfb01, "fi"}, {0xfb02, "fl"},
    {0xfb03, "ffi"},    {0xfb04, "ffl"},    {0xfb05, "\u017ft"}, {0xfb06, "st"},
};

/* One line while it is repaired. */
typedef struct LineFix {
    Buffer now, next; // the text before and after a step
    bool unescape;    // replace HTML references
} LineFix;

static void take_next(LineFix *fix)
{
    Buffer swapped = fix->now;
    fix->now = fix->next;
    fix->next = swapped;
    rv_buffer_reset(&fix->next);
}

static RvStatus append_code(uint32_t code, Buffer *out, RvError *err)
{
    char character[4];
    return rv_buffer_append(out, character, rv_utf8_write(code, character), err);
}

static const char *ligature_letters(uint32_t code)
{
    if (code < ligatures[0].code || code > 0xfb06)
        return NULL;
    for (size_t i = 0; i < sizeof ligatures / sizeof ligatures[0]; i++) {
        if (ligatures[i].code == code)
            return ligatures[i].letters;
    }
    return NULL;
}

/* Append the compatibility normalization of full width and half width forms. */
static RvStatus append_usual_width(uint32_t code, Buffer *out, RvError *err)
{
    uint8_t room[32];
    char character[4];
    size_t size_bytes = rv_utf8_write(code, character), length = sizeof room;
    uint8_t *usual = u8_normalize(UNINORM_NFKC, (const uint8_t *)character, size_bytes, room, &length);
    if (usual == NULL)
        return rv_error_memory(err, size_bytes);
    RvStatus status = rv_buffer_append(out, usual, length, err);
    if (usual != room)
        free(usual);
    return status;
}

/* Append one character after ftfy's steps in their order: C1 controls, ligatures, width, quotes, line
 * breaks. */
static RvStatus append_fixed(uint32_t code, Buffer *out, RvError *err)
{
    code = rv_html_windows_1252(code);
    const char *letters = ligature_letters(code);
    if (letters != NULL)
        return rv_buffer_append(out, letters, strlen(letters), err);
    if (code >= 0xff01 && code <= 0xffef)
        return append_usual_width(code, out, err);
    if (code == 0x3000)
        code = ' ';
    else if (code == 0x2bc || (code >= 0x2018 && code <= 0x201b))
        code = '\'';
    else if (code >= 0x201c && code <= 0x201f)
        code = '"';
    else if (code == '\r' || code == 0x2028 || code == 0x2029)
        code = '\n';
    return append_code(code, out, err);
}

static RvStatus fix_characters(LineFix *fix, RvError *err)
{
    const Buffer *from = &fix->now;
    RvStatus status = RV_OK;
    for (size_t at = 0; at < from->size_bytes && status == RV_OK;) {
        uint32_t code;
        at += rv_utf8_read(from->bytes + at, from->size_bytes - at, &code);
        if (code == '\r' && at < from->size_bytes && from->bytes[at] == '\n')
            continue;
        status = append_fixed(code, &fix->next, err);
    }
    take_next(fix);
    return status;
}

/* Returns the number of bytes of "[", digits and semicolons, and the letter that ends a terminal's escape
 * sequence; 0 if there is none. */
static size_t escape_length(const uint8_t *text, size_t size_bytes)
{
    if (size_bytes == 0 || text[0] != '[')
        return 0;
    for (size_t at = 1; at < size_bytes;) {
        uint32_t code;
        size_t length = rv_utf8_read(text + at, size_bytes - at, &code);
        if (code < 0x80 && ((code | 0x20) >= 'a' && (code | 0x20) <= 'z'))
            return at + 1;
        if (code != ';' && uc_decimal_value(code) < 0)
            return 0;
        at += length;
    }
    return 0;
}

/* True for controls other than tab, line feed and form feed; for deprecated formatting characters, the
 * byte-order mark, interlinear annotation and the object replacement character. */
static bool is_unwanted(uint32_t code)
{
    return (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') || code == 0x7f ||
           (code >= 0x206a && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffc);
}

static RvStatus remove_controls(LineFix *fix, RvError *err)
{
    const Buffer *from = &fix->now;
    RvStatus status = RV_OK;
    for (size_t at = 0; at < from->size_bytes && status == RV_OK;) {
        uint32_t code;
        size_t length = rv_utf8_read(from->bytes + at, from->size_bytes - at, &code);
        if (!is_unwanted(code))
            status = rv_buffer_append(&fix->next, from->bytes + at, length, err);
        else if (code == ESCAPE)
            length += escape_length(from->bytes + at + 1, from->size_bytes - at - 1);
        at += length;
    }
    take_next(fix);
    return status;
}

static RvStatus compose(LineFix *fix, RvError *err)
{
    size_t length = 0;
    if (fix->now.size_bytes == 0)
        return RV_OK;
    uint8_t *composed = u8_normalize(UNINORM_NFC, fix->now.bytes, fix->now.size_bytes, NULL, &length);
    if (composed == NULL)
        return rv_error_memory(err, fix->now.size_bytes);
    RvStatus status = rv_buffer_append(&fix->next, composed, length, err);
    free(composed);
    take_next(fix);
    return status;
}

/* True for ASCII that no step changes. */
static bool is_plain(const char *line, size_t size_bytes, bool unescape)
{
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char byte = (unsigned char)line[i];
        if (byte >= 0x7f || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\f') ||
            (byte == '&' && unescape))
            return false;
    }
    return true;
}

static RvStatus run_round(LineFix *fix, RvError *err)
{
    RvStatus status = RV_OK;
    if (fix->unescape) {
        status = rv_html_unescape_whole((const char *)fix->now.bytes, fix->now.size_bytes, &fix->next, err);
        take_next(fix);
    }
    if (status == RV_OK)
        status = fix_characters(fix, err);
    if (status == RV_OK)
        status = remove_controls(fix, err);
    return status == RV_OK ? compose(fix, err) : status;
}

/* Repair a line, including its "\n" if it has one. */
static RvStatus fix_line(LineFix *fix, const char *line, size_t size_bytes, Buffer *out, RvError *err)
{
    if (is_plain(line, size_bytes, fix->unescape))
        return rv_buffer_append(out, line, size_bytes, err);
    Buffer before;
    rv_buffer_init(&before, fix->now.max_bytes);
    rv_buffer_reset(&fix->now);
    RvStatus status = rv_buffer_append(&fix->now, line, size_bytes, err);
    for (int round = 0; round < MAX_ROUNDS && status == RV_OK; round++) {
        rv_buffer_reset(&before);
        status = rv_buffer_append(&before, fix->now.bytes, fix->now.size_bytes, err);
        if (status == RV_OK)
            status = run_round(fix, err);
        if (before.size_bytes == fix->now.size_bytes &&
            (before.size_bytes == 0 || memcmp(before.bytes, fix->now.bytes, before.size_bytes) == 0))
            break;
    }
    if (status == RV_OK)
        status = rv_buffer_append(out, fix->now.bytes, fix->now.size_bytes, err);
    rv_buffer_clear(&before);
    return status;
}

RvStatus rv_text_fix(const char *text, size_t size_bytes, Buffer *out, RvError *err)
{
    LineFix fix = {.unescape = true};
    rv_buffer_init(&fix.now, out->max_bytes);
    rv_buffer_init(&fix.next, out->max_bytes);
    RvStatus status = RV_OK;
    while (size_bytes > 0 && status == RV_OK) {
        const char *end = memchr(text, '\n', size_bytes);
        size_t length = end != NULL ? (size_t)(end - text) + 1 : size_bytes;
        if (memchr(text, '<', length) != NULL) // the text may itself be HTML
            fix.unescape = false;
        status = fix_line(&fix, text, length, out, err);
        text += length;
        size_bytes -= length;
    }
    rv_buffer_clear(&fix.now);
    rv_buffer_clear(&fix.next);
    return status;
}
