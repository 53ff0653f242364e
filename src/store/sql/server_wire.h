/* SPDX-License-Identifier: MIT */
/* Connections to servers: how long an answer may take, and how a machine that vanished is noticed. */
#ifndef RV_SERVER_WIRE_H
#define RV_SERVER_WIRE_H

#include <stdbool.h>

#include "reelvec/status.h"

// Without a word from the server a statement is given up after so long; ?answer_timeout=S changes it, 0 is
// for ever.
#define WIRE_ANSWER_TIMEOUT_S 600
#define WIRE_ANSWER_TIMEOUT_MAX_S 1000000
// A machine that does not even acknowledge is given up after about two minutes, also while a long statement
// runs.
#define WIRE_KEEPALIVE_IDLE_S 60
#define WIRE_KEEPALIVE_INTERVAL_S 10
#define WIRE_KEEPALIVE_COUNT 6
#define WIRE_USER_TIMEOUT_MS 120000

typedef enum WireState { WIRE_READY, WIRE_TIMED_OUT, WIRE_BROKEN } WireState;

/* When a wait of timeout_s that begins now ends, by rv_clock_s; timeout_s 0: never. */
double rv_wire_deadline(int timeout_s);
/* Until the socket can be read from. */
WireState rv_wire_wait(int socket, double deadline_s);
/* Keepalive probes, and a limit to data that nobody takes. Sockets that know no such thing stay as they are.
 */
void rv_wire_keep_alive(int socket);
/* The connection ends. Its number stays taken until the client closes it, and nothing can be read from it. */
void rv_wire_shut(int socket);

/* Seconds of ?answer_timeout=TEXT; NULL: the default. show: the address as messages name it. */
RvStatus rv_wire_parse_timeout(const char *text, const char *show, int *timeout_s, RvError *err);
/* NETWORK: nothing came for timeout_s. */
RvStatus rv_wire_timed_out(const char *show, int timeout_s, RvError *err);

#endif
