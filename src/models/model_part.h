/* SPDX-License-Identifier: MIT */
/* The file that a download is written to until it is complete. */
#ifndef RV_MODELS_MODEL_PART_H
#define RV_MODELS_MODEL_PART_H

#include "reelvec/status.h"

/* Open PATH.part and lock it. Errors: BUSY if another process holds the lock, IO if the name is not a plain file of
 * its own. */
RvStatus rv_model_part_open(const char *part, int *fd_out, RvError *err);

/* Make a rename in the folder of this path durable, as far as the file system can. */
void rv_model_sync_folder_of(const char *path);

#endif
