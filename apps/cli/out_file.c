/* SPDX-License-Identifier: MIT */
/* Files that commands write: complete under their name or not at all, and never replacing a file of another
 * kind. */
#include "out_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "signals.h"

static RvStatus fail(OutFile *out, int cause, RvError *err)
{
    cli_out_abandon(out);
    return cli_error(err, RV_ERROR_IO, "%s: cannot write: %s", out->path, strerror(cause));
}

/* ---- what is there already ---------------------------------------------------------------------------- */

static bool begins(const unsigned char *bytes, size_t count, const char *with, size_t length)
{
    return count >= length && memcmp(bytes, with, length) == 0;
}

#define BEGINS(bytes, count, with) begins(bytes, count, with, sizeof(with) - 1)

/* Returns what a file is by its first bytes, in words. *ours is set, and *kind, if it is a kind that commands
 * write. */
static const char *recognise(const unsigned char *bytes, size_t count, bool *ours, OutKind *kind)
{
    // Kinds whose first bytes may hold no NUL.
    static const char *const others[] = {"%PDF",
                                         "%!PS",
                                         "GIF8",
                                         "PK\x03\x04",
                                         "RIFF",
                                         "\x1f\x8b",
                                         "BZh",
                                         "\xfd"
                                         "7zXZ",
                                         "\x1a\x45\xdf\xa3",
                                         "\x28\xb5\x2f\xfd"};
    *ours = true;
    if (BEGINS(bytes, count, "\x89PNG\r\n\x1a\n") || BEGINS(bytes, count, "\xff\xd8\xff")) {
        *kind = OUT_PICTURE;
        return "a picture";
    }
    *kind = OUT_NPY;
    if (BEGINS(bytes, count, "\x93NUMPY"))
        return "a NumPy file";
    // File names may contain any byte except NUL, and tables contain such names.
    *kind = OUT_TEXT;
    bool text = memchr(bytes, '\0', count) == NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        text = text && !begins(bytes, count, others[i], strlen(others[i]));
    if (text)
        return "a text";
    *ours = false;
    return BEGINS(bytes, count, "SQLite format 3") ? "a library or another SQLite database"
                                                   : "a file of another kind";
}

// Refuse an existing file that is not of the kind to be written. Errors: ARGUMENT, IO.
static RvStatus check_kind(const char *path, OutKind kind, RvError *err)
{
    static const char *const wanted[] = {
        [OUT_TEXT] = "a text", [OUT_NPY] = "a NumPy file", [OUT_PICTURE] = "a picture"};
    unsigned char bytes[4096];
    OutKind found_kind;
    bool ours = false;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t count = descriptor >= 0 ? read(descriptor, bytes, sizeof bytes) : -1;
    int cause = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (count < 0)
        return cli_error(err, RV_ERROR_IO, "%s: is there already, and cannot be looked at: %s", path,
                         strerror(cause));
    if (count == 0)
        return RV_OK;
    const char *found = recognise(bytes, (size_t)count, &ours, &found_kind);
    if (ours && found_kind == kind)
        return RV_OK;
    return cli_error(
        err, RV_ERROR_ARGUMENT,
        "%s: is there already, and is %s; it is not replaced by %s: give another name, or remove it", path,
        found, wanted[kind]);
}

/* ---- what was left ------------------------------------------------------------------------------------ */

/* True if the name is BASE.PID.part of a process that no longer exists. */
static bool is_orphan_name(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || name[length] != '.' || name[length + 1] < '1' ||
        name[length + 1] > '9')
        return false;
    char *end = NULL;
    errno = 0;
    long process = strtol(name + length + 1, &end, 10);
    return errno == 0 && process == (pid_t)process && strcmp(end, ".part") == 0 &&
           kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* A process on another machine holds a lock on the file while it writes. */
static void remove_orphan(int folder, const char *name)
{
    struct stat facts;
    int descriptor = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return;
    if (fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(descriptor);
}

static DIR *open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return opendir(".");
    char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    DIR *stream = folder != NULL ? opendir(folder) : NULL;
    free(folder);
    return stream;
}

static void remove_orphans(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    DIR *stream = open_folder(path);
    for (struct dirent *entry = NULL; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (is_orphan_name(entry->d_name, base))
            remove_orphan(dirfd(stream), entry->d_name);
    }
    if (stream != NULL)
        closedir(stream);
}

/* ---- writing ------------------------------------------------------------------------------------------ */

// Create PATH.PID.part, lock it, and register it for removal by signals.
static RvStatus open_temporary(OutFile *out, RvError *err)
{
    remove_orphans(out->path);
    if (asprintf(&out->temporary, "%s.%ld.part", out->path, (long)getpid()) < 0) {
        out->temporary = NULL;
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    }
    cli_temporary_add(out->temporary);
    // An existing file of this name is not written through, because it may be a link to another file.
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(out->temporary, flags, 0666);
    if (fd < 0 && errno == EEXIST) { // left by a process that had the same number
        remove_orphan(AT_FDCWD, out->temporary);
        fd = open(out->temporary, flags, 0666);
    }
    if (fd < 0) {
        int cause = errno;
        cli_temporary_forget(out->temporary); // the file of this name is not ours
        free(out->temporary);
        out->temporary = NULL;
        return fail(out, cause, err);
    }
    flock(fd, LOCK_EX | LOCK_NB); // see remove_orphan; some file systems do not support it
    out->file = fdopen(fd, "wb");
    if (out->file == NULL) {
        int cause = errno;
        close(fd);
        return fail(out, cause, err);
    }
    return RV_OK;
}

RvStatus cli_out_open(OutFile *out, const char *path, OutKind kind, RvError *err)
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
    RvStatus status = exists ? check_kind(path, kind, err) : RV_OK;
    return status == RV_OK ? open_temporary(out, err) : status;
}

/* The name is given only to content that is on the disk. Then the name is written to disk too. */
static int place(const OutFile *out)
{
    if (rename(out->temporary, out->path) != 0)
        return errno;
    DIR *stream = open_folder(out->path);
    if (stream != NULL) {
        fsync(dirfd(stream)); // some file systems do not support it
        closedir(stream);
    }
    return 0;
}

RvStatus cli_out_commit(OutFile *out, RvError *err)
{
    errno = 0;
    bool good = fflush(out->file) == 0 && !ferror(out->file) &&
                (out->temporary == NULL || fsync(fileno(out->file)) == 0);
    int cause = errno;
    if (fclose(out->file) != 0 && good) {
        good = false;
        cause = errno;
    }
    out->file = NULL;
    if (good && out->temporary != NULL) {
        cause = place(out);
        good = cause == 0;
    }
    if (!good)
        return fail(out, cause != 0 ? cause : EIO, err);
    if (out->temporary != NULL)
        cli_temporary_forget(out->temporary);
    free(out->temporary);
    out->temporary = NULL;
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
    free(out->temporary);
    out->file = NULL;
    out->temporary = NULL;
}
