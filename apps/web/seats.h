/* SPDX-License-Identifier: MIT */
/* How many requests of a kind may be under way: of all clients, and of one. It is asked before a request is queued, so
 * that one for which there is no room costs no worker. */
#ifndef RV_WEB_SEATS_H
#define RV_WEB_SEATS_H

#include "request.h"

typedef struct Seats Seats;

typedef enum SeatsRoom {
    SEATS_TAKEN,
    SEATS_FULL,
    SEATS_FULL_FOR_ONE,
    SEATS_WAITS,      // it is told later
    SEATS_CLIENT_GONE // while it waited
} SeatsRoom;

/* told: how the wait of a request ended, called without any lock by the thread of the seats; NULL: none waits. Errors:
 * MEMORY. */
RvStatus seats_create(int count_max, int per_client, void (*told)(Request *request, SeatsRoom room),
                      Seats **out, RvError *err);
/* Tell those that wait that it is full; nobody waits afterwards. NULL is accepted. */
void seats_stop(Seats *seats);
void seats_destroy(Seats *seats); // stops them, too; NULL is accepted

/* Have a seat until seats_leave. A request whose client has gone is not counted. A player that seeks leaves one answer
 * and asks for the next on another connection, so that the end of the first may come later: a client that has a seat
 * itself waits up to a second for one, without a worker. `begins` is called before it can be told. No more wait for one
 * client than it has seats; above that the oldest is told that there is none. */
SeatsRoom seats_take(Seats *seats, Request *request, void (*begins)(Request *request));
/* Nothing happens if the request has no seat. */
void seats_leave(Seats *seats, const Request *request);

#endif
