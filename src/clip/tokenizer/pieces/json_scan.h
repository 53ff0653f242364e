/* SPDX-License-Identifier: MIT */
/* JSON read once from front to back, without a tree: for vocabularies of many megabytes. */
#ifndef RV_JSON_SCAN_H
#define RV_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "reelvec/status.h"

#define JSON_SCAN_DEPTH_MAX 64
#define JSON_SCAN_MAX_BYTES ((size_t)64 << 20) // of a file
#define JSON_SCAN_AHEAD_BYTES ((size_t)1 << 16)

/* A window on the file: bytes[size_bytes], with a NUL behind them. Before each item of a list or an object it is moved on
 * if fewer than ahead_bytes of it are left, so that an item, if it is not skipped, has to fit there. Strings are unescaped
 * in place. Calls after a fault return false. */
typedef struct JsonScan {
    char *bytes;
    size_t size_bytes, at, capacity_bytes, ahead_bytes;
    size_t passed_bytes; // of the file, before the window
    MappedFile file;     // only its descriptor is used
    const char *source;  // bytes in place of a file
    size_t source_bytes; // of either
    const char *fault;   // what is wrong at `at`; a static text
    RvStatus status;     // of the fault
} JsonScan;

/* Scan a file. Close it with rv_json_scan_close, also after an error. Errors: NOT_FOUND, IO, FORMAT (not a regular file),
 * MEMORY (also of a file over JSON_SCAN_MAX_BYTES). */
RvStatus rv_json_scan_open(JsonScan *scan, const char *path, RvError *err);

/* Scan bytes, which are borrowed and not changed. */
RvStatus rv_json_scan_open_bytes(JsonScan *scan, const void *bytes, size_t size_bytes, size_t ahead_bytes,
                                 RvError *err);
void rv_json_scan_close(JsonScan *scan);

/* Borrowed from the window until the next item, or the end of what is skipped; not terminated. */
typedef struct JsonText {
    const char *text;
    size_t size_bytes;
} JsonText;

/* The first byte of the next value, white space passed over; NUL at the end. */
char rv_json_scan_peek(JsonScan *scan);

/* Enter an object or an array: '{' or '['. */
bool rv_json_scan_enter(JsonScan *scan, char bracket);

/* True if an item follows. *first is true before the first one. False: `bracket` closed it, or a fault. */
bool rv_json_scan_item(JsonScan *scan, char bracket, bool *first);

/* A string and the colon behind it. */
bool rv_json_scan_key(JsonScan *scan, JsonText *key);

/* A string, in which NUL ("\u0000") is allowed. Whether it is UTF-8 is for the caller to check. */
bool rv_json_scan_string(JsonScan *scan, JsonText *text);

/* A number, finite. */
bool rv_json_scan_number(JsonScan *scan, double *number);

/* The same without point and exponent, at most 18 digits. */
bool rv_json_scan_integer(JsonScan *scan, int64_t *number);

/* Pass over a value of any kind and any size; text: all of it. Brackets and strings are matched; what lies between is not looked
 * at. */
bool rv_json_scan_skip(JsonScan *scan, JsonText *text);

/* The end of the bytes, but for white space. */
bool rv_json_scan_end(JsonScan *scan);

/* Says the fault and its place. Returns FORMAT, IO or MEMORY. */
RvStatus rv_json_scan_error(const JsonScan *scan, const char *path, RvError *err);

static inline bool rv_json_text_is(const JsonText *text, const char *word)
{
    size_t i = 0;
    while (i < text->size_bytes && word[i] != '\0' && text->text[i] == word[i])
        i++;
    return i == text->size_bytes && word[i] == '\0';
}

#endif
