/* SPDX-License-Identifier: MIT */
/* The files that clips are cut from, none of which a clip may replace. */
#ifndef RV_CUT_KEPT_FILES_H
#define RV_CUT_KEPT_FILES_H

#include <sys/stat.h>

#include "reelvec/timeline.h"

typedef struct FileId {
    dev_t device;
    ino_t inode;
} FileId;

typedef struct KeptFiles {
    FileId *ids; // [count], sorted
    size_t count;
} KeptFiles;

/* Of the moments' videos those that are files, also by links. Release with rv_kept_files_clear. Errors: MEMORY. */
RvStatus rv_kept_files_init(KeptFiles *kept, const RvMoment *moments, size_t count, RvError *err);
bool rv_kept_files_have(const KeptFiles *kept, const struct stat *facts);
void rv_kept_files_clear(KeptFiles *kept);

#endif
