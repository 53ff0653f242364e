/* SPDX-License-Identifier: MIT */
/* Mirror, quarter turns, crop and channel order in one copy of R G B pixels. */
#include "pixels/upright.h"

#include <string.h>

/* The position of the upright picture's pixel (0, 0) in the source, and the steps from one pixel to its
 * neighbours. */
typedef struct Walk {
    const uint8_t *origin;
    ptrdiff_t right, down;
} Walk;

static Walk walk_of(const RgbRows *from, const Turn *turn, int pixel_bytes)
{
    ptrdiff_t row = (ptrdiff_t)from->row_stride;
    ptrdiff_t column = pixel_bytes;
    const uint8_t *first = from->pixels;
    if (turn->mirrored) {
        first += (ptrdiff_t)(from->width - 1) * column;
        column = -column;
    }
    ptrdiff_t last_column = (ptrdiff_t)(from->width - 1) * column;
    ptrdiff_t last_row = (ptrdiff_t)(from->height - 1) * row;
    switch (turn->quarter_turns & 3) {
    case 1: // the left edge, read upwards, becomes the top
        return (Walk){first + last_row, -row, column};
    case 2:
        return (Walk){first + last_row + last_column, -column, -row};
    case 3: // the right edge, read downwards, becomes the top
        return (Walk){first + last_column, row, -column};
    default:
        return (Walk){first, column, row};
    }
}

PixelWindow rv_upright_window(const Turn *turn, int width, int height, const PixelWindow *upright)
{
    const PixelWindow *from = upright;
    PixelWindow window = *from;
    switch (turn->quarter_turns & 3) {
    case 1:
        window = (PixelWindow){from->top, height - from->left - from->width, from->height, from->width};
        break;
    case 2:
        window.left = width - from->left - from->width;
        window.top = height - from->top - from->height;
        break;
    case 3:
        window = (PixelWindow){width - from->top - from->height, from->left, from->height, from->width};
        break;
    default:
        break;
    }
    if (turn->mirrored)
        window.left = width - window.left - window.width;
    return window;
}

void rv_upright_copy(const RgbRows *from, const Turn *turn, int left, int top, int width, int height,
                     uint8_t *to, size_t to_stride)
{
    Walk walk = walk_of(from, turn, 3);
    int red = turn->swap_red_blue ? 2 : 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *pixel = walk.origin + (top + y) * walk.down + left * walk.right;
        uint8_t *out = to + (size_t)y * to_stride;
        if (walk.right == 3 && !turn->swap_red_blue) {
            memcpy(out, pixel, 3 * (size_t)width);
            continue;
        }
        for (int x = 0; x < width; x++, pixel += walk.right, out += 3) {
            out[red] = pixel[0];
            out[1] = pixel[1];
            out[2 - red] = pixel[2];
        }
    }
}

void rv_upright_image(const RvImage *from, const Turn *turn, uint8_t *to, size_t to_stride)
{
    RgbRows rows = {from->pixels_u8, from->row_stride, from->width, from->height};
    Walk walk = walk_of(&rows, turn, from->channel_count);
    bool sideways = (turn->quarter_turns & 1) != 0;
    int width = sideways ? from->height : from->width, height = sideways ? from->width : from->height;
    for (int y = 0; y < height; y++) {
        const uint8_t *pixel = walk.origin + y * walk.down;
        uint8_t *out = to + (size_t)y * to_stride;
        for (int x = 0; x < width; x++, pixel += walk.right) {
            for (int i = 0; i < from->channel_count; i++)
                *out++ = pixel[i];
        }
    }
}
