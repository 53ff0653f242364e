/* SPDX-License-Identifier: MIT */
/* SentencePiece's precompiled table of normalised characters. */
#include "clip/tokenizer/pieces/charsmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* A rule maps a few characters at most. A damaged table may have circles, which would follow the whole text. */
#define RULE_MAX_BYTES 256

static uint32_t read_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

RvStatus rv_charsmap_init(Charsmap *map, const void *bytes, size_t size_bytes, const char *path, RvError *err)
{
    const uint8_t *from = bytes;
    *map = (Charsmap){0};
    rv_buffer_init(&map->texts, size_bytes);
    size_t array_bytes = size_bytes > 4 ? read_u32(from) : 0;
    if (array_bytes == 0 || array_bytes % 4 != 0 || array_bytes >= size_bytes - 4 ||
        from[size_bytes - 1] != '\0')
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged precompiled_charsmap; fetch the file again",
                            path);
    map->units = rv_mem_alloc(array_bytes / 4, sizeof *map->units, err);
    if (map->units == NULL)
        return RV_ERROR_MEMORY;
    map->unit_count = array_bytes / 4;
    for (size_t i = 0; i < map->unit_count; i++)
        map->units[i] = read_u32(from + 4 + 4 * i);
    return rv_buffer_append(&map->texts, from + 4 + array_bytes, size_bytes - 4 - array_bytes, err);
}

void rv_charsmap_clear(Charsmap *map)
{
    free(map->units);
    rv_buffer_clear(&map->texts);
    *map = (Charsmap){0};
}

/* A unit of darts-clone: bits 0 to 7 and 31 are the label, bit 8 says that a value is below, bits 10 to 30 are the
 * offset, shifted by 8 if bit 9 is set. */
static size_t unit_offset(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

size_t rv_charsmap_find(const Charsmap *map, const uint8_t *text, size_t size_bytes, const char **replacement)
{
    size_t longest = 0;
    if (map->unit_count == 0)
        return 0;
    size_t at = unit_offset(map->units[0]);
    for (size_t i = 0; i < size_bytes && i < RULE_MAX_BYTES; i++) {
        at ^= text[i];
        if (at >= map->unit_count)
            break;
        uint32_t unit = map->units[at];
        if ((unit & (1u << 31 | 0xff)) != text[i])
            break;
        at ^= unit_offset(unit);
        if (at >= map->unit_count)
            break;
        size_t value = map->units[at] & INT32_MAX;
        if ((unit & 1u << 8) != 0 && value < map->texts.size_bytes) {
            longest = i + 1;
            *replacement = (const char *)map->texts.bytes + value;
        }
    }
    return longest;
}
