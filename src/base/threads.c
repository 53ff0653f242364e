/* SPDX-License-Identifier: MIT */
/* A pool of threads for loops over independent tasks, and a bounded queue between stages. */
#include "base/threads.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"

int rv_threads_available(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

int rv_thread_start(pthread_t *thread, void *(*body)(void *), void *context)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    // A new thread begins with the mask of the one that starts it.
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int failure = pthread_create(thread, NULL, body, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

/* The state of a run is one atomic word, so that opening, joining, leaving and closing it are single steps.
 * It holds the number of workers inside, whether more may join, and the number of the run.
 *
 * A worker that is late (asleep, or its core is taken by other work) is not waited for. Only a worker that is
 * inside a task is.
 *
 *    bits   0 .. 15   workers inside the run         RUN_JOINED
 *    bit   16         open: more workers may join    RUN_OPEN
 *    bits  17 .. 63   number of the run              RUN_NUMBER_ONE */
#define RUN_JOINED ((uint64_t)0xffff)
#define RUN_OPEN ((uint64_t)1 << 16)
#define RUN_NUMBER_ONE ((uint64_t)1 << 17)
_Static_assert(RV_THREADS_MAX < RUN_JOINED, "the count of workers fits its field");

/* What threads write at each task or run has cache lines of its own. Otherwise a worker that takes a task takes
 * the line from another, which reads something else in it. */
#define OWN_LINES _Alignas(RV_MEM_ALIGNMENT)

/* The tasks of a worker that have not begun, in one word so that taking some is a single step: the first in
 * the high half, the one after the last in the low half. A worker takes its own from the front, one at a time.
 * If it has none left it takes the back half of another's. So neighbouring tasks are run by one worker, which
 * finds what they share in its cache and may fetch ahead what the next one needs. */
typedef struct TaskRange {
    OWN_LINES _Atomic uint64_t tasks;
} TaskRange;

#define RUN_TASKS_MAX ((size_t)UINT32_MAX) // in one run

static uint64_t pack_range(uint64_t first, uint64_t end)
{
    return first << 32 | end;
}

static bool take_first_task(TaskRange *range, size_t *index)
{
    uint64_t tasks = atomic_load(&range->tasks);
    while (tasks >> 32 < (uint32_t)tasks) {
        *index = tasks >> 32;
        if (atomic_compare_exchange_weak(&range->tasks, &tasks, tasks + pack_range(1, 0)))
            return true;
    }
    return false;
}

/* Move the back half of the tasks of `from`, or its only task, to `to`, which is empty and the caller's. */
static bool take_half(TaskRange *from, TaskRange *to)
{
    uint64_t tasks = atomic_load(&from->tasks);
    while (tasks >> 32 < (uint32_t)tasks) {
        uint64_t first = tasks >> 32, end = (uint32_t)tasks, middle = first + (end - first) / 2;
        if (atomic_compare_exchange_weak(&from->tasks, &tasks, pack_range(first, middle))) {
            atomic_store(&to->tasks, pack_range(middle, end));
            return true;
        }
    }
    return false;
}

/* Between two operations of a network only a few microseconds pass, and waking a thread takes longer than
 * many an operation. A thread that waits therefore polls for SPIN_NS before it sleeps. */
#define SPIN_NS 200000
// For the first SPIN_HARD_NS it polls without a system call. After that it yields the core to other threads.
#define SPIN_HARD_NS 20000

struct ThreadPool {
    int thread_count;
    int started_count;
    bool spins;         // false if threads outnumber cores: spinning would then keep others from working
    pthread_t *threads; // [thread_count - 1]
    pthread_mutex_t mutex;
    pthread_cond_t work_ready;
    pthread_cond_t work_done;
    atomic_bool stopping;
    OWN_LINES atomic_flag busy;     // a caller has the workers; others run their tasks themselves
    atomic_int sleeper_count;       // workers that wait for work_ready or are about to
    atomic_bool caller_sleeps;      // the caller waits for work_done or is about to
    OWN_LINES _Atomic uint64_t run; // RUN_*
    // The current run. Written only while `run` is closed and no worker is inside.
    OWN_LINES void (*task)(void *context, size_t index, int worker);
    void *context;
    size_t first_task;
    TaskRange *ranges; // [thread_count], of indexes from first_task on
};

static bool take_task(ThreadPool *pool, int worker, size_t *index)
{
    TaskRange *own = &pool->ranges[worker];
    if (take_first_task(own, index))
        return true;
    for (int other = (worker + 1) % pool->thread_count; other != worker;
         other = (other + 1) % pool->thread_count) {
        // Another thief may have emptied this worker's range again: then there is more to take from that one.
        while (take_half(&pool->ranges[other], own)) {
            if (take_first_task(own, index))
                return true;
        }
    }
    return false;
}

static void work(ThreadPool *pool, int worker)
{
    size_t index;
    while (take_task(pool, worker, &index))
        pool->task(pool->context, pool->first_task + index, worker);
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pause_core(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Calls is_true(pool, argument) until it returns true, for at most SPIN_NS. Returns its last result. Returns
 * false at once if the pool does not spin. */
static bool spin_until(ThreadPool *pool, bool (*is_true)(ThreadPool *pool, void *argument), void *argument)
{
    if (is_true(pool, argument))
        return true;
    if (!pool->spins)
        return false;
    int64_t start = clock_ns();
    for (;;) {
        for (int i = 0; i < 16; i++) {
            pause_core();
            if (is_true(pool, argument))
                return true;
        }
        int64_t waited = clock_ns() - start;
        if (waited > SPIN_NS)
            return false;
        if (waited > SPIN_HARD_NS)
            sched_yield();
    }
}

/* argument is the number of the run that this worker joined last. It is updated when the worker joins the
 * next. */
static bool join_run(ThreadPool *pool, void *argument)
{
    uint64_t *seen = argument;
    uint64_t run = atomic_load(&pool->run);
    while ((run & RUN_OPEN) && run / RUN_NUMBER_ONE != *seen) {
        if (atomic_compare_exchange_weak(&pool->run, &run, run + 1)) {
            *seen = run / RUN_NUMBER_ONE;
            return true;
        }
    }
    return false;
}

static bool join_run_or_stop(ThreadPool *pool, void *argument)
{
    return atomic_load(&pool->stopping) || join_run(pool, argument);
}

static void leave_run(ThreadPool *pool)
{
    uint64_t before = atomic_fetch_sub(&pool->run, 1);
    bool is_last = (before & (RUN_JOINED | RUN_OPEN)) == 1;
    if (is_last && atomic_load(&pool->caller_sleeps)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->work_done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* No wake-up is lost: a sleeper counts itself in sleeper_count before its last look at the condition, and a
 * thread that changes the condition does so before it reads sleeper_count. At least one of the two sees the
 * other. */
static void sleep_until_run(ThreadPool *pool, uint64_t *seen)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleeper_count, 1);
    while (!join_run_or_stop(pool, seen))
        pthread_cond_wait(&pool->work_ready, &pool->mutex);
    atomic_fetch_sub(&pool->sleeper_count, 1);
    pthread_mutex_unlock(&pool->mutex);
}

typedef struct WorkerStart {
    ThreadPool *pool;
    int worker;
} WorkerStart;

static void *worker_main(void *argument)
{
    WorkerStart start = *(WorkerStart *)argument;
    free(argument);
    ThreadPool *pool = start.pool;
    uint64_t seen = 0;
    for (;;) {
        if (!spin_until(pool, join_run_or_stop, &seen))
            sleep_until_run(pool, &seen);
        if (atomic_load(&pool->stopping))
            return NULL;
        work(pool, start.worker);
        leave_run(pool);
    }
}

static RvStatus start_worker(ThreadPool *pool, int worker, RvError *err)
{
    WorkerStart *start = rv_mem_alloc(1, sizeof *start, err);
    if (start == NULL)
        return RV_ERROR_MEMORY;
    *start = (WorkerStart){.pool = pool, .worker = worker};
    int failure = rv_thread_start(&pool->threads[worker - 1], worker_main, start);
    if (failure != 0) {
        free(start);
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start a thread: %s", strerror(failure));
    }
    pool->started_count++;
    return RV_OK;
}

RvStatus rv_threads_check(int thread_count, RvError *err)
{
    if (thread_count >= 0 && thread_count <= RV_THREADS_MAX)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_ARGUMENT, "%d threads; give 1 to %d, or 0 for one per core",
                        thread_count, RV_THREADS_MAX);
}

RvStatus rv_threads_create(int thread_count, ThreadPool **out, RvError *err)
{
    *out = NULL;
    RvStatus checked = rv_threads_check(thread_count, err);
    if (checked != RV_OK)
        return checked;
    if (thread_count == 0)
        thread_count = rv_threads_available();
    ThreadPool *pool = rv_mem_alloc_aligned(1, sizeof *pool, err);
    if (pool == NULL)
        return RV_ERROR_MEMORY;
    memset(pool, 0, sizeof *pool);
    pool->thread_count = thread_count;
    pool->spins = thread_count <= rv_threads_available();
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_ready, NULL);
    pthread_cond_init(&pool->work_done, NULL);
    RvStatus status = RV_OK;
    pool->threads = rv_mem_alloc((size_t)thread_count, sizeof *pool->threads, err);
    pool->ranges = rv_mem_alloc_aligned((size_t)thread_count, sizeof *pool->ranges, err);
    if (pool->threads == NULL || pool->ranges == NULL)
        status = RV_ERROR_MEMORY;
    for (int worker = 1; worker < thread_count && status == RV_OK; worker++)
        status = start_worker(pool, worker, err);
    if (status != RV_OK) {
        rv_threads_destroy(pool);
        return status;
    }
    *out = pool;
    return RV_OK;
}

void rv_threads_destroy(ThreadPool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stopping, true);
    pthread_cond_broadcast(&pool->work_ready);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->work_done);
    pthread_cond_destroy(&pool->work_ready);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->ranges);
    free(pool->threads);
    free(pool);
}

int rv_threads_count(const ThreadPool *pool)
{
    return pool->thread_count;
}

static bool run_is_empty(ThreadPool *pool, void *argument)
{
    return (atomic_load(&pool->run) & RUN_JOINED) == 0;
}

static void open_run(ThreadPool *pool)
{
    uint64_t number = atomic_load(&pool->run) / RUN_NUMBER_ONE + 1;
    atomic_store(&pool->run, number * RUN_NUMBER_ONE | RUN_OPEN);
    if (atomic_load(&pool->sleeper_count) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->work_ready);
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* Let no more workers join, and wait until those inside have left. */
static void close_run(ThreadPool *pool)
{
    atomic_fetch_and(&pool->run, ~RUN_OPEN);
    if (spin_until(pool, run_is_empty, NULL))
        return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, true);
    while (!run_is_empty(pool, NULL))
        pthread_cond_wait(&pool->work_done, &pool->mutex);
    atomic_store(&pool->caller_sleeps, false);
    pthread_mutex_unlock(&pool->mutex);
}

static void share_out(ThreadPool *pool, uint64_t task_count)
{
    uint64_t worker_count = (uint64_t)pool->thread_count;
    for (uint64_t worker = 0; worker < worker_count; worker++)
        atomic_store(&pool->ranges[worker].tasks, pack_range(worker * task_count / worker_count,
                                                             (worker + 1) * task_count / worker_count));
}

bool rv_threads_try_run(ThreadPool *pool, size_t task_count,
                        void (*task)(void *context, size_t index, int worker), void *context)
{
    if (atomic_flag_test_and_set(&pool->busy))
        return false;
    pool->task = task;
    pool->context = context;
    for (size_t first = 0, count; first < task_count; first += count) {
        count = task_count - first < RUN_TASKS_MAX ? task_count - first : RUN_TASKS_MAX;
        pool->first_task = first;
        share_out(pool, count);
        open_run(pool);
        work(pool, 0);
        close_run(pool);
    }
    atomic_flag_clear(&pool->busy);
    return true;
}

void rv_threads_run(ThreadPool *pool, size_t task_count,
                    void (*task)(void *context, size_t index, int worker), void *context)
{
    bool alone = pool == NULL || pool->thread_count == 1 || task_count <= 1;
    if (!alone && rv_threads_try_run(pool, task_count, task, context))
        return;
    for (size_t index = 0; index < task_count; index++)
        task(context, index, 0);
}

struct Queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    void **items; // ring of `capacity`
    size_t capacity, first, count;
    bool closed;
};

RvStatus rv_queue_create(size_t capacity, Queue **out, RvError *err)
{
    *out = NULL;
    Queue *queue = rv_mem_alloc(1, sizeof *queue, err);
    if (queue == NULL)
        return RV_ERROR_MEMORY;
    queue->items = rv_mem_alloc(capacity, sizeof *queue->items, err);
    if (queue->items == NULL) {
        free(queue);
        return RV_ERROR_MEMORY;
    }
    queue->capacity = capacity;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    *out = queue;
    return RV_OK;
}

void rv_queue_destroy(Queue *queue)
{
    if (queue == NULL)
        return;
    pthread_cond_destroy(&queue->not_full);
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->items);
    free(queue);
}

bool rv_queue_push(Queue *queue, void *item)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->not_full, &queue->mutex);
    bool accepted = !queue->closed;
    if (accepted) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->mutex);
    return accepted;
}

/* Returns the first item, or NULL if the queue is empty. The caller holds the mutex. */
static void *take_first(Queue *queue)
{
    if (queue->count == 0)
        return NULL;
    void *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_signal(&queue->not_full);
    return item;
}

void *rv_queue_pop(Queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->not_empty, &queue->mutex);
    void *item = take_first(queue);
    pthread_mutex_unlock(&queue->mutex);
    return item;
}

void *rv_queue_pop_within(Queue *queue, double seconds, bool *timed_out)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t until_ns = until.tv_nsec + (int64_t)(seconds * 1e9);
    until.tv_sec += (time_t)(until_ns / 1000000000);
    until.tv_nsec = (long)(until_ns % 1000000000);
    pthread_mutex_lock(&queue->mutex);
    int waited = 0;
    while (queue->count == 0 && !queue->closed && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&queue->not_empty, &queue->mutex, &until);
    void *item = take_first(queue);
    *timed_out = item == NULL && !queue->closed;
    pthread_mutex_unlock(&queue->mutex);
    return item;
}

void rv_queue_close(Queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->mutex);
}
