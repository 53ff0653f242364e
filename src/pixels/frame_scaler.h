/* SPDX-License-Identifier: MIT */
/* libswscale behind one call: the planes of a frame to packed R G B of another size. */
#ifndef RV_PIXELS_FRAME_SCALER_H
#define RV_PIXELS_FRAME_SCALER_H

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stddef.h>
#include <stdint.h>

#include "reelvec/status.h"

struct SwsContext;

/* What is resampled: borrowed planes and how to read them. Equal shapes share a scaler context. */
typedef struct FrameShape {
    enum AVPixelFormat format; // never one of the deprecated yuvj formats
    int width, height;         // of the planes: half the frame's height where one field is taken
    int matrix;                // SWS_CS_*
    int full_range;
    int chroma_x, chroma_y; // position of chroma samples as swscale's options take it; -513: not subsampled
} FrameShape;

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

/* Zeroed is empty. Keeps its context while shapes stay the same. */
typedef struct FrameScaler {
    struct SwsContext *context;
    FrameShape from;
    enum AVPixelFormat to_format;
    int to_width, to_height;
} FrameScaler;

void rv_frame_scaler_clear(FrameScaler *scaler);

/* Resample (bicubic, a = -0.5) and convert to RGB24, RGBA or RGB48 in machine order. The result does not
 * depend on the processor. pixels: height rows of row_stride bytes, row_stride from rv_frame_scaler_stride.
 */
RvStatus rv_frame_scaler_run(FrameScaler *scaler, const FrameView *view, enum AVPixelFormat to_format,
                             int width, int height, uint8_t *pixels, size_t row_stride, RvError *err);

/* Bytes a row needs; swscale may write past its last pixel. */
size_t rv_frame_scaler_stride(enum AVPixelFormat to_format, int width);

#endif
