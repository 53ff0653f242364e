/* SPDX-License-Identifier: MIT */
/* Mirror, quarter turns, crop and channel order in one copy of R G B pixels. */
#ifndef RV_PIXELS_UPRIGHT_H
#define RV_PIXELS_UPRIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/image.h"

/* What brings a picture upright: first the mirror (left to right), then the clockwise turns. */
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

/* Where a window of the upright picture lies in the source of width x height pixels. */
PixelWindow rv_upright_window(const Turn *turn, int width, int height, const PixelWindow *upright);

/* Of the upright picture, the part of width x height pixels from (left, top), which must lie inside, to `to`
 * with rows of to_stride bytes. */
void rv_upright_copy(const RgbRows *from, const Turn *turn, int left, int top, int width, int height,
                     uint8_t *to, size_t to_stride);

/* A whole picture of any number of channels, upright, to `to` with rows of to_stride bytes; channels keep
 * their order.
 */
void rv_upright_image(const RvImage *from, const Turn *turn, uint8_t *to, size_t to_stride);

#endif
