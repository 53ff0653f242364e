/* SPDX-License-Identifier: MIT */
#include "work_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "naming/same_file.h"
#include "web_error.h"

#define NAME_START "reelvec-serve-"
#define NAME_LETTERS 6 // of mkdtemp
#define BLOCK_BYTES 512

static const char *find_place(void)
{
    const char *place = getenv("TMPDIR");
    return place != NULL && place[0] == '/' && strlen(place) < 480 ? place : "/tmp";
}

/* Open the folder and lock it. Returns -1, with errno, if it is not ours, is in use, or is not there any more. */
static int take(int place, const char *name)
{
    struct stat opened, named;
    int fd = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 &&
        fstatat(place, name, &named, AT_SYMLINK_NOFOLLOW) == 0) {
        bool same = rv_same_file(&named, &opened);
        if (same && opened.st_uid == geteuid())
            return fd;
        errno = same ? EPERM : ESTALE;
    }
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

/* Call `each` for every file of the folder. */
static void visit(int folder, void (*each)(int folder, const char *name, void *user), void *user)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    if (list == NULL) {
        if (copy >= 0)
            close(copy);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(list)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            each(folder, entry->d_name, user);
    }
    closedir(list);
}

static void remove_file(int folder, const char *name, void *user)
{
    (void)user;
    unlinkat(folder, name, 0);
}

static void add_file(int folder, const char *name, void *user)
{
    struct stat facts;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0)
        *(uint64_t *)user += (uint64_t)facts.st_blocks * BLOCK_BYTES;
}

RvStatus work_folder_make(WorkFolder *folder, RvError *err)
{
    int cause = 0;
    folder->lock = -1;
    // A server that starts now may take one for left that is not locked yet.
    for (int i = 0; i < 3 && folder->lock < 0; i++) {
        snprintf(folder->path, sizeof folder->path, "%s/" NAME_START "XXXXXX", find_place());
        if (mkdtemp(folder->path) == NULL)
            return web_error(err, RV_ERROR_IO, "there is no place to make clips in: %s", strerror(errno));
        folder->lock = take(AT_FDCWD, folder->path);
        cause = errno;
        if (folder->lock < 0)
            rmdir(folder->path); // who took it removes it too
    }
    return folder->lock >= 0 ? RV_OK
                             : web_error(err, RV_ERROR_IO, "the folder to make clips in cannot be locked: %s",
                                         strerror(cause));
}

void work_folder_remove(WorkFolder *folder)
{
    visit(folder->lock, remove_file, NULL);
    rmdir(folder->path);
    close(folder->lock);
}

uint64_t work_folder_bytes(const WorkFolder *folder)
{
    uint64_t bytes = 0;
    visit(folder->lock, add_file, &bytes);
    return bytes;
}

static void remove_left(int place, const char *name, void *user)
{
    (void)user;
    if (strncmp(name, NAME_START, strlen(NAME_START)) != 0 ||
        strlen(name) != strlen(NAME_START) + NAME_LETTERS)
        return;
    int folder = take(place, name);
    if (folder < 0)
        return;
    visit(folder, remove_file, NULL);
    unlinkat(place, name, AT_REMOVEDIR);
    close(folder);
}

void work_folders_sweep(void)
{
    int place = open(find_place(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place < 0)
        return;
    visit(place, remove_left, NULL);
    close(place);
}
