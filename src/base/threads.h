/* SPDX-License-Identifier: MIT */
/* A pool of threads for loops over independent tasks, and a bounded queue between stages. */
#ifndef RV_BASE_THREADS_H
#define RV_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "reelvec/status.h"

/* Number of cores that this process may run on (its affinity mask), at least 1. */
int rv_threads_available(void);

/* As pthread_create, with signals blocked in the new thread, and so in those that it starts. Otherwise, if the program
 * later blocks a signal in all its own threads, one of these would take it. Signals about what a thread itself does
 * (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS) and SIGPROF still reach it. Returns 0, or an error
 * number. */
int rv_thread_start(pthread_t *thread, void *(*body)(void *), void *context);

typedef struct ThreadPool ThreadPool;

/* Errors: ARGUMENT if a pool of so many threads would be refused. */
RvStatus rv_threads_check(int thread_count, RvError *err);

/* Create a pool. thread_count includes the calling thread; 0 means rv_threads_available(). Errors: ARGUMENT
 * if it exceeds RV_THREADS_MAX, MEMORY. Destroy with rv_threads_destroy, which accepts NULL. */
RvStatus rv_threads_create(int thread_count, ThreadPool **out, RvError *err);
void rv_threads_destroy(ThreadPool *pool);
int rv_threads_count(const ThreadPool *pool);

/* Run task(context, index, worker) for every index below task_count and return when all are done. The calling
 * thread is one of the workers. worker is below rv_threads_count(). Each worker begins with a part of the
 * indexes of its own and takes them in rising order; one that is done takes over half of what another has left.
 * Any number of threads may share a pool: while it works for one of them, the others run their tasks alone, as
 * worker 0. So does a task that calls this with the pool that runs it, and everybody whose pool is NULL. */
void rv_threads_run(ThreadPool *pool, size_t task_count,
                    void (*task)(void *context, size_t index, int worker), void *context);

/* The same, but returns false and runs nothing if the pool works for another thread. pool is not NULL. */
bool rv_threads_try_run(ThreadPool *pool, size_t task_count,
                        void (*task)(void *context, size_t index, int worker), void *context);

/* First-in first-out queue of pointers with a capacity. Any number of threads may push and pop. */
typedef struct Queue Queue;

/* Errors: MEMORY. Release with rv_queue_destroy. */
RvStatus rv_queue_create(size_t capacity, Queue **out, RvError *err);
/* Items that are still inside are not freed: close the queue and pop them first. */
void rv_queue_destroy(Queue *queue);
/* Blocks while the queue is full. Returns false if it is closed; the caller then still owns the item. */
bool rv_queue_push(Queue *queue, void *item);
/* Blocks while the queue is empty. Returns NULL if it is closed and empty. */
void *rv_queue_pop(Queue *queue);
/* The same for at most `seconds`. *timed_out is true if NULL is returned because the time is over. */
void *rv_queue_pop_within(Queue *queue, double seconds, bool *timed_out);
/* Refuse further pushes. Items inside can still be popped. May be called twice. */
void rv_queue_close(Queue *queue);

#endif
