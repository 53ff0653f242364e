/* SPDX-License-Identifier: MIT */
/* Small pieces of text: numbers, times, sizes, names. */
#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "reelvec/library.h"

// longer words before :// are not a kind of address; bounds the work on a long text
#define ADDRESS_KIND_MAX 16

// The program does not set LC_NUMERIC, so the decimal point is a period.
bool cli_text_parse_real(const char *text, double *out)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool cli_text_parse_time(const char *text, double *seconds)
{
    double total = 0;
    for (int part = 0; part < 3; part++) {
        char digits[32];
        size_t length = strcspn(text, ":");
        bool last = text[length] == '\0';
        if (length == 0 || length >= sizeof digits)
            return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        double value = 0;
        if (digits[strspn(digits, last ? "0123456789." : "0123456789")] != '\0')
            return false;
        if (!cli_text_parse_real(digits, &value) || value > 1e9 || (part > 0 && value >= 60))
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

void cli_text_time(double seconds, char *text, size_t size_bytes)
{
    double bounded = seconds > 0 && seconds < 1e12 ? seconds : 0;
    long long tenths = llround(bounded * 10);
    snprintf(text, size_bytes, "%lld:%02lld:%02lld.%lld", tenths / 36000, tenths / 600 % 60, tenths / 10 % 60,
             tenths % 10);
}

void cli_text_time_exact(double seconds, char *text, size_t size_bytes)
{
    double bounded = seconds > 0 && seconds < 1e12 ? seconds : 0;
    long long thousandths = llround(bounded * 1000);
    if (thousandths % 100 == 0) {
        cli_text_time(seconds, text, size_bytes);
        return;
    }
    snprintf(text, size_bytes, "%lld:%02lld:%02lld.%03lld", thousandths / 3600000, thousandths / 60000 % 60,
             thousandths / 1000 % 60, thousandths % 1000);
}

void cli_text_clock(double seconds, char *text, size_t size_bytes)
{
    long long whole = seconds > 0 && seconds < 1e12 ? (long long)seconds : 0;
    if (whole < 3600)
        snprintf(text, size_bytes, "%02lld:%02lld", whole / 60, whole % 60);
    else
        snprintf(text, size_bytes, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

void cli_text_bytes(int64_t size_bytes, char *text, size_t text_bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)size_bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    snprintf(text, text_bytes, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

const char *cli_text_picture(const char *name)
{
    return strcmp(name, "-") == 0 ? "/dev/stdin" : name;
}

void cli_text_count(size_t count, char *text, size_t size_bytes)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%zu", count);
    size_t used = 0;
    for (int i = 0; i < length && used + 2 < size_bytes; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

void cli_text_rate(double frames_per_s, char *text, size_t size_bytes)
{
    snprintf(text, size_bytes, "%.*f frames/s", frames_per_s >= 0.95 ? 1 : 2, frames_per_s);
}

const char *cli_text_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* Returns the bytes of the valid UTF-8 character at `text`; 0 if there is none. */
static size_t character_bytes(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t extra = 0; extra < 4; extra++) {
        if ((text[0] & forms[extra].mask) != forms[extra].lead)
            continue;
        unsigned long value = text[0] & (unsigned char)~forms[extra].mask;
        for (size_t i = 1; i <= extra; i++) {
            if ((text[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (text[i] & 0x3f);
        }
        bool surrogate = value >= 0xd800 && value <= 0xdfff;
        return value >= forms[extra].least && value <= 0x10ffff && !surrogate ? extra + 1 : 0;
    }
    return 0;
}

/* True if a terminal acts on the character instead of showing it: C0, DEL, C1, line and paragraph separators
 * (U+2028, U+2029), and characters that change the order of others (UAX #9: U+202A to U+202E, U+2066 to
 * U+2069). */
static bool is_control(const unsigned char *text, size_t count)
{
    if (count == 1)
        return text[0] < 0x20 || text[0] == 0x7f;
    if (count == 2)
        return text[0] == 0xc2 && text[1] < 0xa0;
    if (count != 3 || text[0] != 0xe2)
        return false;
    return (text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
           (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9);
}

size_t cli_text_control(const char *text)
{
    size_t count = character_bytes((const unsigned char *)text);
    return count > 0 && is_control((const unsigned char *)text, count) ? count : 0;
}

/* True for KIND:// of any kind, and for http:/, a common slip. */
static bool begins_address(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    size_t length = 0;
    while (length < ADDRESS_KIND_MAX && text[length] != '\0' && strchr(letters, text[length]) != NULL)
        length++;
    return (length > 0 && strncmp(text + length, "://", 3) == 0) || strncasecmp(text, "http:/", 6) == 0 ||
           strncasecmp(text, "https:/", 7) == 0;
}

/* Returns a copy in which addresses have the form that the library shows. */
static char *without_passwords(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *out = copy;
    while (copy != NULL && *text != '\0') {
        if (!begins_address(text)) {
            *out++ = *text++;
            continue;
        }
        size_t length = strcspn(text, " \t\r\n");
        char *address = strndup(text, length);
        if (address == NULL) {
            free(copy);
            return NULL;
        }
        rv_source_show(address, out, length + 1);
        free(address);
        out += strlen(out);
        text += length;
    }
    if (copy != NULL)
        *out = '\0';
    return copy;
}

char *cli_text_clean(const char *text)
{
    char *shown = without_passwords(text);
    size_t length = shown != NULL ? strlen(shown) : SIZE_MAX;
    char *clean = length < SIZE_MAX / 4 ? malloc(3 * length + 1) : NULL;
    if (clean == NULL) {
        free(shown);
        return NULL;
    }
    char *out = clean;
    for (const char *at = shown; *at != '\0';) {
        size_t count = character_bytes((const unsigned char *)at);
        if (count > 0 && is_control((const unsigned char *)at, count)) {
            *out++ = '?';
        } else if (count == 0) {
            memcpy(out, "\xef\xbf\xbd", 3);
            out += 3;
        } else {
            memcpy(out, at, count);
            out += count;
        }
        at += count > 0 ? count : 1;
    }
    *out = '\0';
    free(shown);
    return clean;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t cli_text_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += begins_character(*text);
    return count;
}

size_t cli_text_width(const char *text)
{
    size_t width = 0;
    mbstate_t shift = {0};
    for (const char *at = text; *at != '\0';) {
        wchar_t character = 0;
        // Limited to the bytes of one character: measuring the rest each time would be quadratic.
        size_t count = mbrtowc(&character, at, strnlen(at, MB_LEN_MAX), &shift);
        if (count == (size_t)-1 || count == (size_t)-2) // the locale is not UTF-8
            return cli_text_characters(text);
        int columns = wcwidth(character);
        width += columns > 0 ? (size_t)columns : 0;
        at += count;
    }
    return width;
}

/* Returns a pointer behind the first `count` characters. */
static const char *behind(const char *text, size_t count)
{
    for (; *text != '\0'; text++) {
        if (begins_character(*text) && count-- == 0)
            break;
    }
    return text;
}

char *cli_text_shorten(const char *text, size_t cut_count)
{
    size_t count = cli_text_characters(text);
    if (cut_count == 0 || count < 3)
        return strdup(text);
    if (cut_count > count - 2)
        cut_count = count - 2;
    size_t front = (count - cut_count + 1) / 2;
    const char *front_end = behind(text, front);
    const char *back = behind(text, front + cut_count);
    char *shorter = malloc((size_t)(front_end - text) + strlen(back) + 4);
    if (shorter == NULL)
        return NULL;
    sprintf(shorter, "%.*s\xe2\x80\xa6%s", (int)(front_end - text), text, back);
    return shorter;
}

char *cli_text_keep_end(const char *text, size_t columns)
{
    if (cli_text_width(text) <= columns)
        return strdup(text);
    const char *end = text;
    size_t width = cli_text_width(text);
    while (*end != '\0' && 1 + width > columns) {
        char character[MB_LEN_MAX + 1];
        const char *next = behind(end, 1);
        snprintf(character, sizeof character, "%.*s", (int)(next - end), end);
        width -= cli_text_width(character);
        end = next;
    }
    char *shorter = malloc(strlen(end) + 4);
    if (shorter != NULL)
        sprintf(shorter, "\xe2\x80\xa6%s", end);
    return shorter;
}
