/* SPDX-License-Identifier: MIT */
/* Rates as people write them. */
#include <math.h>
#include <string.h>

#include "base/parse.h"
#include "base/timecode.h"
#include "reelvec/timeline.h"

#define RATE_MAX 1000
#define NEAR 0.005 // of a decimal to the fraction that it stands for: 23.98, 23.976, 29.97

/* The rate over 1001 that a number stands for, if there is one near. */
static bool find_over_1001(double number, RvRate *rate)
{
    static const int over_1001[] = {24, 30, 48, 60, 120};
    for (size_t i = 0; i < sizeof over_1001 / sizeof over_1001[0]; i++) {
        if (fabs(number - over_1001[i] * 1000 / 1001.0) >= NEAR)
            continue;
        *rate = (RvRate){over_1001[i] * 1000, 1001};
        return true;
    }
    return false;
}

/* "30000/1001"; "2997/100" means that too. */
static bool read_fraction(const char *text, const char *slash, RvRate *rate)
{
    char upper[16];
    int64_t num = 0, den = 0;
    size_t length = (size_t)(slash - text);
    if (length >= sizeof upper)
        return false;
    memcpy(upper, text, length);
    upper[length] = '\0';
    if (!rv_parse_int64(upper, 1, INT32_MAX, &num) || !rv_parse_int64(slash + 1, 1, INT32_MAX, &den))
        return false;
    if (!find_over_1001((double)num / (double)den, rate))
        *rate = (RvRate){(int)num, (int)den};
    return true;
}

static bool read_decimal(const char *text, RvRate *rate)
{
    double number = 0;
    if (!rv_parse_double(text, 1, RATE_MAX, &number))
        return false;
    if (find_over_1001(number, rate))
        return true;
    if (number != floor(number))
        return false;
    *rate = (RvRate){(int)number, 1};
    return true;
}

bool rv_rate_read(const char *text, RvRate *out)
{
    const char *slash = strchr(text, '/');
    RvRate rate = {0};
    bool good = slash != NULL ? read_fraction(text, slash, &rate) : read_decimal(text, &rate);
    if (!good || !rv_rate_is_valid(rate))
        return false;
    *out = rate;
    return true;
}
