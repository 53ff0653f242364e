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
    const uint8_t *bytes; // as they stand in the archive; inside it
    size_t size_bytes;
    uint32_t crc32;
    bool stored; // neither compressed nor encrypted: bytes are the content
} ZipEntry;

typedef struct ZipArchive {
    ZipEntry *entries; // by name
    size_t count;
} ZipArchive;

/* Read the central directory. Every entry lies inside the archive, none overlaps another, no name stands
 * twice. path is for messages. Errors: FORMAT, UNSUPPORTED (several volumes), MEMORY. Source: PKWARE
 * APPNOTE 6.3.x. */
RvStatus rv_zip_open(const uint8_t *bytes, size_t size_bytes, const char *path, ZipArchive *out,
                     RvError *err);
void rv_zip_clear(ZipArchive *archive);

/* NULL where there is none. */
const ZipEntry *rv_zip_find(const ZipArchive *archive, const char *name);

#endif
