/* SPDX-License-Identifier: MIT */
/* A ZIP archive:
 *
 *   for each file: local header, name, bytes       for each file: central header, name       end record
 *
 * A local header is written when its file's checksum is known. Dates are those of the format's beginning, so that the
 * same files make the same archive. */
#include "zip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "naming/file_name.h"
#include "web_error.h"

#define LOCAL_BYTES 30
#define CENTRAL_BYTES 46
#define END_BYTES 22
#define VERSION 20
#define FLAG_UTF8 0x800
#define DATE_FIRST 0x21 // 1 January 1980
#define FILES_MAX 65534
#define NAME_MAX_BYTES 1024

void zip_init(ZipWriter *zip, int fd)
{
    *zip = (ZipWriter){.fd = fd};
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ ((value & 1) != 0 ? 0xEDB88320u : 0);
        zip->crc_table[i] = value;
    }
}

void zip_clear(ZipWriter *zip)
{
    for (size_t i = 0; i < zip->count; i++)
        free(zip->entries[i].name);
    free(zip->entries);
    *zip = (ZipWriter){.fd = -1};
}

/* ---- bytes -------------------------------------------------------------------------------------------- */

static uint32_t add_crc(const ZipWriter *zip, uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ zip->crc_table[(crc ^ bytes[i]) & 255];
    return crc;
}

static RvStatus write_at(const ZipWriter *zip, uint64_t offset, const void *bytes, size_t size, RvError *err)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        ssize_t got = pwrite(zip->fd, from, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return web_error(err, RV_ERROR_IO, "the archive cannot be written: %s", strerror(errno));
        from += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return RV_OK;
}

static uint8_t *put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

/* What both headers of a file have in common, from the version that is needed to the extra field's length. */
static uint8_t *put_facts(uint8_t *to, const ZipEntry *entry)
{
    to = put(to, VERSION, 2);
    to = put(to, FLAG_UTF8, 2);
    to = put(to, 0, 2); // stored
    to = put(to, 0, 2); // midnight
    to = put(to, DATE_FIRST, 2);
    to = put(to, entry->crc, 4);
    to = put(to, entry->size, 4);
    to = put(to, entry->size, 4);
    to = put(to, (uint32_t)strlen(entry->name), 2);
    return put(to, 0, 2);
}

/* ---- files -------------------------------------------------------------------------------------------- */

static bool has_name(const ZipWriter *zip, const char *name)
{
    char *key = rv_file_name_key(name);
    bool found = false;
    for (size_t i = 0; key != NULL && i < zip->count && !found; i++) {
        char *other = rv_file_name_key(zip->entries[i].name);
        found = other != NULL && strcmp(other, key) == 0;
        free(other);
    }
    free(key);
    return found;
}

/* A copy of the name that no other file has. NULL: no memory. */
static char *find_name(const ZipWriter *zip, const char *name)
{
    const char *dot = strrchr(name, '.');
    int stem = (int)(dot != NULL ? (size_t)(dot - name) : strlen(name));
    char *found = strdup(name);
    for (int i = 2; found != NULL && has_name(zip, found); i++) {
        free(found);
        if (asprintf(&found, "%.*s (%d)%s", stem, name, i, dot != NULL ? dot : "") < 0)
            return NULL;
    }
    return found;
}

/* Take a place for a file whose bytes follow. */
static RvStatus begin_file(ZipWriter *zip, const char *name, RvError *err)
{
    if (zip->count >= FILES_MAX || strlen(name) > NAME_MAX_BYTES)
        return web_error(err, RV_ERROR_ARGUMENT, "a ZIP archive cannot hold so many files, or such a name");
    if (zip->count == zip->capacity) {
        size_t capacity = 2 * zip->capacity + 16;
        ZipEntry *entries = realloc(zip->entries, capacity * sizeof *entries);
        if (entries == NULL)
            return web_error_memory(err);
        zip->entries = entries;
        zip->capacity = capacity;
    }
    char *own = find_name(zip, name);
    if (own == NULL)
        return web_error_memory(err);
    zip->entries[zip->count++] = (ZipEntry){.name = own, .crc = 0xFFFFFFFFu, .offset = (uint32_t)zip->offset};
    zip->offset += LOCAL_BYTES + strlen(own);
    return RV_OK;
}

static RvStatus add_bytes(ZipWriter *zip, const void *bytes, size_t size, RvError *err)
{
    ZipEntry *entry = &zip->entries[zip->count - 1];
    if (zip->offset + size > UINT32_MAX)
        return web_error(err, RV_ERROR_ARGUMENT, "the files are too large for a ZIP archive (4 GiB)");
    RvStatus status = write_at(zip, zip->offset, bytes, size, err);
    entry->crc = add_crc(zip, entry->crc, bytes, size);
    entry->size += (uint32_t)size;
    zip->offset += size;
    return status;
}

static RvStatus end_file(ZipWriter *zip, RvError *err)
{
    ZipEntry *entry = &zip->entries[zip->count - 1];
    uint8_t header[LOCAL_BYTES + NAME_MAX_BYTES + 32], *to = header;
    size_t name = strlen(entry->name);
    entry->crc = ~entry->crc;
    to = put(to, 0x04034B50, 4);
    to = put_facts(to, entry);
    memcpy(to, entry->name, name);
    return write_at(zip, entry->offset, header, LOCAL_BYTES + name, err);
}

RvStatus zip_add(ZipWriter *zip, const char *name, const void *bytes, size_t size_bytes, RvError *err)
{
    RvStatus status = begin_file(zip, name, err);
    if (status == RV_OK)
        status = add_bytes(zip, bytes, size_bytes, err);
    return status == RV_OK ? end_file(zip, err) : status;
}

RvStatus zip_add_file(ZipWriter *zip, const char *name, int file, RvError *err)
{
    uint8_t bytes[65536];
    off_t from = 0;
    ssize_t got;
    RvStatus status = begin_file(zip, name, err);
    while (status == RV_OK && (got = pread(file, bytes, sizeof bytes, from)) != 0) {
        if (got < 0 && errno != EINTR)
            return web_error(err, RV_ERROR_IO, "%s cannot be read: %s", name, strerror(errno));
        if (got > 0)
            status = add_bytes(zip, bytes, (size_t)got, err);
        from += got > 0 ? got : 0;
    }
    return status == RV_OK ? end_file(zip, err) : status;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

static RvStatus write_central(ZipWriter *zip, const ZipEntry *entry, RvError *err)
{
    uint8_t header[CENTRAL_BYTES + NAME_MAX_BYTES + 32], *to = header;
    size_t name = strlen(entry->name);
    to = put(to, 0x02014B50, 4);
    to = put(to, VERSION, 2);
    to = put_facts(to, entry);
    to = put(to, 0, 2); // comment
    to = put(to, 0, 2); // disk
    to = put(to, 0, 2); // internal attributes
    to = put(to, 0, 4); // external ones
    to = put(to, entry->offset, 4);
    memcpy(to, entry->name, name);
    RvStatus status = write_at(zip, zip->offset, header, CENTRAL_BYTES + name, err);
    zip->offset += CENTRAL_BYTES + name;
    return status;
}

RvStatus zip_finish(ZipWriter *zip, uint64_t *size_bytes, RvError *err)
{
    uint64_t central = zip->offset;
    RvStatus status = RV_OK;
    for (size_t i = 0; i < zip->count && status == RV_OK; i++)
        status = write_central(zip, &zip->entries[i], err);
    if (status == RV_OK && zip->offset > UINT32_MAX)
        status = web_error(err, RV_ERROR_ARGUMENT, "the files are too large for a ZIP archive (4 GiB)");
    if (status != RV_OK)
        return status;
    uint8_t end[END_BYTES], *to = end;
    to = put(to, 0x06054B50, 4);
    to = put(to, 0, 4); // disks
    to = put(to, (uint32_t)zip->count, 2);
    to = put(to, (uint32_t)zip->count, 2);
    to = put(to, (uint32_t)(zip->offset - central), 4);
    to = put(to, (uint32_t)central, 4);
    put(to, 0, 2); // comment
    *size_bytes = zip->offset + END_BYTES;
    return write_at(zip, zip->offset, end, sizeof end, err);
}
