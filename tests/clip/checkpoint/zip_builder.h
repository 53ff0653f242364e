/* SPDX-License-Identifier: MIT */
/* Small ZIP archives of stored entries, made in memory. */
#ifndef RV_TESTS_ZIP_BUILDER_H
#define RV_TESTS_ZIP_BUILDER_H

#include <zlib.h>

#include "clip_support.h"

typedef struct ZipBuilder {
    Buffer file, directory;
    size_t count;
} ZipBuilder;

static inline void zip_put(Buffer *buffer, uint64_t value, int size_bytes)
{
    RvError err = {0};
    assert_ok(rv_buffer_append(buffer, &value, (size_t)size_bytes, &err), err); // little endian machines only
}

static inline void zip_begin(ZipBuilder *zip)
{
    rv_buffer_init(&zip->file, 1 << 24);
    rv_buffer_init(&zip->directory, 1 << 24);
    zip->count = 0;
}

static inline void zip_add(ZipBuilder *zip, const char *name, const void *bytes, size_t size_bytes)
{
    RvError err = {0};
    size_t at = zip->file.size_bytes;
    uint32_t sum = (uint32_t)crc32(crc32(0, NULL, 0), bytes, (uInt)size_bytes);
    for (int central = 0; central < 2; central++) {
        Buffer *to = central ? &zip->directory : &zip->file;
        zip_put(to, central ? 0x02014b50 : 0x04034b50, 4);
        zip_put(to, 20, central ? 4 : 2); // versions
        zip_put(to, 0, 8);                // flags, method, time, date
        zip_put(to, sum, 4);
        zip_put(to, size_bytes, 4);
        zip_put(to, size_bytes, 4);
        zip_put(to, strlen(name), 2);
        zip_put(to, 0, 2); // extra field
        if (central) {
            zip_put(to, 0, 8); // comment, volume, attributes
            zip_put(to, 0, 2);
            zip_put(to, at, 4);
        }
        assert_ok(rv_buffer_append(to, name, strlen(name), &err), err);
    }
    assert_ok(rv_buffer_append(&zip->file, bytes, size_bytes, &err), err);
    zip->count++;
}

/* zip->file is the archive; the caller clears it. */
static inline void zip_end(ZipBuilder *zip)
{
    RvError err = {0};
    size_t at = zip->file.size_bytes;
    assert_ok(rv_buffer_append(&zip->file, zip->directory.bytes, zip->directory.size_bytes, &err), err);
    zip_put(&zip->file, 0x06054b50, 8);
    zip_put(&zip->file, zip->count, 2);
    zip_put(&zip->file, zip->count, 2);
    zip_put(&zip->file, zip->directory.size_bytes, 4);
    zip_put(&zip->file, at, 4);
    zip_put(&zip->file, 0, 2);
    rv_buffer_clear(&zip->directory);
}

#endif
