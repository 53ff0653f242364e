/* SPDX-License-Identifier: MIT */
/* The files that clips are cut from, none of which a clip may replace. */
#include "cut/kept_files.h"

#include <stdlib.h>

#include "base/mem.h"

static int compare_ids(const void *left, const void *right)
{
    const FileId *a = left, *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

RvStatus rv_kept_files_init(KeptFiles *kept, const RvMoment *moments, size_t count, RvError *err)
{
    *kept = (KeptFiles){.ids = rv_mem_alloc(count, sizeof *kept->ids, err)};
    if (kept->ids == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct stat facts;
        if (moments[i].video != NULL && stat(moments[i].video, &facts) == 0)
            kept->ids[kept->count++] = (FileId){facts.st_dev, facts.st_ino};
    }
    qsort(kept->ids, kept->count, sizeof *kept->ids, compare_ids);
    return RV_OK;
}

bool rv_kept_files_have(const KeptFiles *kept, const struct stat *facts)
{
    const FileId wanted = {facts->st_dev, facts->st_ino};
    return kept->count > 0 && bsearch(&wanted, kept->ids, kept->count, sizeof wanted, compare_ids) != NULL;
}

void rv_kept_files_clear(KeptFiles *kept)
{
    free(kept->ids);
    *kept = (KeptFiles){0};
}
