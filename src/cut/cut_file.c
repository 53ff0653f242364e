/* SPDX-License-Identifier: MIT */
/* The file of a clip: written under another name, locked meanwhile, renamed when it is whole. */
#include "cut/cut_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#if !defined(RENAME_NOREPLACE) // a C library that does not know the call: musl
#include <sys/syscall.h>
#define RENAME_NOREPLACE 1
#define renameat2(...) syscall(SYS_renameat2, __VA_ARGS__)
#endif

#include "base/error.h"
#include "base/mem.h"
#include "cut/cut_container.h"
#include "reelvec/files.h"

/* An extended attribute (xattr(7)): what a clip was made of, so that it is recognised. It changes no byte of the file. */
static const char mark_name[] = "user.reelvec.cut";
#define MARK_BYTES 128

/* ---- what was left ------------------------------------------------------------------------------------- */

// True if the name is CLIP.NUMBER.part, where CLIP ends as clips and previews do. It is cut off behind CLIP.
static bool cut_to_clip(char *name)
{
    char *part = strrchr(name, '.');
    if (part == NULL || strcmp(part, ".part") != 0)
        return false;
    *part = '\0';
    char *number = strrchr(name, '.');
    if (number == NULL || number[strcspn(number, "123456789")] == '\0')
        return false;
    *number = '\0';
    const char *dot = strrchr(name, '.');
    return dot != NULL && (rv_cut_container(dot + 1) != NULL || rv_cut_is_preview_ending(dot + 1));
}

// Those of any clip in the folder of this one: other moments make other names.
static void remove_parts(const char *path)
{
    const char *slash = strrchr(path, '/');
    int length = slash != NULL ? (int)(slash - path + 1) : 0;
    char *folder = NULL, name[NAME_MAX + 1];
    DIR *stream = asprintf(&folder, "%.*s.", length, path) >= 0 ? opendir(folder) : NULL;
    for (struct dirent *entry = NULL; stream != NULL && (entry = readdir(stream)) != NULL;) {
        char *clip = NULL;
        if (strlen(entry->d_name) >= sizeof name || !cut_to_clip(strcpy(name, entry->d_name)) ||
            asprintf(&clip, "%.*s%s", length, path, name) < 0)
            continue;
        rv_file_remove_parts(clip);
        free(clip);
    }
    if (stream != NULL)
        closedir(stream);
    free(folder);
    rv_file_remove_parts(path);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static RvStatus cannot_write(const char *path, int cause, RvError *err)
{
    const char *advice = cause == EACCES || cause == EROFS || cause == EPERM
                             ? "; name a folder that you may write to"
                         : cause == ENOENT       ? "; make its folder first"
                         : cause == ENAMETOOLONG ? "; give a shorter name"
                                                 : "";
    return rv_error_set(err, RV_ERROR_IO, "%s: cannot be written: %s%s", path, strerror(cause), advice);
}

static RvStatus already_there(const char *path, RvError *err)
{
    return rv_error_set_hint(err, RV_ERROR_ARGUMENT, RV_HINT_FORCE, NULL,
                             "%s: is there already, and is not this clip; give another name", path);
}

RvStatus rv_cut_file_begin(CutFile *file, const char *path, bool force, RvError *err)
{
    *file = (CutFile){.descriptor = -1, .force = force};
    RvStatus status = force ? rv_file_target(path, &file->path, err) : RV_OK;
    if (status != RV_OK)
        return status;
    if (!force && (file->path = rv_mem_copy_string(path, err)) == NULL)
        return RV_ERROR_MEMORY;
    remove_parts(file->path);
    if (asprintf(&file->temporary, "%s.%ld.part", file->path, (long)getpid()) < 0) {
        file->temporary = NULL;
        return rv_error_memory(err, strlen(path));
    }
    // An existing file of this name is not written through, because it may be a link to another one.
    file->descriptor = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->descriptor < 0) {
        int cause = errno;
        free(file->temporary); // it is not ours
        file->temporary = NULL;
        if (cause == EEXIST)
            return rv_error_set(err, RV_ERROR_BUSY, "%s: is being written already", path);
        return cannot_write(path, cause, err);
    }
    flock(file->descriptor, LOCK_EX | LOCK_NB); // some file systems know no locks
    return RV_OK;
}

// Returns 0 or an errno.
static int place(const CutFile *file)
{
    if (file->force)
        return rename(file->temporary, file->path) == 0 ? 0 : errno;
    if (renameat2(AT_FDCWD, file->temporary, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    // A file system that cannot; between the two calls somebody else may take the name.
    if (access(file->path, F_OK) == 0)
        return EEXIST;
    return rename(file->temporary, file->path) == 0 ? 0 : errno;
}

// The mark stays when the content is changed or cut off, so it has the size too. Returns the length of the text.
static int write_mark(const char *mark, int64_t size_bytes, char text[MARK_BYTES])
{
    return snprintf(text, MARK_BYTES, "%s %" PRId64, mark, size_bytes);
}

RvStatus rv_cut_file_commit(CutFile *file, const char *mark, bool *present, RvError *err)
{
    *present = false;
    struct stat facts;
    char text[MARK_BYTES];
    if (fstat(file->descriptor, &facts) != 0)
        return cannot_write(file->path, errno, err);
    int length = write_mark(mark, facts.st_size, text);
    (void)!fsetxattr(file->descriptor, mark_name, text, (size_t)length, 0); // see CUT_FILE_UNKNOWN
    if (fsync(file->descriptor) != 0)
        return cannot_write(file->path, errno, err);
    int cause = place(file);
    *present = cause == EEXIST && rv_cut_file_compare(file->path, mark) == CUT_FILE_SAME;
    if (*present)
        return RV_OK;
    if (cause == EEXIST)
        return already_there(file->path, err);
    if (cause != 0)
        return cannot_write(file->path, cause, err);
    free(file->temporary);
    file->temporary = NULL;
    rv_file_sync_name(file->path);
    return RV_OK;
}

void rv_cut_file_abandon(CutFile *file)
{
    if (file->temporary != NULL)
        unlink(file->temporary);
    if (file->descriptor >= 0)
        close(file->descriptor);
    free(file->temporary);
    free(file->path);
    *file = (CutFile){.descriptor = -1};
}

CutFileState rv_cut_file_compare(const char *path, const char *mark)
{
    char found[MARK_BYTES], wanted[MARK_BYTES];
    struct stat facts;
    if (stat(path, &facts) != 0)
        return CUT_FILE_NONE;
    ssize_t count = S_ISREG(facts.st_mode) ? getxattr(path, mark_name, found, sizeof found) : -1;
    if (count < 0)
        return S_ISREG(facts.st_mode) && (errno == ENOTSUP || errno == ENOSYS) ? CUT_FILE_UNKNOWN
                                                                               : CUT_FILE_OTHER;
    int length = write_mark(mark, facts.st_size, wanted);
    return count == length && memcmp(found, wanted, (size_t)count) == 0 ? CUT_FILE_SAME : CUT_FILE_OTHER;
}
