/* SPDX-License-Identifier: MIT */
/* Time that never goes back, and conditions that are waited for by it. */
#ifndef RV_WEB_CLOCK_H
#define RV_WEB_CLOCK_H

#include <pthread.h>
#include <stdbool.h>

/* Seconds since some moment. */
double web_clock_s(void);

/* How long something is waited for, in time that passes while this process runs. While it is stopped, or the machine is
 * (a virtual one that is paused), the clock goes on, but nothing that is waited for can come. */
typedef struct WebPatience {
    double left_s, looked_s;
} WebPatience;

WebPatience web_patience(double seconds);

/* False once it is over. To be asked at least every second while waiting: no more is counted of what lies between two. */
bool web_patience_lasts(WebPatience *patience);

/* The same at this time of the clock. */
bool web_patience_lasts_at(WebPatience *patience, double now_s);

/* For who looks at many limits every so often, at least every second: by how much the process stood still since
 * *looked_s, which becomes now_s. The limits are to be moved by that. */
double web_standstill_s(double *looked_s, double now_s);

void web_condition_init(pthread_cond_t *condition);

/* The condition is one of web_condition_init. Also returns when the time is over, and now and then without a reason. */
void web_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, long milliseconds);

#endif
