/* SPDX-License-Identifier: MIT */
/* Resampling of 8-bit pictures, identical to Pillow. Threads: all functions may be called from any thread. */
#ifndef RV_PIXELS_RESIZE_H
#define RV_PIXELS_RESIZE_H

#include "pixels/picture.h"

#define RESIZE_MAX_CROP 4096

/* Pillow's filters. Both are widened by the reduction, so that every source pixel counts. */
typedef enum ResizeFilter {
    RESIZE_BICUBIC,  // Keys' cubic convolution with a = -0.5, 2 pixels to each side
    RESIZE_BILINEAR, // a triangle, 1 pixel to each side
} ResizeFilter;

/* Resample to width x height, bicubic (a = -0.5, antialiased). The bytes are those of Pillow's
 * Image.resize(BICUBIC): two passes, 22-bit fixed-point coefficients, alpha premultiplied during the
 * resampling. If rv_image_is_nearest(image), by nearest neighbour instead. Channels are kept. Errors:
 * ARGUMENT, MEMORY. */
RvStatus rv_resize_bicubic(const RvImage *image, int width, int height, RvPicture **out, RvError *err);

/* CLIP's input: the shorter side is resized to `size` (the longer one is truncated to an integer), then the
 * centre size x size is cropped (offsets rounded as in torchvision) and converted to R G B (grey repeated,
 * alpha dropped). rgb_u8: uint8[size, size, 3]. Errors: ARGUMENT, MEMORY. */
RvStatus rv_resize_crop(const RvImage *image, int size, uint8_t *rgb_u8, RvError *err);

/* The size of the whole resized picture, and where the size x size pixels of CLIP's input begin in it. */
typedef struct CropPlan {
    int width, height;
    int left, top;
} CropPlan;

/* Returns the plan of a crop. width and height: 1 to 65535; size: 1 to RESIZE_MAX_CROP. */
CropPlan rv_resize_crop_plan(int width, int height, int size);

#endif
