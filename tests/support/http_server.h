/* SPDX-License-Identifier: MIT */
/* A web server on loopback for tests. Each file has a behaviour, correct or faulty. */
#ifndef RV_TESTS_HTTP_SERVER_H
#define RV_TESTS_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum HttpBehaviour {
    HTTP_GOOD,         // sends the whole file, or the requested range
    HTTP_IGNORE_RANGE, // always sends the whole file
    HTTP_CUT,          // announces everything, closes the connection after cut_after bytes of the file
    HTTP_CUT_ONCE,     // the same, only on the first request
    HTTP_CUT_WHOLE,    // the same as HTTP_CUT, without support of ranges
    HTTP_BROKEN,       // 503
    HTTP_STALL,        // sends cut_after bytes, then nothing more
    HTTP_WRONG_RANGE,  // sends another range than the requested one
    HTTP_MISSING,      // 404
    HTTP_FORBIDDEN,    // 403
    HTTP_REDIRECT,     // 302 to redirect_to
    HTTP_UNKNOWN_SIZE, // sends the whole file without announcing its size
    HTTP_NO_LENGTH,    // as HTTP/1.0, without a length: the end of the connection ends the file
    HTTP_ALWAYS_416,   // 416, whatever is asked for
    HTTP_ALWAYS_206,   // the requested range; if none is, 206 and the whole file
    HTTP_ENDLESS,      // without a length: sends zeros after the file without end
} HttpBehaviour;

/* Borrowed by the server; behaviour may be changed between requests. */
typedef struct HttpFile {
    const char *path; // "/name"
    const void *bytes;
    size_t size_bytes;
    HttpBehaviour behaviour;
    size_t cut_after;
    const char *redirect_to;
    int request_count; // counted by the server, HEAD apart
    int head_count;
    uint64_t last_start;       // offset in the file at which the last answer began
    const char *media_type;    // NULL: application/octet-stream
    const char *encoding;      // the compression of the bytes, "gzip"; NULL: none
    const char *linked_sha256; // sent as X-Linked-ETag with every answer; NULL: no such header
    const char *commit;        // sent as X-Repo-Commit with every answer, also with 404; NULL: no such header
    const char *etag;          // sent as ETag with every answer, as it stands; NULL: no such header
    char authorization[128];   // of the last request; "" if it had none
} HttpFile;

typedef struct HttpServer HttpServer;

/* Start a server. Other paths than those of the files are answered with 404. Returns NULL if it cannot be
 * started. */
HttpServer *http_server_start(HttpFile *files, size_t file_count);
void http_server_stop(HttpServer *server);

/* Write "http://127.0.0.1:PORT" + path. */
void http_server_url(const HttpServer *server, const char *path, char *url, size_t size_bytes);

#endif
