/* SPDX-License-Identifier: MIT */
/* Decoders of still pictures, one call per family of formats; still.c chooses among them. */
#ifndef RV_PIXELS_STILL_DECODE_H
#define RV_PIXELS_STILL_DECODE_H

#include "reelvec/image.h"

/* Bytes of one picture and what to call it in messages. */
typedef struct StillSource {
    const char *name;
    const uint8_t *bytes;
    size_t size_bytes;
} StillSource;

/* FORMAT or MEMORY where the sides are beyond the limits of still.h. */
RvStatus rv_still_check_size(const StillSource *source, int64_t width, int64_t height, RvError *err);

/* JPEG through libturbojpeg, which gives the pixels that Pillow gives. */
RvStatus rv_still_decode_jpeg(const StillSource *source, RvPicture **out, RvError *err);

/* Any other format through FFmpeg's decoder of that name; the whole file is one packet. */
RvStatus rv_still_decode_libav(const StillSource *source, const char *decoder, RvPicture **out, RvError *err);

/* WebP, animated ones too (their first frame). */
RvStatus rv_still_decode_webp(const StillSource *source, RvPicture **out, RvError *err);

#endif
