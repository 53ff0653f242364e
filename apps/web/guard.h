/* SPDX-License-Identifier: MIT */
/* Who may ask: names of this server, other pages, the token, proxies; and the headers that keep a page safe. */
#ifndef RV_WEB_GUARD_H
#define RV_WEB_GUARD_H

#include <stdbool.h>

#include "request.h"
#include "web_server.h"

typedef struct Guard Guard;

/* token: borrowed; NULL: none is asked for. port: the one that is listened on. Errors: ARGUMENT (a name, a proxy, an
 * origin that is none), MEMORY. */
RvStatus guard_create(const WebOptions *options, int port, const char *token, Guard **out, RvError *err);
void guard_destroy(Guard *guard);

/* True if the address is that of a named proxy. */
bool guard_is_proxy(const Guard *guard, const char *address);

/* What proxies say of the client goes into request->peer and ->secure. Then the checks: Host, Origin, what browsers say
 * of the page that asks. Returns false, with the answer in the reply, if the request is refused. */
bool guard_admit(const Guard *guard, Request *request);

/* Has the request the token, or is none asked for? An address with ?token= is answered with a cookie and a
 * redirection, which is false too. */
bool guard_has_token(const Guard *guard, Request *request);

/* The headers that every answer has, and those that named origins need. */
void guard_add_headers(const Guard *guard, Request *request);

#endif
