/* SPDX-License-Identifier: MIT */
/* Time that never goes back, and conditions that are waited for by it. */
#ifndef RV_WEB_CLOCK_H
#define RV_WEB_CLOCK_H

#include <pthread.h>
#include <stdbool.h>

#include "process/patience.h"

/* Seconds since some moment. */
double web_clock_s(void);

/* So long from now on, in time that passes while the server runs. */
Patience web_patience(double seconds);

/* False once it is over; see process/patience.h. */
bool web_patience_lasts(Patience *patience);

void web_condition_init(pthread_cond_t *condition);

/* The condition is one of web_condition_init. Also returns when the time is over, and now and then without a reason. */
void web_condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, long milliseconds);

#endif
