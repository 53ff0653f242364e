/* SPDX-License-Identifier: MIT */
#include "web_clock.h"

#include <time.h>

double web_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Patience web_patience(double seconds)
{
    return (Patience){seconds, web_clock_s()};
}

bool web_patience_lasts(Patience *patience)
{
    return rv_patience_lasts(patience, web_clock_s());
}

void web_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void web_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, long milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += milliseconds % 1000 * 1000000;
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(condition, mutex, &until);
}
