/* SPDX-License-Identifier: MIT */
/* A web server on loopback for tests, with files that behave well and files that do not. */
#ifndef RV_TESTS_HTTP_SERVER_H
#define RV_TESTS_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HttpBehaviour {
    HTTP_GOOD,         // whole, or the range that was asked for
    HTTP_IGNORE_RANGE, // always whole
    HTTP_CUT,          // announces everything, breaks the connection after cut_after bytes of the file
    HTTP_CUT_ONCE,     // the same on the first request only
    HTTP_CUT_WHOLE,    // the same as HTTP_CUT, and knows no ranges
    HTTP_BROKEN,       // 503
    HTTP_STALL,        // sends cut_after bytes, then nothing more
    HTTP_WRONG_RANGE,  // answers a range with another one
    HTTP_MISSING,      // 404
    HTTP_FORBIDDEN,    // 403
    HTTP_REDIRECT,     // 302 to redirect_to
    HTTP_UNKNOWN_SIZE, // whole, without saying beforehand how much
    HTTP_NO_LENGTH,    // as HTTP/1.0, without a length: the end of the connection ends the file
    HTTP_ENDLESS,      // without a length: zeros behind the file, for ever
} HttpBehaviour;

/* Borrowed by the server; behaviour may be changed between requests. */
typedef struct HttpFile {
    const char *path; // "/name"
    const void *bytes;
    size_t size_bytes;
    HttpBehaviour behaviour;
    size_t cut_after;
    const char *redirect_to;
    int request_count;         // counted by the server
    uint64_t last_start;       // where the last answer began
    const char *media_type;    // NULL: application/octet-stream
    const char *encoding;      // what the bytes are packed with, "gzip"; NULL: they are not
    const char *linked_sha256; // sent as X-Linked-ETag with every answer; NULL: no such header
    char authorization[128];   // of the last request; "" where it had none
} HttpFile;

typedef struct HttpServer HttpServer;

/* NULL when it cannot be started. Other paths answer 404. */
HttpServer *http_server_start(HttpFile *files, size_t file_count);
void http_server_stop(HttpServer *server);

/* "http://127.0.0.1:PORT" + path. */
void http_server_url(const HttpServer *server, const char *path, char *url, size_t size_bytes);

#endif
