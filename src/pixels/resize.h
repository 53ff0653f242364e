/* SPDX-License-Identifier: MIT */
/* Resampling of 8-bit pictures exactly as Pillow does it. */
#ifndef RV_PIXELS_RESIZE_H
#define RV_PIXELS_RESIZE_H

#include "pixels/picture.h"

#define RESIZE_MAX_CROP 4096

/* Bicubic (a = -0.5, antialiased) to width x height, to the byte like Pillow's Image.resize(BICUBIC): two
 * passes, 22-bit fixed-point coefficients, alpha premultiplied during the resampling; nearest neighbour where
 * rv_image_is_nearest(image). Channels are kept. */
RvStatus rv_resize_bicubic(const RvImage *image, int width, int height, RvPicture **out, RvError *err);

/* CLIP's input: shorter side to `size` (the longer one truncated), centre crop size x size (offsets rounded
 * as torchvision does), then R G B (grey repeated, alpha dropped). rgb_u8: uint8[size, size, 3]. */
RvStatus rv_resize_crop(const RvImage *image, int size, uint8_t *rgb_u8, RvError *err);

/* The whole resized picture of which CLIP sees size x size pixels from (left, top). */
typedef struct CropPlan {
    int width, height;
    int left, top;
} CropPlan;

/* Sides 1 to 65535, size 1 to RESIZE_MAX_CROP. */
CropPlan rv_resize_crop_plan(int width, int height, int size);

#endif
