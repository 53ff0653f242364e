/* SPDX-License-Identifier: MIT */
/* JSON read once from front to back, without a tree. */
#include "clip/tokenizer/pieces/json_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/utf8.h"

#define WINDOW_TIMES 4 // the window is so many times as long as what has to lie ahead

static bool fail_as(JsonScan *scan, RvStatus status, const char *fault)
{
    if (scan->fault == NULL) {
        scan->fault = fault;
        scan->status = status;
    }
    return false;
}

static bool fail(JsonScan *scan, const char *fault)
{
    return fail_as(scan, RV_ERROR_FORMAT, fault);
}

/* True if the window ends where the file does. */
static bool is_last(const JsonScan *scan)
{
    return scan->passed_bytes + scan->size_bytes >= scan->source_bytes;
}

/* Read what the window has room for. */
static bool fill(JsonScan *scan)
{
    while (!is_last(scan) && scan->size_bytes < scan->capacity_bytes) {
        size_t from = scan->passed_bytes + scan->size_bytes;
        size_t room = scan->capacity_bytes - scan->size_bytes, left = scan->source_bytes - from;
        char *into = scan->bytes + scan->size_bytes;
        ssize_t got = (ssize_t)(room < left ? room : left);
        if (scan->source != NULL)
            memcpy(into, scan->source + from, (size_t)got);
        else
            got = pread(scan->file.descriptor, into, (size_t)got, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail_as(scan, RV_ERROR_IO, "the file cannot be read, or has become shorter");
        scan->size_bytes += (size_t)got;
    }
    scan->bytes[scan->size_bytes] = '\0';
    return true;
}

/* Drop what lies before `from`, make the window longer if little of it is left, and read on. */
static bool move_on(JsonScan *scan, size_t from)
{
    scan->size_bytes -= from;
    scan->at -= from;
    scan->passed_bytes += from;
    memmove(scan->bytes, scan->bytes + from, scan->size_bytes);
    if (scan->size_bytes > scan->capacity_bytes / 2) {
        char *longer = realloc(scan->bytes, 2 * scan->capacity_bytes + 1);
        if (longer == NULL)
            return fail_as(scan, RV_ERROR_MEMORY, "out of memory");
        scan->bytes = longer;
        scan->capacity_bytes *= 2;
    }
    return fill(scan);
}

static RvStatus start(JsonScan *scan, size_t ahead_bytes, RvError *err)
{
    scan->ahead_bytes = ahead_bytes;
    scan->capacity_bytes = WINDOW_TIMES * ahead_bytes;
    scan->bytes = rv_mem_alloc(scan->capacity_bytes + 1, 1, err);
    if (scan->bytes == NULL)
        return RV_ERROR_MEMORY;
    fill(scan); // a fault is reported by the next call
    return RV_OK;
}

RvStatus rv_json_scan_open(JsonScan *scan, const char *path, RvError *err)
{
    *scan = (JsonScan){0};
    RvStatus status = rv_file_map(path, &scan->file, err);
    if (status != RV_OK)
        return status;
    scan->source_bytes = scan->file.size_bytes;
    if (scan->source_bytes > JSON_SCAN_MAX_BYTES)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: %zu bytes; reelvec reads a tokenizer of up to %zu",
                            path, scan->source_bytes, JSON_SCAN_MAX_BYTES);
    return start(scan, JSON_SCAN_AHEAD_BYTES, err);
}

RvStatus rv_json_scan_open_bytes(JsonScan *scan, const void *bytes, size_t size_bytes, size_t ahead_bytes,
                                 RvError *err)
{
    *scan = (JsonScan){.source = bytes != NULL ? bytes : "", .source_bytes = bytes != NULL ? size_bytes : 0};
    return start(scan, ahead_bytes, err);
}

void rv_json_scan_close(JsonScan *scan)
{
    rv_file_unmap(&scan->file);
    free(scan->bytes);
    *scan = (JsonScan){0};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

char rv_json_scan_peek(JsonScan *scan)
{
    size_t at = scan->at;
    while (is_space(scan->bytes[at])) // ends at the NUL
        at++;
    scan->at = at;
    return scan->fault == NULL ? scan->bytes[at] : '\0';
}

bool rv_json_scan_enter(JsonScan *scan, char bracket)
{
    if (rv_json_scan_peek(scan) != bracket)
        return fail(scan, bracket == '{' ? "an object was expected" : "an array was expected");
    scan->at++;
    return true;
}

bool rv_json_scan_item(JsonScan *scan, char bracket, bool *first)
{
    if (scan->size_bytes - scan->at < scan->ahead_bytes && !is_last(scan) && scan->fault == NULL)
        move_on(scan, scan->at);
    char next = rv_json_scan_peek(scan);
    bool was_first = *first;
    *first = false;
    if (scan->fault != NULL)
        return false;
    if (next == (bracket == '{' ? '}' : ']')) {
        scan->at++;
        return false;
    }
    if (was_first)
        return true;
    if (next != ',')
        return fail(scan, next == '\0' ? "the file ends too early" : "a comma was expected");
    scan->at++;
    return true;
}

bool rv_json_scan_key(JsonScan *scan, JsonText *key)
{
    if (!rv_json_scan_string(scan, key))
        return false;
    if (rv_json_scan_peek(scan) != ':')
        return fail(scan, "a colon was expected");
    scan->at++;
    return true;
}

/* Returns the value of four hexadecimal digits, or -1. */
static int32_t hex_value(const char *digits)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Read "\uXXXX", a pair of surrogates included. from: behind the 'u'. Returns the number of bytes read, or 0. */
static size_t read_escape(const char *from, uint32_t *code)
{
    int32_t high = hex_value(from);
    if (high < 0 || (high >= 0xdc00 && high < 0xe000))
        return 0;
    *code = (uint32_t)high;
    if (high < 0xd800 || high >= 0xe000)
        return 4;
    int32_t low = from[4] == '\\' && from[5] == 'u' ? hex_value(from + 6) : -1;
    if (low < 0xdc00 || low >= 0xe000)
        return 0;
    *code = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return 10;
}

/* Unescape the string from its first backslash at `at`, in place. Returns its end, or NULL. The result is never longer
 * than what it was. */
static char *unescape(JsonScan *scan, size_t at)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *bytes = scan->bytes, *end = bytes + at;
    while (bytes[at] != '"') {
        uint32_t code;
        size_t read;
        const char *known;
        if ((unsigned char)bytes[at] < 0x20)
            return NULL;
        if (bytes[at] != '\\') {
            *end++ = bytes[at++];
        } else if (bytes[at + 1] == 'u' && (read = read_escape(bytes + at + 2, &code)) > 0) {
            end += rv_utf8_write(code, end);
            at += 2 + read;
        } else if (bytes[at + 1] != '\0' && (known = strchr(from, bytes[at + 1])) != NULL) {
            *end++ = to[known - from];
            at += 2;
        } else {
            return NULL;
        }
    }
    scan->at = at + 1;
    return end;
}

bool rv_json_scan_string(JsonScan *scan, JsonText *text)
{
    if (rv_json_scan_peek(scan) != '"')
        return fail(scan, "a string was expected");
    const char *bytes = scan->bytes;
    size_t first = scan->at + 1, at = first;
    while (bytes[at] != '"' && bytes[at] != '\\' && (unsigned char)bytes[at] >= 0x20)
        at++;
    if (bytes[at] == '"') {
        scan->at = at + 1;
        *text = (JsonText){bytes + first, at - first};
    } else {
        const char *end = bytes[at] == '\\' ? unescape(scan, at) : NULL;
        if (end == NULL)
            return fail(scan, "a damaged string");
        *text = (JsonText){bytes + first, (size_t)(end - bytes) - first};
    }
    return true;
}

/* Returns the number of bytes of a JSON number; *is_integer: without point and exponent. */
static size_t number_length(const char *text, bool *is_integer)
{
    size_t at = text[0] == '-', first = at;
    while (text[at] >= '0' && text[at] <= '9')
        at++;
    if (at == first || (text[first] == '0' && at > first + 1))
        return 0;
    size_t whole = at;
    if (text[at] == '.') {
        first = ++at;
        while (text[at] >= '0' && text[at] <= '9')
            at++;
        if (at == first)
            return 0;
    }
    if (text[at] == 'e' || text[at] == 'E') {
        at += text[at + 1] == '-' || text[at + 1] == '+' ? 2 : 1;
        first = at;
        while (text[at] >= '0' && text[at] <= '9')
            at++;
        if (at == first)
            return 0;
    }
    *is_integer = at == whole;
    return at;
}

bool rv_json_scan_number(JsonScan *scan, double *number)
{
    char copy[64];
    bool is_integer;
    rv_json_scan_peek(scan);
    size_t length = scan->fault == NULL ? number_length(scan->bytes + scan->at, &is_integer) : 0;
    if (length == 0 || length >= sizeof copy)
        return fail(scan, "a number was expected");
    memcpy(copy, scan->bytes + scan->at, length);
    copy[length] = '\0';
    if (!rv_parse_double(copy, -1e300, 1e300, number))
        return fail(scan, "a number that is too large");
    scan->at += length;
    return true;
}

bool rv_json_scan_integer(JsonScan *scan, int64_t *number)
{
    bool is_integer = false;
    rv_json_scan_peek(scan);
    const char *text = scan->bytes + scan->at;
    size_t length = scan->fault == NULL ? number_length(text, &is_integer) : 0;
    if (length == 0 || length > 18 || !is_integer)
        return fail(scan, "an integer was expected");
    int64_t value = 0;
    for (size_t i = text[0] == '-'; i < length; i++)
        value = value * 10 + (text[i] - '0');
    *number = text[0] == '-' ? -value : value;
    scan->at += length;
    return true;
}

/* Pass over a string without changing it. *first: where the value begins, which stays in the window. */
static bool skip_string(JsonScan *scan, size_t *first)
{
    scan->at++;
    for (;;) {
        size_t at = scan->at;
        while (scan->bytes[at] != '"' && scan->bytes[at] != '\0' &&
               (scan->bytes[at] != '\\' || scan->bytes[at + 1] != '\0'))
            at += scan->bytes[at] == '\\' ? 2 : 1;
        scan->at = at;
        if (scan->bytes[at] == '"')
            break;
        // The window ends here, or behind the backslash that is here.
        if (at + (scan->bytes[at] == '\\') < scan->size_bytes || is_last(scan))
            return fail(scan, "a string does not end");
        if (!move_on(scan, *first))
            return false;
        *first = 0;
    }
    scan->at++;
    return true;
}

/* Pass over a number, true, false or null. */
static bool skip_word(JsonScan *scan)
{
    size_t first = scan->at;
    while (scan->bytes[scan->at] != '\0' && strchr(",:]}[{\" \n\r\t", scan->bytes[scan->at]) == NULL)
        scan->at++;
    return scan->at > first || fail(scan, "a value was expected");
}

bool rv_json_scan_skip(JsonScan *scan, JsonText *text)
{
    char closing[JSON_SCAN_DEPTH_MAX], c = rv_json_scan_peek(scan);
    size_t first = scan->at;
    int depth = 0;
    do {
        if (scan->size_bytes - scan->at < scan->ahead_bytes && !is_last(scan) && scan->fault == NULL) {
            move_on(scan, first);
            first = 0;
        }
        c = rv_json_scan_peek(scan);
        if (scan->fault != NULL)
            return false;
        if (c == '{' || c == '[') {
            if (depth == JSON_SCAN_DEPTH_MAX)
                return fail(scan, "nested too deeply");
            closing[depth++] = c == '{' ? '}' : ']';
            scan->at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0 || closing[--depth] != c)
                return fail(scan, "a bracket that closes nothing");
            scan->at++;
        } else if ((c == ',' || c == ':') && depth > 0) {
            scan->at++;
        } else if (c == '"' ? !skip_string(scan, &first) : !skip_word(scan)) {
            return false;
        }
    } while (depth > 0);
    if (text != NULL)
        *text = (JsonText){scan->bytes + first, scan->at - first};
    return true;
}

bool rv_json_scan_end(JsonScan *scan)
{
    rv_json_scan_peek(scan);
    return scan->fault == NULL && ((scan->at == scan->size_bytes && is_last(scan)) ||
                                   fail(scan, "more follows the end of the object"));
}

RvStatus rv_json_scan_error(const JsonScan *scan, const char *path, RvError *err)
{
    return rv_error_set(err, scan->status != RV_OK ? scan->status : RV_ERROR_FORMAT, "%s: byte %zu: %s", path,
                        scan->passed_bytes + scan->at,
                        scan->fault != NULL ? scan->fault : "not what was expected");
}
