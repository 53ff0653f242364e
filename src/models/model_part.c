/* SPDX-License-Identifier: MIT */
/* The file that a download is written to until it is complete. */
#include "models/model_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "models/model_source.h"
#include "naming/same_file.h"

/* A part must be a plain file without other names: writing through a link would write somewhere else. */
static RvStatus check_part(const char *part, const struct stat *facts, RvError *err)
{
    if (S_ISREG(facts->st_mode) && facts->st_nlink == 1)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_IO, "%s: %s; delete it", part,
                        S_ISREG(facts->st_mode) ? "has a second name (a hard link)" : "not a plain file");
}

RvStatus rv_model_part_open(const char *part, int *fd_out, RvError *err)
{
    // If the part was installed or deleted between open and lock, it is not the file to write to. Try again.
    for (int attempt = 0; attempt < 10; attempt++) {
        int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (fd < 0 && errno == ELOOP)
            return rv_error_set(err, RV_ERROR_IO, "%s: a symbolic link; delete it", part);
        if (fd < 0)
            return rv_error_set(err, RV_ERROR_IO, "%s: %s", part, strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(fd);
            return rv_error_set(err, RV_ERROR_BUSY, "%s: another reelvec is fetching this file; wait for it",
                                part);
        }
        struct stat opened, named;
        if (fstat(fd, &opened) == 0 && lstat(part, &named) == 0 && rv_same_file(&opened, &named)) {
            RvStatus status = check_part(part, &opened, err);
            if (status != RV_OK)
                close(fd);
            else
                *fd_out = fd;
            return status;
        }
        close(fd);
    }
    return rv_error_set(err, RV_ERROR_BUSY, "%s: other processes keep replacing this file", part);
}

void rv_model_sync_folder_of(const char *path)
{
    char folder[MODEL_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) : 1,
             slash != NULL ? path : ".");
    int fd = open(folder[0] != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd); // if the file system does not support it, the rename is only less durable
    close(fd);
}
