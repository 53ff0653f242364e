/* SPDX-License-Identifier: MIT */
/* The table of contents of a ZIP archive in memory, with ZIP64. Nothing is unpacked. */
#ifndef RV_ZIP_READER_H
#define RV_ZIP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#define ZIP_NAME_MAX 256

typedef struct ZipEntry {
    char name[ZIP_NAME_MAX];
    const uint8_t *bytes; // the entry's bytes inside the archive, as they are stored
    size_t size_bytes;
    uint32_t crc32;
    bool stored; // neither compressed nor encrypted: bytes are the content
} ZipEntry;

typedef struct ZipArchive {
    ZipEntry *entries; // sorted by name
    size_t count;
} ZipArchive;

/* Read the central directory. Every entry is inside the archive, none overlaps another, and no name occurs
 * twice. path is for messages. Release with rv_zip_clear. Errors: FORMAT, UNSUPPORTED (several volumes),
 * MEMORY. Source: PKWARE APPNOTE 6.3.x. */
RvStatus rv_zip_open(const uint8_t *bytes, size_t size_bytes, const char *path, ZipArchive *out,
                     RvError *err);
void rv_zip_clear(ZipArchive *archive);

/* Returns NULL if there is no entry of this name. */
const ZipEntry *rv_zip_find(const ZipArchive *archive, const char *name);

#endif
