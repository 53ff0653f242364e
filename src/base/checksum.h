/* SPDX-License-Identifier: MIT */
/* SHA-256 of large files that rarely change, remembered in the user's cache folder. */
#ifndef RV_BASE_CHECKSUM_H
#define RV_BASE_CHECKSUM_H

#include <stdbool.h>

#include "reelvec/status.h"

/* Like rv_file_sha256, but takes the digest from the cache file if one is stored for the same path, size,
 * inode and modification time. If the cache cannot be read or written, the file is hashed again; that is not
 * an error. */
RvStatus rv_checksum_cached(const char *path, char hex[65], RvError *err);

/* The same cache for what is made of files' contents. key: what was made, and the digests of what it was made of; one
 * line. Recall returns false if it is not known. */
bool rv_checksum_recall(const char *key, char hex[65]);
void rv_checksum_remember(const char *key, const char *hex);

#endif
