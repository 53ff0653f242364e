/* SPDX-License-Identifier: MIT */
/* A thread that renews the leases of the running videos, however long a batch takes. */
#include "queue_heart.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

typedef struct Lease {
    const RvQueueJob *job; // NULL for none
    atomic_bool lost;
} Lease;

struct CliQueueHeart {
    RvLibrary *library;
    double period_s;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    clockid_t clock; // of `change`
    bool stopping;
    Lease leases[RV_INDEX_JOBS_MAX];
};

static void renew_all(CliQueueHeart *heart)
{
    for (int slot = 0; slot < RV_INDEX_JOBS_MAX; slot++) {
        Lease *lease = &heart->leases[slot];
        // Other errors may be temporary: the next beat tries again, and every write checks the lease itself.
        if (lease->job != NULL && !atomic_load(&lease->lost) &&
            rv_library_queue_renew(heart->library, lease->job, NULL) == RV_ERROR_BUSY)
            atomic_store(&lease->lost, true);
    }
}

static struct timespec after(clockid_t clock, double seconds)
{
    struct timespec at;
    clock_gettime(clock, &at);
    double part_s = (double)at.tv_nsec * 1e-9 + seconds;
    at.tv_sec += (time_t)part_s;
    at.tv_nsec = (long)((part_s - (double)(time_t)part_s) * 1e9);
    return at;
}

static void *beat(void *user)
{
    CliQueueHeart *heart = user;
    pthread_mutex_lock(&heart->lock);
    while (!heart->stopping) {
        struct timespec until = after(heart->clock, heart->period_s);
        int waited = 0;
        while (!heart->stopping && waited != ETIMEDOUT)
            waited = pthread_cond_timedwait(&heart->change, &heart->lock, &until);
        if (!heart->stopping)
            renew_all(heart);
    }
    pthread_mutex_unlock(&heart->lock);
    return NULL;
}

static void destroy(CliQueueHeart *heart)
{
    pthread_cond_destroy(&heart->change);
    pthread_mutex_destroy(&heart->lock);
    free(heart);
}

CliQueueHeart *cli_heart_start(RvLibrary *library, double period_s)
{
    CliQueueHeart *heart = calloc(1, sizeof *heart);
    pthread_condattr_t attributes;
    if (heart == NULL)
        return NULL;
    heart->library = library;
    heart->period_s = period_s;
    pthread_mutex_init(&heart->lock, NULL);
    pthread_condattr_init(&attributes);
    bool monotonic = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0;
    heart->clock = monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    pthread_cond_init(&heart->change, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&heart->thread, NULL, beat, heart) == 0)
        return heart;
    destroy(heart);
    return NULL;
}

void cli_heart_stop(CliQueueHeart *heart)
{
    if (heart == NULL)
        return;
    pthread_mutex_lock(&heart->lock);
    heart->stopping = true;
    pthread_cond_signal(&heart->change);
    pthread_mutex_unlock(&heart->lock);
    pthread_join(heart->thread, NULL);
    destroy(heart);
}

void cli_heart_watch(CliQueueHeart *heart, int slot, const RvQueueJob *job)
{
    pthread_mutex_lock(&heart->lock);
    heart->leases[slot].job = job;
    atomic_store(&heart->leases[slot].lost, false);
    pthread_mutex_unlock(&heart->lock);
}

bool cli_heart_lost(const CliQueueHeart *heart, int slot)
{
    return atomic_load(&heart->leases[slot].lost);
}
