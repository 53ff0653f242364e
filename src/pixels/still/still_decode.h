/* SPDX-License-Identifier: MIT */
/* Decoders of still pictures, one call per family of formats; still.c chooses among them. */
#ifndef RV_STILL_DECODE_H
#define RV_STILL_DECODE_H

#include "reelvec/image.h"

/* Bytes of one picture and what to call it in messages. */
typedef struct StillSource {
    const char *name;
    const uint8_t *bytes;
    size_t size_bytes;
} StillSource;

/* JPEG through libturbojpeg, with the pixels that Pillow reads. */
RvStatus rv_still_decode_jpeg(const StillSource *source, RvPicture **out, RvError *err);

/* TIFF through libtiff, and the first picture of a GIF through giflib: unlike FFmpeg's decoders they report
 * what is damaged. */
RvStatus rv_still_decode_tiff(const StillSource *source, RvPicture **out, RvError *err);
RvStatus rv_still_decode_gif(const StillSource *source, RvPicture **out, RvError *err);

/* C M Y K in four channels to R G B in three, in place. full_ink: the value of full ink, 255 or (inverted) 0.
 */
void rv_still_cmyk_to_rgb(RvPicture *picture, uint8_t full_ink);

/* Any other format through FFmpeg's decoder of that name; the whole file is one packet. */
RvStatus rv_still_decode_libav(const StillSource *source, const char *decoder, RvPicture **out, RvError *err);

/* WebP through libwebp, animated ones too (their first frame). */
RvStatus rv_still_decode_webp(const StillSource *source, RvPicture **out, RvError *err);

#endif
