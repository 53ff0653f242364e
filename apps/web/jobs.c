/* SPDX-License-Identifier: MIT */
/* The queue of index jobs and what is known of each. */
#include "jobs.h"

#include <stdlib.h>
#include <string.h>

#include "jobs_inside.h"
#include "reply.h"
#include "web_clock.h"
#include "web_error.h"

#define KEPT_MAX 50 // of those that have ended
#define ALIVE_S 15

/* ---- one job ------------------------------------------------------------------------------------------ */

static void destroy(Job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < JOB_SLOTS; i++)
        free(job->slots[i].video);
    for (size_t i = 0; i < job->failure_count; i++) {
        free(job->failed_videos[i]);
        free(job->failed_why[i]);
    }
    free(job->folder);
    free(job->place);
    free(job->path);
    free(job->error);
    free(job);
}

static Job *create(const JobWish *wish)
{
    Job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    *job = (Job){.root = wish->root,
                 .folder = strdup(wish->folder),
                 .place = strdup(wish->place),
                 .path = strdup(wish->path),
                 .every_s = wish->every_s,
                 .retry_failed = wish->retry_failed,
                 .created_s = time(NULL),
                 .version = 1};
    if (job->folder != NULL && job->place != NULL && job->path != NULL)
        return job;
    destroy(job);
    return NULL;
}

bool job_has_ended(const Job *job)
{
    return job->state != JOB_QUEUED && job->state != JOB_RUNNING;
}

Job *jobs_find(Jobs *jobs, int64_t id)
{
    Job *job = jobs->first;
    while (job != NULL && job->id != id)
        job = job->next;
    return job;
}

/* ---- as answers show it ------------------------------------------------------------------------------- */

static json_t *time_json(int64_t time_s)
{
    return time_s > 0 ? json_integer(time_s) : json_null();
}

static json_t *slots_json(const Job *job)
{
    static const char *const stages[] = {"waiting", "reading", "decoding"};
    json_t *list = json_array();
    for (size_t i = 0; i < JOB_SLOTS; i++) {
        const JobSlot *slot = &job->slots[i];
        if (slot->video != NULL)
            json_array_append_new(list,
                                  json_pack("{s:o, s:s, s:I, s:I}", "video", reply_text(slot->video), "stage",
                                            stages[slot->stage], "frames", (json_int_t)slot->frames_done,
                                            "frames_expected", (json_int_t)slot->frames_expected));
    }
    return list;
}

static json_t *failures_json(const Job *job)
{
    json_t *list = json_array();
    for (size_t i = 0; i < job->failure_count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "video", reply_text(job->failed_videos[i]),
                                              "message", reply_text(job->failed_why[i])));
    return list;
}

json_t *job_json(const Job *job)
{
    static const char *const states[] = {"queued", "running", "done", "cancelled", "failed"};
    json_t *videos = json_pack("{s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)job->total, "done",
                               (json_int_t)job->done, "indexed", (json_int_t)job->indexed, "unchanged",
                               (json_int_t)job->unchanged, "failed", (json_int_t)job->failed);
    return json_pack("{s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "id",
                     (json_int_t)job->id, "state", states[job->state], "root", (json_int_t)job->root,
                     "folder", reply_text(job->folder), "created", time_json(job->created_s), "began",
                     time_json(job->began_s), "ended", time_json(job->ended_s), "videos", videos, "frames",
                     (json_int_t)job->frames, "now", slots_json(job), "failures", failures_json(job), "error",
                     job->error != NULL ? reply_text(job->error) : json_null());
}

json_t *jobs_show(Jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->mutex);
    const Job *job = jobs_find(jobs, id);
    json_t *shown = job != NULL ? job_json(job) : NULL;
    pthread_mutex_unlock(&jobs->mutex);
    return shown;
}

json_t *jobs_list(Jobs *jobs)
{
    json_t *list = json_array();
    pthread_mutex_lock(&jobs->mutex);
    for (const Job *job = jobs->first; job != NULL; job = job->next)
        json_array_append_new(list, job_json(job));
    pthread_mutex_unlock(&jobs->mutex);
    return list;
}

/* ---- the queue ---------------------------------------------------------------------------------------- */

void jobs_changed(Jobs *jobs, Job *job)
{
    job->version++;
    jobs->news++;
    pthread_cond_broadcast(&jobs->changed);
}

/* With the mutex held. */
static void take_out(Jobs *jobs, Job *job)
{
    Job **link = &jobs->first;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    destroy(job);
}

/* With the mutex held: forget the oldest that have ended. */
static void forget_old(Jobs *jobs)
{
    size_t ended = 0;
    for (Job *job = jobs->first, *next; job != NULL; job = next) {
        next = job->next;
        if (job_has_ended(job) && ++ended > KEPT_MAX)
            take_out(jobs, job);
    }
}

RvStatus jobs_add(Jobs *jobs, const JobWish *wish, int64_t *id, RvError *err)
{
    size_t queued = 0;
    Job *job = create(wish);
    if (job == NULL)
        return web_error_memory(err);
    pthread_mutex_lock(&jobs->mutex);
    for (const Job *one = jobs->first; one != NULL; one = one->next)
        queued += one->state == JOB_QUEUED;
    bool room = queued < JOBS_QUEUED_MAX && !jobs->stops;
    if (room) {
        job->id = *id = ++jobs->last_id;
        job->next = jobs->first;
        jobs->first = job;
        forget_old(jobs);
        pthread_cond_broadcast(&jobs->changed);
    }
    pthread_mutex_unlock(&jobs->mutex);
    if (room)
        return RV_OK;
    destroy(job);
    return web_error(err, RV_ERROR_BUSY, "too many jobs wait already");
}

bool jobs_cancel(Jobs *jobs, int64_t id)
{
    pthread_mutex_lock(&jobs->mutex);
    Job *job = jobs_find(jobs, id);
    bool there = job != NULL;
    if (there && job_has_ended(job)) {
        take_out(jobs, job);
        jobs->news++;
        pthread_cond_broadcast(&jobs->changed);
    } else if (there) {
        job->cancelled = true;
        if (job->state == JOB_QUEUED) {
            job->state = JOB_CANCELLED;
            job->ended_s = time(NULL);
        }
        jobs_changed(jobs, job);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return there;
}

/* With the mutex held: the one that waits longest. */
static Job *find_next(Jobs *jobs)
{
    Job *found = NULL;
    for (Job *job = jobs->first; job != NULL; job = job->next)
        found = job->state == JOB_QUEUED ? job : found;
    return found;
}

static void *run(void *user)
{
    Jobs *jobs = user;
    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->stops) {
        Job *job = find_next(jobs);
        if (job == NULL) {
            pthread_cond_wait(&jobs->changed, &jobs->mutex);
            continue;
        }
        job->state = JOB_RUNNING;
        job->began_s = time(NULL);
        jobs_changed(jobs, job);
        pthread_mutex_unlock(&jobs->mutex);
        job_run(jobs, job);
        pthread_mutex_lock(&jobs->mutex);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

/* Also while a job says nothing: a disk may be slow, a folder large. */
static void *tell(void *user)
{
    Jobs *jobs = user;
    double alive_s = web_clock_s();
    uint64_t told = 0;
    pthread_mutex_lock(&jobs->mutex);
    while (!jobs->stops) {
        if (jobs->news == told && jobs->watchers != NULL)
            web_condition_wait(&jobs->changed, &jobs->mutex, 1000);
        else if (jobs->news == told)
            pthread_cond_wait(&jobs->changed, &jobs->mutex);
        told = jobs->news;
        pthread_mutex_unlock(&jobs->mutex);
        bool alive = web_clock_s() - alive_s > ALIVE_S;
        alive_s = alive ? web_clock_s() : alive_s;
        jobs_tell(jobs, alive);
        pthread_mutex_lock(&jobs->mutex);
    }
    pthread_mutex_unlock(&jobs->mutex);
    return NULL;
}

/* ---- life --------------------------------------------------------------------------------------------- */

RvStatus jobs_create(const JobsOptions *options, Jobs **out, RvError *err)
{
    Jobs *jobs = calloc(1, sizeof *jobs);
    if (jobs == NULL)
        return web_error_memory(err);
    jobs->encoder = options->encoder;
    jobs->library = strdup(options->library);
    pthread_mutex_init(&jobs->mutex, NULL);
    web_condition_init(&jobs->changed);
    jobs->runs = jobs->library != NULL && pthread_create(&jobs->runner, NULL, run, jobs) == 0;
    jobs->tells = jobs->runs && pthread_create(&jobs->teller, NULL, tell, jobs) == 0;
    if (!jobs->tells) {
        jobs_destroy(jobs);
        return web_error_memory(err);
    }
    *out = jobs;
    return RV_OK;
}

void jobs_stop(Jobs *jobs)
{
    pthread_mutex_lock(&jobs->mutex);
    jobs->stops = true;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->mutex);
}

void jobs_destroy(Jobs *jobs)
{
    if (jobs == NULL)
        return;
    jobs_stop(jobs);
    if (jobs->runs)
        pthread_join(jobs->runner, NULL);
    if (jobs->tells)
        pthread_join(jobs->teller, NULL);
    jobs_forget_watchers(jobs);
    while (jobs->first != NULL)
        take_out(jobs, jobs->first);
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->mutex);
    free(jobs->library);
    free(jobs);
}
