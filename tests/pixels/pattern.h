/* SPDX-License-Identifier: MIT */
/* The picture that make_expected.py gave to Pillow. */
#ifndef RV_TESTS_PATTERN_H
#define RV_TESTS_PATTERN_H

#include "pixels/picture.h"

/* The same bytes as pattern() in make_expected.py. */
static inline RvPicture *pattern(int width, int height, int channels)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_create(width, height, channels, &picture, &err), RV_OK);
    uint8_t *to = picture->pixels;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < channels; c++)
                *to++ = (uint8_t)(x * 7 + y * 13 + c * 61 + x * y / 3 + (x ^ y) % 5 * 40);
        }
    }
    return picture;
}

#endif
