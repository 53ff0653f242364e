/* SPDX-License-Identifier: MIT */
/* Threads for requests that take long. Next is the oldest request of the client of which the fewest requests run and, of
 * several such, which has been served least lately. So one with many requests does not keep another waiting longer than
 * for a single answer. */
#include "workers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "web_clock.h"
#include "web_error.h"

#define SERVED_MAX 64

typedef struct Served {
    char group[CLIENT_ADDRESS_SIZE];
    uint64_t turn;
} Served;

struct Workers {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int queued_max, queued_per_client;
    void (*done)(Request *request);
    Request **queue; // [queued_max], oldest first
    size_t queued;
    Request **running; // [thread_count]; NULL: idle
    pthread_t *threads;
    size_t thread_count;
    size_t started;
    Served served[SERVED_MAX]; // the clients that were served last
    uint64_t turn;
    bool ends, joined;
};

/* ---- with the mutex held ------------------------------------------------------------------------------ */

static size_t count_running(const Workers *workers, const char *group)
{
    size_t count = 0;
    for (size_t i = 0; i < workers->thread_count; i++)
        count += workers->running[i] != NULL && strcmp(workers->running[i]->group, group) == 0;
    return count;
}

/* When the client was served last; 0: not lately. */
static uint64_t last_turn(const Workers *workers, const char *group)
{
    for (size_t i = 0; i < SERVED_MAX; i++) {
        if (strcmp(workers->served[i].group, group) == 0)
            return workers->served[i].turn;
    }
    return 0;
}

static void note_turn(Workers *workers, const char *group)
{
    Served *place = &workers->served[0];
    for (size_t i = 0; i < SERVED_MAX && strcmp(place->group, group) != 0; i++) {
        Served *other = &workers->served[i];
        if (strcmp(other->group, group) == 0 || other->turn < place->turn)
            place = other;
    }
    memcpy(place->group, group, sizeof place->group);
    place->turn = ++workers->turn;
}

static bool is_long(const Request *request)
{
    return request->route->work >= ROUTE_LONG;
}

/* May another long one begin? Half of the threads are kept from them, if there are two. */
static bool has_long_room(const Workers *workers)
{
    size_t running = 0, most = workers->thread_count > 1 ? workers->thread_count / 2 : 1;
    for (size_t i = 0; i < workers->thread_count; i++)
        running += workers->running[i] != NULL && is_long(workers->running[i]);
    return running < most;
}

/* NULL: none may begin now. */
static Request *take_next(Workers *workers)
{
    bool takes_long = has_long_room(workers);
    size_t best = 0, fewest = SIZE_MAX;
    uint64_t oldest = UINT64_MAX;
    const char *group = ""; // of the best one
    for (size_t i = 0; i < workers->queued; i++) {
        const char *other = workers->queue[i]->group;
        if (strcmp(other, group) == 0 || (!takes_long && is_long(workers->queue[i])))
            continue; // a later one of the best client so far
        size_t count = count_running(workers, other);
        uint64_t turn = last_turn(workers, other);
        if (count < fewest || (count == fewest && turn < oldest)) {
            fewest = count;
            oldest = turn;
            best = i;
            group = other;
        }
    }
    if (fewest == SIZE_MAX)
        return NULL;
    Request *request = workers->queue[best];
    note_turn(workers, request->group);
    workers->queued--;
    memmove(workers->queue + best, workers->queue + best + 1,
            (workers->queued - best) * sizeof *workers->queue);
    return request;
}

/* ---- the threads -------------------------------------------------------------------------------------- */

static void *work(void *user)
{
    Workers *workers = user;
    pthread_mutex_lock(&workers->mutex);
    size_t own = workers->started++;
    for (;;) {
        Request *request;
        while ((request = take_next(workers)) == NULL && !(workers->ends && workers->queued == 0))
            pthread_cond_wait(&workers->changed, &workers->mutex);
        if (request == NULL)
            break;
        workers->running[own] = request;
        pthread_mutex_unlock(&workers->mutex);
        request->worked_s = web_clock_s();
        if (!request_client_gone(request))
            request->route->handler(request, &request->reply);
        pthread_mutex_lock(&workers->mutex);
        workers->running[own] = NULL;
        pthread_cond_broadcast(&workers->changed); // a long one may have waited for this
        pthread_mutex_unlock(&workers->mutex);
        workers->done(request); // which is no longer ours afterwards
        pthread_mutex_lock(&workers->mutex);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

RvStatus workers_create(int thread_count, int queued_max, int queued_per_client,
                        void (*done)(Request *request), Workers **out, RvError *err)
{
    Workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        return web_error_memory(err);
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->changed, NULL);
    workers->queued_max = queued_max;
    workers->queued_per_client = queued_per_client;
    workers->done = done;
    workers->queue = calloc((size_t)queued_max, sizeof *workers->queue);
    workers->running = calloc((size_t)thread_count, sizeof(Request *));
    workers->threads = calloc((size_t)thread_count, sizeof *workers->threads);
    bool good = workers->queue != NULL && workers->running != NULL && workers->threads != NULL;
    while (good && workers->thread_count < (size_t)thread_count) {
        // Its place in `running` is there before it is counted.
        good = pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0;
        pthread_mutex_lock(&workers->mutex);
        workers->thread_count += good;
        pthread_mutex_unlock(&workers->mutex);
    }
    *out = workers;
    if (good)
        return RV_OK;
    workers_destroy(workers);
    *out = NULL;
    return web_error_memory(err);
}

void workers_stop(Workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    workers->ends = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    workers->joined = true;
}

void workers_destroy(Workers *workers)
{
    if (workers == NULL)
        return;
    if (!workers->joined)
        workers_stop(workers);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->mutex);
    free(workers->queue);
    free(workers->running);
    free(workers->threads);
    free(workers);
}

WorkersRoom workers_add(Workers *workers, Request *request, void (*begins)(Request *request))
{
    int same = 0;
    pthread_mutex_lock(&workers->mutex);
    for (size_t i = 0; i < workers->queued; i++)
        same += strcmp(workers->queue[i]->group, request->group) == 0;
    WorkersRoom room = workers->ends                                    ? WORKERS_STOPPED
                       : workers->queued >= (size_t)workers->queued_max ? WORKERS_FULL
                       : same >= workers->queued_per_client             ? WORKERS_FULL_FOR_ONE
                                                                        : WORKERS_TAKEN;
    if (room == WORKERS_TAKEN) {
        begins(request);
        workers->queue[workers->queued++] = request;
        pthread_cond_signal(&workers->changed);
    }
    pthread_mutex_unlock(&workers->mutex);
    return room;
}

WorkersState workers_state(Workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    WorkersState state = {.queued = workers->queued, .threads = workers->thread_count};
    for (size_t i = 0; i < workers->thread_count; i++)
        state.running += workers->running[i] != NULL;
    pthread_mutex_unlock(&workers->mutex);
    return state;
}
