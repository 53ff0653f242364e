/* SPDX-License-Identifier: MIT */
/* What is damaged in a video, and its description in words. */
#include "video/damage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *text, size_t size_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size_bytes, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    if (length > 0)
        length += (size_t)snprintf(text + length, size_bytes - length, "; ");
    va_start(arguments, format);
    if (length < size_bytes)
        vsnprintf(text + length, size_bytes - length, format, arguments);
    va_end(arguments);
}

void rv_damage_describe(const Damage *damage, char *text, size_t size_bytes)
{
    double end_s = (double)damage->end_us / 1e6;
    size_t refused = damage->packets_refused;
    text[0] = '\0';
    if (refused > 0)
        append(text, size_bytes, "damaged after %.3f s: %zu packet%s could not be decoded",
               (double)damage->first_us / 1e6, refused, refused == 1 ? "" : "s");
    if (damage->cut && damage->announced_s > end_s)
        append(text, size_bytes, "cut short after %.3f s of %.3f s", end_s, damage->announced_s);
    else if (damage->cut)
        append(text, size_bytes, "cut short after %.3f s", end_s);
    if (damage->stop_text[0] != '\0')
        append(text, size_bytes, "not readable after %.3f s: %s", end_s, damage->stop_text);
}
