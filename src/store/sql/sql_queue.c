/* SPDX-License-Identifier: MIT */
/* The worker list: one table, index_jobs, from which jobs are taken with SKIP LOCKED.
 *
 * Times are seconds of the server's clock, so that the machines' clocks need not agree. Each time a job is
 * taken, its lease_number rises. A worker with an older number has lost the video, and rv_sql_begin_writing
 * keeps it from writing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/sql/sql_link.h"
#include "store/sql/text_escape.h"

#define ADD_BLOCK 200 // jobs in one transaction
#define LEASE_MAX_S 86400.0
#define LIMIT_MAX_S 60.0 // after which a transaction of a silent client is ended

RvStatus rv_store_no_queue(const char *uri, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_UNSUPPORTED, RV_HINT_SHARD, NULL,
                             "%s: a list for several machines needs a library in PostgreSQL or MariaDB", uri);
}

static RvStatus check_queue(const Store *store, RvError *err)
{
    if (store->backend->queue == NULL)
        return rv_store_no_queue(store->uri, err);
    if (store->read_only)
        return rv_store_read_only_refuses(store, err);
    return RV_OK;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static RvStatus bad_row(const Store *store, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_FORMAT,
        "%s: index_jobs holds a value that reelvec does not write; DROP TABLE index_jobs, and "
        "give the videos again",
        store->uri);
}

typedef struct FoundJob {
    bool found;
    RvQueueJob job; // owns the path
    char worker[300];
} FoundJob;

/* Columns: job_id, lease_number, attempts, path, worker. */
static RvStatus read_job(void *user, const SqlRow *row, RvError *err)
{
    FoundJob *out = user;
    const SqlValue *values = row->values;
    const char *path = rv_sql_written(&values[3]), *worker = rv_sql_written(&values[4]);
    int64_t attempts = 0;
    if (out->found)
        return RV_OK;
    bool good = rv_sql_is_integer(&values[0], 1, INT64_MAX, &out->job.job_id) &&
                rv_sql_is_integer(&values[1], 0, INT64_MAX - 1, &out->job.lease_number) &&
                rv_sql_is_integer(&values[2], 0, INT32_MAX - 1, &attempts) && path != NULL && worker != NULL;
    if (!good)
        return bad_row(row->store, err);
    out->job.attempts = (int)attempts;
    out->job.path = rv_mem_copy_string(path, err);
    if (out->job.path == NULL)
        return RV_ERROR_MEMORY;
    rv_store_text_decode(out->job.path);
    snprintf(out->worker, sizeof out->worker, "%s", worker);
    out->found = true;
    return RV_OK;
}

/* Limit how long a transaction of this connection may wait for its client, to about the lease. If a machine
 * vanishes in the middle of a transaction, its rows stay locked, and no worker can take the video over. */
static RvStatus limit_silence(Store *store, double lease_s, RvError *err)
{
    double limit_s = lease_s < 1 ? 1 : lease_s > LIMIT_MAX_S ? LIMIT_MAX_S : lease_s;
    return rv_sql_run(store, err, store->backend->queue->limit, (int64_t)limit_s);
}

static RvStatus begin(Store *store, double lease_s, RvError *err)
{
    RvStatus status = store->backend->link->begin(store, SQL_WRITE_FAIR, err);
    if (status != RV_OK)
        return status;
    status = limit_silence(store, lease_s, err);
    return status == RV_OK ? RV_OK : rv_sql_end(store, status, err);
}

/* ---- filling the list --------------------------------------------------------------------------------- */

RvStatus rv_store_queue_open(Store *store, RvError *err)
{
    RvStatus status = check_queue(store, err);
    if (status != RV_OK)
        return status;
    const StoreQueue *queue = store->backend->queue;
    status = begin(store, LIMIT_MAX_S, err);
    if (status != RV_OK)
        return status;
    for (size_t i = 0; status == RV_OK && queue->schema[i] != NULL; i++)
        status = rv_sql_run(store, err, queue->schema[i]);
    return rv_sql_end(store, status, err);
}

static RvStatus refuse_settings(void *user, const SqlRow *row, RvError *err)
{
    const char *settings = rv_sql_written(&row->values[0]), *count = rv_sql_written(&row->values[1]);
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%s: %.20s videos of the list are still to be indexed with [%.200s], and these options "
        "mean [%.200s]; give the same options to every worker",
        row->store->uri, count != NULL ? count : "?", settings != NULL ? settings : "?", (const char *)user);
}

/* All open jobs have the same settings. *finished: there are no open jobs. */
static RvStatus check_settings(Store *store, const char *settings, bool *finished, RvError *err)
{
    SqlReader reader = {"td", .max_rows = SQL_FEW_ROWS, .row = refuse_settings, .user = (void *)settings};
    bool open = false;
    RvStatus status =
        rv_sql_query(store, &reader, err,
                     "SELECT settings, count(*) FROM index_jobs WHERE state IN ('waiting', 'leased') AND "
                     "settings <> %s GROUP BY settings LIMIT 1",
                     settings);
    if (status == RV_OK)
        status = rv_sql_has_row(store, &open, err,
                                "SELECT job_id FROM index_jobs WHERE state IN ('waiting', 'leased') LIMIT 1");
    *finished = !open;
    return status;
}

static RvStatus add_job(Store *store, const char *path, const char *settings, bool restart, RvError *err)
{
    const StoreQueue *queue = store->backend->queue;
    char key[65];
    if (path == NULL || path[0] == '\0' || strlen(path) > STORE_MAX_TEXT_BYTES)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "%s: a path of the list is empty or over %zu bytes long",
                            store->uri, STORE_MAX_TEXT_BYTES);
    RvStatus status = rv_sha256_text(path, key, err);
    if (status == RV_OK)
        status = rv_sql_run(store, err, queue->insert, path, key, settings);
    if (status == RV_OK)
        status = rv_sql_run(store, err,
                            "UPDATE index_jobs SET state = 'waiting', settings = %s, attempts = 0, worker = "
                            "'', message = '', updated = now() WHERE path_key = %s AND ((state = 'done' AND "
                            "(settings <> %s OR 1 = %d)) OR (state = 'failed' AND settings <> %s))",
                            settings, key, settings, (int64_t)restart, settings);
    return status;
}

static RvStatus add_block(Store *store, const RvStrings *paths, size_t first, const char *settings,
                          bool restart, RvError *err)
{
    RvStatus status = begin(store, LIMIT_MAX_S, err);
    if (status != RV_OK)
        return status;
    for (size_t i = first; status == RV_OK && i < paths->count && i < first + ADD_BLOCK; i++)
        status = add_job(store, paths->items[i], settings, restart, err);
    return rv_sql_end(store, status, err);
}

/* Workers that begin at the same moment insert the same paths, which a database may end as a deadlock, or as
 * a lock that was waited for too long. Each step is then tried again. */
RvStatus rv_store_queue_add(Store *store, const RvStrings *paths, const char *settings, bool retry_failed,
                            RvError *err)
{
    bool restart = false;
    int tries = 0;
    RvStatus status;
    do {
        status = rv_store_queue_open(store, err);
        if (status == RV_OK)
            status = check_settings(store, settings, &restart, err);
    } while (rv_sql_try_busy_again(status, &tries));
    for (size_t first = 0; status == RV_OK && first < paths->count; first += ADD_BLOCK) {
        tries = 0;
        do
            status = add_block(store, paths, first, settings, restart, err);
        while (rv_sql_try_busy_again(status, &tries));
    }
    if (status != RV_OK || !retry_failed)
        return status;
    tries = 0;
    do
        status = rv_sql_run(store, err,
                            "UPDATE index_jobs SET state = 'waiting', settings = %s, "
                            "attempts = 0, worker = '', message = '', "
                            "updated = now() WHERE state = 'failed'",
                            settings);
    while (rv_sql_try_busy_again(status, &tries));
    return status;
}

/* ---- taking ------------------------------------------------------------------------------------------- */

static void worker_name(char *name, size_t size_bytes)
{
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "unknown");
    snprintf(name, size_bytes, "%s:%ld", host, (long)getpid());
}

/* Find the first job that may be taken: one that waits, else one whose lease has run out. It is locked until
 * the transaction ends. Jobs that others have locked are skipped. */
static RvStatus find_job(Store *store, const char *settings, FoundJob *out, RvError *err)
{
    SqlReader reader = {"dddtt", .max_rows = SQL_FEW_ROWS, .row = read_job, .user = out};
    const StoreQueue *queue = store->backend->queue;
    RvStatus status = RV_OK;
    for (int i = 0; status == RV_OK && i < 2 && !out->found; i++) {
        // In the order of the index, so that no more rows than needed are looked at and locked.
        status = rv_sql_query(store, &reader, err,
                              "SELECT job_id, lease_number, attempts, path, worker FROM index_jobs%w WHERE "
                              "%w%w AND settings = %s ORDER BY job_id LIMIT 1 FOR UPDATE SKIP LOCKED",
                              queue->by_state,
                              i == 0 ? "state = 'waiting'" : "state = 'leased' AND lease_until < ",
                              i == 0 ? "" : queue->clock, settings);
    }
    return status;
}

static RvStatus lease_job(Store *store, FoundJob *found, double lease_s, RvError *err)
{
    char worker[300];
    worker_name(worker, sizeof worker);
    found->job.lease_number++;
    found->job.attempts++;
    found->job.lease_s = lease_s;
    return rv_sql_run(
        store, err,
        "UPDATE index_jobs SET state = 'leased', worker = %s, lease_number = %d, attempts = %d, "
        "lease_until = %w + %f, updated = now() WHERE job_id = %d",
        worker, found->job.lease_number, (int64_t)found->job.attempts, store->backend->queue->clock, lease_s,
        found->job.job_id);
}

static RvStatus give_up(Store *store, const FoundJob *found, RvError *err)
{
    char message[600];
    snprintf(
        message, sizeof message,
        "%d workers fell silent while they indexed it, the last was %.300s; it is tried again on request",
        found->job.attempts, found->worker);
    return rv_sql_run(
        store, err, "UPDATE index_jobs SET state = 'failed', message = %s, updated = now() WHERE job_id = %d",
        message, found->job.job_id);
}

/* Take a job in one transaction. *again: a job had no attempts left and was recorded as failed; call
 * again. */
static RvStatus take_once(Store *store, const char *settings, double lease_s, FoundJob *found, bool *again,
                          RvError *err)
{
    *found = (FoundJob){0};
    *again = false;
    RvStatus status = begin(store, lease_s, err);
    if (status != RV_OK)
        return status;
    status = find_job(store, settings, found, err);
    if (status == RV_OK && found->found) {
        *again = found->job.attempts >= RV_QUEUE_ATTEMPTS_MAX;
        status = *again ? give_up(store, found, err) : lease_job(store, found, lease_s, err);
    }
    status = rv_sql_end(store, status, err);
    if (status != RV_OK || *again)
        rv_queue_job_clear(&found->job);
    return status;
}

RvStatus rv_store_queue_take(Store *store, const char *settings, double lease_s, RvQueueJob *out,
                             RvError *err)
{
    FoundJob found = {0};
    bool again = true;
    *out = (RvQueueJob){0};
    RvStatus status = check_queue(store, err);
    if (status == RV_OK && !(lease_s > 0 && lease_s <= LEASE_MAX_S))
        status = rv_error_set(err, RV_ERROR_ARGUMENT, "%s: a lease lasts over 0 and up to %.0f seconds",
                              store->uri, LEASE_MAX_S);
    int tries = 0;
    while (status == RV_OK && again) {
        do
            status = take_once(store, settings, lease_s, &found, &again, err);
        while (rv_sql_try_again(store, status, &tries));
    }
    if (status != RV_OK || !found.found)
        return status;
    *out = found.job;
    rv_store_queue_hold(store, out);
    return RV_OK;
}

void rv_store_queue_hold(Store *store, const RvQueueJob *job)
{
    store->lease_job = job->job_id;
    store->lease_number = job->lease_number;
    store->lease_s = job->lease_s;
}

static RvStatus read_count(void *user, const SqlRow *row, RvError *err)
{
    RvQueueCounts *counts = user;
    const char *state = rv_sql_written(&row->values[0]);
    const struct {
        const char *state;
        int64_t *count;
    } states[] = {{"waiting", &counts->waiting},
                  {"leased", &counts->leased},
                  {"done", &counts->done},
                  {"failed", &counts->failed}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (state != NULL && strcmp(state, states[i].state) == 0 &&
            rv_sql_is_integer(&row->values[1], 0, INT64_MAX, states[i].count))
            return RV_OK;
    }
    return bad_row(row->store, err);
}

RvStatus rv_store_queue_count(Store *store, const char *settings, RvQueueCounts *out, RvError *err)
{
    SqlReader reader = {"td", .max_rows = SQL_FEW_ROWS, .row = read_count, .user = out};
    *out = (RvQueueCounts){0};
    RvStatus status = check_queue(store, err);
    if (status != RV_OK)
        return status;
    return rv_sql_query(store, &reader, err,
                        "SELECT state, count(*) FROM index_jobs WHERE settings = %s GROUP BY state",
                        settings);
}

/* ---- holding and ending ------------------------------------------------------------------------------- */

static RvStatus lease_lost(const Store *store, RvError *err)
{
    return rv_error_set(
        err, RV_ERROR_BUSY,
        "%s: the lease of this video ran out and another worker has taken it over; nothing more "
        "of it is written here",
        store->uri);
}

/* Must be called in a transaction. Locks the job's row; BUSY if the lease is no longer the holder's. */
static RvStatus lock_lease(Store *store, int64_t job_id, int64_t lease_number, RvError *err)
{
    bool held = false;
    RvStatus status = rv_sql_has_row(store, &held, err,
                                     "SELECT job_id FROM index_jobs WHERE job_id = %d AND "
                                     "lease_number = %d AND state = 'leased' FOR UPDATE",
                                     job_id, lease_number);
    return status == RV_OK && !held ? lease_lost(store, err) : status;
}

/* Must be called in a transaction that writes. BUSY if this store took a video from the list and another
 * worker has it now. Until the transaction ends no other worker can take it. */
static RvStatus fence(Store *store, RvError *err)
{
    if (store->lease_job <= 0)
        return RV_OK;
    RvStatus status = limit_silence(store, store->lease_s, err);
    return status == RV_OK ? lock_lease(store, store->lease_job, store->lease_number, err) : status;
}

RvStatus rv_sql_begin_writing(Store *store, RvError *err)
{
    RvStatus status = store->backend->link->begin(store, SQL_WRITE, err);
    if (status != RV_OK)
        return status;
    status = fence(store, err);
    return status == RV_OK ? RV_OK : rv_sql_end(store, status, err);
}

static RvStatus renew(Store *store, const RvQueueJob *job, RvError *err)
{
    RvStatus status = begin(store, job->lease_s, err);
    if (status != RV_OK)
        return status;
    status = lock_lease(store, job->job_id, job->lease_number, err);
    if (status == RV_OK)
        status = rv_sql_run(store, err, "UPDATE index_jobs SET lease_until = %w + %f WHERE job_id = %d",
                            store->backend->queue->clock, job->lease_s, job->job_id);
    return rv_sql_end(store, status, err);
}

RvStatus rv_store_queue_renew(Store *store, const RvQueueJob *job, RvError *err)
{
    int tries = 0;
    RvStatus status = check_queue(store, err);
    if (status != RV_OK)
        return status;
    do
        status = renew(store, job, err);
    while (rv_sql_try_again(store, status, &tries));
    return status;
}

static RvStatus end_job(Store *store, const RvQueueJob *job, RvQueueEnd how, const char *message,
                        RvError *err)
{
    static const char *const states[] = {[RV_QUEUE_DONE] = "done",
                                         [RV_QUEUE_FAILED] = "failed",
                                         [RV_QUEUE_TRY_AGAIN] = "waiting",
                                         [RV_QUEUE_GIVE_BACK] = "waiting"};
    RvStatus status = begin(store, job->lease_s, err);
    if (status != RV_OK)
        return status;
    status = lock_lease(store, job->job_id, job->lease_number, err);
    if (status == RV_OK)
        status = rv_sql_run(store, err,
                            "UPDATE index_jobs SET state = %s, message = %s, attempts = attempts - %d, "
                            "updated = now() WHERE job_id = %d",
                            states[how], message != NULL ? message : "", (int64_t)(how == RV_QUEUE_GIVE_BACK),
                            job->job_id);
    return rv_sql_end(store, status, err);
}

RvStatus rv_store_queue_end(Store *store, const RvQueueJob *job, RvQueueEnd how, const char *message,
                            RvError *err)
{
    int tries = 0;
    RvStatus status = check_queue(store, err);
    if (status != RV_OK)
        return status;
    store->lease_job = 0;
    if (how == RV_QUEUE_TRY_AGAIN && job->attempts >= RV_QUEUE_ATTEMPTS_MAX)
        how = RV_QUEUE_FAILED;
    do
        status = end_job(store, job, how, message, err);
    while (rv_sql_try_again(store, status, &tries));
    return status;
}

void rv_queue_job_clear(RvQueueJob *job)
{
    if (job == NULL)
        return;
    free(job->path);
    *job = (RvQueueJob){0};
}
