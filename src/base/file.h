/* SPDX-License-Identifier: MIT */
/* Whole files: mapping, reading, SHA-256; and the user's folders. */
#ifndef RV_BASE_FILE_H
#define RV_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "reelvec/status.h"

/* A file mapped read-only. bytes is NULL when the file is empty. The descriptor stays open as long as the
 * mapping, for what is better read than looked at; it is valid only where bytes is. */
typedef struct MappedFile {
    const uint8_t *bytes;
    size_t size_bytes;
    int descriptor;
} MappedFile;

/* Errors: NOT_FOUND, IO, FORMAT (not a regular file). */
RvStatus rv_file_map(const char *path, MappedFile *out, RvError *err);
void rv_file_unmap(MappedFile *file);

/* Append the whole file to the buffer. Errors: as above, MEMORY when it is larger than the buffer may be. */
RvStatus rv_file_read(const char *path, Buffer *out, RvError *err);

/* The same of a pipe too, until its end: a named one, "/dev/stdin", a shell's "<(command)". */
RvStatus rv_file_read_stream(const char *path, Buffer *out, RvError *err);

/* true for "http://..." and "https://...". */
bool rv_file_is_url(const char *path_or_url);

/* Whether it begins as an address of any kind does, also of one that is not read: "ftp://...". */
bool rv_file_is_address(const char *path_or_url);

/* As messages name it: a web address without user and password, another one without password, a path as it
 * is. shown: room for strlen + 1. */
void rv_file_show_url(const char *path_or_url, char *shown, size_t size_bytes);

/* The same as a copy. To be freed. Errors: MEMORY (NULL). */
char *rv_file_copy_shown(const char *path_or_url, RvError *err);

/* Whether there is nothing of this name. False where that cannot be told, such as in a folder that cannot be
 * entered. */
bool rv_file_is_gone(const char *path);

/* SHA-256 of a file's bytes as 64 hexadecimal digits and a NUL. */
RvStatus rv_file_sha256(const char *path, char hex[65], RvError *err);

/* The same, telling `cancelled` several times a second how far it is: true ends it with CANCELLED. */
RvStatus rv_file_sha256_unless(const char *path, bool (*cancelled)(void *user, int64_t done_bytes),
                               void *user, char hex[65], RvError *err);

/* Bytes into SHA-256 step by step. */
typedef struct Sha256 Sha256;
RvStatus rv_sha256_create(Sha256 **out, RvError *err);
void rv_sha256_update(Sha256 *sha, const void *bytes, size_t size_bytes);
/* Writes the digits and destroys; NULL hex only destroys. NULL sha is accepted. */
void rv_sha256_finish(Sha256 *sha, char hex[65]);

/* $XDG_DATA_HOME/reelvec or ~/.local/share/reelvec; $XDG_CACHE_HOME/reelvec or ~/.cache/reelvec. Not created.
 */
RvStatus rv_file_data_folder(char *path, size_t size_bytes, RvError *err);
RvStatus rv_file_cache_folder(char *path, size_t size_bytes, RvError *err);

/* mkdir -p, mode 0755. */
RvStatus rv_file_make_folders(const char *path, RvError *err);

/* folder + "/" + name into path. Errors: ARGUMENT when it does not fit. */
RvStatus rv_file_join(const char *folder, const char *name, char *path, size_t size_bytes, RvError *err);

#endif
