/* SPDX-License-Identifier: MIT */
/* Threads for requests that take long, and the queue before them. */
#ifndef RV_WEB_WORKERS_H
#define RV_WEB_WORKERS_H

#include <stddef.h>

#include "request.h"

typedef struct Workers Workers;

typedef enum WorkersRoom { WORKERS_TAKEN, WORKERS_FULL, WORKERS_FULL_FOR_ONE, WORKERS_STOPPED } WorkersRoom;

/* done: called by the worker after the handler. Errors: MEMORY. */
RvStatus workers_create(int thread_count, int queued_max, int queued_per_client,
                        void (*done)(Request *request), Workers **out, RvError *err);
/* Finishes what is queued, and takes nothing more. */
void workers_stop(Workers *workers);
/* Stops them, too. Nobody may add anything any more. NULL is accepted. */
void workers_destroy(Workers *workers);

/* Have the route's handler called. `begins` is called, if there is room, before any worker can see the request. */
WorkersRoom workers_add(Workers *workers, Request *request, void (*begins)(Request *request));

typedef struct WorkersState {
    size_t queued, running, threads;
} WorkersState;
WorkersState workers_state(Workers *workers);

#endif
