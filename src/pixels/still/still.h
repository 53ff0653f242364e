/* SPDX-License-Identifier: MIT */
/* Still pictures from files, URLs and memory: JPEG through libturbojpeg, TIFF, GIF and WebP through libtiff,
 * giflib and libwebp, all else through FFmpeg's decoders. Damaged ones are refused. The functions are the
 * public rv_picture_load and rv_picture_decode of reelvec/image.h.
 *
 * Channels are those of Pillow's mode, so that resampling treats them alike: L 1, LA 2, RGB 3, RGBA 4; 1 (one
 * bit) 1 and P (palette) 4, both with `nearest`. A PNG's or GIF's single transparent colour is no alpha. Two
 * differences: 16-bit grey keeps its high byte (Pillow clips it to white), C M Y K becomes R G B before the
 * resampling. */
#ifndef RV_STILL_H
#define RV_STILL_H

#include "reelvec/image.h"

/* Limits that guard against hostile pictures. */
#define STILL_MAX_FILE_BYTES ((size_t)256 << 20)
#define STILL_MAX_PIXELS ((size_t)1 << 28)

#endif
