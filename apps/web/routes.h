/* SPDX-License-Identifier: MIT */
/* The addresses of the server: which handler answers which. */
#ifndef RV_WEB_ROUTES_H
#define RV_WEB_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

typedef enum RouteWork {
    ROUTE_LIGHT,   // answered on the connection's thread: within milliseconds, without a look at any disk
    ROUTE_LIBRARY, // the same, but for the library's file; of one on a server, which may be slow, by a worker
    ROUTE_HEAVY,   // answered by a worker, after those that came before
    ROUTE_LONG,    // the same, but half of the workers are left to others: it may take minutes
    ROUTE_PLAY,    // long, and as many as limits.plays
    ROUTE_CLIPS    // long, and one of a client
} RouteWork;

typedef enum RouteBody { ROUTE_NO_BODY, ROUTE_JSON, ROUTE_PICTURE } RouteBody; // which limit holds

struct Route {
    int methods; // of Method
    const char
        *pattern; // "/api/v1/videos/{id}/frames/{number}.jpg"; a {name} fills one part, up to what follows it
    const char *name; // in metrics
    void (*handler)(Request *request, Reply *reply);
    RouteWork work;
    RouteBody body;
    bool open; // no token is asked for
};

extern const Route web_routes[];
extern const size_t web_route_count;

/* Find the request's route and fill in its values. Returns false, with 404 or 405 in the reply, if there is none. */
bool routes_find(Request *request);

#endif
