/* SPDX-License-Identifier: MIT */
/* Index jobs: folders below the media roots, one after the other, on a thread of their own; another one tells of them. */
#ifndef RV_WEB_JOBS_H
#define RV_WEB_JOBS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "reelvec/reelvec.h"
#include "stream.h"

typedef struct Jobs Jobs;

#define JOBS_QUEUED_MAX 64

typedef struct JobsOptions {
    const char *library; // a file; it is made if it is not there
    RvEncoder *encoder;
} JobsOptions;

/* What a job indexes. */
typedef struct JobWish {
    int64_t root;       // number of the media root
    const char *folder; // below it, as it was asked for; "" is the root itself
    const char *place;  // real path of the root
    const char *path;   // real path of the folder or file
    double every_s;     // 0: the default
    bool retry_failed;
} JobWish;

/* The options' texts are copied. Errors: MEMORY. */
RvStatus jobs_create(const JobsOptions *options, Jobs **out, RvError *err);
/* Cancel what runs, and start nothing more. */
void jobs_stop(Jobs *jobs);
/* Their streams have to be over. NULL is accepted. */
void jobs_destroy(Jobs *jobs);

/* Put a job at the end of the queue. *id: its number. Errors: BUSY (too many wait), MEMORY. */
RvStatus jobs_add(Jobs *jobs, const JobWish *wish, int64_t *id, RvError *err);
/* One that waits or runs is cancelled, which takes a moment; one that has ended is forgotten. Returns false if there is
 * none. */
bool jobs_cancel(Jobs *jobs, int64_t id);

/* A job as answers show it; NULL: there is none, or no memory. All of them, the newest first. */
json_t *jobs_show(Jobs *jobs, int64_t id);
json_t *jobs_list(Jobs *jobs);

/* Its progress as server-sent events: "progress" whenever something has changed, at last "end", each with the job as
 * data. NULL: there is no such job, or no memory. */
Stream *jobs_watch(Jobs *jobs, int64_t id);

#endif
