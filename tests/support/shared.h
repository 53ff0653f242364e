/* SPDX-License-Identifier: MIT */
/* Paths of the golden values, of the real videos and of a folder to write to. */
#ifndef RV_TESTS_SHARED_H
#define RV_TESTS_SHARED_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* path = $REELVEC_SHARED/name. If it does not exist, prints a line and returns false; the test should then
 * call skip(). */
static inline int shared_path(const char *name, char *path, size_t size_bytes)
{
    const char *folder = getenv("REELVEC_SHARED");
    snprintf(path, size_bytes, "%s/%s", folder != NULL ? folder : "../shared", name);
    if (access(path, R_OK) == 0)
        return 1;
    printf("%s is not there: set REELVEC_SHARED\n", path);
    return 0;
}

/* path = $REELVEC_BUILD/name. */
static inline void build_path(const char *name, char *path, size_t size_bytes)
{
    const char *folder = getenv("REELVEC_BUILD");
    snprintf(path, size_bytes, "%s/%s", folder != NULL ? folder : "build", name);
}

#endif
