/* SPDX-License-Identifier: MIT */
/* Stills whose decoder gives luma and chroma, to R G B. */
#include "pixels/still_yuv.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/frame_scaler.h"
#include "pixels/picture.h"

/* ---- WebP: libwebp's arithmetic, so that the pixels equal Pillow's ---------------------------------- */

/* BT.601 limited range in 14-bit fixed point with 6 fractional bits left. */
static inline uint8_t clip_6(int value)
{
    value >>= 6;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void yuv_to_rgb(int y, int u, int v, uint8_t *rgb)
{
    int luma = y * 19077 >> 8;
    rgb[0] = clip_6(luma + (v * 26149 >> 8) - 14234);
    rgb[1] = clip_6(luma - (u * 6419 >> 8) - (v * 13320 >> 8) + 8708);
    rgb[2] = clip_6(luma + (u * 33050 >> 8) - 17685);
}

/* Chroma at luma column x from the nearer and the farther chroma row: weights 9 3 3 1, rounded in two steps.
 */
static inline int upsample(const uint8_t *near_row, const uint8_t *far_row, int x, int width)
{
    int column = x / 2;
    int other = x % 2 == 0 ? column - 1 : column + 1;
    if (other < 0 || 2 * other >= width)
        return (3 * near_row[column] + far_row[column] + 2) >> 2;
    int diagonal = (near_row[column] + 3 * near_row[other] + 3 * far_row[column] + far_row[other] + 8) >> 3;
    return (diagonal + near_row[column]) >> 1;
}

static RvStatus from_webp(const AVFrame *frame, bool alpha, RvPicture **out, RvError *err)
{
    int channels = alpha ? 4 : 3;
    RvStatus status = rv_picture_create(frame->width, frame->height, channels, out, err);
    if (status != RV_OK)
        return status;
    int chroma_rows = (frame->height + 1) / 2;
    for (int y = 0; y < frame->height; y++) {
        int near_y = y / 2;
        int far_y = y % 2 == 0 ? near_y - 1 : near_y + 1;
        if (far_y < 0 || far_y >= chroma_rows)
            far_y = near_y;
        const uint8_t *luma = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        const uint8_t *near_u = frame->data[1] + (ptrdiff_t)near_y * frame->linesize[1];
        const uint8_t *far_u = frame->data[1] + (ptrdiff_t)far_y * frame->linesize[1];
        const uint8_t *near_v = frame->data[2] + (ptrdiff_t)near_y * frame->linesize[2];
        const uint8_t *far_v = frame->data[2] + (ptrdiff_t)far_y * frame->linesize[2];
        uint8_t *to = (*out)->pixels + (size_t)y * (*out)->image.row_stride;
        for (int x = 0; x < frame->width; x++, to += channels) {
            yuv_to_rgb(luma[x], upsample(near_u, far_u, x, frame->width),
                       upsample(near_v, far_v, x, frame->width), to);
            if (alpha)
                to[3] = frame->data[3][(ptrdiff_t)y * frame->linesize[3] + x];
        }
    }
    return RV_OK;
}

/* ---- everything else -------------------------------------------------------------------------------- */

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
    status = rv_frame_scaler_run(&scaler, &view, format, view.shape.width, view.shape.height, NULL, rows,
                                 stride, err);
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
    if ((frame->format == AV_PIX_FMT_YUV420P || frame->format == AV_PIX_FMT_YUVA420P) &&
        frame->color_range != AVCOL_RANGE_JPEG)
        return from_webp(frame, alpha, out, err);
    RvError cause = {0};
    RvStatus status = from_any(frame, alpha, out, &cause);
    return status == RV_OK ? RV_OK : rv_error_set(err, status, "%s: %s", source->name, cause.message);
}
