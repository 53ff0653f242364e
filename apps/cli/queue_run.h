/* SPDX-License-Identifier: MIT */
/* Working the library's list of videos: take one, index it while its lease is renewed, until none is open. */
#ifndef RV_CLI_QUEUE_RUN_H
#define RV_CLI_QUEUE_RUN_H

#include "context.h"

typedef struct CliQueueHeart CliQueueHeart;

typedef struct CliQueue {
    RvLibrary *library;
    RvLibrary *heart_library; // another handle on it: renews while the first one is busy
    const RvIndexOptions *options;
    double lease_s; // 0: a minute
    bool quiet;
    /* Index one video; errors are not printed. */
    RvStatus (*index)(void *user, const char *video, RvError *err);
    void *user;
    CliQueueHeart *heart;            // of cli_queue_run
    size_t done_count, failed_count; // by this worker
} CliQueue;

/* Put the videos (NULL: none) into the list and work it. The exit status counts what this worker did. */
int cli_queue_run(CliQueue *queue, const RvStrings *videos);

/* From the progress callback: whether the video at hand has gone to another worker. */
bool cli_queue_lost(const CliQueue *queue);

#endif
