/* SPDX-License-Identifier: MIT */
/* Cursors: three numbers in hexadecimal. Whoever writes one of their own gets a page of what they may see anyway. */
#include "cursor.h"

#include <stdio.h>
#include <string.h>

void cursor_write(const Cursor *cursor, char text[CURSOR_SIZE])
{
    snprintf(text, CURSOR_SIZE, "%llx-%llx-%llx", (unsigned long long)cursor->offset,
             (unsigned long long)cursor->state, (unsigned long long)cursor->query);
}

static bool read_hex(const char **text, char end, uint64_t *out)
{
    int digits = 0;
    *out = 0;
    for (; digits < 16; digits++, (*text)++) {
        static const char all[] = "0123456789abcdef";
        const char *digit = **text != '\0' ? strchr(all, **text) : NULL;
        if (digit == NULL)
            break;
        *out = *out << 4 | (uint64_t)(digit - all);
    }
    return digits > 0 && *(*text)++ == end;
}

bool cursor_read(const char *text, Cursor *out)
{
    return read_hex(&text, '-', &out->offset) && read_hex(&text, '-', &out->state) &&
           read_hex(&text, '\0', &out->query);
}
