/* SPDX-License-Identifier: MIT */
/* The properties of a decoded frame's planes: size, matrix, range, position of chroma, field. */
#ifndef RV_PIXELS_FRAME_VIEW_H
#define RV_PIXELS_FRAME_VIEW_H

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stdint.h>

#include "reelvec/status.h"

// swscale's value for "the chroma planes are not subsampled in this direction".
#define CHROMA_UNSET (-513)

/* How to read planes. Equal shapes share a scaler context. */
typedef struct FrameShape {
    enum AVPixelFormat format; // never one of the deprecated yuvj formats
    int width, height;         // of the planes; half the frame's height if only one field is used
    int matrix;                // SWS_CS_*
    int full_range;
    int chroma_x, chroma_y; // position of chroma samples as in swscale's options, or CHROMA_UNSET
} FrameShape;

/* Borrowed planes. */
typedef struct FrameView {
    FrameShape shape;
    const uint8_t *planes[4];
    int strides[4];
} FrameView;

/* The picture of a frame: the whole frame, or only the first field if it is interlaced, so that no comb
 * artefacts are visible. If the stream does not name the matrix, it is BT.709 from 720 lines on, else BT.601.
 * If the stream does not name the range, it is full for grey and yuvj formats, else limited. Errors:
 * UNSUPPORTED (formats and colour codings that swscale cannot read), FORMAT (no pixels). */
RvStatus rv_frame_view(const AVFrame *frame, FrameView *out, RvError *err);

#endif
