/* SPDX-License-Identifier: MIT */
/* A thread that renews the leases of the videos at hand, however long a batch takes. */
#ifndef RV_CLI_QUEUE_HEART_H
#define RV_CLI_QUEUE_HEART_H

#include <stdbool.h>

#include "reelvec/reelvec.h"

typedef struct CliQueueHeart CliQueueHeart;

/* library: a handle of its own, borrowed. NULL: the thread could not be started. */
CliQueueHeart *cli_heart_start(RvLibrary *library, double period_s);
/* Accepts NULL. */
void cli_heart_stop(CliQueueHeart *heart);

/* From now on the slot's job is renewed; NULL: none, and no renewal of an older one is under way. The job is
 * borrowed until then. */
void cli_heart_watch(CliQueueHeart *heart, int slot, const RvQueueJob *job);

/* Whether the slot's video has gone to another worker. */
bool cli_heart_lost(const CliQueueHeart *heart, int slot);

#endif
