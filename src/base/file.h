/* SPDX-License-Identifier: MIT */
/* Whole files: mapping, reading, SHA-256; and the user's folders. */
#ifndef RV_BASE_FILE_H
#define RV_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "reelvec/status.h"

/* A file mapped read-only. bytes is NULL if the file is empty. The descriptor stays open as long as the
 * mapping, for parts that are better read than mapped; it is valid only if bytes is not NULL. */
typedef struct MappedFile {
    const uint8_t *bytes;
    size_t size_bytes;
    int descriptor;
} MappedFile;

/* Map a regular file. Release with rv_file_unmap. Errors: NOT_FOUND, IO, FORMAT (not a regular file). */
RvStatus rv_file_map(const char *path, MappedFile *out, RvError *err);
void rv_file_unmap(MappedFile *file);

/* Append the whole file to the buffer. Errors: as rv_file_map, and MEMORY if the file is larger than the
 * buffer's maximum. */
RvStatus rv_file_read(const char *path, Buffer *out, RvError *err);

/* Like rv_file_read, but reads pipes too, until their end: a named pipe, "/dev/stdin", a shell's
 * "<(command)". */
RvStatus rv_file_read_stream(const char *path, Buffer *out, RvError *err);

/* True for "http://..." and "https://...". */
bool rv_file_is_url(const char *path_or_url);

/* True for an address of any kind, also of kinds that are not supported ("ftp://..."). */
bool rv_file_is_address(const char *path_or_url);

/* Write the path or address as messages show it: a web address without user and password, another address
 * without its password, a path unchanged. shown needs room for strlen + 1 bytes. */
void rv_file_show_url(const char *path_or_url, char *shown, size_t size_bytes);

/* The same as an allocated string. Free with free(). Returns NULL on error (MEMORY). */
char *rv_file_copy_shown(const char *path_or_url, RvError *err);

/* An absolute path of the same file. Its last part stays as it is, also if it is a symbolic link; a path that is absolute
 * stays whole. Free with free(). Returns NULL on error (MEMORY, IO). */
char *rv_file_copy_absolute(const char *path, RvError *err);

/* True if nothing of this name exists. False if that cannot be determined, for example in a folder that this
 * process may not enter. */
bool rv_file_is_gone(const char *path);

/* SHA-256 of a file's bytes as 64 hexadecimal digits and a NUL. */
RvStatus rv_file_sha256(const char *path, char hex[65], RvError *err);

/* The same, calling `cancelled` several times a second with the number of bytes done. If it returns true, the
 * result is CANCELLED. */
RvStatus rv_file_sha256_unless(const char *path, bool (*cancelled)(void *user, int64_t done_bytes),
                               void *user, char hex[65], RvError *err);

/* The name that git gives a file's content: SHA-1 of "blob SIZE", a NUL and the bytes, as 40 hexadecimal digits
 * and a NUL. Errors: as rv_file_sha256. */
RvStatus rv_file_git_id(const char *path, char hex[41], RvError *err);

/* SHA-256 of bytes that arrive in pieces. Not thread-safe. */
typedef struct Sha256 Sha256;

/* Errors: MEMORY. Release with rv_sha256_finish. */
RvStatus rv_sha256_create(Sha256 **out, RvError *err);
void rv_sha256_update(Sha256 *sha, const void *bytes, size_t size_bytes);
/* Write the digits and a NUL, and destroy the object. If hex is NULL, it is only destroyed. sha may be
 * NULL. */
void rv_sha256_finish(Sha256 *sha, char hex[65]);
/* Write the SHA-256 of a text, without its NUL. Errors: MEMORY. */
RvStatus rv_sha256_text(const char *text, char hex[65], RvError *err);

/* The user's folders: $XDG_DATA_HOME/reelvec or ~/.local/share/reelvec, and $XDG_CACHE_HOME/reelvec or
 * ~/.cache/reelvec. They are not created. Errors: ARGUMENT if neither variable is set or the path does not
 * fit. */
RvStatus rv_file_data_folder(char *path, size_t size_bytes, RvError *err);
RvStatus rv_file_cache_folder(char *path, size_t size_bytes, RvError *err);

/* Create the folder and its parents with mode 0755, like mkdir -p. */
RvStatus rv_file_make_folders(const char *path, RvError *err);

/* Write folder + "/" + name into path. Errors: ARGUMENT if it does not fit. */
RvStatus rv_file_join(const char *folder, const char *name, char *path, size_t size_bytes, RvError *err);

#endif
