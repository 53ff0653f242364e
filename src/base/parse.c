/* SPDX-License-Identifier: MIT */
/* Strict parsing of numbers: the whole string must be a number within the bounds, in any locale. */
#include "base/parse.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool rv_parse_int64(const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno != 0 || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool rv_parse_double(const char *text, double min, double max, double *out)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    // The caller's locale may use a comma as the decimal point; numbers here always use a period.
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return false;
    locale_t before = uselocale(c_locale);
    char *end = NULL;
    double value = strtod(text, &end);
    uselocale(before);
    freelocale(c_locale);
    if (end == text || *end != '\0' || !isfinite(value) || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool rv_parse_time(const char *text, double *seconds)
{
    double total = 0;
    for (int part = 0; part < 3; part++) {
        char digits[32];
        size_t length = strcspn(text, ":");
        if (length == 0 || length >= sizeof digits)
            return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        double value = 0;
        bool last = text[length] == '\0';
        if (!rv_parse_double(digits, 0, part == 0 ? 1e9 : 59.999999999, &value))
            return false;
        if (!last && digits[strspn(digits, "0123456789")] != '\0')
            return false;
        total = total * 60 + value;
        if (last) {
            *seconds = total;
            return true;
        }
        text += length + 1;
    }
    return false;
}
