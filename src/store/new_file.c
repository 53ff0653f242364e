/* SPDX-License-Identifier: MIT */
/* A file beside a library that is written under another name and then renamed atomically. */
#include "store/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "naming/same_file.h"

RvStatus rv_new_file_init(NewFile *file, Store *store, const char *suffix, RvError *err)
{
    char new_suffix[64];
    file->descriptor = -1;
    file->taken = false;
    snprintf(new_suffix, sizeof new_suffix, "%s-new", suffix);
    RvStatus status = rv_store_derived_path(store, suffix, file->path, sizeof file->path, err);
    if (status == RV_OK)
        status = rv_store_derived_path(store, "", file->library, sizeof file->library, err);
    if (status == RV_OK)
        status = rv_store_derived_path(store, new_suffix, file->new_path, sizeof file->new_path, err);
    return status;
}

/* True if the name is still that of the open file. */
static bool has_name(const NewFile *file)
{
    struct stat here, there;
    return fstat(file->descriptor, &here) == 0 && lstat(file->new_path, &there) == 0 &&
           rv_same_file(&here, &there) && S_ISREG(here.st_mode);
}

/* Set the library's mode, owner and group, as far as this user may set them. */
static RvStatus take_rights(const NewFile *file, RvError *err)
{
    struct stat library, here;
    if (stat(file->library, &library) != 0 || fstat(file->descriptor, &here) != 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
    mode_t mode = library.st_mode & 0666;
    // Only an administrator may change a file's owner, and only members of a group may give a file to it.
    bool same_group =
        here.st_gid == library.st_gid || fchown(file->descriptor, (uid_t)-1, library.st_gid) == 0;
    bool good = geteuid() != 0 || fchown(file->descriptor, library.st_uid, library.st_gid) == 0;
    // The permissions of the library's group must not apply to another group.
    if (!same_group)
        mode = (mode & ~(mode_t)070) | (mode & 07) << 3;
    // If the file belongs to another user, the mode that this user gave it is kept.
    good = good && (here.st_uid != geteuid() || fchmod(file->descriptor, mode) == 0);
    return good ? RV_OK : rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
}

/* Returns what has the name if that is not a file that reelvec made, else NULL. errno is that of opening it;
 * facts are those of an open file. */
static const char *fault_of_name(int descriptor, const struct stat *facts)
{
    if (descriptor < 0)
        return errno == ELOOP                          ? "a symbolic link"
               : errno == EISDIR                       ? "a folder"
               : errno == EACCES || errno == EPERM     ? "a file of somebody else"
               : errno == ENXIO || errno == EOPNOTSUPP ? "not a regular file"
                                                       : NULL;
    if (!S_ISREG(facts->st_mode))
        return "not a regular file";
    // Through a hard link another file would be written to. 0 links: another process has removed it
    // meanwhile.
    return facts->st_nlink > 1 ? "a file that has a second name" : NULL;
}

/* If the file exists, another process is making it or was killed. The lock shows which. */
RvStatus rv_new_file_take(NewFile *file, RvError *err)
{
    struct stat facts = {0};
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    file->descriptor = open(file->new_path, flags | O_CREAT | O_EXCL, 0600);
    bool made = file->descriptor >= 0;
    if (!made && errno == EEXIST)
        file->descriptor = open(file->new_path, flags);
    if (!made && file->descriptor < 0 && errno == ENOENT)
        return RV_OK; // it existed a moment ago, so another process is at work
    const char *fault = file->descriptor < 0 || fstat(file->descriptor, &facts) == 0
                            ? fault_of_name(file->descriptor, &facts)
                            : NULL;
    if (fault == NULL && file->descriptor < 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
    if (fault != NULL) {
        rv_new_file_drop(file);
        return rv_error_set(err, RV_ERROR_IO, "%s: is in the way (%s); remove or rename it", file->new_path,
                            fault);
    }
    // The process that had the lock may have renamed the file meanwhile.
    file->taken = flock(file->descriptor, LOCK_EX | LOCK_NB) == 0 && has_name(file);
    // This is done at once: if this process is killed, the next user must be able to open the file.
    return file->taken ? take_rights(file, err) : RV_OK;
}

RvStatus rv_new_file_begin(const NewFile *file, RvError *err)
{
    RvStatus status = take_rights(file, err);
    if (status == RV_OK && ftruncate(file->descriptor, 0) != 0)
        status = rv_error_set(err, RV_ERROR_IO, "%s: %s", file->new_path, strerror(errno));
    return status;
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
