/* SPDX-License-Identifier: MIT */
/* Still pictures from files, URLs and memory, through FFmpeg's decoders. The functions are the public
 * rv_picture_load, rv_picture_decode, rv_picture_image, rv_picture_destroy of reelvec/image.h. */
#ifndef RV_PIXELS_STILL_H
#define RV_PIXELS_STILL_H

#include "reelvec/image.h"

/* Limits that guard against hostile pictures. */
#define STILL_MAX_FILE_BYTES ((size_t)256 << 20)
#define STILL_MAX_PIXELS ((size_t)1 << 28)

#endif
