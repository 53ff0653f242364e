/* SPDX-License-Identifier: MIT */
#include "web_clock.h"

#include <time.h>

#define LONGEST_LOOK_S 1.0

double web_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

WebPatience web_patience(double seconds)
{
    return (WebPatience){seconds, web_clock_s()};
}

double web_standstill_s(double *looked_s, double now_s)
{
    double passed_s = now_s - *looked_s;
    *looked_s = now_s;
    return passed_s > LONGEST_LOOK_S ? passed_s - LONGEST_LOOK_S : 0;
}

bool web_patience_lasts_at(WebPatience *patience, double now_s)
{
    double passed_s = now_s - patience->looked_s;
    patience->left_s -= passed_s - web_standstill_s(&patience->looked_s, now_s);
    return patience->left_s > 0;
}

bool web_patience_lasts(WebPatience *patience)
{
    return web_patience_lasts_at(patience, web_clock_s());
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
