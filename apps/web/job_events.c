/* SPDX-License-Identifier: MIT */
/* A job's progress as server-sent events (HTML standard, section 9.2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs_inside.h"

struct Watcher {
    Jobs *jobs;
    int64_t job_id;
    uint64_t seen;    // version of the job that was written last; 0: none
    bool alive;       // a comment is due
    bool ended, gone; // nothing more is written; the client's side is over
    char *text;       // that is being sent
    size_t size, sent;
    Stream *stream;
    Watcher *next;
};

/* With the jobs' mutex held: the next event, if there is one. */
static void write_event(Watcher *watcher)
{
    const Job *job = jobs_find(watcher->jobs, watcher->job_id);
    free(watcher->text);
    watcher->text = NULL;
    watcher->size = watcher->sent = 0;
    int size = 0;
    if (job == NULL) { // it was forgotten
        watcher->ended = true;
    } else if (job->version != watcher->seen) {
        json_t *json = job_json(job);
        char *data = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
        watcher->ended = job_has_ended(job) || data == NULL;
        watcher->seen = job->version;
        if (data != NULL)
            size = asprintf(&watcher->text, "event: %s\nid: %llu\ndata: %s\n\n",
                            job_has_ended(job) ? "end" : "progress", (unsigned long long)job->version, data);
        free(data);
        json_decref(json);
    } else if (watcher->alive) {
        size = asprintf(&watcher->text, ": still here\n\n");
    }
    watcher->alive = false;
    if (size < 0) {
        watcher->text = NULL;
        watcher->ended = true;
    }
    watcher->size = size > 0 ? (size_t)size : 0;
}

static ssize_t read_events(void *user, char *buffer, size_t max_bytes)
{
    Watcher *watcher = user;
    pthread_mutex_lock(&watcher->jobs->mutex);
    if (watcher->sent == watcher->size && !watcher->ended)
        write_event(watcher);
    size_t left = watcher->size - watcher->sent, size = left < max_bytes ? left : max_bytes;
    if (size > 0)
        memcpy(buffer, watcher->text + watcher->sent, size);
    watcher->sent += size;
    ssize_t got = size > 0 ? (ssize_t)size : watcher->ended ? STREAM_END : STREAM_NOTHING_YET;
    pthread_mutex_unlock(&watcher->jobs->mutex);
    return got;
}

static void release(void *user)
{
    Watcher *watcher = user;
    pthread_mutex_lock(&watcher->jobs->mutex);
    watcher->gone = true; // the teller frees it
    watcher->jobs->news++;
    pthread_cond_broadcast(&watcher->jobs->changed);
    pthread_mutex_unlock(&watcher->jobs->mutex);
}

Stream *jobs_watch(Jobs *jobs, int64_t id)
{
    static const StreamSource source = {read_events, release};
    Watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL)
        return NULL;
    *watcher = (Watcher){.jobs = jobs, .job_id = id};
    Stream *stream = watcher->stream = stream_create(&source, watcher);
    pthread_mutex_lock(&jobs->mutex);
    bool there = stream != NULL && jobs_find(jobs, id) != NULL;
    if (there) {
        watcher->next = jobs->watchers;
        jobs->watchers = watcher;
        jobs->news++;
        pthread_cond_broadcast(&jobs->changed);
    }
    pthread_mutex_unlock(&jobs->mutex);
    if (there)
        return stream;
    if (stream != NULL) {
        stream_drop(stream);
        stream_release(stream);
    }
    free(watcher);
    return NULL;
}

/* ---- on the teller ------------------------------------------------------------------------------------ */

static void forget(Watcher *watcher)
{
    stream_release(watcher->stream);
    free(watcher->text);
    free(watcher);
}

/* Cut those out of the list who have gone. */
static Watcher *take_gone(Jobs *jobs)
{
    Watcher *gone = NULL;
    pthread_mutex_lock(&jobs->mutex);
    for (Watcher **link = &jobs->watchers; *link != NULL;) {
        Watcher *watcher = *link;
        if (!watcher->gone) {
            link = &watcher->next;
            continue;
        }
        *link = watcher->next;
        watcher->next = gone;
        gone = watcher;
    }
    pthread_mutex_unlock(&jobs->mutex);
    return gone;
}

void jobs_tell(Jobs *jobs, bool alive)
{
    for (Watcher *gone = take_gone(jobs), *next; gone != NULL; gone = next) {
        next = gone->next;
        forget(gone);
    }
    // New ones come at the front, and only this thread takes any away.
    pthread_mutex_lock(&jobs->mutex);
    Watcher *first = jobs->watchers;
    for (Watcher *watcher = first; watcher != NULL; watcher = watcher->next)
        watcher->alive = watcher->alive || alive;
    pthread_mutex_unlock(&jobs->mutex);
    for (Watcher *watcher = first; watcher != NULL; watcher = watcher->next) {
        if (!stream_is_over(watcher->stream))
            stream_wake(watcher->stream);
    }
}

void jobs_forget_watchers(Jobs *jobs)
{
    while (jobs->watchers != NULL) {
        Watcher *watcher = jobs->watchers;
        jobs->watchers = watcher->next;
        forget(watcher);
    }
}
