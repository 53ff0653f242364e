/* SPDX-License-Identifier: MIT */
/* What the queue of jobs (jobs.c), indexing (job_run.c) and events (job_events.c) share. */
#ifndef RV_WEB_JOBS_INSIDE_H
#define RV_WEB_JOBS_INSIDE_H

#include <pthread.h>

#include "jobs.h"

#define JOB_FAILURES_MAX 100
#define JOB_SLOTS 8

typedef enum JobState { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_CANCELLED, JOB_FAILED } JobState;

typedef struct JobSlot { // a video that is being indexed
    char *video;         // below the root
    RvIndexStage stage;
    int64_t frames_done, frames_expected;
} JobSlot;

typedef struct Job {
    int64_t id, root;
    char *folder, *place, *path;
    double every_s;
    bool retry_failed;
    JobState state;
    bool cancelled;
    int64_t created_s, began_s, ended_s; // Unix time; 0: not yet
    int64_t total, done, indexed, unchanged, failed, frames;
    JobSlot slots[JOB_SLOTS];
    char *failed_videos[JOB_FAILURES_MAX], *failed_why[JOB_FAILURES_MAX];
    size_t failure_count;
    char *error;      // why there is no video of it
    uint64_t version; // changes with everything above
    struct Job *next;
} Job;

typedef struct Watcher Watcher; // job_events.c

struct Jobs {
    char *library;
    RvEncoder *encoder;
    pthread_mutex_t mutex; // of all that follows; never held while a stream is called
    pthread_cond_t changed;
    Job *first; // the newest
    int64_t last_id;
    Watcher *watchers;
    uint64_t news; // differs whenever there is something to tell
    bool stops;
    pthread_t runner, teller;
    bool runs, tells; // the threads were started
};

/* With the mutex held. */
Job *jobs_find(Jobs *jobs, int64_t id);
json_t *job_json(const Job *job);
bool job_has_ended(const Job *job);

/* With the mutex held, after a job has changed: those who watch are told. */
void jobs_changed(Jobs *jobs, Job *job);

/* On the runner: index what the job names. Its state is RUNNING before, and one of the last three after. */
void job_run(Jobs *jobs, Job *job);

/* On the teller, without the mutex: tell those who watch, and forget those who have gone. alive: also those for
 * whom there is nothing new, so that no proxy takes the connection for dead. */
void jobs_tell(Jobs *jobs, bool alive);
void jobs_forget_watchers(Jobs *jobs); // all, at the end

#endif
