/* SPDX-License-Identifier: MIT */
/* Conversion of stills with luma and chroma to R G B. */
#include "pixels/still/still_yuv.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/frame_scaler.h"
#include "pixels/picture.h"

static RvStatus from_any(const AVFrame *frame, bool alpha, RvPicture **out, RvError *err)
{
    FrameView view;
    RvStatus status = rv_frame_view(frame, &view, err);
    if (status != RV_OK)
        return status;
    view.shape.matrix = SWS_CS_ITU601;
    enum AVPixelFormat format = alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    size_t stride = rv_frame_scaler_stride(format, view.shape.width);
    uint8_t *rows = rv_mem_alloc_aligned((size_t)view.shape.height, stride, err);
    if (rows == NULL)
        return RV_ERROR_MEMORY;
    FrameScaler scaler = {0};
    status = rv_frame_scaler_run(&scaler, &view, format, RESIZE_BICUBIC, view.shape.width, view.shape.height,
                                 NULL, rows, stride, err);
    rv_frame_scaler_clear(&scaler);
    if (status == RV_OK)
        status = rv_picture_create(view.shape.width, view.shape.height, alpha ? 4 : 3, out, err);
    for (int y = 0; status == RV_OK && y < view.shape.height; y++)
        memcpy((*out)->pixels + (size_t)y * (*out)->image.row_stride, rows + (size_t)y * stride,
               (*out)->image.row_stride);
    free(rows);
    return status;
}

RvStatus rv_still_from_yuv(const StillSource *source, const AVFrame *frame, RvPicture **out, RvError *err)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    bool alpha = (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
    RvError cause = {0};
    RvStatus status = from_any(frame, alpha, out, &cause);
    return status == RV_OK ? RV_OK : rv_error_set(err, status, "%s: %s", source->name, cause.message);
}
