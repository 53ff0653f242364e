/* SPDX-License-Identifier: MIT */
/* JPEG pictures of frames. */
#ifndef RV_PIXELS_THUMBNAIL_H
#define RV_PIXELS_THUMBNAIL_H

#include "base/buffer.h"
#include "reelvec/image.h"

/* What libjpeg takes (JPEG_MAX_DIMENSION). */
#define THUMBNAIL_MAX_SIDE 65500

/* Append the R G B image as baseline JPEG, 4:2:0, to `jpeg`. quality 1 to 100. Errors: ARGUMENT,
 * MEMORY. */
RvStatus rv_thumbnail_encode(const RvImage *image, int quality, Buffer *jpeg, RvError *err);

/* Width and height from the header alone. FORMAT where it is no JPEG. */
RvStatus rv_thumbnail_size(const uint8_t *jpeg, size_t size_bytes, int *width, int *height, RvError *err);

/* Decode, to check that it can be shown; FORMAT on any damage that the decoder reports. */
RvStatus rv_thumbnail_decode(const uint8_t *jpeg, size_t size_bytes, RvPicture **out, RvError *err);

#endif
