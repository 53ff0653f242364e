/* SPDX-License-Identifier: MIT */
/* Programs whose output is an answer: one process and one thread for each viewer, ended when the client goes. */
#ifndef RV_WEB_PLAYS_H
#define RV_WEB_PLAYS_H

#include <stddef.h>

#include "request.h"
#include "stream.h"

typedef struct Plays Plays;

/* How many there may be is not decided here (seats.h). Errors: MEMORY. */
RvStatus plays_create(Plays **out, RvError *err);
/* Waits until all have ended; their streams have to be over. NULL is accepted. */
void plays_destroy(Plays *plays);

/* Start a program and answer the request with what it writes, once there is something; if it fails before, with an
 * error that has the last line of its standard error. arguments: copied, the last is NULL. Waits for its first bytes,
 * so it is for workers. Errors in the reply: 502 (it fails), 504 (it writes nothing for long), 500. */
void plays_answer(Plays *plays, Request *request, Reply *reply, const char *type,
                  const char *const *arguments);

size_t plays_count(Plays *plays);

#endif
