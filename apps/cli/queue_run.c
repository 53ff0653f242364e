/* SPDX-License-Identifier: MIT */
/* Working the library's list of videos: take one, index it while its lease is renewed, until none is open. */
#include "queue_run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "cli.h"

#define DEFAULT_LEASE_S 60.0
#define RENEWALS_PER_LEASE 3
#define LOOKS_PER_LEASE 6 // of a worker that has nothing to take
#define TICK_S 0.1

/* ---- the heart: a thread that renews the lease, however long a batch takes ------------------------------
 */

struct CliQueueHeart {
    RvLibrary *library;
    double period_s;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool stopping;
    const RvQueueJob *job; // to be renewed; NULL: none
    atomic_bool lost;      // of the job at hand
};

static void *beat(void *user)
{
    CliQueueHeart *heart = user;
    pthread_mutex_lock(&heart->lock);
    while (!heart->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        double at_s = (double)until.tv_nsec * 1e-9 + heart->period_s;
        until.tv_sec += (time_t)at_s;
        until.tv_nsec = (long)((at_s - (double)(time_t)at_s) * 1e9);
        int waited = pthread_cond_timedwait(&heart->change, &heart->lock, &until);
        // What else goes wrong may pass; the next beat tries again, and writing asks for the lease itself.
        if (waited != 0 && heart->job != NULL && !atomic_load(&heart->lost) &&
            rv_library_queue_renew(heart->library, heart->job, NULL) == RV_ERROR_BUSY)
            atomic_store(&heart->lost, true);
    }
    pthread_mutex_unlock(&heart->lock);
    return NULL;
}

static bool start_heart(CliQueueHeart *heart)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&heart->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&heart->change, &attributes);
    pthread_condattr_destroy(&attributes);
    return pthread_create(&heart->thread, NULL, beat, heart) == 0;
}

/* job NULL: from now on there is none, and no renewal of an older one is under way. */
static void watch(CliQueueHeart *heart, const RvQueueJob *job)
{
    pthread_mutex_lock(&heart->lock);
    heart->job = job;
    atomic_store(&heart->lost, false);
    pthread_cond_signal(&heart->change);
    pthread_mutex_unlock(&heart->lock);
}

static void stop_heart(CliQueueHeart *heart)
{
    pthread_mutex_lock(&heart->lock);
    heart->stopping = true;
    pthread_cond_signal(&heart->change);
    pthread_mutex_unlock(&heart->lock);
    pthread_join(heart->thread, NULL);
    pthread_cond_destroy(&heart->change);
    pthread_mutex_destroy(&heart->lock);
}

bool cli_queue_lost(const CliQueue *queue)
{
    return atomic_load(&queue->heart->lost);
}

/* ---- one video ------------------------------------------------------------------------------------------
 */

/* These would befall every other video too: this worker stops, another may be luckier. */
static bool is_general(RvStatus status)
{
    return status == RV_ERROR_ARGUMENT || status == RV_ERROR_MISMATCH || status == RV_ERROR_MEMORY;
}

static RvQueueEnd how_it_ended(RvStatus outcome)
{
    if (outcome == RV_OK)
        return RV_QUEUE_DONE;
    if (is_general(outcome) || outcome == RV_ERROR_CANCELLED)
        return RV_QUEUE_GIVE_BACK;
    return outcome == RV_ERROR_BUSY || outcome == RV_ERROR_NETWORK ? RV_QUEUE_TRY_AGAIN : RV_QUEUE_FAILED;
}

/* How the attempt ended, told to the list. True when the worker goes on; else *status is its exit status. */
static bool end_job(CliQueue *queue, const RvQueueJob *job, RvStatus outcome, const RvError *cause,
                    int *status)
{
    RvError err = {0};
    RvQueueEnd how = how_it_ended(outcome);
    RvStatus told =
        rv_library_queue_end(queue->library, job, how, outcome == RV_OK ? NULL : cause->message, &err);
    if (outcome == RV_ERROR_CANCELLED && cli_interrupted())
        return false;
    if (told == RV_ERROR_BUSY) { // whoever has it now answers for it
        cli_message("%s: %s", job->path, err.message);
        return true;
    }
    if (outcome != RV_OK && outcome != RV_ERROR_CANCELLED)
        *status = cli_fail(cause);
    if (told != RV_OK) {
        *status = cli_fail(&err);
        return false;
    }
    queue->done_count += how == RV_QUEUE_DONE;
    queue->failed_count +=
        how == RV_QUEUE_FAILED || (how == RV_QUEUE_TRY_AGAIN && job->attempts >= RV_QUEUE_ATTEMPTS_MAX);
    return !is_general(outcome);
}

static bool work_job(CliQueue *queue, const RvQueueJob *job, int *status)
{
    RvError cause = {0};
    if (job->attempts > 1 && !queue->quiet)
        cli_message("%s: taken over, attempt %d of %d", job->path, job->attempts, RV_QUEUE_ATTEMPTS_MAX);
    watch(queue->heart, job);
    RvStatus outcome = queue->index(queue->user, job->path, &cause);
    watch(queue->heart, NULL);
    return end_job(queue, job, outcome, &cause, status);
}

/* ---- the list -------------------------------------------------------------------------------------------
 */

static void rest(double duration_s)
{
    struct timespec tick = {0, (long)(TICK_S * 1e9)};
    for (double passed_s = 0; passed_s < duration_s && !cli_interrupted(); passed_s += TICK_S)
        nanosleep(&tick, NULL);
}

/* Nothing to take, and others hold *leased videos: wait, saying so once for each number. */
static void wait_for_others(const CliQueue *queue, int64_t leased, int64_t *said)
{
    if (leased != *said && !queue->quiet)
        cli_message("waiting: %lld video%s of the list %s with other workers", (long long)leased,
                    leased == 1 ? "" : "s", leased == 1 ? "is" : "are");
    *said = leased;
    rest(queue->lease_s / LOOKS_PER_LEASE);
}

static int work_list(CliQueue *queue)
{
    int status = CLI_DONE;
    int64_t said = 0;
    while (!cli_interrupted()) {
        RvQueueJob job;
        RvQueueCounts counts = {0};
        RvError err = {0};
        if (rv_library_queue_take(queue->library, queue->options, queue->lease_s, &job, &counts, &err) !=
            RV_OK)
            return cli_fail(&err);
        if (job.path == NULL && counts.waiting + counts.leased == 0) {
            if (!queue->quiet)
                cli_message("the list is worked off: %lld done, %lld failed", (long long)counts.done,
                            (long long)counts.failed);
            if (queue->failed_count > 0)
                return queue->done_count > 0 ? CLI_PARTLY : CLI_FAILED;
            return CLI_DONE;
        }
        if (job.path == NULL) {
            wait_for_others(queue, counts.waiting + counts.leased, &said);
            continue;
        }
        bool go_on = work_job(queue, &job, &status);
        rv_queue_job_clear(&job);
        if (!go_on && !cli_interrupted())
            return status;
    }
    cli_message("interrupted; what was begun is given back, any worker goes on with it");
    return CLI_INTERRUPTED;
}

int cli_queue_run(CliQueue *queue, const RvStrings *videos)
{
    RvError err = {0};
    if (queue->lease_s <= 0)
        queue->lease_s = DEFAULT_LEASE_S;
    if (rv_library_queue_add(queue->library, videos, queue->options, &err) != RV_OK)
        return cli_fail(&err);
    CliQueueHeart heart = {.library = queue->heart_library, .period_s = queue->lease_s / RENEWALS_PER_LEASE};
    queue->heart = &heart;
    if (!start_heart(&heart))
        return cli_fail_memory();
    int status = work_list(queue);
    stop_heart(&heart);
    return status;
}
