/* SPDX-License-Identifier: MIT */
/* Lists of moments from files and pipes. */
#include "moments_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define BLOCK_BYTES ((size_t)1 << 16)
#define TEXT_MAX_BYTES ((size_t)17 << 20) // a little more than lists may have, so that the library refuses it

static const char *shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Read to the end, or as much as is more than enough. Returns false if memory is refused. */
static bool read_all(FILE *file, char **text, size_t *size_bytes)
{
    size_t capacity = 0, got = 0;
    do {
        if (capacity - *size_bytes < BLOCK_BYTES) {
            capacity = 2 * capacity + BLOCK_BYTES;
            char *grown = realloc(*text, capacity);
            if (grown == NULL)
                return false;
            *text = grown;
        }
        got = fread(*text + *size_bytes, 1, BLOCK_BYTES, file);
        *size_bytes += got;
    } while (got > 0 && *size_bytes < TEXT_MAX_BYTES);
    return true;
}

static RvStatus read_text(const char *path, char **text, size_t *size_bytes, RvError *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    if (file == NULL)
        return cli_error(err, errno == ENOENT ? RV_ERROR_NOT_FOUND : RV_ERROR_IO, "%s: %s", path,
                         errno == ENOENT ? "no such file" : strerror(errno));
    errno = 0;
    RvStatus status =
        read_all(file, text, size_bytes) ? RV_OK : cli_error(err, RV_ERROR_MEMORY, "out of memory");
    if (status == RV_OK && ferror(file))
        status = cli_error(err, RV_ERROR_IO, "%s: cannot read: %s", shown(path),
                           strerror(errno != 0 ? errno : EIO));
    if (!standard)
        fclose(file);
    return status;
}

/* The moments with a video each. */
static RvStatus take_moments(const char *path, const char *video, const RvMoments *storage, RvMoment **out,
                             RvError *err)
{
    *out = calloc(storage->count, sizeof **out);
    if (*out == NULL)
        return cli_error(err, RV_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < storage->count; i++) {
        const RvMoment *moment = &storage->items[i];
        (*out)[i] = *moment;
        if (moment->video == NULL)
            (*out)[i].video = video;
        if ((*out)[i].video == NULL)
            return cli_error(err, RV_ERROR_ARGUMENT, "%s: moment %zu names no video; add --video FILE",
                             shown(path), i + 1);
    }
    return RV_OK;
}

RvStatus cli_moments_read(const char *path, const char *video, RvMoments *storage, RvMoment **out,
                          RvError *err)
{
    char *text = NULL;
    size_t size_bytes = 0;
    *out = NULL;
    RvStatus status = read_text(path, &text, &size_bytes, err);
    if (status == RV_OK) {
        RvError cause = {0};
        status = rv_moments_read(text, size_bytes, storage, &cause);
        if (status != RV_OK)
            cli_error(err, status, "%s: %s", shown(path), cause.message);
    }
    free(text);
    return status == RV_OK ? take_moments(path, video, storage, out, err) : status;
}
