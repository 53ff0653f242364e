/* SPDX-License-Identifier: MIT */
/* The listening sockets and the thread that takes connections, or refuses them with an answer. */
#ifndef RV_WEB_LISTENER_H
#define RV_WEB_LISTENER_H

#include <stdbool.h>

#include "clients.h"

typedef struct Listener Listener;

typedef struct ListenerHooks {
    void *user;
    ClientsRoom (*room)(void *user, const char *address);
    /* Takes the socket. */
    void (*accepted)(void *user, int fd, const struct sockaddr *address, socklen_t size);
    void (*refused)(void *user, const char *address, ClientsRoom why);
} ListenerHooks;

/* Listen. address: NULL: both loopback addresses, as far as the machine has them. *port: 0: any free one, which is
 * written there. Errors: ARGUMENT (no address of this machine), IO (taken, not allowed), MEMORY. */
RvStatus listener_open(const char *address, int *port, Listener **out, RvError *err);
/* Take connections on a thread. Errors: MEMORY. */
RvStatus listener_start(Listener *listener, const ListenerHooks *hooks, RvError *err);
/* Take none any more. */
void listener_stop(Listener *listener);
void listener_close(Listener *listener); // stops too; NULL is accepted

/* True if only this machine reaches the address: 127.0.0.0/8, ::1, localhost, NULL. */
bool listener_is_loopback(const char *address);

#endif
