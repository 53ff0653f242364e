/* SPDX-License-Identifier: MIT */
/* Mirror, quarter turns, crop and channel order in one copy of R G B pixels. */
#ifndef RV_PIXELS_UPRIGHT_H
#define RV_PIXELS_UPRIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/image.h"

/* How a picture is made upright: it is mirrored first (left to right), then turned clockwise. */
typedef struct Turn {
    int quarter_turns; // 0 to 3
    bool mirrored;
    bool swap_red_blue;
} Turn;

/* A part of a picture. */
typedef struct PixelWindow {
    int left, top, width, height;
} PixelWindow;

typedef struct RgbRows {
    const uint8_t *pixels;
    size_t row_stride;
    int width, height;
} RgbRows;

/* Returns the window of the source, which has width x height pixels, for a window of the upright picture. */
PixelWindow rv_upright_window(const Turn *turn, int width, int height, const PixelWindow *upright);

/* Copy a part of the upright picture, width x height pixels from (left, top), to rows of to_stride bytes. The
 * part must be inside the picture. */
void rv_upright_copy(const RgbRows *from, const Turn *turn, int left, int top, int width, int height,
                     uint8_t *to, size_t to_stride);

/* Copy a whole picture of any number of channels, upright, to rows of to_stride bytes. The order of channels
 * is not changed. */
void rv_upright_image(const RvImage *from, const Turn *turn, uint8_t *to, size_t to_stride);

#endif
