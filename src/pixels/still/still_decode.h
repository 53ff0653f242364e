/* SPDX-License-Identifier: MIT */
/* Decoders of still pictures, one function per family of formats; still.c chooses among them. The caller
 * destroys *out. Errors of all: FORMAT for damaged pictures, UNSUPPORTED, MEMORY. Threads: any. */
#ifndef RV_STILL_DECODE_H
#define RV_STILL_DECODE_H

#include "reelvec/image.h"

/* The bytes of one picture, borrowed, and its name in messages. */
typedef struct StillSource {
    const char *name;
    const uint8_t *bytes;
    size_t size_bytes;
    uint64_t max_pixels; // 0: PICTURE_MAX_PIXELS, which holds in any case
} StillSource;

/* JPEG by libturbojpeg. The pixels are those of Pillow. */
RvStatus rv_still_decode_jpeg(const StillSource *source, RvPicture **out, RvError *err);

/* TIFF by libtiff, and the first picture of a GIF by giflib. Unlike FFmpeg's decoders, these report
 * damage. */
RvStatus rv_still_decode_tiff(const StillSource *source, RvPicture **out, RvError *err);
RvStatus rv_still_decode_gif(const StillSource *source, RvPicture **out, RvError *err);

/* Convert C M Y K in four channels to R G B in three, in place. full_ink: the value of full ink, 255 or
 * (inverted) 0. */
void rv_still_cmyk_to_rgb(RvPicture *picture, uint8_t full_ink);

/* Any other format, by FFmpeg's decoder of that name. The whole file is one packet. */
RvStatus rv_still_decode_libav(const StillSource *source, const char *decoder, RvPicture **out, RvError *err);

/* WebP by libwebp; of an animation the first frame. */
RvStatus rv_still_decode_webp(const StillSource *source, RvPicture **out, RvError *err);

#endif
