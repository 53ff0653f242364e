/* SPDX-License-Identifier: MIT */
/* The answer to a request: status, headers, and one of JSON, bytes, a part of a file, a stream. */
#ifndef RV_WEB_REPLY_H
#define RV_WEB_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"
#include "stream.h"

#define REPLY_HEADERS_MAX 16

typedef struct ReplyHeader {
    const char *name; // static
    char *value;
} ReplyHeader;

typedef enum ReplyKind { REPLY_BYTES, REPLY_FILE, REPLY_STREAM } ReplyKind;

typedef struct Reply {
    int status; // 0: not decided
    ReplyKind kind;
    const char *type; // static; NULL: none, as of 304
    char code[40];    // of an error
    const void *bytes;
    uint64_t size_bytes;
    void (*release)(void *bytes); // NULL: static bytes
    int file;
    uint64_t file_offset;
    Stream *stream;
    ReplyHeader headers[REPLY_HEADERS_MAX];
    size_t header_count;
    bool closes; // the connection ends with this answer
} Reply;

void reply_init(Reply *reply);
void reply_clear(Reply *reply); // and forget what was in it

/* Each sets the whole answer except for headers; the last one counts. */

/* Takes the value. NULL: an error about memory. Numbers have at most 12 digits. */
void reply_json(Reply *reply, int status, json_t *value);
/* {"error": {"code", "message"}}. */
void reply_error(Reply *reply, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same of a failed call of the library: its status as HTTP's, its message, its hint by name. */
void reply_failure(Reply *reply, const RvError *err);
void reply_memory(Reply *reply);
/* Takes the bytes, which `release` frees; NULL: they are static. */
void reply_bytes(Reply *reply, int status, const char *type, const void *bytes, size_t size_bytes,
                 void (*release)(void *bytes));
/* Takes the descriptor. */
void reply_file(Reply *reply, int status, const char *type, int file, uint64_t offset, uint64_t size_bytes);
/* Takes the stream (stream.h). */
void reply_stream(Reply *reply, int status, const char *type, Stream *stream);
/* Without a body: 204, 304. */
void reply_empty(Reply *reply, int status);

/* name: a static string. The value is copied; what no header may contain is left out. */
void reply_header(Reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Content of this address under this tag never changes; or it may be kept but is asked for again. Sets ETag and
 * Cache-Control. */
void reply_cacheable(Reply *reply, const char *etag, bool immutable);

/* A JSON string; bytes that are not UTF-8 become U+FFFD. NULL: no memory. */
json_t *reply_text(const char *text);

/* The HTTP status of a status of the library. */
int reply_status_of(RvStatus status);

#endif
