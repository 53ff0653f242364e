/* SPDX-License-Identifier: MIT */
/* Byte ranges of a file. Several ranges at once are answered with the whole file, as a server may: no player asks for
 * them, and they are a way to have much sent for little. */
#include "file_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A number that may be too large for 64 bits, which is as good as the largest one. Returns false without digits. */
static bool read_number(const char **text, uint64_t *out)
{
    const char *start = *text;
    *out = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        uint64_t digit = (uint64_t)(**text - '0');
        *out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
    }
    return *text > start;
}

RangeKind file_range_read(const char *header, uint64_t size_bytes, uint64_t *first, uint64_t *last)
{
    uint64_t from = 0, to = UINT64_MAX;
    if (header == NULL || strncasecmp(header, "bytes=", 6) != 0)
        return RANGE_WHOLE;
    const char *at = header + 6 + strspn(header + 6, " \t");
    bool has_first = read_number(&at, &from);
    if (*at++ != '-')
        return RANGE_WHOLE;
    bool has_last = read_number(&at, &to);
    at += strspn(at, " \t");
    if (*at != '\0' || (!has_first && !has_last) || (has_first && has_last && to < from))
        return RANGE_WHOLE;
    if (!has_first) { // the last `to` bytes
        if (to == 0 || size_bytes == 0)
            return RANGE_UNSATISFIABLE;
        *first = to < size_bytes ? size_bytes - to : 0;
        *last = size_bytes - 1;
        return RANGE_PART;
    }
    if (from >= size_bytes)
        return RANGE_UNSATISFIABLE;
    *first = from;
    *last = has_last && to < size_bytes ? to : size_bytes - 1;
    return RANGE_PART;
}
