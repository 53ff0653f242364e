/* SPDX-License-Identifier: MIT */
/* Folders in TMPDIR in which an answer is made. One whose server was killed is removed by the next server. */
#ifndef RV_WEB_WORK_FOLDER_H
#define RV_WEB_WORK_FOLDER_H

#include <stdint.h>

#include "reelvec/status.h"

typedef struct WorkFolder {
    char path[512];
    int lock; // the folder itself; locked as long as it is in use
} WorkFolder;

/* Errors: IO. */
RvStatus work_folder_make(WorkFolder *folder, RvError *err);
/* With what is in it. */
void work_folder_remove(WorkFolder *folder);
/* How much its files take on the disk. */
uint64_t work_folder_bytes(const WorkFolder *folder);

/* Remove the folders of this user that nobody uses any more. */
void work_folders_sweep(void);

#endif
