/* SPDX-License-Identifier: MIT */
/* SHA-256 of large files that rarely change, remembered in the user's cache folder. */
#ifndef RV_BASE_CHECKSUM_H
#define RV_BASE_CHECKSUM_H

#include "reelvec/status.h"

/* As rv_file_sha256, but a digest that was computed before for the same path, size, inode and modification
 * time is taken from the cache file. A cache that cannot be read or written only costs the time of hashing
 * again. */
RvStatus rv_checksum_cached(const char *path, char hex[65], RvError *err);

#endif
