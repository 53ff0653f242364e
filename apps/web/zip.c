/* SPDX-License-Identifier: MIT */
/* A ZIP archive in memory:
 *
 *   for each file: local header, name, bytes       for each file: central header, name       end record
 *
 * Dates are those of the format's beginning, so that the same files make the same archive. */
#include "zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web_error.h"

#define LOCAL_BYTES 30
#define CENTRAL_BYTES 46
#define END_BYTES 22
#define VERSION 20
#define FLAG_UTF8 0x800
#define DATE_FIRST 0x21 // 1 January 1980

static uint32_t crc_of(const uint8_t *bytes, size_t size)
{
    uint32_t table[16], crc = 0xFFFFFFFFu;
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (int bit = 0; bit < 4; bit++)
            table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xEDB88320u : 0);
    }
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static uint8_t *put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(to, bytes, size);
    return to + size;
}

/* What both headers of a file have in common, from the version that is needed to the extra field's length. */
static uint8_t *put_facts(uint8_t *to, const ZipFile *file, uint32_t crc)
{
    to = put(to, VERSION, 2);
    to = put(to, FLAG_UTF8, 2);
    to = put(to, 0, 2); // stored
    to = put(to, 0, 2); // midnight
    to = put(to, DATE_FIRST, 2);
    to = put(to, crc, 4);
    to = put(to, (uint32_t)file->size_bytes, 4);
    to = put(to, (uint32_t)file->size_bytes, 4);
    to = put(to, (uint32_t)strlen(file->name), 2);
    return put(to, 0, 2);
}

static uint8_t *put_central(uint8_t *to, const ZipFile *file, uint32_t crc, uint32_t offset)
{
    to = put(to, 0x02014B50, 4);
    to = put(to, VERSION, 2);
    to = put_facts(to, file, crc);
    to = put(to, 0, 2); // comment
    to = put(to, 0, 2); // disk
    to = put(to, 0, 2); // internal attributes
    to = put(to, 0, 4); // external ones
    to = put(to, offset, 4);
    return put_bytes(to, file->name, strlen(file->name));
}

RvStatus zip_store(const ZipFile *files, size_t count, void **out, size_t *size_bytes, RvError *err)
{
    uint64_t total = END_BYTES;
    *out = NULL;
    for (size_t i = 0; i < count && count <= ZIP_FILES_MAX; i++) {
        size_t name = strlen(files[i].name);
        if (name > 1024 || files[i].size_bytes > UINT32_MAX)
            return web_error(err, RV_ERROR_ARGUMENT, "a file is too large for a ZIP archive");
        total += LOCAL_BYTES + CENTRAL_BYTES + 2 * name + files[i].size_bytes;
    }
    if (count > ZIP_FILES_MAX || total > UINT32_MAX)
        return web_error(err, RV_ERROR_ARGUMENT, "the files are too many or too large for a ZIP archive");
    uint8_t *bytes = malloc((size_t)total), *to = bytes;
    uint32_t *facts = calloc(2 * count + 1, sizeof *facts);
    if (bytes == NULL || facts == NULL) {
        free(bytes);
        free(facts);
        return web_error_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        facts[2 * i] = (uint32_t)(to - bytes);
        facts[2 * i + 1] = crc_of(files[i].bytes, files[i].size_bytes);
        to = put(to, 0x04034B50, 4);
        to = put_facts(to, &files[i], facts[2 * i + 1]);
        to = put_bytes(to, files[i].name, strlen(files[i].name));
        to = put_bytes(to, files[i].bytes, files[i].size_bytes);
    }
    uint32_t central = (uint32_t)(to - bytes);
    for (size_t i = 0; i < count; i++)
        to = put_central(to, &files[i], facts[2 * i + 1], facts[2 * i]);
    uint32_t size = (uint32_t)(to - bytes) - central;
    to = put(to, 0x06054B50, 4);
    to = put(to, 0, 4); // disks
    to = put(to, (uint32_t)count, 2);
    to = put(to, (uint32_t)count, 2);
    to = put(to, size, 4);
    to = put(to, central, 4);
    put(to, 0, 2); // comment
    free(facts);
    *out = bytes;
    *size_bytes = (size_t)total;
    return RV_OK;
}
