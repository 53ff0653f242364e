/* SPDX-License-Identifier: MIT */
/* Bytes count as they come: what a client only announces takes nothing from others. */
#include "bodies.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct Bodies {
    pthread_mutex_t mutex;
    size_t max_bytes, bytes;
    Request *first; // those that hold more than BODIES_SMALL
};

Bodies *bodies_create(size_t max_bytes)
{
    Bodies *bodies = calloc(1, sizeof *bodies);
    if (bodies == NULL)
        return NULL;
    pthread_mutex_init(&bodies->mutex, NULL);
    bodies->max_bytes = max_bytes;
    return bodies;
}

void bodies_destroy(Bodies *bodies)
{
    if (bodies == NULL)
        return;
    pthread_mutex_destroy(&bodies->mutex);
    free(bodies);
}

/* With the mutex held. */
static size_t held_by(const Bodies *bodies, const char *group)
{
    size_t bytes = 0;
    for (const Request *request = bodies->first; request != NULL; request = request->next) {
        if (strcmp(request->group, group) == 0)
            bytes += request->held_bytes;
    }
    return bytes;
}

BodiesRoom bodies_hold(Bodies *bodies, Request *request, size_t bytes)
{
    if (bytes <= BODIES_SMALL || bytes <= request->held_bytes)
        return BODIES_ROOM;
    size_t more = bytes - request->held_bytes;
    BodiesRoom room = BODIES_ROOM;
    pthread_mutex_lock(&bodies->mutex);
    if (bodies->bytes + more > bodies->max_bytes)
        room = BODIES_FULL;
    else if (held_by(bodies, request->group) + more > bodies->max_bytes / 2)
        room = BODIES_FULL_FOR_ONE;
    if (room == BODIES_ROOM && request->held_bytes == 0) {
        request->next = bodies->first;
        if (request->next != NULL)
            request->next->previous = request;
        bodies->first = request;
    }
    if (room == BODIES_ROOM) {
        request->held_bytes = bytes;
        bodies->bytes += more;
    }
    pthread_mutex_unlock(&bodies->mutex);
    return room;
}

void bodies_release(Bodies *bodies, Request *request)
{
    if (request->held_bytes == 0)
        return;
    pthread_mutex_lock(&bodies->mutex);
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        bodies->first = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    bodies->bytes -= request->held_bytes;
    pthread_mutex_unlock(&bodies->mutex);
    request->held_bytes = 0;
}

size_t bodies_bytes(Bodies *bodies)
{
    pthread_mutex_lock(&bodies->mutex);
    size_t bytes = bodies->bytes;
    pthread_mutex_unlock(&bodies->mutex);
    return bytes;
}
