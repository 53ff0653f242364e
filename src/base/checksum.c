/* SPDX-License-Identifier: MIT */
/* SHA-256 of large files that rarely change, remembered in the user's cache folder. */
#include "base/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* A line of the cache is the digest, a space and the key. The key holds what must be unchanged for the digest
 * to be valid. */
#define CACHE_KEY_SIZE 4400
#define CACHE_MAX_BYTES ((size_t)1 << 20)

/* Writes "SIZE INODE MODIFIED_NS PATH\n" into key. Returns false if the file's facts cannot be read or the
 * key does not fit. */
static bool cache_key(const char *path, char *key, size_t size_bytes)
{
    char *absolute = realpath(path, NULL);
    if (absolute == NULL)
        return false;
    struct stat facts;
    bool usable = stat(absolute, &facts) == 0 && strchr(absolute, '\n') == NULL;
    if (usable) {
        int64_t modified_ns = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
        int length = snprintf(key, size_bytes, " %" PRIu64 " %" PRIu64 " %" PRId64 " %s\n",
                              (uint64_t)facts.st_size, (uint64_t)facts.st_ino, modified_ns, absolute);
        usable = length > 0 && (size_t)length < size_bytes;
    }
    free(absolute);
    return usable;
}

static bool cache_path(char *path, size_t size_bytes, bool make_folder)
{
    char folder[4096];
    if (rv_file_cache_folder(folder, sizeof folder, NULL) != RV_OK)
        return false;
    if (make_folder && rv_file_make_folders(folder, NULL) != RV_OK)
        return false;
    return rv_file_join(folder, "checksums", path, size_bytes, NULL) == RV_OK;
}

static bool look_up(const char *cache, const char *key, char hex[65])
{
    Buffer lines;
    rv_buffer_init(&lines, CACHE_MAX_BYTES);
    bool found = false;
    if (rv_file_read(cache, &lines, NULL) == RV_OK && lines.size_bytes > 64) {
        const char *at = strstr((const char *)lines.bytes + 64, key);
        if (at != NULL && strspn(at - 64, "0123456789abcdef") >= 64) {
            memcpy(hex, at - 64, 64);
            hex[64] = '\0';
            found = true;
        }
    }
    rv_buffer_clear(&lines);
    return found;
}

/* The line is written by a single call, so that the lines of two processes do not mix. */
static void remember(const char *cache, const char *key, const char *hex)
{
    struct stat facts;
    bool full = stat(cache, &facts) == 0 && (size_t)facts.st_size > CACHE_MAX_BYTES / 2;
    int fd = open(cache, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (full ? O_TRUNC : 0), 0644);
    if (fd < 0)
        return;
    char line[CACHE_KEY_SIZE + 65];
    int length = snprintf(line, sizeof line, "%s%s", hex, key);
    if (length > 0 && (size_t)length < sizeof line && write(fd, line, (size_t)length) != length)
        errno = 0; // a cache that cannot be written is not an error
    close(fd);
}

RvStatus rv_checksum_cached(const char *path, char hex[65], RvError *err)
{
    char key[CACHE_KEY_SIZE], cache[4200];
    bool cacheable = cache_key(path, key, sizeof key) && cache_path(cache, sizeof cache, false);
    if (cacheable && look_up(cache, key, hex))
        return RV_OK;
    RvStatus status = rv_file_sha256(path, hex, err);
    char key_after[CACHE_KEY_SIZE];
    // If the file changed while it was read, the digest is not remembered.
    if (status == RV_OK && cacheable && cache_key(path, key_after, sizeof key_after) &&
        strcmp(key, key_after) == 0 && cache_path(cache, sizeof cache, true))
        remember(cache, key, hex);
    return status;
}

bool rv_checksum_recall(const char *key, char hex[65])
{
    char line[CACHE_KEY_SIZE], cache[4200];
    return (size_t)snprintf(line, sizeof line, " %s\n", key) < sizeof line &&
           cache_path(cache, sizeof cache, false) && look_up(cache, line, hex);
}

void rv_checksum_remember(const char *key, const char *hex)
{
    char line[CACHE_KEY_SIZE], cache[4200];
    if ((size_t)snprintf(line, sizeof line, " %s\n", key) < sizeof line &&
        cache_path(cache, sizeof cache, true))
        remember(cache, line, hex);
}
