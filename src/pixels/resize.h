/* SPDX-License-Identifier: MIT */
/* Resampling of 8-bit pictures, identical to Pillow. Threads: all functions may be called from any thread. */
#ifndef RV_PIXELS_RESIZE_H
#define RV_PIXELS_RESIZE_H

#include "pixels/picture.h"
#include "pixels/upright.h"

/* Pillow's filters. Both are widened by the reduction, so that every source pixel counts. */
typedef enum ResizeFilter {
    RESIZE_BICUBIC,  // Keys' cubic convolution with a = -0.5, 2 pixels to each side
    RESIZE_BILINEAR, // a triangle, 1 pixel to each side
} ResizeFilter;

/* Resample to width x height, bicubic. The bytes are those of Pillow's Image.resize(BICUBIC): two passes,
 * 22-bit fixed-point coefficients, alpha premultiplied during the resampling. If rv_image_is_nearest(image),
 * by nearest neighbour instead. Channels are kept. Errors: ARGUMENT, MEMORY. */
RvStatus rv_resize_bicubic(const RvImage *image, int width, int height, RvPicture **out, RvError *err);

/* The same with any filter, but only the part of the result is computed and returned. width, height: at least
 * 1, any number; the part is inside. */
RvStatus rv_resize_part(const RvImage *image, ResizeFilter filter, int width, int height,
                        const PixelWindow *part, RvPicture **out, RvError *err);

#endif
