/* SPDX-License-Identifier: MIT */
/* How many requests of a kind may be under way: of all clients, and of one. It is asked before a request is queued, so
 * that one for which there is no room costs no worker. */
#ifndef RV_WEB_SEATS_H
#define RV_WEB_SEATS_H

#include "request.h"

typedef struct Seats Seats;

typedef enum SeatsRoom { SEATS_TAKEN, SEATS_FULL, SEATS_FULL_FOR_ONE } SeatsRoom;

/* Errors: MEMORY. */
RvStatus seats_create(int count_max, int per_client, Seats **out, RvError *err);
void seats_destroy(Seats *seats); // NULL is accepted

/* Have a seat until seats_leave. A request whose client has gone is not counted: a player that seeks leaves one answer
 * and asks for the next at once. */
SeatsRoom seats_take(Seats *seats, Request *request);
/* Nothing happens if the request has no seat. */
void seats_leave(Seats *seats, const Request *request);

#endif
