/* SPDX-License-Identifier: MIT */
/* Many stored pictures as one: tiles from left to right, from top to bottom. */
#ifndef RV_WEB_SPRITE_H
#define RV_WEB_SPRITE_H

#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#define SPRITE_PIXELS_MAX ((uint64_t)1 << 24)

typedef struct Sprite {
    int columns, rows, tile_width, tile_height;
    uint8_t *rgb_u8; // [rows * tile_height, columns * tile_width, 3]
} Sprite;

/* How large a JPEG is. Errors: FORMAT. */
RvStatus sprite_measure(const uint8_t *jpeg, size_t size_bytes, int *width, int *height, RvError *err);

/* Room for so many tiles, black. sprite: its four numbers are set. Errors: ARGUMENT (too large), MEMORY. */
RvStatus sprite_create(Sprite *sprite, RvError *err);
void sprite_clear(Sprite *sprite);
/* Put a JPEG at a place, scaled to the tile's size. Errors: FORMAT, MEMORY. */
RvStatus sprite_put(Sprite *sprite, size_t place, const uint8_t *jpeg, size_t size_bytes, RvError *err);
/* *jpeg: free(). Errors: MEMORY. */
RvStatus sprite_write(const Sprite *sprite, void **jpeg, size_t *size_bytes, RvError *err);

#endif
