/* SPDX-License-Identifier: MIT */
/* Files that commands write: whole under their name, or not at all. */
#include "out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"

static RvStatus fail(OutFile *out, int cause, RvError *err)
{
    cli_out_abandon(out);
    return cli_error(err, RV_ERROR_IO, "%s: cannot write: %s", out->path, strerror(cause));
}

RvStatus cli_out_open(OutFile *out, const char *path, RvError *err)
{
    struct stat facts;
    *out = (OutFile){.path = path};
    bool exists = stat(path, &facts) == 0;
    if (exists && S_ISDIR(facts.st_mode))
        return fail(out, EISDIR, err);
    if (exists && !S_ISREG(facts.st_mode)) {
        out->file = fopen(path, "wb");
        return out->file != NULL ? RV_OK : fail(out, errno, err);
    }
    if (exists && access(path, W_OK) != 0)
        return fail(out, errno, err);
    if (asprintf(&out->temporary, "%s.%ld.part", path, (long)getpid()) < 0) {
        out->temporary = NULL;
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    int fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    out->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (out->file == NULL) {
        int cause = errno;
        if (fd >= 0)
            close(fd);
        return fail(out, cause, err);
    }
    return RV_OK;
}

RvStatus cli_out_commit(OutFile *out, RvError *err)
{
    errno = 0;
    bool good = fflush(out->file) == 0 && !ferror(out->file);
    int cause = errno;
    if (fclose(out->file) != 0 && good) {
        good = false;
        cause = errno;
    }
    out->file = NULL;
    if (good && out->temporary != NULL && rename(out->temporary, out->path) != 0) {
        good = false;
        cause = errno;
    }
    if (!good)
        return fail(out, cause != 0 ? cause : EIO, err);
    free(out->temporary);
    out->temporary = NULL;
    return RV_OK;
}

void cli_out_abandon(OutFile *out)
{
    if (out->file != NULL)
        fclose(out->file);
    if (out->temporary != NULL)
        unlink(out->temporary);
    free(out->temporary);
    out->file = NULL;
    out->temporary = NULL;
}
