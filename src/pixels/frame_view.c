/* SPDX-License-Identifier: MIT */
/* The properties of a decoded frame's planes: size, matrix, range, position of chroma, field. */
#include "pixels/frame_view.h"

#include <libavutil/dovi_meta.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/error.h"
#include "video/ffmpeg_compat.h"

#define HD_LINES 720

/* Replace a yuvj format, which only means "full range" and causes warnings of swscale. */
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

/* False for colour codings that are not a matrix as swscale has them. Read as one, they would have wrong
 * colours. */
static bool matrix_known(const AVFrame *frame, const AVPixFmtDescriptor *format)
{
    bool coded = format->nb_components >= 3 && (format->flags & AV_PIX_FMT_FLAG_RGB) == 0;
    return !coded || (frame->colorspace != AVCOL_SPC_YCGCO && frame->colorspace != AVCOL_SPC_ICTCP);
}

/* True for Dolby Vision of profile 5, whose planes are not YCbCr. The stream's metadata does not contain the
 * profile; it is recognised in the same way as in FFmpeg's libavcodec/dovi_rpu.c. */
static bool is_dolby_vision_5(const AVFrame *frame)
{
    const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DOVI_METADATA);
    if (data == NULL || data->size < sizeof(AVDOVIMetadata))
        return false;
    const AVDOVIRpuDataHeader *header = av_dovi_get_header((const AVDOVIMetadata *)(const void *)data->data);
    return header->vdr_rpu_profile == 0 && header->bl_video_full_range_flag != 0;
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
    // In 1/256 of a luma pixel: 0 is at the luma sample, 128 halfway to the next. In MPEG's 4:2:0 chroma is
    // at the left sample, in JPEG's halfway.
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

/* Newer versions of FFmpeg store the two marks in the frame's flags. PNG's decoder sets them for its own
 * interlacing, which is an order of transmission, so R G B frames are never interlaced. */
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

/* Reduce the view to every second line, from the first field's first line on. If a field's chroma has one
 * line less than its luma needs, the last luma line is dropped. */
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
    if (is_dolby_vision_5(frame))
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "video colours coded as Dolby Vision profile 5 are not read; convert the video to "
            "BT.709");
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
