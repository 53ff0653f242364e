/* SPDX-License-Identifier: MIT */
/* What the server counts, in the text format of Prometheus (version 0.0.4). */
#include "metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routes.h"
#include "web_error.h"

#define STATUS_FIRST 100
#define STATUS_COUNT 500

static const double bounds_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
#define BOUND_COUNT (sizeof bounds_s / sizeof bounds_s[0])

typedef struct RouteCounts {
    uint64_t statuses[STATUS_COUNT];
    uint64_t buckets[BOUND_COUNT + 1]; // not added up
    double seconds;
    uint64_t count;
} RouteCounts;

static const struct {
    const char *name, *labels, *help;
} counters[METRICS_COUNTERS] = {
    [METRICS_CONNECTIONS] = {"reelvec_connections_total", "", "Connections that were taken."},
    [METRICS_REFUSED_CLIENT] = {"reelvec_connections_refused_total", "{why=\"client\"}",
                                "Connections that were refused."},
    [METRICS_REFUSED_FULL] = {"reelvec_connections_refused_total", "{why=\"full\"}", NULL},
    [METRICS_QUEUE_FULL] = {"reelvec_requests_refused_total", "",
                            "Requests for which the queue had no room."},
    [METRICS_SEARCHES] = {"reelvec_searches_total", "", "Searches of the library."},
    [METRICS_CANCELLED] = {"reelvec_cancelled_total", "", "Requests whose client went away."},
    [METRICS_TEXT_HIT] = {"reelvec_cache_total", "{cache=\"texts\",result=\"hit\"}", "Lookups in caches."},
    [METRICS_TEXT_MISS] = {"reelvec_cache_total", "{cache=\"texts\",result=\"miss\"}", NULL},
    [METRICS_RANKED_HIT] = {"reelvec_cache_total", "{cache=\"pages\",result=\"hit\"}", NULL},
    [METRICS_RANKED_MISS] = {"reelvec_cache_total", "{cache=\"pages\",result=\"miss\"}", NULL},
};

struct Metrics {
    pthread_mutex_t mutex;
    RouteCounts *routes; // [web_route_count + 1]; the last one: no route
    uint64_t counts[METRICS_COUNTERS];
    uint64_t bytes;
};

RvStatus metrics_create(Metrics **out, RvError *err)
{
    Metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL)
        return web_error_memory(err);
    metrics->routes = calloc(web_route_count + 1, sizeof *metrics->routes);
    if (metrics->routes == NULL) {
        free(metrics);
        return web_error_memory(err);
    }
    pthread_mutex_init(&metrics->mutex, NULL);
    *out = metrics;
    return RV_OK;
}

void metrics_destroy(Metrics *metrics)
{
    if (metrics == NULL)
        return;
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics->routes);
    free(metrics);
}

void metrics_count(Metrics *metrics, MetricsCounter counter)
{
    pthread_mutex_lock(&metrics->mutex);
    metrics->counts[counter]++;
    pthread_mutex_unlock(&metrics->mutex);
}

void metrics_answer(Metrics *metrics, size_t route, int status, double seconds, uint64_t bytes)
{
    size_t bucket = 0;
    while (bucket < BOUND_COUNT && seconds > bounds_s[bucket])
        bucket++;
    pthread_mutex_lock(&metrics->mutex);
    RouteCounts *counts = &metrics->routes[route < web_route_count ? route : web_route_count];
    if (status >= STATUS_FIRST && status < STATUS_FIRST + STATUS_COUNT)
        counts->statuses[status - STATUS_FIRST]++;
    counts->buckets[bucket]++;
    counts->seconds += seconds;
    counts->count++;
    metrics->bytes += bytes;
    pthread_mutex_unlock(&metrics->mutex);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static const char *name_of(size_t route)
{
    return route < web_route_count ? web_routes[route].name : "none";
}

static bool same_name(size_t left, size_t right)
{
    return strcmp(name_of(left), name_of(right)) == 0;
}

/* Routes of one name (one for each method) are counted together. */
static bool is_first_of_name(size_t route)
{
    for (size_t i = 0; i < route; i++) {
        if (same_name(i, route))
            return false;
    }
    return true;
}

static RouteCounts sum_of_name(const Metrics *metrics, size_t route)
{
    RouteCounts sum = {0};
    for (size_t i = route; i <= web_route_count; i++) {
        const RouteCounts *counts = &metrics->routes[i];
        if (!same_name(i, route))
            continue;
        for (size_t k = 0; k < STATUS_COUNT; k++)
            sum.statuses[k] += counts->statuses[k];
        for (size_t k = 0; k <= BOUND_COUNT; k++)
            sum.buckets[k] += counts->buckets[k];
        sum.seconds += counts->seconds;
        sum.count += counts->count;
    }
    return sum;
}

static void write_routes(const Metrics *metrics, FILE *out)
{
    fputs(
        "# HELP reelvec_requests_total Answers by address and status.\n# TYPE reelvec_requests_total counter\n",
        out);
    for (size_t i = 0; i <= web_route_count; i++) {
        if (!is_first_of_name(i))
            continue;
        RouteCounts sum = sum_of_name(metrics, i);
        for (int k = 0; k < STATUS_COUNT; k++) {
            if (sum.statuses[k] > 0)
                fprintf(out, "reelvec_requests_total{route=\"%s\",status=\"%d\"} %llu\n", name_of(i),
                        k + STATUS_FIRST, (unsigned long long)sum.statuses[k]);
        }
    }
    fputs("# HELP reelvec_request_seconds From the headers of a request to the end of its answer.\n"
          "# TYPE reelvec_request_seconds histogram\n",
          out);
    for (size_t i = 0; i <= web_route_count; i++) {
        RouteCounts sum = sum_of_name(metrics, i);
        uint64_t below = 0;
        if (!is_first_of_name(i) || sum.count == 0)
            continue;
        for (size_t k = 0; k < BOUND_COUNT; k++) {
            below += sum.buckets[k];
            fprintf(out, "reelvec_request_seconds_bucket{route=\"%s\",le=\"%g\"} %llu\n", name_of(i),
                    bounds_s[k], (unsigned long long)below);
        }
        fprintf(
            out,
            "reelvec_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n"
            "reelvec_request_seconds_sum{route=\"%s\"} %.6f\nreelvec_request_seconds_count{route=\"%s\"} %llu\n",
            name_of(i), (unsigned long long)sum.count, name_of(i), sum.seconds, name_of(i),
            (unsigned long long)sum.count);
    }
}

char *metrics_write(Metrics *metrics, const MetricsGauge *gauges, size_t gauge_count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    pthread_mutex_lock(&metrics->mutex);
    write_routes(metrics, out);
    for (size_t i = 0; i < METRICS_COUNTERS; i++) {
        if (counters[i].help != NULL)
            fprintf(out, "# HELP %s %s\n# TYPE %s counter\n", counters[i].name, counters[i].help,
                    counters[i].name);
        fprintf(out, "%s%s %llu\n", counters[i].name, counters[i].labels,
                (unsigned long long)metrics->counts[i]);
    }
    fprintf(out,
            "# HELP reelvec_sent_bytes_total Bytes of answers.\n# TYPE reelvec_sent_bytes_total counter\n"
            "reelvec_sent_bytes_total %llu\n",
            (unsigned long long)metrics->bytes);
    pthread_mutex_unlock(&metrics->mutex);
    for (size_t i = 0; i < gauge_count; i++)
        fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %.17g\n", gauges[i].name, gauges[i].help,
                gauges[i].name, gauges[i].name, gauges[i].value);
    bool good = !ferror(out);
    if (fclose(out) != 0 || !good) {
        free(text);
        return NULL;
    }
    return text;
}
