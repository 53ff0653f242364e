/* SPDX-License-Identifier: MIT */
/* Connections to servers: limits for the time of an answer, and keepalive probes. */
#ifndef RV_SERVER_WIRE_H
#define RV_SERVER_WIRE_H

#include <stdbool.h>

#include "reelvec/status.h"

// A statement fails if the server sends nothing for this time. ?answer_timeout=S changes it; 0 means no
// limit.
#define WIRE_ANSWER_TIMEOUT_S 600
#define WIRE_ANSWER_TIMEOUT_MAX_S 1000000
// A machine that does not even acknowledge packets counts as gone after about two minutes, also while a long
// statement runs.
#define WIRE_KEEPALIVE_IDLE_S 60
#define WIRE_KEEPALIVE_INTERVAL_S 10
#define WIRE_KEEPALIVE_COUNT 6
#define WIRE_USER_TIMEOUT_MS 120000

typedef enum WireState { WIRE_READY, WIRE_TIMED_OUT, WIRE_BROKEN } WireState;

/* Returns the time by rv_clock_s at which a wait of timeout_s that begins now ends; timeout_s 0: never. */
double rv_wire_deadline(int timeout_s);
/* Wait until the socket can be read from. */
WireState rv_wire_wait(int socket, double deadline_s);
/* Turn on keepalive probes, and limit how long sent data may stay unacknowledged. Sockets without these
 * options are left unchanged. */
void rv_wire_keep_alive(int socket);
/* End the connection. Nothing can be read from it any more. Its descriptor stays open until the client closes
 * it. */
void rv_wire_shut(int socket);

/* Parse ?answer_timeout=TEXT into seconds; NULL: the default. show: the address as messages show it. Errors:
 * ARGUMENT. */
RvStatus rv_wire_parse_timeout(const char *text, const char *show, int *timeout_s, RvError *err);
/* Returns NETWORK with the message that the connection was given up. */
RvStatus rv_wire_given_up(const char *show, RvError *err);
/* Returns NETWORK with the message that nothing came for timeout_s. */
RvStatus rv_wire_timed_out(const char *show, int timeout_s, RvError *err);

#endif
