/* SPDX-License-Identifier: MIT */
/* What the server counts. */
#ifndef RV_WEB_METRICS_H
#define RV_WEB_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef struct Metrics Metrics;

/* Counters that go up by one. */
typedef enum MetricsCounter {
    METRICS_CONNECTIONS,
    METRICS_REFUSED_CLIENT, // connections
    METRICS_REFUSED_FULL,
    METRICS_QUEUE_FULL, // requests
    METRICS_SEARCHES,
    METRICS_CANCELLED,
    METRICS_TEXT_HIT, // embeddings of texts that were in the cache
    METRICS_TEXT_MISS,
    METRICS_RANKED_HIT, // pages out of a ranked list that was kept
    METRICS_RANKED_MISS,
    METRICS_COUNTERS
} MetricsCounter;

RvStatus metrics_create(Metrics **out, RvError *err);
void metrics_destroy(Metrics *metrics);
void metrics_count(Metrics *metrics, MetricsCounter counter);
/* An answer. route: its place in web_routes; any other number: none. */
void metrics_answer(Metrics *metrics, size_t route, int status, double seconds, uint64_t bytes);

/* A value that is known only when it is asked for. */
typedef struct MetricsGauge {
    const char *name, *help;
    double value;
} MetricsGauge;
/* All as Prometheus reads it. Free with free(). NULL: no memory. */
char *metrics_write(Metrics *metrics, const MetricsGauge *gauges, size_t gauge_count);

#endif
