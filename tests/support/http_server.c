/* SPDX-License-Identifier: MIT */
/* A web server on loopback for tests. Each file has a behaviour, correct or faulty. */
#include "http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct HttpServer {
    struct MHD_Daemon *daemon;
    HttpFile *files;
    size_t file_count;
    unsigned port;
    atomic_bool stopping;
};

typedef struct Answer {
    const HttpServer *server;
    const HttpFile *file;
    uint64_t start;
    bool misbehaves;
} Answer;

static ssize_t read_answer(void *user, uint64_t position, char *buffer, size_t max_bytes)
{
    const Answer *answer = user;
    uint64_t at = answer->start + position;
    uint64_t end = answer->file->size_bytes;
    if (answer->misbehaves && answer->file->cut_after < end)
        end = answer->file->cut_after;
    if (at < end) {
        size_t count = end - at < max_bytes ? (size_t)(end - at) : max_bytes;
        memcpy(buffer, (const char *)answer->file->bytes + at, count);
        return (ssize_t)count;
    }
    if (answer->file->behaviour == HTTP_NO_LENGTH)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (answer->file->behaviour == HTTP_ENDLESS && !answer->server->stopping) {
        memset(buffer, 0, max_bytes);
        return (ssize_t)max_bytes;
    }
    if (answer->misbehaves && answer->file->behaviour == HTTP_STALL) {
        while (!answer->server->stopping)
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return answer->file->behaviour == HTTP_UNKNOWN_SIZE ? MHD_CONTENT_READER_END_OF_STREAM
                                                        : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* What Hugging Face states about a file in the headers of its answers. */
static void add_stated(struct MHD_Response *response, const HttpFile *file)
{
    char value[80];
    if (file != NULL && file->linked_sha256 != NULL) {
        snprintf(value, sizeof value, "\"%s\"", file->linked_sha256);
        MHD_add_response_header(response, "X-Linked-ETag", value);
    }
    if (file != NULL && file->commit != NULL)
        MHD_add_response_header(response, "X-Repo-Commit", file->commit);
    if (file != NULL && file->etag != NULL)
        MHD_add_response_header(response, "ETag", file->etag);
}

static enum MHD_Result answer_status(struct MHD_Connection *connection, unsigned status, const char *location,
                                     const HttpFile *file)
{
    static char text[] = "an error page\n";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
    if (location != NULL)
        MHD_add_response_header(response, "Location", location);
    add_stated(response, file);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static bool misbehaves_now(const HttpFile *file)
{
    return file->behaviour == HTTP_CUT || file->behaviour == HTTP_CUT_WHOLE ||
           file->behaviour == HTTP_STALL || (file->behaviour == HTTP_CUT_ONCE && file->request_count == 1);
}

static enum MHD_Result answer_file(const HttpServer *server, struct MHD_Connection *connection,
                                   HttpFile *file)
{
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    unsigned long long start = 0;
    bool whole = file->behaviour == HTTP_ENDLESS || file->behaviour == HTTP_IGNORE_RANGE ||
                 file->behaviour == HTTP_CUT_WHOLE;
    if (range != NULL && !whole && sscanf(range, "bytes=%llu-", &start) == 1) {
        if (start >= file->size_bytes)
            return answer_status(connection, 416, NULL, file);
    } else {
        range = file->behaviour == HTTP_ALWAYS_206 ? "bytes=0-" : NULL;
    }
    if (range != NULL && file->behaviour == HTTP_WRONG_RANGE)
        start /= 2;
    file->last_start = start;
    Answer *answer = malloc(sizeof *answer);
    if (answer == NULL)
        return MHD_NO;
    *answer = (Answer){.server = server, .file = file, .start = start, .misbehaves = misbehaves_now(file)};
    bool old = file->behaviour == HTTP_NO_LENGTH || file->behaviour == HTTP_ENDLESS;
    uint64_t size = old || file->behaviour == HTTP_UNKNOWN_SIZE ? MHD_SIZE_UNKNOWN : file->size_bytes - start;
    struct MHD_Response *response =
        MHD_create_response_from_callback(size, old ? 1 << 18 : 4096, read_answer, answer, free);
    add_stated(response, file);
    if (old)
        MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
    if (file->encoding != NULL)
        MHD_add_response_header(response, "Content-Encoding", file->encoding);
    MHD_add_response_header(response, "Content-Type",
                            file->media_type != NULL ? file->media_type : "application/octet-stream");
    if (range != NULL) {
        char value[96];
        snprintf(value, sizeof value, "bytes %llu-%zu/%zu", start, file->size_bytes - 1, file->size_bytes);
        MHD_add_response_header(response, "Content-Range", value);
    }
    enum MHD_Result result = MHD_queue_response(connection, range != NULL ? 206 : 200, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_request(void *user, struct MHD_Connection *connection, const char *path,
                                      const char *method, const char *version, const char *upload,
                                      size_t *upload_bytes, void **state)
{
    (void)version, (void)upload, (void)upload_bytes, (void)state;
    HttpServer *server = user;
    for (size_t i = 0; i < server->file_count; i++) {
        HttpFile *file = &server->files[i];
        if (strcmp(file->path, path) != 0)
            continue;
        bool head = strcmp(method, "HEAD") == 0;
        file->request_count += !head;
        file->head_count += head;
        const char *token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
        snprintf(file->authorization, sizeof file->authorization, "%s", token != NULL ? token : "");
        if (file->behaviour == HTTP_MISSING)
            return answer_status(connection, 404, NULL, file);
        if (file->behaviour == HTTP_BROKEN)
            return answer_status(connection, 503, NULL, NULL);
        if (file->behaviour == HTTP_FORBIDDEN)
            return answer_status(connection, 403, NULL, NULL);
        if (file->behaviour == HTTP_REDIRECT)
            return answer_status(connection, 302, file->redirect_to, file);
        if (file->behaviour == HTTP_ALWAYS_416)
            return answer_status(connection, 416, NULL, file);
        return answer_file(server, connection, file);
    }
    return answer_status(connection, 404, NULL, NULL);
}

HttpServer *http_server_start(HttpFile *files, size_t file_count)
{
    HttpServer *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->files = files;
    server->file_count = file_count;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server->daemon =
        MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                         answer_request, server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon != NULL ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (info == NULL) {
        http_server_stop(server);
        return NULL;
    }
    server->port = info->port;
    return server;
}

void http_server_stop(HttpServer *server)
{
    if (server == NULL)
        return;
    server->stopping = true;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    free(server);
}

void http_server_url(const HttpServer *server, const char *path, char *url, size_t size_bytes)
{
    snprintf(url, size_bytes, "http://127.0.0.1:%u%s", server->port, path);
}
