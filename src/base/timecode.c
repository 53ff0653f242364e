/* SPDX-License-Identifier: MIT */
/* Rates as exact fractions, and SMPTE timecode: numbers of frames to labels and back. */
#include "base/timecode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 Wide;

#define FRAMES_MAX 9007199254740992.0 // 2^53

bool rv_rate_is_valid(RvRate rate)
{
    return rate.num > 0 && rate.den > 0 && rate.num >= rate.den && rate.num <= (int64_t)rate.den * 1000;
}

bool rv_rate_equal(RvRate left, RvRate right)
{
    return (int64_t)left.num * right.den == (int64_t)right.num * left.den;
}

RvRate rv_rate_usual(double frames_per_second)
{
    static const RvRate usual[] = {{24000, 1001}, {24, 1},  {25, 1},        {30000, 1001},
                                   {30, 1},       {48, 1},  {50, 1},        {60000, 1001},
                                   {60, 1},       {100, 1}, {120000, 1001}, {120, 1}};
    RvRate best = usual[0];
    double best_distance = INFINITY;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        double distance = fabs(log(frames_per_second * usual[i].den / usual[i].num));
        if (distance < best_distance) {
            best = usual[i];
            best_distance = distance;
        }
    }
    return best;
}

void rv_rate_write(RvRate rate, char text[RATE_TEXT_SIZE])
{
    int64_t thousandths = ((int64_t)rate.num * 2000 + rate.den) / ((int64_t)rate.den * 2);
    snprintf(text, RATE_TEXT_SIZE, "%d.%03d", (int)(thousandths / 1000), (int)(thousandths % 1000));
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[--length] = '\0';
}

int rv_rate_nominal(RvRate rate)
{
    return (int)(((int64_t)rate.num * 2 + rate.den) / ((int64_t)rate.den * 2));
}

bool rv_rate_is_whole(RvRate rate, bool *over_1001)
{
    int nominal = rv_rate_nominal(rate);
    *over_1001 = rv_rate_equal(rate, (RvRate){nominal * 1000, 1001});
    return *over_1001 || rv_rate_equal(rate, (RvRate){nominal, 1});
}

bool rv_rate_may_drop(RvRate rate)
{
    return rv_rate_equal(rate, (RvRate){30000, 1001}) || rv_rate_equal(rate, (RvRate){60000, 1001});
}

int64_t rv_rate_frames(RvRate rate, double seconds)
{
    double frames = round(seconds * rate.num / rate.den);
    return (int64_t)fmax(-FRAMES_MAX, fmin(frames, FRAMES_MAX));
}

double rv_rate_seconds(RvRate rate, int64_t frames)
{
    return (double)frames * rate.den / rate.num;
}

static int64_t divide_down(Wide num, Wide den)
{
    Wide whole = num / den;
    return (int64_t)(num < 0 && whole * den != num ? whole - 1 : whole);
}

int64_t rv_rate_convert(RvRate from, int64_t frames, RvRate to)
{
    Wide num = (Wide)frames * from.den * to.num, den = (Wide)from.num * to.den;
    return divide_down(2 * num + den, 2 * den);
}

int64_t rv_rate_convert_down(RvRate from, int64_t frames, RvRate to)
{
    return divide_down((Wide)frames * from.den * to.num, (Wide)from.num * to.den);
}

/* ---- labels ------------------------------------------------------------------------------------------- */

/* Labels that drop-frame leaves out at the beginning of each minute but every tenth: 2 for 30000/1001, 4 for
 * 60000/1001. */
static int dropped_labels(RvRate rate, bool drop_frame)
{
    return drop_frame ? rv_rate_nominal(rate) / 15 : 0;
}

int64_t rv_timecode_day(RvRate rate, bool drop_frame)
{
    return INT64_C(86400) * rv_rate_nominal(rate) - INT64_C(24) * 54 * dropped_labels(rate, drop_frame);
}

void rv_timecode_write(int64_t frame, RvRate rate, bool drop_frame, char text[TIMECODE_SIZE])
{
    int64_t nominal = rv_rate_nominal(rate), day = rv_timecode_day(rate, drop_frame);
    int64_t drop = dropped_labels(rate, drop_frame);
    int64_t label = (frame % day + day) % day;
    if (drop > 0) {
        // Ten minutes have one whole minute and then nine short ones: 17982 frames for 30000/1001.
        int64_t minute = 60 * nominal - drop, ten = 10 * minute + drop;
        int64_t tens = label / ten, rest = label % ten;
        label += tens * 9 * drop;
        if (rest >= minute + drop)
            label += drop * (1 + (rest - minute - drop) / minute);
    }
    int64_t seconds = label / nominal;
    snprintf(text, TIMECODE_SIZE, "%02u:%02u:%02u%c%02u", (unsigned)(seconds / 3600 % 24),
             (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), drop_frame ? ';' : ':',
             (unsigned)(label % nominal) % 1000);
}

int64_t rv_timecode_recount(int64_t frame, RvRate from, bool drop_frame, RvRate to)
{
    if (from.den == to.den)
        return rv_rate_convert(from, frame, to);
    char text[TIMECODE_SIZE], separator;
    int hours = 0, minutes = 0, seconds = 0, frames = 0, nominal = rv_rate_nominal(to);
    rv_timecode_write(frame, from, drop_frame, text);
    sscanf(text, "%d:%d:%d%c%d", &hours, &minutes, &seconds, &separator, &frames);
    return ((int64_t)hours * 3600 + minutes * 60 + seconds) * nominal +
           frames * nominal / rv_rate_nominal(from);
}

/* Reads up to max_digits digits and moves *text past them. Returns -1 if there is none. */
static int read_number(const char **text, int max_digits)
{
    int value = -1;
    for (int i = 0; i < max_digits && **text >= '0' && **text <= '9'; i++, (*text)++)
        value = (value < 0 ? 0 : value * 10) + (**text - '0');
    return value;
}

bool rv_timecode_read(const char *text, RvRate rate, int64_t *frame, bool *drop_frame)
{
    int parts[3];
    for (int i = 0; i < 3; i++) {
        parts[i] = read_number(&text, 2);
        if (parts[i] < 0 || *text == '\0' || strchr(i < 2 ? ":" : ":;.,", *text) == NULL)
            return false;
        text++;
    }
    bool drops = text[-1] != ':' && rv_rate_may_drop(rate);
    int hours = parts[0], minutes = hours * 60 + parts[1], seconds = parts[2],
        nominal = rv_rate_nominal(rate);
    int frames = read_number(&text, 3), drop = dropped_labels(rate, drops);
    if (*text != '\0' || hours > 23 || parts[1] > 59 || seconds > 59 || frames < 0 || frames >= nominal)
        return false;
    if (seconds == 0 && minutes % 10 != 0 && frames < drop)
        frames = drop;
    *frame = ((int64_t)minutes * 60 + seconds) * nominal + frames - (int64_t)drop * (minutes - minutes / 10);
    if (drop_frame != NULL)
        *drop_frame = drops;
    return true;
}
