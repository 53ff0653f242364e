/* SPDX-License-Identifier: MIT */
#include "seats.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "web_error.h"

struct Seats {
    pthread_mutex_t mutex;
    int count_max, per_client;
    const Request **taken; // of gone clients too, until their answers are over
    size_t count, capacity;
};

RvStatus seats_create(int count_max, int per_client, Seats **out, RvError *err)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&(*out)->mutex, NULL);
    (*out)->count_max = count_max;
    (*out)->per_client = per_client;
    return RV_OK;
}

void seats_destroy(Seats *seats)
{
    if (seats == NULL)
        return;
    pthread_mutex_destroy(&seats->mutex);
    free(seats->taken);
    free(seats);
}

/* With the mutex held. */
static SeatsRoom find_room(const Seats *seats, const char *group)
{
    int all = 0, same = 0;
    for (size_t i = 0; i < seats->count; i++) {
        bool there = !clients_has_gone(seats->taken[i]->client->fd);
        all += there;
        same += there && strcmp(seats->taken[i]->group, group) == 0;
    }
    return same >= seats->per_client ? SEATS_FULL_FOR_ONE
           : all >= seats->count_max ? SEATS_FULL
                                     : SEATS_TAKEN;
}

/* With the mutex held. Returns false if there is no memory. */
static bool grow(Seats *seats)
{
    if (seats->count < seats->capacity)
        return true;
    size_t capacity = 2 * seats->capacity + 16;
    const Request **taken = realloc(seats->taken, capacity * sizeof *taken);
    if (taken == NULL)
        return false;
    seats->taken = taken;
    seats->capacity = capacity;
    return true;
}

SeatsRoom seats_take(Seats *seats, Request *request)
{
    pthread_mutex_lock(&seats->mutex);
    SeatsRoom room = find_room(seats, request->group);
    if (room == SEATS_TAKEN && !grow(seats))
        room = SEATS_FULL;
    if (room == SEATS_TAKEN)
        seats->taken[seats->count++] = request;
    pthread_mutex_unlock(&seats->mutex);
    return room;
}

void seats_leave(Seats *seats, const Request *request)
{
    pthread_mutex_lock(&seats->mutex);
    for (size_t i = 0; i < seats->count; i++) {
        if (seats->taken[i] == request) {
            seats->taken[i] = seats->taken[--seats->count];
            break;
        }
    }
    pthread_mutex_unlock(&seats->mutex);
}
