/* SPDX-License-Identifier: MIT */
/* Conversion of decoded video frames to sRGB pictures: colour matrix, range, HDR, fields, turns, pixel shape.
 *
 * There are two ways. In the fast way swscale resamples the planes directly to the wanted size. In the exact
 * way the whole frame is converted to R G B at full size and then resampled like a still picture. Frames with
 * alpha (blended over black, as players show them), R G B frames and very long shapes always use the exact
 * way. */
#include "pixels/convert.h"

#include <libavutil/pixdesc.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/frame_scaler.h"
#include "pixels/resize.h"
#include "pixels/thumbnail.h"
#include "pixels/tone_map.h"
#include "pixels/upright.h"

// Above this ratio of sides the fast way would resample much that the crop discards.
#define FAST_MAX_RATIO 4

/* Memory for rows of packed pixels, which grows and is kept between frames. */
typedef struct Rows {
    uint8_t *bytes;
    size_t capacity_bytes;
    size_t row_stride;
} Rows;

struct FrameConverter {
    ConverterOptions options;
    FrameScaler input_scaler, picture_scaler, full_scaler;
    Rows rgb;  // R G B, the result of swscale or of the steps after it
    Rows wide; // R G B A or 16-bit R G B, which is converted to rgb
    ToneMap *tone_map;
};

RvStatus rv_converter_create(const ConverterOptions *options, FrameConverter **out, RvError *err)
{
    *out = rv_mem_alloc(1, sizeof **out, err);
    if (*out == NULL)
        return RV_ERROR_MEMORY;
    if (options != NULL)
        (*out)->options = *options;
    return RV_OK;
}

void rv_converter_destroy(FrameConverter *converter)
{
    if (converter == NULL)
        return;
    rv_frame_scaler_clear(&converter->input_scaler);
    rv_frame_scaler_clear(&converter->picture_scaler);
    rv_frame_scaler_clear(&converter->full_scaler);
    rv_tone_map_destroy(converter->tone_map);
    free(converter->rgb.bytes);
    free(converter->wide.bytes);
    free(converter);
}

/* ---- shapes ----------------------------------------------------------------------------------------- */

typedef struct Size {
    int width, height;
} Size;

/* Returns the frame's size in square pixels, before any turn. Pixel shapes that would make an absurd picture
 * are ignored. */
static Size square_size(const Frame *frame)
{
    Size size = {frame->av->width, frame->av->height};
    if (frame->sample_aspect_num < 1 || frame->sample_aspect_den < 1)
        return size;
    double width = floor((double)size.width * frame->sample_aspect_num / frame->sample_aspect_den + 0.5);
    if (width >= 1.0 && width <= PICTURE_MAX_SIDE && width * size.height <= (double)PICTURE_MAX_PIXELS)
        size.width = (int)width;
    return size;
}

static Size turned(Size size, const Frame *frame)
{
    return (frame->quarter_turns & 1) != 0 ? (Size){size.height, size.width} : size;
}

static RvStatus check_frame(const Frame *frame, RvError *err)
{
    if (frame == NULL || frame->av == NULL || frame->av->data[0] == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "video frame without pixels");
    int width = frame->av->width, height = frame->av->height;
    if (width < 1 || height < 1 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
        (size_t)width * (size_t)height > PICTURE_MAX_PIXELS)
        return rv_error_set(err, RV_ERROR_FORMAT, "video frame of %d x %d pixels; at most %zu are read",
                            width, height, PICTURE_MAX_PIXELS);
    return RV_OK;
}

static bool has_alpha(const AVFrame *av)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)av->format);
    return format != NULL && (format->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
}

/* True if swscale may resample the planes: luma and chroma, but not R G B, which it would convert to luma and
 * chroma and back. */
static bool fast_allowed(const FrameConverter *converter, const AVFrame *av, Size size)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)av->format);
    if (converter->options.exact || format == NULL || has_alpha(av) ||
        (format->flags & AV_PIX_FMT_FLAG_RGB) != 0)
        return false;
    return size.width / FAST_MAX_RATIO <= size.height && size.height / FAST_MAX_RATIO <= size.width;
}

/* ---- colour ----------------------------------------------------------------------------------------- */

static RvStatus make_room(Rows *rows, size_t row_stride, int height, RvError *err)
{
    size_t size_bytes = 0;
    if (!rv_mem_multiply(row_stride, (size_t)height, &size_bytes))
        return rv_error_memory(err, SIZE_MAX);
    rows->row_stride = row_stride;
    if (size_bytes <= rows->capacity_bytes)
        return RV_OK;
    free(rows->bytes);
    *rows = (Rows){.row_stride = row_stride};
    rows->bytes = rv_mem_alloc_aligned(size_bytes, 1, err);
    if (rows->bytes == NULL)
        return RV_ERROR_MEMORY;
    rows->capacity_bytes = size_bytes;
    return RV_OK;
}

/* Blend R G B A over black. */
static void blend_over_black(const Rows *rgba, Size size, Rows *rgb)
{
    for (int y = 0; y < size.height; y++) {
        const uint8_t *from = rgba->bytes + (size_t)y * rgba->row_stride;
        uint8_t *to = rgb->bytes + (size_t)y * rgb->row_stride;
        for (int x = 0; x < size.width; x++, from += 4, to += 3) {
            for (int i = 0; i < 3; i++)
                to[i] = (uint8_t)((from[i] * from[3] + 127) / 255);
        }
    }
}

static RvStatus prepare_tone_map(FrameConverter *converter, const ToneSource *source, RvError *err)
{
    const ToneSource *kept = converter->tone_map != NULL ? rv_tone_map_source(converter->tone_map) : NULL;
    if (kept != NULL && kept->transfer == source->transfer && kept->gamut == source->gamut &&
        kept->peak_nits == source->peak_nits)
        return RV_OK;
    rv_tone_map_destroy(converter->tone_map);
    converter->tone_map = NULL;
    return rv_tone_map_create(source, &converter->tone_map, err);
}

/* Convert 16-bit rows to sRGB. */
static void map_window(const FrameConverter *converter, const PixelWindow *window)
{
    const Rows *from = &converter->wide, *to = &converter->rgb;
    const uint8_t *first = from->bytes + (size_t)window->top * from->row_stride + (size_t)window->left * 6;
    rv_tone_map_apply(converter->tone_map, (const uint16_t *)(const void *)first, from->row_stride,
                      window->width, window->height,
                      to->bytes + (size_t)window->top * to->row_stride + (size_t)window->left * 3,
                      to->row_stride);
}

/* Write the view's planes as sRGB of that size to converter->rgb, not turned. Only the pixels in the window
 * (NULL: all pixels) are correct. */
static RvStatus render(FrameConverter *converter, FrameScaler *scaler, const AVFrame *av,
                       const FrameView *view, ResizeFilter filter, Size size, const PixelWindow *window,
                       RvError *err)
{
    ToneSource tone = rv_tone_source(av);
    bool map_tones = rv_tone_source_needs_map(&tone);
    // 16-bit rows have no alpha. HDR with alpha does not occur in practice; its colours are not blended.
    bool blend = has_alpha(av) && !map_tones;
    enum AVPixelFormat format = map_tones ? AV_PIX_FMT_RGB48 : blend ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
    Rows *first = format == AV_PIX_FMT_RGB24 ? &converter->rgb : &converter->wide;
    RvStatus status =
        make_room(&converter->rgb, rv_frame_scaler_stride(AV_PIX_FMT_RGB24, size.width), size.height, err);
    if (status == RV_OK)
        status = make_room(first, rv_frame_scaler_stride(format, size.width), size.height, err);
    if (status == RV_OK && map_tones)
        status = prepare_tone_map(converter, &tone, err);
    if (status == RV_OK)
        status = rv_frame_scaler_run(scaler, view, format, filter, size.width, size.height, window,
                                     first->bytes, first->row_stride, err);
    if (status != RV_OK)
        return status;
    if (map_tones)
        map_window(converter, window != NULL ? window : &(PixelWindow){0, 0, size.width, size.height});
    else if (blend)
        blend_over_black(first, size, &converter->rgb);
    return RV_OK;
}

/* The fast way: `render` directly to the wanted size. */
static RvStatus render_resampled(FrameConverter *converter, FrameScaler *scaler, const Frame *frame,
                                 ResizeFilter filter, Size size, const PixelWindow *window, RvError *err)
{
    FrameView view;
    RvStatus status = rv_frame_view(frame->av, &view, err);
    return status == RV_OK ? render(converter, scaler, frame->av, &view, filter, size, window, err) : status;
}

static Turn turn_of(const FrameConverter *converter, const Frame *frame)
{
    return (Turn){frame->quarter_turns, frame->mirrored, converter->options.swap_red_blue};
}

static void copy_upright(const FrameConverter *converter, const RgbRows *from, const Frame *frame, int left,
                         int top, Size size, uint8_t *to, size_t to_stride)
{
    Turn turn = turn_of(converter, frame);
    rv_upright_copy(from, &turn, left, top, size.width, size.height, to, to_stride);
}

/* The exact way: the whole frame as displayed, upright, in square pixels. */
static RvStatus render_full(FrameConverter *converter, const Frame *frame, RvPicture **out, RvError *err)
{
    *out = NULL;
    FrameView view = {0};
    RvStatus status = rv_frame_view(frame->av, &view, err);
    Size planes = {view.shape.width, view.shape.height};
    if (status == RV_OK)
        status =
            render(converter, &converter->full_scaler, frame->av, &view, RESIZE_BICUBIC, planes, NULL, err);
    if (status != RV_OK)
        return status;
    RgbRows rows = {converter->rgb.bytes, converter->rgb.row_stride, planes.width, planes.height};
    Size square = square_size(frame);
    RvPicture *reshaped = NULL;
    if (square.width != planes.width || square.height != planes.height) {
        RvImage image = {rows.pixels, rows.width, rows.height, 3, rows.row_stride, {0}};
        status = rv_resize_bicubic(&image, square.width, square.height, &reshaped, err);
        if (status == RV_OK)
            rows = (RgbRows){reshaped->pixels, reshaped->image.row_stride, square.width, square.height};
    }
    Size upright = turned(square, frame);
    if (status == RV_OK)
        status = rv_picture_create(upright.width, upright.height, 3, out, err);
    if (status == RV_OK)
        copy_upright(converter, &rows, frame, 0, 0, upright, (*out)->pixels, (*out)->image.row_stride);
    rv_picture_destroy(reshaped);
    return status;
}

/* ---- the two products ------------------------------------------------------------------------------- */

static RvStatus full_input(FrameConverter *converter, const Frame *frame, const ModelInput *input,
                           uint8_t *rgb_u8, RvError *err)
{
    RvPicture *full = NULL;
    RvStatus status = render_full(converter, frame, &full, err);
    if (status == RV_OK)
        status = rv_model_input_make(input, &full->image, rgb_u8, err);
    rv_picture_destroy(full);
    return status;
}

RvStatus rv_converter_model_input(FrameConverter *converter, const Frame *frame, const ModelInput *input,
                                  uint8_t *rgb_u8, RvError *err)
{
    RvStatus status = check_frame(frame, err);
    if (status == RV_OK)
        status = rv_model_input_check(input, err);
    if (status != RV_OK)
        return status;
    Size upright = turned(square_size(frame), frame);
    if (!fast_allowed(converter, frame->av, upright))
        return full_input(converter, frame, input, rgb_u8, err);
    ModelInputPlan plan = rv_model_input_plan(input, upright.width, upright.height);
    Size target = turned((Size){plan.width, plan.height}, frame);
    Turn turn = turn_of(converter, frame);
    PixelWindow window = rv_upright_window(&turn, target.width, target.height, &plan.part);
    status =
        render_resampled(converter, &converter->input_scaler, frame, input->filter, target, &window, err);
    if (status != RV_OK)
        return status;
    RgbRows rows = {converter->rgb.bytes, converter->rgb.row_stride, target.width, target.height};
    size_t row_stride = (size_t)input->size * 3;
    rv_model_input_pad(input, &plan, rgb_u8);
    copy_upright(converter, &rows, frame, plan.part.left, plan.part.top,
                 (Size){plan.part.width, plan.part.height},
                 rgb_u8 + (size_t)plan.top * row_stride + (size_t)plan.left * 3, row_stride);
    return RV_OK;
}

/* Returns a side, reduced in the ratio in which the other is reduced from `from` to `to` pixels; at least
 * 1. */
static int shrunk(int side, int from, int to)
{
    int smaller = (int)((double)side * to / from + 0.5);
    return smaller > 1 ? smaller : 1;
}

/* Returns the size reduced to at most max_height (0: any height) and to sides that a JPEG can have. The shape
 * is kept. */
static Size fitted(Size size, int max_height)
{
    if (max_height < 1 || max_height > THUMBNAIL_MAX_SIDE)
        max_height = THUMBNAIL_MAX_SIDE;
    if (size.height > max_height)
        size = (Size){shrunk(size.width, size.height, max_height), max_height};
    if (size.width > THUMBNAIL_MAX_SIDE)
        size = (Size){THUMBNAIL_MAX_SIDE, shrunk(size.height, size.width, THUMBNAIL_MAX_SIDE)};
    return size;
}

static RvStatus full_picture(FrameConverter *converter, const Frame *frame, Size size, RvPicture **out,
                             RvError *err)
{
    RvPicture *full = NULL;
    RvStatus status = render_full(converter, frame, &full, err);
    if (status != RV_OK)
        return status;
    if (full->image.width == size.width && full->image.height == size.height) {
        *out = full;
        return RV_OK;
    }
    status = rv_resize_bicubic(&full->image, size.width, size.height, out, err);
    rv_picture_destroy(full);
    return status;
}

RvStatus rv_converter_picture(FrameConverter *converter, const Frame *frame, int max_height, RvPicture **out,
                              RvError *err)
{
    *out = NULL;
    RvStatus status = check_frame(frame, err);
    if (status != RV_OK)
        return status;
    Size upright = turned(square_size(frame), frame);
    Size size = fitted(upright, max_height);
    if (!fast_allowed(converter, frame->av, upright))
        return full_picture(converter, frame, size, out, err);
    Size target = turned(size, frame);
    status =
        render_resampled(converter, &converter->picture_scaler, frame, RESIZE_BICUBIC, target, NULL, err);
    if (status == RV_OK)
        status = rv_picture_create(size.width, size.height, 3, out, err);
    if (status != RV_OK)
        return status;
    RgbRows rows = {converter->rgb.bytes, converter->rgb.row_stride, target.width, target.height};
    copy_upright(converter, &rows, frame, 0, 0, size, (*out)->pixels, (*out)->image.row_stride);
    return RV_OK;
}
