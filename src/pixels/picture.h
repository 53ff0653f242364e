/* SPDX-License-Identifier: MIT */
/* A picture that owns its pixels. */
#ifndef RV_PIXELS_PICTURE_H
#define RV_PIXELS_PICTURE_H

#include "reelvec/image.h"

struct RvPicture {
    RvImage image;   // pixels_u8 == pixels
    uint8_t *pixels; // owned; rows without padding
};

/* Unset pixels. Errors: ARGUMENT (sides outside 1 to 65535), MEMORY. */
RvStatus rv_picture_create(int width, int height, int channel_count, RvPicture **out, RvError *err);

#endif
