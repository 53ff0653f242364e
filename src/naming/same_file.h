/* SPDX-License-Identifier: MIT */
/* Whether two names, or a name and an open file, are of one file. */
#ifndef RV_NAMING_SAME_FILE_H
#define RV_NAMING_SAME_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* From what stat, lstat or fstat tell of both: links, other spellings of a path, and names that have changed since make
 * no difference. */
static inline bool rv_same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

#endif
