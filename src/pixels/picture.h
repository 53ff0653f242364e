/* SPDX-License-Identifier: MIT */
/* A picture that owns its pixels, and the checks of pictures that callers pass. */
#ifndef RV_PIXELS_PICTURE_H
#define RV_PIXELS_PICTURE_H

#include "reelvec/image.h"

/* Limits that protect against hostile pictures and videos. */
#define PICTURE_MAX_SIDE 65535
#define PICTURE_MAX_PIXELS ((size_t)1 << 28)

/* A bit of RvImage.reserved: a palette or 1-bit picture, which is resampled by nearest neighbour, as Pillow
 * does. */
#define IMAGE_NEAREST ((uint64_t)1)

static inline bool rv_image_is_nearest(const RvImage *image)
{
    return (image->reserved[0] & IMAGE_NEAREST) != 0;
}

struct RvPicture {
    RvImage image;   // pixels_u8 == pixels
    uint8_t *pixels; // owned; rows without padding
    int orientation; // of the pixels by the file, 1 to 8 as in TIFF and EXIF; others: upright
};

/* Create a picture; its pixels are not initialised. Errors: ARGUMENT (sides outside 1 to 65535), MEMORY. */
RvStatus rv_picture_create(int width, int height, int channel_count, RvPicture **out, RvError *err);

/* Check a caller's picture: pixels, sides (1 to 65535), channels (1 to 4) and stride. Errors: ARGUMENT. */
RvStatus rv_picture_check(const RvImage *image, RvError *err);

#endif
