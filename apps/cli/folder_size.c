/* SPDX-License-Identifier: MIT */
/* How much of the disk a model takes. */
#include "folder_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int64_t cli_folder_size(const char *path)
{
    char folder[4096];
    struct stat facts;
    int length = snprintf(folder, sizeof folder, "%s", path);
    if (length < 0 || (size_t)length >= sizeof folder || stat(path, &facts) != 0)
        return 0;
    char *slash = strrchr(folder, '/');
    if (!S_ISDIR(facts.st_mode) && slash != NULL)
        *slash = '\0';
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return 0;
    int64_t size_bytes = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (fstatat(dirfd(entries), entry->d_name, &facts, 0) == 0 && S_ISREG(facts.st_mode))
            size_bytes += facts.st_size;
    }
    closedir(entries);
    return size_bytes;
}
