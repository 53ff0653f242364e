/* SPDX-License-Identifier: MIT */
/* The table of contents of a ZIP archive in memory, with ZIP64. Nothing is unpacked. */
#include "clip/checkpoint/zip_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define END_BYTES 22
#define END64_BYTES 56
#define LOCATOR64_BYTES 20
#define CENTRAL_BYTES 46
#define LOCAL_BYTES 30
#define COMMENT_MAX_BYTES 65535
#define ENTRY_MAX 65536

#define END_SIGNATURE 0x06054b50u
#define END64_SIGNATURE 0x06064b50u
#define LOCATOR64_SIGNATURE 0x07064b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define LOCAL_SIGNATURE 0x04034b50u
#define EXTRA_ZIP64 1

typedef struct ZipFile {
    const uint8_t *bytes;
    size_t size_bytes;
    const char *path;
    uint64_t entry_count, directory_bytes, directory_at;
} ZipFile;

/* Sizes and position of one entry while its fields are collected. */
typedef struct CentralEntry {
    uint64_t packed_bytes, size_bytes, local_at;
    size_t name_bytes, extra_bytes, comment_bytes;
    unsigned flags, method;
} CentralEntry;

static unsigned get_u16(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static uint64_t get_u64(const uint8_t *at)
{
    return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

static RvStatus damaged(const ZipFile *zip, const char *what, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged archive: %s; fetch the file again", zip->path,
                        what);
}

static RvStatus read_end64(ZipFile *zip, size_t end_at, RvError *err)
{
    if (end_at < LOCATOR64_BYTES || get_u32(zip->bytes + end_at - LOCATOR64_BYTES) != LOCATOR64_SIGNATURE)
        return RV_OK;
    uint64_t at = get_u64(zip->bytes + end_at - LOCATOR64_BYTES + 8);
    if (at > end_at || end_at - at < END64_BYTES || get_u32(zip->bytes + at) != END64_SIGNATURE)
        return damaged(zip, "no ZIP64 record where its locator points", err);
    const uint8_t *record = zip->bytes + at;
    if (get_u32(record + 16) != 0 || get_u32(record + 20) != 0)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: an archive of several volumes; join them first",
                            zip->path);
    zip->entry_count = get_u64(record + 32);
    zip->directory_bytes = get_u64(record + 40);
    zip->directory_at = get_u64(record + 48);
    return RV_OK;
}

/* Read the end record, which is last, before a comment of at most 65535 bytes. */
static RvStatus read_end(ZipFile *zip, RvError *err)
{
    if (zip->size_bytes < END_BYTES)
        return damaged(zip, "too short", err);
    size_t at = zip->size_bytes - END_BYTES;
    size_t lowest = at > COMMENT_MAX_BYTES ? at - COMMENT_MAX_BYTES : 0;
    while (get_u32(zip->bytes + at) != END_SIGNATURE) {
        if (at == lowest)
            return damaged(zip, "its end is missing", err);
        at--;
    }
    const uint8_t *record = zip->bytes + at;
    if (get_u16(record + 4) != 0 && get_u16(record + 4) != 0xffff)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: an archive of several volumes; join them first",
                            zip->path);
    zip->entry_count = get_u16(record + 10);
    zip->directory_bytes = get_u32(record + 12);
    zip->directory_at = get_u32(record + 16);
    RvStatus status = read_end64(zip, at, err);
    if (status != RV_OK)
        return status;
    if (zip->directory_at > at || zip->directory_bytes > at - zip->directory_at)
        return damaged(zip, "its directory lies outside", err);
    if (zip->entry_count > ENTRY_MAX || zip->entry_count * CENTRAL_BYTES > zip->directory_bytes)
        return damaged(zip, "impossible number of entries", err);
    return RV_OK;
}

/* Sizes of 0xffffffff are stored in the ZIP64 extra field, in this order. */
static RvStatus read_extra64(const ZipFile *zip, const uint8_t *extra, CentralEntry *entry, RvError *err)
{
    size_t left = entry->extra_bytes;
    uint64_t *wanted[3] = {&entry->size_bytes, &entry->packed_bytes, &entry->local_at};
    while (left >= 4) {
        size_t length = get_u16(extra + 2);
        if (length > left - 4)
            return damaged(zip, "an entry's extra field", err);
        const uint8_t *at = extra + 4, *end = at + length;
        for (int i = 0; i < 3 && get_u16(extra) == EXTRA_ZIP64; i++) {
            if (*wanted[i] != UINT32_MAX)
                continue;
            if (end - at < 8)
                return damaged(zip, "an entry's ZIP64 field", err);
            *wanted[i] = get_u64(at);
            at += 8;
        }
        extra += 4 + length;
        left -= 4 + length;
    }
    return RV_OK;
}

/* The content begins after the local header, whose name and extra field have lengths of their own. */
static RvStatus locate_content(const ZipFile *zip, const CentralEntry *entry, ZipEntry *out, RvError *err)
{
    if (entry->local_at > zip->directory_at || zip->directory_at - entry->local_at < LOCAL_BYTES)
        return damaged(zip, "an entry lies outside", err);
    const uint8_t *local = zip->bytes + entry->local_at;
    if (get_u32(local) != LOCAL_SIGNATURE)
        return damaged(zip, "no entry where the directory points", err);
    uint64_t room = zip->directory_at - entry->local_at - LOCAL_BYTES;
    size_t skip = (size_t)get_u16(local + 26) + get_u16(local + 28);
    if (skip > room || entry->packed_bytes > room - skip)
        return damaged(zip, "an entry lies outside", err);
    out->bytes = local + LOCAL_BYTES + skip;
    out->size_bytes = (size_t)entry->packed_bytes;
    out->stored = entry->method == 0 && (entry->flags & 1) == 0;
    if (out->stored && entry->packed_bytes != entry->size_bytes)
        return damaged(zip, "a stored entry has two sizes", err);
    return RV_OK;
}

/* Read one record of the central directory and move *at behind it. */
static RvStatus read_entry(const ZipFile *zip, size_t *at, size_t end, ZipEntry *out, RvError *err)
{
    const uint8_t *record = zip->bytes + *at;
    if (end - *at < CENTRAL_BYTES || get_u32(record) != CENTRAL_SIGNATURE)
        return damaged(zip, "its directory is cut off", err);
    CentralEntry entry = {.flags = get_u16(record + 8),
                          .method = get_u16(record + 10),
                          .packed_bytes = get_u32(record + 20),
                          .size_bytes = get_u32(record + 24),
                          .name_bytes = get_u16(record + 28),
                          .extra_bytes = get_u16(record + 30),
                          .comment_bytes = get_u16(record + 32),
                          .local_at = get_u32(record + 42)};
    size_t length = CENTRAL_BYTES + entry.name_bytes + entry.extra_bytes + entry.comment_bytes;
    if (end - *at < length)
        return damaged(zip, "its directory is cut off", err);
    const uint8_t *name = record + CENTRAL_BYTES;
    if (entry.name_bytes == 0 || entry.name_bytes >= ZIP_NAME_MAX ||
        memchr(name, 0, entry.name_bytes) != NULL)
        return damaged(zip, "an entry's name", err);
    memcpy(out->name, name, entry.name_bytes);
    out->crc32 = get_u32(record + 16);
    RvStatus status = read_extra64(zip, name + entry.name_bytes, &entry, err);
    if (status != RV_OK)
        return status;
    *at += length;
    return locate_content(zip, &entry, out, err);
}

static int compare_places(const void *a, const void *b)
{
    const ZipEntry *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? -1 : 1;
    return left->size_bytes < right->size_bytes ? -1 : left->size_bytes > right->size_bytes;
}

static int compare_entry_names(const void *a, const void *b)
{
    return strcmp(((const ZipEntry *)a)->name, ((const ZipEntry *)b)->name);
}

static RvStatus check_entries(const ZipFile *zip, ZipArchive *archive, RvError *err)
{
    if (archive->count < 2)
        return RV_OK;
    qsort(archive->entries, archive->count, sizeof *archive->entries, compare_places);
    for (size_t i = 1; i < archive->count; i++) {
        if (archive->entries[i].bytes < archive->entries[i - 1].bytes + archive->entries[i - 1].size_bytes)
            return damaged(zip, "two entries overlap", err);
    }
    qsort(archive->entries, archive->count, sizeof *archive->entries, compare_entry_names);
    for (size_t i = 1; i < archive->count; i++) {
        if (strcmp(archive->entries[i - 1].name, archive->entries[i].name) == 0)
            return damaged(zip, "two entries have one name", err);
    }
    return RV_OK;
}

RvStatus rv_zip_open(const uint8_t *bytes, size_t size_bytes, const char *path, ZipArchive *out, RvError *err)
{
    *out = (ZipArchive){0};
    ZipFile zip = {.bytes = bytes, .size_bytes = size_bytes, .path = path};
    RvStatus status = read_end(&zip, err);
    if (status != RV_OK)
        return status;
    out->entries = rv_mem_alloc((size_t)zip.entry_count, sizeof *out->entries, err);
    if (out->entries == NULL)
        return RV_ERROR_MEMORY;
    size_t at = (size_t)zip.directory_at;
    size_t end = at + (size_t)zip.directory_bytes;
    for (uint64_t i = 0; i < zip.entry_count && status == RV_OK; i++)
        status = read_entry(&zip, &at, end, &out->entries[out->count++], err);
    if (status == RV_OK)
        status = check_entries(&zip, out, err);
    if (status != RV_OK)
        rv_zip_clear(out);
    return status;
}

void rv_zip_clear(ZipArchive *archive)
{
    free(archive->entries);
    *archive = (ZipArchive){0};
}

static int compare_name_with_entry(const void *name, const void *entry)
{
    return strcmp(name, ((const ZipEntry *)entry)->name);
}

const ZipEntry *rv_zip_find(const ZipArchive *archive, const char *name)
{
    if (archive->count == 0)
        return NULL;
    return bsearch(name, archive->entries, archive->count, sizeof *archive->entries, compare_name_with_entry);
}
