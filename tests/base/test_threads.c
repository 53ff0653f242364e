/* SPDX-License-Identifier: MIT */
/* Tests of base/threads.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"

#define TASKS 1000

typedef struct Counts {
    atomic_int runs[TASKS];
    atomic_int worst_worker;
} Counts;

static void count_run(void *context, size_t index, int worker)
{
    Counts *counts = context;
    atomic_fetch_add(&counts->runs[index], 1);
    if (worker > atomic_load(&counts->worst_worker))
        atomic_store(&counts->worst_worker, worker);
}

/* Every task once, by workers 0 to worker_count - 1. */
static void check_runs(ThreadPool *pool, int worker_count)
{
    for (size_t task_count = 0; task_count <= TASKS; task_count += 37) {
        static Counts counts;
        memset(&counts, 0, sizeof counts);
        rv_threads_run(pool, task_count, count_run, &counts);
        for (size_t i = 0; i < TASKS; i++)
            assert_int_equal(atomic_load(&counts.runs[i]), i < task_count ? 1 : 0);
        assert_in_range(atomic_load(&counts.worst_worker), 0, worker_count - 1);
    }
}

static void run_visits_every_task_once(void **state)
{
    for (int thread_count = 1; thread_count <= 5; thread_count++) {
        ThreadPool *pool = NULL;
        assert_int_equal(rv_threads_create(thread_count, &pool, NULL), RV_OK);
        assert_int_equal(rv_threads_count(pool), thread_count);
        check_runs(pool, thread_count);
        rv_threads_destroy(pool);
    }
}

static void create_refuses_impossible_counts(void **state)
{
    static const int counts[] = {-1, RV_THREADS_MAX + 1};
    for (size_t i = 0; i < 2; i++) {
        ThreadPool *pool = NULL;
        RvError err = {0};
        assert_int_equal(rv_threads_create(counts[i], &pool, &err), RV_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, "give 1 to 1024"));
        assert_null(pool);
    }
}

static void run_without_a_pool_is_the_callers(void **state)
{
    check_runs(NULL, 1);
}

static void wait_ms(long milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

typedef struct Sums {
    size_t tasks[2]; // not atomic: the pool orders a task before the caller's next statement
    bool slow;
} Sums;

static void add_one(void *context, size_t index, int worker)
{
    Sums *sums = context;
    sums->tasks[index]++;
    if (sums->slow && index == 1)
        wait_ms(1); // longer than anybody spins, so that whoever waits for this task falls asleep
}

static void run_sees_all_work_done_awake_or_asleep(void **state)
{
    enum { RUNS = 20000 };
    for (int thread_count = 2; thread_count <= 4; thread_count++) {
        ThreadPool *pool = NULL;
        Sums sums = {0};
        assert_int_equal(rv_threads_create(thread_count, &pool, NULL), RV_OK);
        for (size_t run = 1; run <= RUNS; run++) {
            sums.slow = run % 1000 == 0;
            rv_threads_run(pool, 2, add_one, &sums);
            if (sums.tasks[0] != run || sums.tasks[1] != run)
                fail_msg("run %zu of %d threads: %zu and %zu tasks", run, thread_count, sums.tasks[0],
                         sums.tasks[1]);
            if (run % 2000 == 0)
                wait_ms(1); // the workers fall asleep
        }
        rv_threads_destroy(pool);
    }
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static void idle_pool_uses_no_processor_time(void **state)
{
    ThreadPool *pool = NULL;
    static Counts counts;
    assert_int_equal(rv_threads_create(2, &pool, NULL), RV_OK);
    rv_threads_run(pool, TASKS, count_run, &counts);
    double before = cpu_seconds();
    wait_ms(200);
    assert_true(cpu_seconds() - before < 0.05);
    rv_threads_destroy(pool);
}

typedef struct Waiting {
    Counts counts;
    atomic_int done;
    bool waited_in_vain;
} Waiting;

/* The first task of all lasts until the others are done. */
static void wait_for_the_others(void *context, size_t index, int worker)
{
    Waiting *waiting = context;
    for (int i = 0; index == 0 && i < 10000 && atomic_load(&waiting->done) < TASKS - 1; i++)
        wait_ms(1);
    if (index == 0)
        waiting->waited_in_vain = atomic_load(&waiting->done) < TASKS - 1;
    count_run(&waiting->counts, index, worker);
    atomic_fetch_add(&waiting->done, 1);
}

static void workers_take_over_what_another_has_left(void **state)
{
    for (int thread_count = 2; thread_count <= 4; thread_count++) {
        static Waiting waiting;
        ThreadPool *pool = NULL;
        memset(&waiting, 0, sizeof waiting);
        assert_int_equal(rv_threads_create(thread_count, &pool, NULL), RV_OK);
        rv_threads_run(pool, TASKS, wait_for_the_others, &waiting);
        assert_false(waiting.waited_in_vain);
        for (size_t i = 0; i < TASKS; i++)
            assert_int_equal(atomic_load(&waiting.counts.runs[i]), 1);
        rv_threads_destroy(pool);
    }
}

typedef struct Sharer {
    ThreadPool *pool;
    pthread_t thread;
    Counts counts;
} Sharer;

static void *run_often(void *argument)
{
    Sharer *sharer = argument;
    for (int round = 0; round < 200; round++)
        rv_threads_run(sharer->pool, TASKS, count_run, &sharer->counts);
    return NULL;
}

static void several_callers_share_a_pool(void **state)
{
    static Sharer sharers[8];
    ThreadPool *pool = NULL;
    assert_int_equal(rv_threads_create(3, &pool, NULL), RV_OK);
    for (size_t i = 0; i < 8; i++) {
        sharers[i].pool = pool;
        assert_int_equal(pthread_create(&sharers[i].thread, NULL, run_often, &sharers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++)
        pthread_join(sharers[i].thread, NULL);
    for (size_t i = 0; i < 8; i++) {
        for (size_t task = 0; task < TASKS; task++)
            assert_int_equal(sharers[i].counts.runs[task], 200);
    }
    rv_threads_destroy(pool);
}

typedef struct Nested {
    ThreadPool *pool;
    Counts counts;
} Nested;

static void run_inside(void *context, size_t index, int worker)
{
    (void)index;
    (void)worker;
    Nested *nested = context;
    rv_threads_run(nested->pool, TASKS, count_run, &nested->counts);
}

static void a_task_may_use_the_pool_that_runs_it(void **state)
{
    static Nested nested;
    assert_int_equal(rv_threads_create(3, &nested.pool, NULL), RV_OK);
    rv_threads_run(nested.pool, 10, run_inside, &nested);
    for (size_t task = 0; task < TASKS; task++)
        assert_int_equal(nested.counts.runs[task], 10);
    rv_threads_destroy(nested.pool);
}

static void *push_numbers(void *argument)
{
    Queue *queue = argument;
    for (uintptr_t i = 1; i <= TASKS; i++) {
        if (!rv_queue_push(queue, (void *)i))
            return NULL;
    }
    rv_queue_close(queue);
    return NULL;
}

static volatile sig_atomic_t signals_handled;

static void handle(int signal_number)
{
    (void)signal_number;
    signals_handled++;
}

/* A signal to the process, while this thread has it blocked and workers could take it. */
static void workers_take_no_signals_of_the_program(void **state)
{
    (void)state;
    ThreadPool *pool = NULL;
    Counts *counts = calloc(1, sizeof *counts);
    sigset_t held, pending, before;
    struct sigaction action = {.sa_handler = handle}, old;
    sigemptyset(&held);
    sigaddset(&held, SIGUSR1);
    assert_int_equal(rv_threads_create(3, &pool, NULL), RV_OK);
    rv_threads_run(pool, TASKS, count_run, counts);
    sigaction(SIGUSR1, &action, &old);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &held, &before), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    wait_ms(50);
    assert_int_equal(signals_handled, 0);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGUSR1));
    rv_threads_destroy(pool);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(signals_handled, 1);
    sigaction(SIGUSR1, &old, NULL);
    free(counts);
}

static void queue_keeps_order_and_ends_after_close(void **state)
{
    Queue *queue = NULL;
    pthread_t producer;
    assert_int_equal(rv_queue_create(3, &queue, NULL), RV_OK);
    assert_int_equal(pthread_create(&producer, NULL, push_numbers, queue), 0);
    for (uintptr_t i = 1; i <= TASKS; i++)
        assert_true((uintptr_t)rv_queue_pop(queue) == i);
    assert_null(rv_queue_pop(queue));
    pthread_join(producer, NULL);
    assert_false(rv_queue_push(queue, queue));
    rv_queue_destroy(queue);
}

static void close_wakes_a_producer_that_waits(void **state)
{
    Queue *queue = NULL;
    pthread_t producer;
    assert_int_equal(rv_queue_create(1, &queue, NULL), RV_OK);
    assert_int_equal(pthread_create(&producer, NULL, push_numbers, queue), 0);
    assert_true((uintptr_t)rv_queue_pop(queue) == 1);
    rv_queue_close(queue);
    pthread_join(producer, NULL);
    rv_queue_destroy(queue);
}

static void pop_within_tells_waiting_from_the_end(void **state)
{
    Queue *queue = NULL;
    bool timed_out = false;
    assert_int_equal(rv_queue_create(1, &queue, NULL), RV_OK);
    assert_null(rv_queue_pop_within(queue, 0.01, &timed_out));
    assert_true(timed_out);
    assert_true(rv_queue_push(queue, queue));
    assert_ptr_equal(rv_queue_pop_within(queue, 10, &timed_out), queue);
    assert_false(timed_out);
    rv_queue_close(queue);
    assert_null(rv_queue_pop_within(queue, 10, &timed_out));
    assert_false(timed_out);
    rv_queue_destroy(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_visits_every_task_once),
        cmocka_unit_test(create_refuses_impossible_counts),
        cmocka_unit_test(run_without_a_pool_is_the_callers),
        cmocka_unit_test(run_sees_all_work_done_awake_or_asleep),
        cmocka_unit_test(workers_take_over_what_another_has_left),
        cmocka_unit_test(several_callers_share_a_pool),
        cmocka_unit_test(a_task_may_use_the_pool_that_runs_it),
        cmocka_unit_test(idle_pool_uses_no_processor_time),
        cmocka_unit_test(workers_take_no_signals_of_the_program),
        cmocka_unit_test(queue_keeps_order_and_ends_after_close),
        cmocka_unit_test(pop_within_tells_waiting_from_the_end),
        cmocka_unit_test(close_wakes_a_producer_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
