/* SPDX-License-Identifier: MIT */
/* The worker list: a list of videos in a library that several machines index together. */
#ifndef REELVEC_QUEUE_H
#define REELVEC_QUEUE_H

#include <stdint.h>

#include "reelvec/sources.h"
#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct RvIndexOptions RvIndexOptions; /* reelvec/index.h */
typedef struct RvLibrary RvLibrary;           /* reelvec/library.h */

/* The list is a table of the library (PostgreSQL and MariaDB; others: UNSUPPORTED). A worker takes a job for
 * a limited time, the lease, and renews it. If a lease runs out, another worker may take the job over. */
typedef struct RvQueueJob {
    char *path; /* NULL: none */
    int64_t job_id, lease_number;
    int attempts; /* this one included */
    double lease_s;
    uint64_t reserved[4];
} RvQueueJob;
RV_API void rv_queue_job_clear(RvQueueJob *job);

/* Attempts per video. After the last one it counts as failed. */
#define RV_QUEUE_ATTEMPTS_MAX 3

typedef struct RvQueueCounts {
    int64_t waiting, leased, done, failed;
    uint64_t reserved[4];
} RvQueueCounts;

typedef enum RvQueueEnd {
    RV_QUEUE_DONE,
    RV_QUEUE_FAILED,    /* with a message */
    RV_QUEUE_TRY_AGAIN, /* any worker may take it; FAILED after the last attempt */
    RV_QUEUE_GIVE_BACK  /* any worker may take it; the attempt does not count */
} RvQueueEnd;

/* Threads: any; calls on one library wait for each other, except rv_library_queue_possible. */

/* RV_OK if a library at this address (as for rv_library_open) can have a list, UNSUPPORTED if not. Opens
 * nothing. */
RV_API RvStatus rv_library_queue_possible(const char *uri, RvError *err);

/* Append the videos (files, URLs) that are not in the list yet. If all videos of the list are done, those
 * named are opened again. paths NULL: add none, only check. The options about frames are kept with the
 * videos. options->retry_failed: all failed videos are tried again. Errors: ARGUMENT if open videos have
 * other options. */
RV_API RvStatus rv_library_queue_add(RvLibrary *library, const RvStrings *paths,
                                     const RvIndexOptions *options, RvError *err);

/* Take one video for lease_s seconds; job->path is NULL if there is none now. *counts (may be NULL): of the
 * videos with these options. Until rv_library_queue_end, writing frames with this handle returns BUSY if
 * another worker has taken the video over. A handle may hold several: rv_library_index_list checks the lease
 * of each, RvIndexItem.job; rv_library_index checks that of the last one taken. */
RV_API RvStatus rv_library_queue_take(RvLibrary *library, const RvIndexOptions *options, double lease_s,
                                      RvQueueJob *job, RvQueueCounts *counts, RvError *err);

/* Restart the lease: it ends job->lease_s seconds from now. Another handle of the library may be used. BUSY
 * if another worker has the video. */
RV_API RvStatus rv_library_queue_renew(RvLibrary *library, const RvQueueJob *job, RvError *err);

/* Record how the video ended, and release it. message: what went wrong, or NULL. If another worker has the
 * video: BUSY, and nothing is changed. */
RV_API RvStatus rv_library_queue_end(RvLibrary *library, const RvQueueJob *job, RvQueueEnd how,
                                     const char *message, RvError *err);

#ifdef __cplusplus
}
#endif
#endif
