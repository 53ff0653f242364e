/* SPDX-License-Identifier: MIT */
/* Pictures in memory: a borrowed view of pixels, and pictures that reelvec decoded. */
#ifndef REELVEC_IMAGE_H
#define REELVEC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A borrowed view of 8-bit sRGB pixels, rows from top to bottom.
 * channel_count: 1 grey, 2 grey + alpha, 3 R G B, 4 R G B A (alpha not premultiplied).
 * row_stride: bytes from one row to the next, >= width * channel_count. */
typedef struct RvImage {
    const uint8_t *pixels_u8;
    int width;
    int height;
    int channel_count;
    size_t row_stride;
    uint64_t reserved[1]; /* 0; in a view of an RvPicture, facts that reelvec needs: copy it with the view */
} RvImage;

/* A picture that owns its pixels. */
typedef struct RvPicture RvPicture;

/* Zeroed options are good defaults. */
typedef struct RvPictureOptions {
    bool no_exif_rotation; /* ignore the EXIF orientation, as CLIP's own preprocessing does */
    /* Called on the caller's thread while a picture is fetched from a server, at least once a second. If it returns
     * true, the call ends with CANCELLED. NULL: not called. */
    bool (*cancelled)(void *user);
    void *cancelled_user;
    uint64_t max_pixels; /* a picture that claims more is refused before it is decoded, with FORMAT; 0: 2^28. For
                            pictures of strangers: a small file may claim many */
    uint64_t reserved[5];
} RvPictureOptions;

/* Threads: any number of calls at once; a picture may be read by several threads. */

/* Read a still picture (PNG, JPEG, WebP, GIF, BMP, TIFF, ...) from a file, a pipe or an http(s) URL, at most
 * 256 MiB and 2^28 pixels. It is turned upright by its EXIF orientation, as every viewer shows it. options:
 * NULL is allowed. Errors: NOT_FOUND, IO, NETWORK, FORMAT, UNSUPPORTED, MEMORY, CANCELLED. */
RV_API RvStatus rv_picture_load(const char *path_or_url, const RvPictureOptions *options, RvPicture **out,
                                RvError *err);

/* The same from bytes in memory (borrowed during the call). */
RV_API RvStatus rv_picture_decode(const void *bytes, size_t size_bytes, const RvPictureOptions *options,
                                  RvPicture **out, RvError *err);

/* A view of the picture, valid until it is destroyed. */
RV_API RvImage rv_picture_image(const RvPicture *picture);

/* NULL is accepted. */
RV_API void rv_picture_destroy(RvPicture *picture);

#ifdef __cplusplus
}
#endif
#endif
