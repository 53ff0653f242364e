/* SPDX-License-Identifier: MIT */
/* Working the library's list of videos: take some, index them while their leases are renewed, until none is
 * open. */
#ifndef RV_CLI_QUEUE_RUN_H
#define RV_CLI_QUEUE_RUN_H

#include "index_run.h"

/* Put the videos (NULL: none) into the list and work it. heart_library: another handle on the library, which
 * renews the leases. lease_s 0: a minute. The exit status counts what this worker did. */
int cli_queue_run(CliIndexing *indexing, RvLibrary *heart_library, double lease_s, const RvStrings *videos);

#endif
