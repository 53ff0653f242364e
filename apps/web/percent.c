/* SPDX-License-Identifier: MIT */
#include "percent.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_plain(unsigned char byte)
{
    return isalnum(byte) || (byte != '\0' && strchr("-._~", byte) != NULL);
}

char *percent_put(char *to, unsigned char byte)
{
    if (!is_plain(byte))
        return to + sprintf(to, "%%%02X", byte);
    *to++ = (char)byte;
    *to = '\0';
    return to;
}

size_t percent_size(const char *text, size_t length)
{
    size_t size = 0;
    for (size_t i = 0; i < length; i++)
        size += is_plain((unsigned char)text[i]) ? 1 : PERCENT_BYTES;
    return size;
}
