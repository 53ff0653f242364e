/* SPDX-License-Identifier: MIT */
/* libswscale behind one call: the planes of a frame to packed R G B of another size. */
#ifndef RV_PIXELS_FRAME_SCALER_H
#define RV_PIXELS_FRAME_SCALER_H

#include <libavutil/pixfmt.h>
#include <stddef.h>
#include <stdint.h>

#include "pixels/frame_view.h"
#include "pixels/resize.h"
#include "pixels/upright.h"
#include "reelvec/status.h"

struct SwsContext;

/* A zeroed struct is empty. Contexts and memory are kept as long as the shapes are the same. Threads: one
 * call at a time per scaler. */
typedef struct FrameScaler {
    struct SwsContext *resample; // to packed R G B at once; with `colour`, to 4:4:4 planes of 16 bit
    struct SwsContext *colour;   // those planes to packed R G B, only in the window
    uint8_t *planes;             // three, one after the other
    size_t plane_stride;
    FrameShape from;
    enum AVPixelFormat to_format;
    ResizeFilter filter;
    int to_width, to_height;
    PixelWindow window;
} FrameScaler;

void rv_frame_scaler_clear(FrameScaler *scaler);

/* Resample the whole frame to width x height (by Pillow's filters, nearly) and convert it to RGB24, RGBA or RGB48 in
 * machine order. Only the pixels in the window are set; the content of others is undefined. The result does
 * not depend on the processor. pixels: height rows of row_stride bytes, row_stride from
 * rv_frame_scaler_stride. Errors: UNSUPPORTED, MEMORY. */
RvStatus rv_frame_scaler_run(FrameScaler *scaler, const FrameView *view, enum AVPixelFormat to_format,
                             ResizeFilter filter, int width, int height, const PixelWindow *window,
                             uint8_t *pixels, size_t row_stride, RvError *err);

/* Returns the bytes that a row needs. swscale may write after its last pixel. */
size_t rv_frame_scaler_stride(enum AVPixelFormat to_format, int width);

#endif
