/* SPDX-License-Identifier: MIT */
/* FNV-1a (64 bits): what tags and cursors are made of. It tells what differs by itself, not what somebody makes alike. */
#ifndef RV_WEB_TAG_HASH_H
#define RV_WEB_TAG_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TAG_HASH_START UINT64_C(0xCBF29CE484222325)

static inline uint64_t tag_hash_bytes(uint64_t hash, const void *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* text: NULL adds nothing. */
static inline uint64_t tag_hash_text(uint64_t hash, const char *text)
{
    return text != NULL ? tag_hash_bytes(hash, text, strlen(text) + 1) : hash;
}

static inline uint64_t tag_hash_number(uint64_t hash, int64_t number)
{
    return tag_hash_bytes(hash, &number, sizeof number);
}

#endif
