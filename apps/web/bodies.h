/* SPDX-License-Identifier: MIT */
/* The memory that bodies of requests take: together, and of one client. */
#ifndef RV_WEB_BODIES_H
#define RV_WEB_BODIES_H

#include <stddef.h>

#include "request.h"

#define BODIES_SMALL 65536 // so much may each request have, whatever others hold

typedef struct Bodies Bodies;

/* max_bytes: of all together; one client may hold half of it. NULL: no memory. */
Bodies *bodies_create(size_t max_bytes);
void bodies_destroy(Bodies *bodies); // NULL is accepted

typedef enum BodiesRoom { BODIES_ROOM, BODIES_FULL, BODIES_FULL_FOR_ONE } BodiesRoom;
/* Let the request hold so many bytes instead of what it holds. */
BodiesRoom bodies_hold(Bodies *bodies, Request *request, size_t bytes);
/* The request ends. */
void bodies_release(Bodies *bodies, Request *request);

size_t bodies_bytes(Bodies *bodies);

#endif
