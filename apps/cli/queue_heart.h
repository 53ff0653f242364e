/* SPDX-License-Identifier: MIT */
/* A thread that renews the leases of the running videos, however long a batch takes. */
#ifndef RV_CLI_QUEUE_HEART_H
#define RV_CLI_QUEUE_HEART_H

#include <stdbool.h>

#include "reelvec/reelvec.h"

typedef struct CliQueueHeart CliQueueHeart;

/* Start the thread. library: a handle for this thread alone, borrowed. Returns NULL if the thread could not
 * be started. */
CliQueueHeart *cli_heart_start(RvLibrary *library, double period_s);
/* Stop the thread and free it. heart may be NULL. */
void cli_heart_stop(CliQueueHeart *heart);

/* Renew this job for the slot from now on; NULL for none. When the function returns, no renewal of an older
 * job is running. The job is borrowed until the next call for the slot. */
void cli_heart_watch(CliQueueHeart *heart, int slot, const RvQueueJob *job);

/* True if the slot's video was taken over by another worker. */
bool cli_heart_lost(const CliQueueHeart *heart, int slot);

#endif
