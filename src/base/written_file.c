/* SPDX-License-Identifier: MIT */
/* Files that are written: what they may replace, and what killed processes left of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "reelvec/files.h"

#define LOOKED_AT_BYTES 4096
#define LINKS_MAX 40        // as many as the kernel follows
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

/* The number that a path ends in behind `beginning`, and is nothing else; -1: it does not. */
static int number_behind(const char *path, const char *beginning)
{
    size_t length = strlen(beginning);
    if (strncmp(path, beginning, length) != 0 || path[length] < '0' || path[length] > '9')
        return -1;
    char *end = NULL;
    errno = 0;
    long number = strtol(path + length, &end, 10);
    return errno == 0 && *end == '\0' && number == (int)number ? (int)number : -1;
}

/* By its name alone, which may be of one that is closed, or on a system that has no such links. */
static int named_descriptor(const char *path)
{
    static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, streams[i]) == 0)
            return i;
    }
    int number = number_behind(path, "/dev/fd/");
    return number >= 0 ? number : number_behind(path, "/proc/self/fd/");
}

/* The folder that a path is in. Free with free(). NULL: no memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* The path of a link, whose folder has no links in it: /proc/1234/fd/1 of /dev/../proc/self/fd/1. Free with free(). NULL:
 * it is none, or cannot be told. */
static char *whole_path_of_link(const char *path)
{
    struct stat facts;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (lstat(path, &facts) != 0 || !S_ISLNK(facts.st_mode) || name[0] == '\0')
        return NULL;
    char *folder = folder_of(path), *whole = NULL, *resolved = folder != NULL ? realpath(folder, NULL) : NULL;
    if (resolved != NULL && asprintf(&whole, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, name) < 0)
        whole = NULL;
    free(resolved);
    free(folder);
    return whole;
}

/* What a link says, seen from the folder that it is in. Free with free(). NULL: it cannot be told. */
static char *next_of_link(const char *whole)
{
    char text[4096], *next = NULL;
    ssize_t length = readlink(whole, text, sizeof text);
    if (length <= 0 || length == (ssize_t)sizeof text)
        return NULL;
    int folder = text[0] == '/' ? 0 : (int)(strrchr(whole, '/') - whole + 1);
    return asprintf(&next, "%.*s%.*s", folder, whole, (int)length, text) >= 0 ? next : NULL;
}

/* Of this process: /proc/PID/fd/N, /proc/PID/task/TID/fd/N, with the number that it has there: /proc may be that of a
 * container's host. */
static int own_descriptor(const char *whole)
{
    char number[32], own[64];
    ssize_t length = readlink("/proc/self", number, sizeof number);
    if (length <= 0 || length == (ssize_t)sizeof number)
        return -1;
    snprintf(own, sizeof own, "/proc/%.*s/", (int)length, number);
    if (strncmp(whole, own, strlen(own)) != 0)
        return -1;
    whole += strlen(own);
    if (strncmp(whole, "task/", 5) == 0) {
        whole += 5 + strspn(whole + 5, "0123456789");
        whole += whole[0] == '/';
    }
    return number_behind(whole, "fd/");
}

int rv_file_descriptor(const char *path)
{
    int descriptor = named_descriptor(path);
    char *link = descriptor < 0 ? whole_path_of_link(path) : NULL;
    for (int i = 0; link != NULL && i < LINKS_MAX; i++) {
        descriptor = own_descriptor(link);
        char *next = descriptor < 0 ? next_of_link(link) : NULL;
        free(link);
        link = next != NULL ? whole_path_of_link(next) : NULL;
        free(next);
    }
    free(link);
    return descriptor;
}

bool rv_file_in_place(const char *path)
{
    struct stat facts;
    return rv_file_descriptor(path) >= 0 ||
           (stat(path, &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode));
}

RvStatus rv_file_target(const char *path, char **target, RvError *err)
{
    struct stat facts;
    bool link = lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
    if (!link || stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        *target = rv_mem_copy_string(path, err);
        return *target != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    *target = realpath(path, NULL);
    if (*target != NULL)
        return RV_OK;
    return errno == ENOMEM ? rv_error_memory(err, strlen(path))
                           : rv_error_set(err, RV_ERROR_IO, "%s: where this link leads to cannot be told: %s",
                                          path, strerror(errno));
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
    char *folder = folder_of(path);
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
