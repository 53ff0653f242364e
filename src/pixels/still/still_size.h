/* SPDX-License-Identifier: MIT */
/* The sides that a picture's header claims, read before a decoder is used, and their limits. */
#ifndef RV_STILL_SIZE_H
#define RV_STILL_SIZE_H

#include "pixels/still/still_decode.h"

/* Read the sides of PNG, BMP, PSD, QOI, JPEG 2000 and PNM, by FFmpeg's name of the format, because FFmpeg
 * refuses large pictures without naming their sides. Returns false for other formats, whose decoders name
 * them, and if the file ends before. */
bool rv_still_claimed_size(const StillSource *source, const char *format, int64_t *width, int64_t *height);

/* The most pixels that are read of the source: PICTURE_MAX_PIXELS, or its own bound if that is smaller. */
size_t rv_still_max_pixels(const StillSource *source);

/* FORMAT if a side is below 1 or beyond PICTURE_MAX_SIDE, or the area beyond rv_still_max_pixels. */
RvStatus rv_still_check_size(const StillSource *source, int64_t width, int64_t height, RvError *err);

#endif
