/* SPDX-License-Identifier: MIT */
#include "seats.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "web_clock.h"
#include "web_error.h"

#define WAIT_S 1.0
#define LOOK_MS 50 // for clients that have gone

typedef struct Waiting {
    Request *request;
    double until_s;
} Waiting;

struct Seats {
    pthread_mutex_t mutex;
    int count_max, per_client;
    void (*told)(Request *request, SeatsRoom room);
    const Request **taken; // of gone clients too, until their answers are over
    size_t count, capacity;
    pthread_cond_t changed; // somebody waits, a seat is free, the end
    Waiting *waiting;       // the oldest first
    size_t waiting_count, waiting_capacity;
    bool ends, has_thread;
    pthread_t thread;
};

/* ---- with the mutex held ------------------------------------------------------------------------------ */

/* *own: how many seats the request's client has. */
static SeatsRoom find_room(const Seats *seats, const Request *request, int *own)
{
    int all = 0;
    *own = 0;
    for (size_t i = 0; i < seats->count; i++) {
        bool there = !clients_has_gone(seats->taken[i]->client->fd);
        all += there;
        *own += there && strcmp(seats->taken[i]->group, request->group) == 0;
    }
    return *own >= seats->per_client ? SEATS_FULL_FOR_ONE
           : all >= seats->count_max ? SEATS_FULL
                                     : SEATS_TAKEN;
}

/* Returns false if there is no memory. */
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

/* The same for one that waits. */
static bool grow_waiting(Seats *seats)
{
    if (seats->waiting_count < seats->waiting_capacity)
        return true;
    size_t capacity = 2 * seats->waiting_capacity + 16;
    Waiting *waiting = realloc(seats->waiting, capacity * sizeof *waiting);
    if (waiting == NULL)
        return false;
    seats->waiting = waiting;
    seats->waiting_capacity = capacity;
    return true;
}

static SeatsRoom sit_down(Seats *seats, const Request *request, int *own)
{
    SeatsRoom room = find_room(seats, request, own);
    if (room == SEATS_TAKEN && !grow(seats))
        room = SEATS_FULL;
    if (room == SEATS_TAKEN)
        seats->taken[seats->count++] = request;
    return room;
}

/* Who asks last is who looks at it: the oldest of the client's others is told at once if there are too many. */
static void bound_waiting(Seats *seats, const Request *request, int most)
{
    int same = 0;
    for (size_t i = seats->waiting_count; i-- > 0;) {
        same += strcmp(seats->waiting[i].request->group, request->group) == 0;
        if (same == most) {
            seats->waiting[i].until_s = 0;
            return;
        }
    }
}

/* Returns false if the wait of number i goes on. */
static bool has_waited(Seats *seats, size_t i, SeatsRoom *room)
{
    int own;
    const Waiting *waiting = &seats->waiting[i];
    bool refused = seats->ends || waiting->until_s == 0;
    *room = clients_has_gone(waiting->request->client->fd) ? SEATS_CLIENT_GONE
            : refused                                      ? SEATS_FULL_FOR_ONE
                                                           : sit_down(seats, waiting->request, &own);
    return refused || *room == SEATS_TAKEN || *room == SEATS_CLIENT_GONE || web_clock_s() >= waiting->until_s;
}

/* ---- the thread --------------------------------------------------------------------------------------- */

static void *watch(void *user)
{
    Seats *seats = user;
    pthread_mutex_lock(&seats->mutex);
    while (!seats->ends || seats->waiting_count > 0) {
        SeatsRoom room = SEATS_FULL;
        size_t i = 0;
        while (i < seats->waiting_count && !has_waited(seats, i, &room))
            i++;
        if (i < seats->waiting_count) {
            Request *request = seats->waiting[i].request;
            seats->waiting_count--;
            memmove(seats->waiting + i, seats->waiting + i + 1,
                    (seats->waiting_count - i) * sizeof *seats->waiting);
            pthread_mutex_unlock(&seats->mutex);
            seats->told(request, room); // which is no longer ours afterwards
            pthread_mutex_lock(&seats->mutex);
        } else if (seats->waiting_count > 0) {
            web_condition_wait(&seats->changed, &seats->mutex, LOOK_MS);
        } else {
            pthread_cond_wait(&seats->changed, &seats->mutex);
        }
    }
    pthread_mutex_unlock(&seats->mutex);
    return NULL;
}

RvStatus seats_create(int count_max, int per_client, void (*told)(Request *request, SeatsRoom room),
                      Seats **out, RvError *err)
{
    Seats *seats = calloc(1, sizeof *seats);
    if (seats == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&seats->mutex, NULL);
    web_condition_init(&seats->changed);
    seats->count_max = count_max;
    seats->per_client = per_client;
    seats->told = told;
    seats->has_thread = told != NULL && pthread_create(&seats->thread, NULL, watch, seats) == 0;
    if (told != NULL && !seats->has_thread) {
        seats_destroy(seats);
        return web_error_memory(err);
    }
    *out = seats;
    return RV_OK;
}

void seats_stop(Seats *seats)
{
    if (seats == NULL)
        return;
    pthread_mutex_lock(&seats->mutex);
    seats->ends = true;
    pthread_cond_signal(&seats->changed);
    pthread_mutex_unlock(&seats->mutex);
    if (seats->has_thread)
        pthread_join(seats->thread, NULL);
    seats->has_thread = false;
}

void seats_destroy(Seats *seats)
{
    if (seats == NULL)
        return;
    seats_stop(seats);
    pthread_cond_destroy(&seats->changed);
    pthread_mutex_destroy(&seats->mutex);
    free(seats->taken);
    free(seats->waiting);
    free(seats);
}

SeatsRoom seats_take(Seats *seats, Request *request, void (*begins)(Request *request))
{
    int own;
    pthread_mutex_lock(&seats->mutex);
    SeatsRoom room = sit_down(seats, request, &own);
    if (room != SEATS_TAKEN && own > 0 && seats->has_thread && !seats->ends && grow_waiting(seats)) {
        bound_waiting(seats, request, own);
        begins(request);
        seats->waiting[seats->waiting_count++] = (Waiting){request, web_clock_s() + WAIT_S};
        pthread_cond_signal(&seats->changed);
        room = SEATS_WAITS;
    }
    pthread_mutex_unlock(&seats->mutex);
    return room;
}

void seats_leave(Seats *seats, const Request *request)
{
    pthread_mutex_lock(&seats->mutex);
    for (size_t i = 0; i < seats->count; i++) {
        if (seats->taken[i] == request) {
            seats->taken[i] = seats->taken[--seats->count];
            pthread_cond_signal(&seats->changed);
            break;
        }
    }
    pthread_mutex_unlock(&seats->mutex);
}
