/* SPDX-License-Identifier: MIT */
/* Work on the library's queue of videos: take some, index them while their leases are renewed, until none is
 * open. */
#ifndef RV_CLI_QUEUE_RUN_H
#define RV_CLI_QUEUE_RUN_H

#include "index_run.h"

/* Add the videos (NULL for none) to the queue and work on it. heart_library: another handle on the library,
 * which renews the leases. lease_s: 0 means a minute. Returns the exit status of what this worker did. */
int cli_queue_run(CliIndexing *indexing, RvLibrary *heart_library, double lease_s, const RvStrings *videos);

#endif
