/* SPDX-License-Identifier: MIT */
/* A file beside a library that is written under another name and then put in its place at once. */
#include "search/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

RvStatus rv_new_file_init(NewFile *file, Store *store, const char *suffix, RvError *err)
{
    char new_suffix[64];
    file->descriptor = -1;
    file->taken = false;
    snprintf(new_suffix, sizeof new_suffix, "%s-new", suffix);
    RvStatus status = rv_store_derived_path(store, suffix, file->path, sizeof file->path, err);
    if (status == RV_OK)
        status = rv_store_derived_path(store, new_suffix, file->new_path, sizeof file->new_path, err);
    return status;
}

/* Whether the name still stands for the open file. */
static bool has_name(const NewFile *file)
{
    struct stat here, there;
    return fstat(file->descriptor, &here) == 0 && lstat(file->new_path, &there) == 0 &&
           here.st_ino == there.st_ino && S_ISREG(here.st_mode);
}

/* A file that is there belongs to a process that is at work, or was killed: the lock tells. */
RvStatus rv_new_file_take(NewFile *file, RvError *err)
{
    file->descriptor = open(file->new_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (file->descriptor < 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
    // The one who had it may have given the file another name meanwhile.
    file->taken = flock(file->descriptor, LOCK_EX | LOCK_NB) == 0 && has_name(file);
    return RV_OK;
}

RvStatus rv_new_file_begin(const NewFile *file, Store *store, RvError *err)
{
    char library[NEW_FILE_PATH_BYTES];
    struct stat facts;
    RvStatus status = rv_store_derived_path(store, "", library, sizeof library, err);
    if (status != RV_OK)
        return status;
    // Only an administrator may give files away; for others it is theirs already.
    if (stat(library, &facts) != 0 || fchmod(file->descriptor, facts.st_mode & 0666) != 0 ||
        (geteuid() == 0 && fchown(file->descriptor, facts.st_uid, facts.st_gid) != 0) ||
        ftruncate(file->descriptor, 0) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
    return RV_OK;
}

RvStatus rv_new_file_place(const NewFile *file, RvError *err)
{
    if (rename(file->new_path, file->path) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", file->path, strerror(errno));
    return RV_OK;
}

void rv_new_file_drop(NewFile *file)
{
    if (file->taken && has_name(file))
        unlink(file->new_path);
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
    file->taken = false;
}
