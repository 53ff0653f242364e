/* SPDX-License-Identifier: MIT */
/* JPEG pictures of frames. Threads: all functions may be called from any thread. */
#ifndef RV_PIXELS_THUMBNAIL_H
#define RV_PIXELS_THUMBNAIL_H

#include "base/buffer.h"
#include "reelvec/image.h"

/* The largest side that libjpeg supports (JPEG_MAX_DIMENSION). */
#define THUMBNAIL_MAX_SIDE 65500

/* Append the R G B image to `jpeg` as baseline JPEG, 4:2:0. quality: 1 to 100. Errors: ARGUMENT, MEMORY. */
RvStatus rv_thumbnail_encode(const RvImage *image, int quality, Buffer *jpeg, RvError *err);

/* Read width and height from the header, without decoding. Errors: FORMAT if it is not a JPEG. */
RvStatus rv_thumbnail_size(const uint8_t *jpeg, size_t size_bytes, int *width, int *height, RvError *err);

/* Decode a picture, to check that it can be shown. Errors: MEMORY; FORMAT for any damage that the decoder
 * reports. */
RvStatus rv_thumbnail_decode(const uint8_t *jpeg, size_t size_bytes, RvPicture **out, RvError *err);

#endif
