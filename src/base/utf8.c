/* SPDX-License-Identifier: MIT */
/* UTF-8: one walker for texts of any origin, and characters from numbers. */
#include "base/utf8.h"

size_t rv_utf8_read(const uint8_t *text, size_t size_bytes, uint32_t *code)
{
    uint8_t lead = text[0];
    *code = lead;
    if (lead < 0x80)
        return 1;
    *code = RV_UTF8_BAD;
    if (lead < 0xc2 || lead > 0xf4)
        return 1;
    size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t value = lead & (0x7fu >> length);
    // The allowed range of the second byte excludes overlong forms, surrogates and numbers over U+10FFFF.
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < length; i++) {
        if (i >= size_bytes || text[i] < low || text[i] > high)
            return i;
        value = value << 6 | (text[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *code = value;
    return length;
}

bool rv_utf8_is_valid(const void *text, size_t size_bytes)
{
    const uint8_t *at = text;
    uint32_t code;
    for (size_t length; size_bytes > 0; at += length, size_bytes -= length) {
        length = rv_utf8_read(at, size_bytes, &code);
        if (code == RV_UTF8_BAD)
            return false;
    }
    return true;
}

size_t rv_utf8_write(uint32_t code, char character[4])
{
    if (code < 0x80) {
        character[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        character[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    character[0] = (char)(leads[length] | code);
    return length;
}
