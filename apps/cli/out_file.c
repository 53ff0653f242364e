/* SPDX-License-Identifier: MIT */
/* Files that commands write: complete under their name or not at all, and never replacing a file of another
 * kind. */
#include "out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "signals.h"

static void forget_names(OutFile *out)
{
    free(out->target);
    free(out->temporary);
    out->target = NULL;
    out->temporary = NULL;
}

static RvStatus fail(OutFile *out, int cause, RvError *err)
{
    cli_out_abandon(out);
    return cli_error(err, RV_ERROR_IO, "%s: cannot write: %s", out->path, strerror(cause));
}

bool cli_out_is_stdout(const char *path)
{
    return strcmp(path, "-") == 0 || rv_file_descriptor(path) == STDOUT_FILENO;
}

/* One that this program was started with: its own, such as a library's, are closed by exec. */
static bool is_handed_over(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFD), mode = fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0 && (mode & O_ACCMODE) != O_RDONLY;
}

static RvStatus open_descriptor(OutFile *out, int descriptor, RvError *err)
{
    if (!is_handed_over(descriptor))
        return fail(out, EBADF, err);
    fflush(stdout); // what was printed before comes first
    int fd = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    out->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (out->file != NULL)
        return RV_OK;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    return fail(out, cause, err);
}

// Create PATH.PID.part, lock it, and register it for removal by signals.
static RvStatus open_temporary(OutFile *out, RvError *err)
{
    rv_file_remove_parts(out->target);
    if (asprintf(&out->temporary, "%s.%ld.part", out->target, (long)getpid()) < 0) {
        out->temporary = NULL;
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    cli_temporary_add(out->temporary);
    // An existing file of this name is not written through, because it may be a link to another file.
    int fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        int cause = errno;
        cli_temporary_forget(out->temporary); // the file of this name is not ours
        free(out->temporary);
        out->temporary = NULL;
        return fail(out, cause, err);
    }
    flock(fd, LOCK_EX | LOCK_NB); // see rv_file_remove_parts; some file systems do not support it
    out->file = fdopen(fd, "wb");
    if (out->file == NULL) {
        int cause = errno;
        close(fd);
        return fail(out, cause, err);
    }
    return RV_OK;
}

/* Open a device, or a pipe; of a pipe wait for its reader, as cat does, but give way to an interrupt. */
static int open_in_place(const char *path)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    int fd;
    while ((fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO && !cli_interrupted())
        nanosleep(&pause, NULL);
    if (fd >= 0)
        fcntl(fd, F_SETFL, 0);
    return fd;
}

RvStatus cli_out_open(OutFile *out, const char *path, RvFileKind kind, RvError *err)
{
    struct stat facts;
    *out = (OutFile){.path = path};
    int descriptor = rv_file_descriptor(path);
    if (descriptor >= 0)
        return open_descriptor(out, descriptor, err);
    bool exists = stat(path, &facts) == 0;
    if (exists && S_ISDIR(facts.st_mode))
        return fail(out, EISDIR, err);
    if (exists && !S_ISREG(facts.st_mode)) {
        int fd = open_in_place(path);
        if (fd < 0 && errno == ENXIO && cli_interrupted())
            return cli_error(err, RV_ERROR_CANCELLED, "%s: interrupted before anybody read it", path);
        out->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
        return out->file != NULL ? RV_OK : fail(out, errno, err);
    }
    if (exists && access(path, W_OK) != 0)
        return fail(out, errno, err);
    RvStatus status = rv_file_check_replaced(path, kind, err);
    if (status == RV_OK)
        status = rv_file_target(path, &out->target, err);
    return status == RV_OK ? open_temporary(out, err) : status;
}

RvStatus cli_out_commit(OutFile *out, RvError *err)
{
    errno = 0;
    bool good = fflush(out->file) == 0 && !ferror(out->file) &&
                (out->temporary == NULL || fsync(fileno(out->file)) == 0);
    int cause = errno;
    if (!good && cause == 0) // an earlier write failed: the next one says why
        cause = fputc('\n', out->file) == EOF || fflush(out->file) != 0 ? errno : EIO;
    if (fclose(out->file) != 0 && good) {
        good = false;
        cause = errno;
    }
    out->file = NULL;
    if (good && out->temporary != NULL) {
        good = rename(out->temporary, out->target) == 0;
        cause = errno;
    }
    if (!good)
        return fail(out, cause != 0 ? cause : EIO, err);
    if (out->temporary != NULL) {
        cli_temporary_forget(out->temporary);
        rv_file_sync_name(out->target);
    }
    forget_names(out);
    return RV_OK;
}

void cli_out_abandon(OutFile *out)
{
    if (out->file != NULL)
        fclose(out->file);
    if (out->temporary != NULL) {
        unlink(out->temporary);
        cli_temporary_forget(out->temporary);
    }
    forget_names(out);
    out->file = NULL;
}
