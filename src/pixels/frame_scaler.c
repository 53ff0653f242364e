/* SPDX-License-Identifier: MIT */
/* libswscale behind one call: the planes of a frame to packed R G B of another size. */
#include "pixels/frame_scaler.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "video/ffmpeg_compat.h"

// swscale's sign for "the chroma planes are not subsampled in this direction".
#define CHROMA_UNSET (-513)
#define HD_LINES 720

/* ---- reading a frame's facts ------------------------------------------------------------------------ */

/* The yuvj formats only say "full range"; swscale warns of them. */
static enum AVPixelFormat plain_format(enum AVPixelFormat format, int *full_range)
{
    static const struct {
        enum AVPixelFormat from, to;
    } formats[] = {
        {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P},
        {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
        {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].from == format) {
            *full_range = 1;
            return formats[i].to;
        }
    }
    return format;
}

/* Codings that are no matrix of swscale's kind: read as one they would give wrong colours. */
static bool matrix_known(const AVFrame *frame, const AVPixFmtDescriptor *format)
{
    bool coded = format->nb_components >= 3 && (format->flags & AV_PIX_FMT_FLAG_RGB) == 0;
    return !coded || (frame->colorspace != AVCOL_SPC_YCGCO && frame->colorspace != AVCOL_SPC_ICTCP);
}

static int matrix_of(const AVFrame *frame)
{
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_FCC:
        return SWS_CS_FCC;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return frame->height >= HD_LINES ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

static void set_chroma_position(const AVFrame *frame, const AVPixFmtDescriptor *format, FrameShape *shape)
{
    // In 1/256 of a luma pixel: 0 on the luma sample, 128 halfway to the next. MPEG's 4:2:0 sits left, JPEG's
    // between.
    int x = shape->full_range ? 128 : 0;
    int y = 128;
    switch (frame->chroma_location) {
    case AVCHROMA_LOC_LEFT:
        x = 0;
        break;
    case AVCHROMA_LOC_CENTER:
        x = 128;
        break;
    case AVCHROMA_LOC_TOPLEFT:
        x = y = 0;
        break;
    case AVCHROMA_LOC_TOP:
        x = 128;
        y = 0;
        break;
    case AVCHROMA_LOC_BOTTOMLEFT:
        x = 0;
        y = 256;
        break;
    case AVCHROMA_LOC_BOTTOM:
        x = 128;
        y = 256;
        break;
    default:
        break;
    }
    shape->chroma_x = format->log2_chroma_w == 1 ? x : CHROMA_UNSET;
    shape->chroma_y = format->log2_chroma_h == 1 ? y : CHROMA_UNSET;
}

/* Newer versions of FFmpeg keep the two marks among the frame's flags. PNG's decoder marks its own
 * interlacing, which is about the order of transmission, so R G B frames do not count. */
static bool is_interlaced(const AVFrame *frame, const AVPixFmtDescriptor *format)
{
    if ((format->flags & AV_PIX_FMT_FLAG_RGB) != 0 || frame->height < 2)
        return false;
#ifdef AV_FRAME_FLAG_INTERLACED
    return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
    return frame->interlaced_frame != 0;
#endif
}

static bool is_top_field_first(const AVFrame *frame)
{
#ifdef AV_FRAME_FLAG_TOP_FIELD_FIRST
    return (frame->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST) != 0;
#else
    return frame->top_field_first != 0;
#endif
}

/* Every other line from the first field's first. A field whose chroma has one line less than its luma needs
 * loses its last luma line. */
static void take_first_field(const AVFrame *frame, const AVPixFmtDescriptor *format, FrameView *view)
{
    int start = is_top_field_first(frame) ? 0 : 1;
    int height = (frame->height + 1 - start) / 2;
    int chroma_height = AV_CEIL_RSHIFT(frame->height, format->log2_chroma_h);
    int field_chroma_height = (chroma_height + 1 - start) / 2;
    if (AV_CEIL_RSHIFT(height, format->log2_chroma_h) > field_chroma_height)
        height = field_chroma_height << format->log2_chroma_h;
    if (height < 1)
        return;
    for (int plane = 0; plane < 4; plane++) {
        bool palette = plane == 1 && (format->flags & AV_PIX_FMT_FLAG_PAL) != 0;
        if (view->planes[plane] == NULL || palette)
            continue;
        view->planes[plane] += (ptrdiff_t)start * view->strides[plane];
        view->strides[plane] *= 2;
    }
    view->shape.height = height;
}

RvStatus rv_frame_view(const AVFrame *frame, FrameView *out, RvError *err)
{
    rv_ffmpeg_silence();
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    if (format == NULL || frame->data[0] == NULL || frame->width < 1 || frame->height < 1)
        return rv_error_set(err, RV_ERROR_FORMAT, "video frame without pixels (%d x %d)", frame->width,
                            frame->height);
    FrameView view = {0};
    view.shape.full_range = frame->color_range == AVCOL_RANGE_JPEG;
    if (frame->color_range == AVCOL_RANGE_UNSPECIFIED && format->nb_components <= 2)
        view.shape.full_range = 1;
    view.shape.format = plain_format((enum AVPixelFormat)frame->format, &view.shape.full_range);
    if (!sws_isSupportedInput(view.shape.format))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "video frames of pixel format %s are not read; convert the "
                            "video to yuv420p",
                            format->name);
    if (!matrix_known(frame, format))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "video colours coded as %s are not read; convert the video to "
                            "BT.709",
                            av_color_space_name(frame->colorspace));
    view.shape.width = frame->width;
    view.shape.height = frame->height;
    view.shape.matrix = matrix_of(frame);
    set_chroma_position(frame, format, &view.shape);
    for (int plane = 0; plane < 4; plane++) {
        view.planes[plane] = frame->data[plane];
        view.strides[plane] = frame->linesize[plane];
    }
    if (is_interlaced(frame, format))
        take_first_field(frame, format, &view);
    *out = view;
    return RV_OK;
}

/* ---- scaling ---------------------------------------------------------------------------------------- */

static bool same_shape(const FrameShape *a, const FrameShape *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height &&
           a->matrix == b->matrix && a->full_range == b->full_range && a->chroma_x == b->chroma_x &&
           a->chroma_y == b->chroma_y;
}

void rv_frame_scaler_clear(FrameScaler *scaler)
{
    sws_freeContext(scaler->context);
    *scaler = (FrameScaler){0};
}

static int set_options(struct SwsContext *context, const FrameScaler *scaler)
{
    // BITEXACT and ACCURATE_RND: the same bytes on every processor. FULL_CHR: chroma for every pixel of the
    // result.
    int64_t flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    const struct {
        const char *name;
        int64_t value;
    } options[] = {
        {"sws_flags", flags},
        {"srcw", scaler->from.width},
        {"srch", scaler->from.height},
        {"src_format", scaler->from.format},
        {"src_range", scaler->from.full_range},
        {"dstw", scaler->to_width},
        {"dsth", scaler->to_height},
        {"dst_format", scaler->to_format},
        {"dst_range", 1},
        {"src_h_chr_pos", scaler->from.chroma_x},
        {"src_v_chr_pos", scaler->from.chroma_y},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof options / sizeof options[0] && result >= 0; i++)
        result = av_opt_set_int(context, options[i].name, options[i].value, 0);
    // B = 0, C = 0.5 of the family of cubics: Keys' with a = -0.5, as in Pillow.
    if (result >= 0)
        result = av_opt_set_double(context, "param0", 0.0, 0);
    if (result >= 0)
        result = av_opt_set_double(context, "param1", 0.5, 0);
    return result;
}

static RvStatus prepare(FrameScaler *scaler, RvError *err)
{
    struct SwsContext *context = sws_alloc_context();
    if (context == NULL)
        return rv_error_memory(err, 0);
    int result = set_options(context, scaler);
    if (result >= 0)
        result = sws_init_context(context, NULL, NULL);
    // R G B sources go through luma and chroma and back: by one and the same matrix.
    const int *matrix = sws_getCoefficients(scaler->from.matrix);
    if (result >= 0)
        result = sws_setColorspaceDetails(context, matrix, scaler->from.full_range, matrix, 1, 0, 1 << 16,
                                          1 << 16);
    if (result < 0) {
        sws_freeContext(context);
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "cannot convert %d x %d frames of pixel format %s to %d x %d", scaler->from.width,
                            scaler->from.height, av_get_pix_fmt_name(scaler->from.format), scaler->to_width,
                            scaler->to_height);
    }
    scaler->context = context;
    return RV_OK;
}

/* Without a change of size swscale copies 8-bit grey as if it were in full range. */
static bool range_was_ignored(const FrameScaler *scaler)
{
    const FrameShape *from = &scaler->from;
    return !from->full_range && from->format == AV_PIX_FMT_GRAY8 && from->width == scaler->to_width &&
           from->height == scaler->to_height &&
           (scaler->to_format == AV_PIX_FMT_RGB24 || scaler->to_format == AV_PIX_FMT_RGBA);
}

static void stretch_range(const FrameScaler *scaler, uint8_t *pixels, size_t row_stride)
{
    int channels = scaler->to_format == AV_PIX_FMT_RGBA ? 4 : 3;
    for (int y = 0; y < scaler->to_height; y++) {
        uint8_t *pixel = pixels + (size_t)y * row_stride;
        for (int x = 0; x < scaler->to_width; x++, pixel += channels) {
            int value = pixel[0] <= 16 ? 0 : pixel[0] >= 235 ? 255 : ((pixel[0] - 16) * 255 + 109) / 219;
            memset(pixel, value, 3);
        }
    }
}

RvStatus rv_frame_scaler_run(FrameScaler *scaler, const FrameView *view, enum AVPixelFormat to_format,
                             int width, int height, uint8_t *pixels, size_t row_stride, RvError *err)
{
    bool fits = scaler->context != NULL && same_shape(&scaler->from, &view->shape) &&
                scaler->to_format == to_format && scaler->to_width == width && scaler->to_height == height;
    if (!fits) {
        rv_frame_scaler_clear(scaler);
        *scaler = (FrameScaler){
            .from = view->shape, .to_format = to_format, .to_width = width, .to_height = height};
        RvStatus status = prepare(scaler, err);
        if (status != RV_OK)
            return status;
    }
    uint8_t *to_planes[4] = {pixels};
    int to_strides[4] = {(int)row_stride};
    int rows =
        sws_scale(scaler->context, view->planes, view->strides, 0, view->shape.height, to_planes, to_strides);
    if (rows != height)
        return rv_error_set(err, RV_ERROR_INTERNAL, "converting a %d x %d frame gave %d of %d rows",
                            view->shape.width, view->shape.height, rows, height);
    if (range_was_ignored(scaler))
        stretch_range(scaler, pixels, row_stride);
    return RV_OK;
}

size_t rv_frame_scaler_stride(enum AVPixelFormat to_format, int width)
{
    size_t pixel_bytes = to_format == AV_PIX_FMT_RGB24 ? 3 : to_format == AV_PIX_FMT_RGBA ? 4 : 6;
    return ((size_t)width * pixel_bytes + 63) / 64 * 64 + 64;
}
