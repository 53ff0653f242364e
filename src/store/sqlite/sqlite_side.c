/* SPDX-License-Identifier: MIT */
/* The files beside a library: LIBRARY-wal, LIBRARY-shm, LIBRARY-journal; their owners, and which of them
 * prevents writing. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/sqlite/sqlite_store.h"

#define USER_BYTES 256

bool rv_sqlite_side_path(const char *path, const char *suffix, char *out, size_t size_bytes)
{
    int length = snprintf(out, size_bytes, "%s%s", path, suffix);
    return length > 0 && (size_t)length < size_bytes;
}

bool rv_sqlite_pending(const char *path, char *name, size_t size_bytes)
{
    static const char *const suffixes[] = {"-journal", "-wal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct stat facts;
        if (!rv_sqlite_side_path(path, suffixes[i], name, size_bytes) ||
            (stat(name, &facts) == 0 && facts.st_size > 0))
            return true;
    }
    return false;
}

/* True if there is something with this name that this process may not write to. */
static bool is_closed(const char *name)
{
    return access(name, F_OK) == 0 && access(name, W_OK) != 0;
}

/* Write " (it belongs to NAME)", or "" if it belongs to this user. */
static void say_owner(const char *name, char *out, size_t size_bytes)
{
    struct stat facts;
    struct passwd entry, *found = NULL;
    char text[1024];
    out[0] = '\0';
    if (stat(name, &facts) != 0 || facts.st_uid == geteuid())
        return;
    if (getpwuid_r(facts.st_uid, &entry, text, sizeof text, &found) == 0 && found != NULL)
        snprintf(out, size_bytes, " (it belongs to %s)", entry.pw_name);
    else
        snprintf(out, size_bytes, " (it belongs to user %lu)", (unsigned long)facts.st_uid);
}

static void folder_of(const char *path, char *out, size_t size_bytes)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(out, size_bytes, ".");
    else
        snprintf(out, size_bytes, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

RvStatus rv_sqlite_cannot_write(const char *path, RvError *err)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    char name[SQLITE_SIDE_PATH_BYTES], owner[USER_BYTES + 32], closed[1024];
    if (is_closed(path)) {
        say_owner(path, owner, sizeof owner);
        return rv_error_set(err, RV_ERROR_IO, "%s: cannot be written to%s; check the permissions of the file",
                            path, owner);
    }
    size_t length = 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (!rv_sqlite_side_path(path, suffixes[i], name, sizeof name) || !is_closed(name))
            continue;
        if (length == 0)
            say_owner(name, owner, sizeof owner);
        length += (size_t)snprintf(closed + length, sizeof closed - length, "%s%s%s", length > 0 ? ", " : "",
                                   file_name(path), suffixes[i]);
        length = length < sizeof closed ? length : sizeof closed - 1;
    }
    if (length > 0)
        return rv_error_set(
            err, RV_ERROR_IO,
            "%s: cannot be written to, because of what lies beside it: %s%s; remove that when no "
            "other program has the library open",
            path, closed, owner);
    folder_of(path, name, sizeof name);
    if (access(name, W_OK) != 0)
        return rv_error_set(
            err, RV_ERROR_IO,
            "%s: cannot be written to, because its folder cannot; check the permissions of %s", path, name);
    return rv_error_set(err, RV_ERROR_IO,
                        "%s: cannot be written to; check the permissions of the file and of its folder",
                        path);
}

/* Remove side files that this user may not write to. The library must be locked exclusively, so that no other
 * process has it open. A log with content is kept; without LIBRARY-shm it is read from its beginning. */
static void remove_closed(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-shm"};
    char name[SQLITE_SIDE_PATH_BYTES];
    struct stat facts;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (!rv_sqlite_side_path(path, suffixes[i], name, sizeof name) || !is_closed(name))
            continue;
        if (lstat(name, &facts) == 0 && S_ISREG(facts.st_mode) && (i > 0 || facts.st_size == 0))
            unlink(name);
    }
}

void rv_sqlite_clear_way(const char *path)
{
    char log[SQLITE_SIDE_PATH_BYTES], shared[SQLITE_SIDE_PATH_BYTES];
    sqlite3 *db = NULL;
    sqlite3_file *file = NULL;
    if (!rv_sqlite_side_path(path, "-wal", log, sizeof log) ||
        !rv_sqlite_side_path(path, "-shm", shared, sizeof shared) || (!is_closed(log) && !is_closed(shared)))
        return;
    // Every process that uses the library holds a read lock all the time. The exclusive lock is taken through
    // SQLite, so that it respects other connections of this process too.
    if (rv_sqlite_connect(path, SQLITE_OPEN_READWRITE, NULL, &db) == SQLITE_OK &&
        sqlite3_db_readonly(db, "main") == 0 &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
        file->pMethods != NULL && file->pMethods->xLock(file, SQLITE_LOCK_SHARED) == SQLITE_OK) {
        if (file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK)
            remove_closed(path);
        file->pMethods->xUnlock(file, SQLITE_LOCK_NONE);
    }
    sqlite3_close_v2(db);
}

// Only members may give a file to a group. For others the file stays as SQLite made it.
static bool is_ours_to_give(const struct stat *facts, gid_t group)
{
    return S_ISREG(facts->st_mode) && facts->st_nlink == 1 && facts->st_gid != group &&
           facts->st_uid == geteuid();
}

#if defined(O_PATH)
/* Change a file's group. The file that was checked is the one that is changed, even if it is replaced
 * meanwhile. O_PATH, because closing such a descriptor releases no lock of SQLite's. */
static void give_to_group(const char *name, gid_t group)
{
    struct stat facts;
    int file = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return;
    if (fstat(file, &facts) == 0 && is_ours_to_give(&facts, group) &&
        fchownat(file, "", (uid_t)-1, group, AT_EMPTY_PATH) != 0)
        errno = 0;
    close(file);
}
#else
/* Change a file's group. Elsewhere closing any descriptor of the file would release SQLite's locks. */
static void give_to_group(const char *name, gid_t group)
{
    struct stat facts;
    if (lstat(name, &facts) == 0 && is_ours_to_give(&facts, group) && lchown(name, (uid_t)-1, group) != 0)
        errno = 0;
}
#endif

void rv_sqlite_share_side_files(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-shm"};
    char name[SQLITE_SIDE_PATH_BYTES];
    struct stat library;
    if (stat(path, &library) != 0)
        return;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (rv_sqlite_side_path(path, suffixes[i], name, sizeof name))
            give_to_group(name, library.st_gid);
    }
}
