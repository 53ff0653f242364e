/* SPDX-License-Identifier: MIT */
/* A request: what was asked, by whom, with which body. */
#ifndef RV_WEB_REQUEST_H
#define RV_WEB_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients.h"
#include "reelvec/status.h"
#include "reply.h"

struct MHD_Connection;
typedef struct Route Route;         // routes.h
typedef struct WebServer WebServer; // context.h

#define REQUEST_VALUES_MAX 4 // {names} in a pattern of an address
#define REQUEST_PARAMETERS_MAX 256

typedef enum Method {
    METHOD_GET = 1,
    METHOD_HEAD = 2,
    METHOD_POST = 4,
    METHOD_DELETE = 8,
    METHOD_OPTIONS = 16,
    METHOD_OTHER = 32
} Method;

typedef struct Parameter {
    const char *name, *value; // UTF-8, decoded
} Parameter;

typedef struct Request {
    WebServer *server;
    struct MHD_Connection *connection;
    Client *client;
    Method method;
    char *text;         // the address, cut into what follows
    const char *path;   // as it was sent, without base path and parameters: "/api/v1/videos/3"
    const Route *route; // NULL: none
    Parameter values[REQUEST_VALUES_MAX];
    size_t value_count;
    char *value_text;      // of the values
    Parameter *parameters; // in the order of the address
    size_t parameter_count;
    char peer[CLIENT_ADDRESS_SIZE];  // the client's address, behind named proxies too
    char group[CLIENT_ADDRESS_SIZE]; // as what it counts where clients share (clients_write_group)
    bool secure;                     // a named proxy says that the client came by https
    uint8_t *body;
    size_t body_bytes, body_capacity;
    size_t held_bytes;               // of bodies.c
    struct Request *next, *previous; // of bodies.c
    double start_s, queued_s, worked_s;
    bool discards, dispatched, finished; // of exchange.c
    size_t discarded_bytes;
    double peeked_s; // when client_gone looked last
    bool gone;
    bool given_up; // by the server, which ends
    Reply reply;
} Request;

/* Cut an address into path and parameters. raw: as it was sent. Errors: ARGUMENT (bytes or an encoding that no address
 * has), MEMORY. */
RvStatus request_read_address(Request *request, const char *raw, RvError *err);
/* Release what the request has, but not itself. */
void request_clear(Request *request);

/* The first parameter of the address with this name, or NULL. */
const char *request_parameter(const Request *request, const char *name);
/* A parameter that is a number. *out stays as it is if there is none. Returns false, with an error in the reply, if it
 * is no number or out of bounds. */
bool request_whole(Request *request, const char *name, int64_t min, int64_t max, int64_t *out);
bool request_real(Request *request, const char *name, double min, double max, bool *given, double *out);
/* true, 1, yes or an empty value; false, 0, no. */
bool request_flag(Request *request, const char *name, bool *out);

/* What stands in the address for {name} of the route's pattern; it is there. */
const char *request_value(const Request *request, const char *name);
/* The same as a number from 1 on; false if it is none. */
bool request_number(const Request *request, const char *name, int64_t *out);

/* A header, or NULL; and how often it is there. */
const char *request_header(const Request *request, const char *name);
size_t request_header_lines(const Request *request, const char *name);

/* True if If-None-Match names the tag, which stands without its quotation marks here. "*" is not looked at: there may be
 * nothing that it could stand for. */
bool request_knows(const Request *request, const char *etag);

/* The body as a JSON object. Returns NULL, with an error in the reply, if it is none. Release with json_decref. */
json_t *request_json(Request *request);

/* True once the client has closed its connection, or the server gives up what runs; looks at most every 20 ms. As
 * RvSearchOptions.cancelled. */
bool request_client_gone(void *request);

/* Parse a whole decimal number without sign or leading zeros. Returns false if it is none. */
bool request_parse_number(const char *text, int64_t *out);

#endif
