/* SPDX-License-Identifier: MIT */
/* Files that are written: what they may replace, and what killed processes left of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "reelvec/files.h"

#define LOOKED_AT_BYTES 4096
#define PNG_HEADER_BYTES 33 // signature and IHDR

/* ---- what is there already ---------------------------------------------------------------------------- */

static bool begins(const unsigned char *bytes, size_t count, const char *with, size_t length)
{
    return count >= length && memcmp(bytes, with, length) == 0;
}

#define BEGINS(bytes, count, with) begins(bytes, count, with, sizeof(with) - 1)

static bool is_png(const unsigned char *bytes, size_t count)
{
    return BEGINS(bytes, count, "\x89PNG\r\n\x1a\n");
}

/* Returns where the mark of a picture would be: behind a PNG's header, which is as long in each, or behind JFIF's
 * segment; 0 if the file is neither. */
static size_t place_of_mark(const unsigned char *bytes, size_t count)
{
    if (is_png(bytes, count))
        return PNG_HEADER_BYTES;
    return BEGINS(bytes, count, "\xff\xd8\xff\xe0") && count >= 6 ? 4u + (bytes[4] << 8 | bytes[5]) : 0;
}

static bool is_own_picture(const unsigned char *bytes, size_t count)
{
    size_t place = place_of_mark(bytes, count);
    if (place == 0 || place > count)
        return false;
    return is_png(bytes, count) ? BEGINS(bytes + place, count - place, RV_FILE_PNG_MARK)
                                : BEGINS(bytes + place, count - place, RV_FILE_JPEG_MARK);
}

/* Returns what a file is by its first bytes, in words. *known is set, and *kind, if it is one of the kinds. */
static const char *recognise(const unsigned char *bytes, size_t count, bool *known, RvFileKind *kind)
{
    // Kinds whose first bytes may hold no NUL.
    static const char *const others[] = {
        "%PDF",     "%!PS", "GIF8",        "PK\x03\x04",       "RIFF",
        "\x1f\x8b", "BZh",  "\xfd\x37zXZ", "\x1a\x45\xdf\xa3", "\x28\xb5\x2f\xfd"};
    *known = true;
    if (is_own_picture(bytes, count)) {
        *kind = RV_FILE_OWN_PICTURE;
        return "a picture";
    }
    if (is_png(bytes, count) || BEGINS(bytes, count, "\xff\xd8\xff")) {
        *kind = RV_FILE_PICTURE;
        return "a picture";
    }
    *kind = RV_FILE_NPY;
    if (BEGINS(bytes, count, "\x93NUMPY"))
        return "a NumPy file";
    // File names may contain any byte except NUL, and tables contain such names.
    *kind = RV_FILE_TEXT;
    bool text = memchr(bytes, '\0', count) == NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        text = text && !begins(bytes, count, others[i], strlen(others[i]));
    if (text)
        return "a text";
    *known = false;
    return BEGINS(bytes, count, "SQLite format 3") ? "a library or another SQLite database"
                                                   : "a file of another kind";
}

RvStatus rv_file_check_replaced(const char *path, RvFileKind kind, RvError *err)
{
    static const char *const wanted[] = {[RV_FILE_TEXT] = "a text",
                                         [RV_FILE_NPY] = "a NumPy file",
                                         [RV_FILE_PICTURE] = "a picture",
                                         [RV_FILE_OWN_PICTURE] = "a picture"};
    unsigned char bytes[LOOKED_AT_BYTES];
    struct stat facts;
    RvFileKind found_kind;
    bool known = false;
    if ((unsigned)kind > RV_FILE_OWN_PICTURE)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "a kind of files %d is not known", (int)kind);
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode))
        return RV_OK;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t count = descriptor >= 0 ? read(descriptor, bytes, sizeof bytes) : -1;
    int cause = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (count < 0)
        return rv_error_set(err, RV_ERROR_IO, "%s: is there already, and cannot be looked at: %s", path,
                            strerror(cause));
    if (count == 0)
        return RV_OK;
    const char *found = recognise(bytes, (size_t)count, &known, &found_kind);
    if (known && (found_kind == kind || (found_kind == RV_FILE_OWN_PICTURE && kind == RV_FILE_PICTURE)))
        return RV_OK;
    if (known && found_kind == RV_FILE_PICTURE && kind == RV_FILE_OWN_PICTURE)
        return rv_error_set_hint(
            err, RV_ERROR_ARGUMENT, RV_HINT_FORCE, NULL,
            "%s: is there already, and is a picture that was not written by reelvec; give another "
            "name",
            path);
    return rv_error_set(
        err, RV_ERROR_ARGUMENT,
        "%s: is there already, and is %s; it is not replaced by %s: give another name, or remove it", path,
        found, wanted[kind]);
}

/* ---- where it is written ------------------------------------------------------------------------------ */

int rv_file_descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) != 0 || path[length] < '0' || path[length] > '9')
            continue;
        char *end = NULL;
        long number = strtol(path + length, &end, 10);
        return *end == '\0' && number == (int)number ? (int)number : -1;
    }
    return -1;
}

RvStatus rv_file_target(const char *path, char **target, RvError *err)
{
    struct stat facts;
    bool is_link = lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
    *target = is_link && stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? realpath(path, NULL) : NULL;
    if (*target == NULL)
        *target = rv_mem_copy_string(path, err);
    return *target != NULL ? RV_OK : RV_ERROR_MEMORY;
}

/* ---- what was left ------------------------------------------------------------------------------------ */

/* True if the name is BASE.PID.part of this process, or of one that no longer exists. */
static bool is_part_name(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || name[length] != '.' || name[length + 1] < '1' ||
        name[length + 1] > '9')
        return false;
    char *end = NULL;
    errno = 0;
    long process = strtol(name + length + 1, &end, 10);
    if (errno != 0 || process != (pid_t)process || strcmp(end, ".part") != 0)
        return false;
    return process == getpid() || (kill((pid_t)process, 0) != 0 && errno == ESRCH);
}

static void remove_part(int folder, const char *name)
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

void rv_file_remove_parts(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    DIR *stream = open_folder(path);
    for (struct dirent *entry = NULL; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (is_part_name(entry->d_name, base))
            remove_part(dirfd(stream), entry->d_name);
    }
    if (stream != NULL)
        closedir(stream);
}

void rv_file_sync_name(const char *path)
{
    DIR *stream = open_folder(path);
    if (stream == NULL)
        return;
    fsync(dirfd(stream)); // some file systems do not support it
    closedir(stream);
}
