/* SPDX-License-Identifier: MIT */
/* A pool of threads for loops over independent tasks, and a bounded queue between stages. */
#ifndef RV_BASE_THREADS_H
#define RV_BASE_THREADS_H

#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

/* Cores that this process may run on (its affinity mask), at least 1. */
int rv_threads_available(void);

typedef struct ThreadPool ThreadPool;

/* ARGUMENT where a pool of so many threads is refused. */
RvStatus rv_threads_check(int thread_count, RvError *err);

/* thread_count counts the calling thread; 0: rv_threads_available(). ARGUMENT beyond RV_THREADS_MAX. */
RvStatus rv_threads_create(int thread_count, ThreadPool **out, RvError *err);
void rv_threads_destroy(ThreadPool *pool);
int rv_threads_count(const ThreadPool *pool);

/* Run task(context, index, worker) for every index below task_count, the caller's thread among the workers,
 * and return when all are done. worker is below rv_threads_count(); indexes are handed out in rising order.
 * One run at a time. Without a pool (NULL) the caller's thread runs them all, as worker 0. */
void rv_threads_run(ThreadPool *pool, size_t task_count,
                    void (*task)(void *context, size_t index, int worker), void *context);

/* First-in first-out queue of pointers with a capacity. */
typedef struct Queue Queue;
RvStatus rv_queue_create(size_t capacity, Queue **out, RvError *err);
/* Items still inside are not freed; close and pop them first. */
void rv_queue_destroy(Queue *queue);
/* Waits while full; false when the queue is closed (the item stays the caller's). */
bool rv_queue_push(Queue *queue, void *item);
/* Waits while empty; NULL when closed and empty. */
void *rv_queue_pop(Queue *queue);
/* The same for at most `seconds`; *timed_out tells that from the end. */
void *rv_queue_pop_within(Queue *queue, double seconds, bool *timed_out);
/* No more pushes; what is inside can still be popped. May be called twice. */
void rv_queue_close(Queue *queue);

#endif
