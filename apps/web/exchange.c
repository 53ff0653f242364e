/* SPDX-License-Identifier: MIT */
/* From a connection's bytes to a handler and back. libmicrohttpd calls exchange_answer several times for one request:
 *
 *   headers have come        begin: address, guard, route, size of the body; an early refusal is remembered
 *   a piece of the body      kept, or read and thrown away if the request is refused
 *   the body has come        dispatch: a light handler answers at once; for a heavy one the connection is suspended
 *   it was resumed           the worker's reply is sent
 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "access_log.h"
#include "api.h"
#include "bodies.h"
#include "context.h"
#include "guard.h"
#include "metrics.h"
#include "routes.h"
#include "shelf.h"
#include "web_clock.h"
#include "workers.h"

#define DISCARD_MAX                                                                                          \
    ((size_t)64 << 20) // of a body that is refused: then the connection ends without an answer
#define BODY_FIRST 4096

/* ---- connections -------------------------------------------------------------------------------------- */

void exchange_connection(void *user, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code)
{
    WebServer *server = user;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        clients_remove(server->clients, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = info != NULL ? clients_adopt(server->clients, info->connect_fd) : NULL;
}

static Client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

void *exchange_note_address(void *user, const char *uri, struct MHD_Connection *connection)
{
    WebServer *server = user;
    Client *client = client_of(connection);
    if (client != NULL) {
        free(client->uri);
        client->uri = strdup(uri); // NULL is refused later
        if (client->phase == CLIENT_HEADERS)
            clients_wait(server->clients, client, CLIENT_FIRST_HEADERS, 0);
    }
    return NULL;
}

/* ---- the headers -------------------------------------------------------------------------------------- */

static Method method_of(const char *method)
{
    static const struct {
        const char *name;
        Method method;
    } methods[] = {{"GET", METHOD_GET},
                   {"HEAD", METHOD_HEAD},
                   {"POST", METHOD_POST},
                   {"DELETE", METHOD_DELETE},
                   {"OPTIONS", METHOD_OPTIONS}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].method;
    }
    return METHOD_OTHER;
}

static size_t body_limit(const Request *request)
{
    const WebLimits *limits = &request->server->limits;
    if (request->route == NULL)
        return 0;
    return request->route->body == ROUTE_JSON      ? limits->json_bytes
           : request->route->body == ROUTE_PICTURE ? limits->picture_bytes
                                                   : 0;
}

/* The size that the headers tell; SIZE_MAX: it is not known before it has come. Returns false if it is no number. */
static bool declared_body(Request *request, size_t *bytes)
{
    const char *length = request_header(request, "Content-Length");
    int64_t value = 0;
    bool chunked = request_header(request, "Transfer-Encoding") != NULL;
    // Both at once, or one twice, is how requests are smuggled past a proxy.
    if (length != NULL && (chunked || request_header_lines(request, "Content-Length") > 1 ||
                           !request_parse_number(length, &value)))
        return false;
    *bytes = chunked ? SIZE_MAX : (size_t)value;
    return true;
}

static void refuse_size(Request *request)
{
    reply_error(&request->reply, 413, "too_large",
                "the body is larger than the %zu bytes that are taken here", body_limit(request));
    request->reply.closes = true;
}

static void refuse_stopping(Request *request)
{
    reply_error(&request->reply, 503, "stopping", "the server ends");
    request->reply.closes = true;
}

/* Room for so much of the body among those that the server holds. */
static bool hold_body(Request *request, size_t bytes)
{
    BodiesRoom room = bodies_hold(request->server->bodies, request, bytes);
    if (room == BODIES_FULL)
        reply_error(&request->reply, 503, "busy", "the server holds too many bodies; try again");
    else if (room == BODIES_FULL_FOR_ONE)
        reply_error(&request->reply, 429, "too_many_requests",
                    "the server holds too many bodies of this client; try again");
    return room == BODIES_ROOM;
}

/* A preflight question of a browser on behalf of a named origin. */
static void answer_preflight(Request *request)
{
    reply_empty(&request->reply, 204);
    reply_header(&request->reply, "Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
    reply_header(&request->reply, "Access-Control-Allow-Headers",
                 "Authorization, Content-Type, Range, If-Range");
    reply_header(&request->reply, "Access-Control-Max-Age", "600");
}

/* Cut the base path off. Returns false, with the answer, if it is not there. */
static bool enter_base(Request *request)
{
    const char *base = request->server->base_path;
    size_t length = strlen(base);
    bool below = strncmp(request->path, base, length) == 0;
    if (below && request->path[length] == '/') {
        request->path += length;
        return true;
    }
    if (below && request->path[length] == '\0') {
        reply_empty(&request->reply, 308);
        reply_header(&request->reply, "Location", "%s/", base);
    } else {
        reply_error(&request->reply, 404, "no_such_address", "this server's addresses begin with %s/", base);
    }
    return false;
}

/* A person who opens the page is shown a field for the token, all else gets the error. */
static void refuse_token(Request *request)
{
    Reply *reply = &request->reply;
    const char *accept = request_header(request, "Accept");
    if (request->route != NULL && request->route->handler == api_page && accept != NULL &&
        strstr(accept, "text/html") != NULL)
        api_login(request, reply);
    else
        reply_error(reply, 401, "token_required",
                    "open the link with the token that the server printed, or send it as a bearer token");
    reply_header(reply, "WWW-Authenticate", "Bearer realm=\"reelvec\"");
}

/* Everything that can be said from the headers alone. An answer in the reply is a refusal. */
static void examine(Request *request, size_t *body_bytes)
{
    RvError err = {0};
    Reply *reply = &request->reply;
    *body_bytes = 0;
    if (!declared_body(request, body_bytes)) {
        reply_error(reply, 400, "bad_request", "the length of the body is unclear");
        reply->closes = true;
        return;
    }
    RvStatus status = request_read_address(request, request->client->uri, &err);
    if (status != RV_OK) {
        reply_failure(reply, &err);
        return;
    }
    if (!guard_admit(request->server->guard, request) || !enter_base(request))
        return;
    if (request->method == METHOD_OPTIONS && request_header(request, "Origin") != NULL) {
        answer_preflight(request);
        return;
    }
    bool found = routes_find(request);
    if ((request->route == NULL || !request->route->open) &&
        !guard_has_token(request->server->guard, request)) {
        if (reply->status != 303)
            refuse_token(request);
        return;
    }
    if (found && *body_bytes != SIZE_MAX && *body_bytes > body_limit(request))
        refuse_size(request);
}

static Request *begin(WebServer *server, struct MHD_Connection *connection, const char *method)
{
    Client *client = client_of(connection);
    Request *request = client != NULL ? calloc(1, sizeof *request) : NULL;
    size_t body_bytes = 0;
    if (request == NULL)
        return NULL;
    request->server = server;
    request->connection = connection;
    request->client = client;
    request->method = method_of(method);
    request->start_s = web_clock_s();
    reply_init(&request->reply);
    atomic_fetch_add(&server->running, 1);
    clients_wait(server->clients, client, CLIENT_ANSWER, 0);
    examine(request, &body_bytes);
    if (request->reply.status == 0 && atomic_load(&server->stopping))
        refuse_stopping(request);
    request->discards = request->reply.status != 0;
    if (body_bytes > 0)
        clients_wait(server->clients, client, CLIENT_BODY, body_bytes == SIZE_MAX ? 0 : body_bytes);
    return request;
}

/* ---- the body ----------------------------------------------------------------------------------------- */

static bool keep_piece(Request *request, const char *piece, size_t bytes)
{
    size_t needed = request->body_bytes + bytes;
    if (needed > body_limit(request)) {
        refuse_size(request);
        return false;
    }
    if (needed > request->body_capacity) {
        size_t capacity = needed > 2 * request->body_capacity ? needed : 2 * request->body_capacity;
        capacity = capacity < BODY_FIRST ? BODY_FIRST : capacity;
        if (capacity > body_limit(request))
            capacity = body_limit(request);
        if (!hold_body(request, capacity))
            return false;
        uint8_t *body = realloc(request->body, capacity);
        if (body == NULL) {
            reply_memory(&request->reply);
            return false;
        }
        request->body = body;
        request->body_capacity = capacity;
    }
    memcpy(request->body + request->body_bytes, piece, bytes);
    request->body_bytes = needed;
    return true;
}

/* Returns false if the connection has to end. */
static bool take_piece(Request *request, const char *piece, size_t bytes)
{
    if (!request->discards)
        request->discards = !keep_piece(request, piece, bytes);
    if (request->discards)
        request->discarded_bytes += bytes;
    return request->discarded_bytes <= DISCARD_MAX;
}

/* ---- the answer --------------------------------------------------------------------------------------- */

static struct MHD_Response *make_response(Request *request)
{
    Reply *reply = &request->reply;
    struct MHD_Response *response = NULL;
    if (reply->kind == REPLY_STREAM && request->method != METHOD_HEAD) {
        stream_attach(reply->stream, request->server->streams, request->connection, request->client->fd);
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, stream_read, reply->stream,
                                                     stream_finish);
        if (response == NULL)
            stream_finish(reply->stream);
        reply->stream = NULL;
    } else if (reply->kind == REPLY_FILE) {
        clients_send_file(request->server->clients, request->client, reply->file,
                          reply->file_offset + reply->size_bytes);
        response =
            MHD_create_response_from_fd_at_offset64(reply->size_bytes, reply->file, reply->file_offset);
        if (response != NULL)
            reply->file = -1;
    } else {
        size_t size = (size_t)reply->size_bytes;
        void *bytes = (void *)reply->bytes;
        response = reply->release != NULL
                       ? MHD_create_response_from_buffer_with_free_callback(size, bytes, reply->release)
                       : MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_PERSISTENT);
        if (response != NULL)
            reply->release = NULL;
    }
    return response;
}

/* What a handler that was told to give up left behind, nothing or 504, is no answer to what was asked. */
static void settle(Request *request)
{
    Reply *reply = &request->reply;
    if (request->gone)
        metrics_count(request->server->metrics, METRICS_CANCELLED);
    bool unfinished = reply->status == 0 || reply->status == 504;
    if (unfinished && request->gone)
        reply_error(reply, 499, "client_gone", "the client went away");
    else if (unfinished && request->given_up)
        refuse_stopping(request);
    else if (reply->status == 0)
        reply_error(reply, 500, "internal", "the request has no answer");
}

static enum MHD_Result send_reply(Request *request)
{
    Reply *reply = &request->reply;
    settle(request);
    guard_add_headers(request->server->guard, request);
    struct MHD_Response *response = make_response(request);
    if (response == NULL)
        return MHD_NO;
    if (reply->type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    for (size_t i = 0; i < reply->header_count; i++)
        MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (reply->closes || atomic_load(&request->server->stopping))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (reply->kind != REPLY_BYTES) // a player that is paused reads nothing for a while
        MHD_set_connection_option(request->connection, MHD_CONNECTION_OPTION_TIMEOUT, 300u);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static bool is_heavy(const Request *request)
{
    const Route *route = request->route;
    return route->work >= ROUTE_HEAVY ||
           (route->work == ROUTE_LIBRARY && shelf_is_remote(request->server->shelf));
}

/* NULL: the route has none. */
static Seats *seats_of(const Request *request)
{
    RouteWork work = request->route != NULL ? request->route->work : ROUTE_LIGHT;
    return work == ROUTE_PLAY    ? request->server->play_seats
           : work == ROUTE_CLIPS ? request->server->clip_seats
                                 : NULL;
}

static void refuse_seat(Request *request, SeatsRoom room)
{
    bool plays = request->route->work == ROUTE_PLAY;
    if (atomic_load(&request->server->stopping))
        refuse_stopping(request);
    else if (room == SEATS_FULL_FOR_ONE)
        reply_error(&request->reply, 429, plays ? "too_many_plays" : "too_many_requests",
                    plays ? "this client plays too many videos already"
                          : "clips are made for this client already; try again");
    else
        reply_error(&request->reply, 503, "busy",
                    plays ? "too many videos are converted already; try again"
                          : "clips are made for others; try again");
}

static void suspend(Request *request)
{
    request->queued_s = web_clock_s();
    MHD_suspend_connection(request->connection);
}

void exchange_resume(Request *request)
{
    // What is left is sending a file, for which there is room; a conversion goes on until its client has gone.
    if (request->route->work == ROUTE_CLIPS)
        seats_leave(seats_of(request), request);
    request->finished = true;
    MHD_resume_connection(request->connection);
}

/* Returns true if a worker has it now, or will; else the answer is there. */
static bool give_to_worker(Request *request, void (*begins)(Request *request))
{
    WebServer *server = request->server;
    WorkersRoom room = workers_add(server->workers, request, begins);
    if (room == WORKERS_TAKEN)
        return true;
    if (room == WORKERS_STOPPED) { // while the body came
        refuse_stopping(request);
        return false;
    }
    metrics_count(server->metrics, METRICS_QUEUE_FULL);
    if (room == WORKERS_FULL)
        reply_error(&request->reply, 503, "busy", "too many requests wait already; try again");
    else
        reply_error(&request->reply, 429, "too_many_requests",
                    "too many requests of this client wait already");
    return false;
}

static void stay_suspended(Request *request)
{
    request->queued_s = web_clock_s();
}

void exchange_seat(Request *request, SeatsRoom room)
{
    if (room == SEATS_TAKEN) {
        if (give_to_worker(request, stay_suspended))
            return;
    } else if (room == SEATS_CLIENT_GONE) {
        request->gone = true;
    } else {
        refuse_seat(request, room);
    }
    exchange_resume(request);
}

static enum MHD_Result dispatch(Request *request)
{
    request->dispatched = true;
    clients_wait(request->server->clients, request->client, CLIENT_ANSWER, 0);
    if (request->reply.status != 0)
        return send_reply(request);
    if (!is_heavy(request)) {
        request->route->handler(request, &request->reply);
        return send_reply(request);
    }
    Seats *seats = seats_of(request);
    SeatsRoom room = seats != NULL ? seats_take(seats, request, suspend) : SEATS_TAKEN;
    if (room == SEATS_WAITS)
        return MHD_YES;
    if (room == SEATS_TAKEN && give_to_worker(request, suspend))
        return MHD_YES;
    if (room != SEATS_TAKEN)
        refuse_seat(request, room);
    return send_reply(request);
}

enum MHD_Result exchange_answer(void *user, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **context)
{
    Request *request = *context;
    (void)url;
    (void)version;
    if (request == NULL) {
        request = begin(user, connection, method);
        *context = request;
        if (request == NULL)
            return MHD_NO;
        // Who asks before sending a body is told now.
        const char *expects = request_header(request, "Expect");
        bool asks = expects != NULL && strcasecmp(expects, "100-continue") == 0;
        if (!asks || request->reply.status == 0)
            return MHD_YES;
        request->dispatched = true;
        request->reply.closes = true;
        return send_reply(request);
    }
    if (*upload_bytes > 0) {
        bool good = take_piece(request, upload, *upload_bytes);
        *upload_bytes = 0;
        return good ? MHD_YES : MHD_NO;
    }
    if (request->finished)
        return send_reply(request);
    return request->dispatched ? MHD_YES : dispatch(request);
}

void exchange_completed(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    WebServer *server = user;
    Request *request = *context;
    Client *client = client_of(connection);
    if (request == NULL)
        return;
    access_log_write(server, request, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    if (client != NULL)
        clients_wait(server->clients, client, CLIENT_HEADERS, 0);
    if (request->reply.kind == REPLY_FILE && client != NULL)
        clients_send_file(server->clients, client, -1, 0);
    if (request->reply.kind != REPLY_BYTES)
        MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)server->limits.idle_s);
    if (seats_of(request) != NULL)
        seats_leave(seats_of(request), request);
    bodies_release(server->bodies, request);
    request_clear(request);
    free(request);
    *context = NULL;
    atomic_fetch_sub(&server->running, 1);
}
