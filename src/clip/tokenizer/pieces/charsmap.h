/* SPDX-License-Identifier: MIT */
/* SentencePiece's precompiled table of normalised characters (src/normalizer.cc of google/sentencepiece). */
#ifndef RV_CHARSMAP_H
#define RV_CHARSMAP_H

#include "base/buffer.h"

/* A double array (darts-clone) that maps beginnings of a text to texts. */
typedef struct Charsmap {
    uint32_t *units;
    size_t unit_count; // 0: maps nothing
    Buffer texts;      // each ends with NUL
} Charsmap;

/* Copy the table: its size in 4 bytes, the double array, the texts; little endian. Clear it with rv_charsmap_clear, also
 * after an error. Errors: FORMAT, MEMORY. */
RvStatus rv_charsmap_init(Charsmap *map, const void *bytes, size_t size_bytes, const char *path,
                          RvError *err);
void rv_charsmap_clear(Charsmap *map);

/* Returns the number of bytes of the longest beginning that the table maps, and the text that replaces it; 0 if there
 * is none. */
size_t rv_charsmap_find(const Charsmap *map, const uint8_t *text, size_t size_bytes,
                        const char **replacement);

#endif
