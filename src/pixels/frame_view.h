/* SPDX-License-Identifier: MIT */
/* What a decoded frame says of its planes: size, matrix, range, where chroma lies, which field to take. */
#ifndef RV_PIXELS_FRAME_VIEW_H
#define RV_PIXELS_FRAME_VIEW_H

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stdint.h>

#include "reelvec/status.h"

// swscale's sign for "the chroma planes are not subsampled in this direction".
#define CHROMA_UNSET (-513)

/* How to read planes. Equal shapes share a scaler context. */
typedef struct FrameShape {
    enum AVPixelFormat format; // never one of the deprecated yuvj formats
    int width, height;         // of the planes: half the frame's height where one field is taken
    int matrix;                // SWS_CS_*
    int full_range;
    int chroma_x, chroma_y; // position of chroma samples as swscale's options take it, or CHROMA_UNSET
} FrameShape;

/* Borrowed planes. */
typedef struct FrameView {
    FrameShape shape;
    const uint8_t *planes[4];
    int strides[4];
} FrameView;

/* The picture of a frame: all of it, or the first field alone where it is interlaced, so that no comb is
 * seen. Matrix, where the stream does not say: BT.709 from 720 lines on, else BT.601. Range, where it does
 * not say: full for grey and yuvj formats, else limited. Errors: UNSUPPORTED (formats and colour codings that
 * swscale cannot read), FORMAT (no pixels). */
RvStatus rv_frame_view(const AVFrame *frame, FrameView *out, RvError *err);

#endif
