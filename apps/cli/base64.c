/* SPDX-License-Identifier: MIT */
/* Bytes as base64 (RFC 4648). */
#include "base64.h"

size_t cli_base64_length(size_t size_bytes)
{
    return (size_bytes + 2) / 3 * 4;
}

void cli_base64_write(const void *bytes, size_t size_bytes, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size_bytes; i += 3) {
        size_t left = size_bytes - i;
        unsigned bits = (unsigned)at[i] << 16 | (left > 1 ? (unsigned)at[i + 1] << 8 : 0) |
                        (left > 2 ? (unsigned)at[i + 2] : 0);
        *text++ = digits[bits >> 18];
        *text++ = digits[bits >> 12 & 63];
        *text++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *text++ = left > 2 ? digits[bits & 63] : '=';
    }
    *text = '\0';
}
