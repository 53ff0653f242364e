/* SPDX-License-Identifier: MIT */
/* Several files as one: a ZIP archive that stores them as they are (APPNOTE.TXT 6.3, sections 4.3 to 4.5). */
#ifndef RV_WEB_ZIP_H
#define RV_WEB_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

typedef struct ZipEntry {
    char *name;
    uint32_t crc, size, offset;
} ZipEntry;

typedef struct ZipWriter {
    int fd; // the archive: an empty file, borrowed
    uint64_t offset;
    ZipEntry *entries;
    size_t count, capacity;
    uint32_t crc_table[256];
} ZipWriter;

void zip_init(ZipWriter *zip, int fd);
void zip_clear(ZipWriter *zip);

/* Add a file. name: UTF-8, without folders; if there is one of this name, " (2)" and so on is put before the ending.
 * Errors: ARGUMENT (the archive would have 4 GiB or more, or 65,535 files), IO, MEMORY. */
RvStatus zip_add(ZipWriter *zip, const char *name, const void *bytes, size_t size_bytes, RvError *err);
/* The same with what a file has from its beginning on. */
RvStatus zip_add_file(ZipWriter *zip, const char *name, int file, RvError *err);

/* Write the archive's end. *size_bytes: of all of it. */
RvStatus zip_finish(ZipWriter *zip, uint64_t *size_bytes, RvError *err);

#endif
