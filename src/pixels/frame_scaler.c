/* SPDX-License-Identifier: MIT */
/* libswscale behind one call: the planes of a frame to packed R G B of another size.
 *
 * To make packed R G B of another size in one step, swscale mixes about twenty lines for every pixel of the
 * result in plain C. So it resamples to planes of 16 bits, for which it has vector code, and these are
 * converted to R G B in a second step, which also skips the pixels outside the window. Two bytes of a
 * thousand differ from the result of the single step, by one level. */
#include "pixels/frame_scaler.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "video/ffmpeg_compat.h"

#define PLANES_FORMAT AV_PIX_FMT_YUV444P16
#define PLANE_COUNT 3

static size_t pixel_bytes(enum AVPixelFormat to_format)
{
    return to_format == AV_PIX_FMT_RGB24 ? 3 : to_format == AV_PIX_FMT_RGBA ? 4 : 6;
}

static bool same_shape(const FrameShape *a, const FrameShape *b)
{
    return a->format == b->format && a->width == b->width && a->height == b->height &&
           a->matrix == b->matrix && a->full_range == b->full_range && a->chroma_x == b->chroma_x &&
           a->chroma_y == b->chroma_y;
}

static bool same_window(const PixelWindow *a, const PixelWindow *b)
{
    return a->left == b->left && a->top == b->top && a->width == b->width && a->height == b->height;
}

void rv_frame_scaler_clear(FrameScaler *scaler)
{
    sws_freeContext(scaler->resample);
    sws_freeContext(scaler->colour);
    free(scaler->planes);
    *scaler = (FrameScaler){0};
}

/* One step: its input and its output. */
typedef struct Step {
    FrameShape from;
    enum AVPixelFormat to_format;
    ResizeFilter filter;
    int to_width, to_height, to_full_range;
} Step;

static int set_options(struct SwsContext *context, const Step *step)
{
    // BITEXACT and ACCURATE_RND: the result is the same on every processor. FULL_CHR: chroma is computed for
    // every pixel of the result.
    int64_t flags = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
    // swscale widens both by the reduction, as Pillow does.
    flags |= step->filter == RESIZE_BILINEAR ? SWS_BILINEAR : SWS_BICUBIC;
    const struct {
        const char *name;
        int64_t value;
    } options[] = {
        {"sws_flags", flags},
        {"srcw", step->from.width},
        {"srch", step->from.height},
        {"src_format", step->from.format},
        {"src_range", step->from.full_range},
        {"dstw", step->to_width},
        {"dsth", step->to_height},
        {"dst_format", step->to_format},
        {"dst_range", step->to_full_range},
        {"src_h_chr_pos", step->from.chroma_x},
        {"src_v_chr_pos", step->from.chroma_y},
    };
    int result = 0;
    for (size_t i = 0; i < sizeof options / sizeof options[0] && result >= 0; i++)
        result = av_opt_set_int(context, options[i].name, options[i].value, 0);
    // B = 0, C = 0.5 in the family of cubics: Keys' cubic with a = -0.5, as in Pillow. The triangle has none.
    if (result >= 0)
        result = av_opt_set_double(context, "param0", 0.0, 0);
    if (result >= 0)
        result = av_opt_set_double(context, "param1", 0.5, 0);
    return result;
}

static RvStatus open_step(const Step *step, struct SwsContext **out, RvError *err)
{
    struct SwsContext *context = sws_alloc_context();
    if (context == NULL)
        return rv_error_memory(err, 0);
    rv_ffmpeg_watch_memory();
    int result = set_options(context, step);
    if (result >= 0)
        result = sws_init_context(context, NULL, NULL);
    // R G B sources are converted to luma and chroma and back, both with the same matrix.
    const int *matrix = sws_getCoefficients(step->from.matrix);
    if (result >= 0)
        result = sws_setColorspaceDetails(context, matrix, step->from.full_range, matrix, step->to_full_range,
                                          0, 1 << 16, 1 << 16);
    if (result < 0) {
        bool lacks_memory = rv_ffmpeg_lacks_memory(result);
        sws_freeContext(context);
        if (lacks_memory)
            return rv_error_set(err, RV_ERROR_MEMORY, "out of memory for converting frames");
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "cannot convert %d x %d frames of pixel format %s to %d x %d", step->from.width,
                            step->from.height, av_get_pix_fmt_name(step->from.format), step->to_width,
                            step->to_height);
    }
    *out = context;
    return RV_OK;
}

/* True if two steps are better. Planes are only useful if something is resampled. They have no alpha, and R G
 * B would be converted to planes and back. */
static bool takes_two_steps(const FrameScaler *scaler)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(scaler->from.format);
    uint64_t others = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL;
    return format != NULL && (format->flags & others) == 0 &&
           (scaler->from.width != scaler->to_width || scaler->from.height != scaler->to_height);
}

static RvStatus prepare_colour(FrameScaler *scaler, RvError *err)
{
    Step step = {.from = scaler->from,
                 .to_format = scaler->to_format,
                 .to_width = scaler->window.width,
                 .to_height = scaler->window.height,
                 .to_full_range = 1};
    step.from.format = PLANES_FORMAT;
    step.from.width = scaler->window.width;
    step.from.height = scaler->window.height;
    step.from.chroma_x = step.from.chroma_y = CHROMA_UNSET;
    RvStatus status = open_step(&step, &scaler->colour, err);
    if (status != RV_OK)
        return status;
    scaler->plane_stride = ((size_t)scaler->to_width * sizeof(uint16_t) + 63) / 64 * 64 + 64;
    size_t size_bytes = 0;
    if (!rv_mem_multiply(scaler->plane_stride, (size_t)scaler->to_height * PLANE_COUNT, &size_bytes))
        return rv_error_memory(err, SIZE_MAX);
    scaler->planes = rv_mem_alloc_aligned(size_bytes, 1, err);
    return scaler->planes != NULL ? RV_OK : RV_ERROR_MEMORY;
}

static RvStatus prepare(FrameScaler *scaler, RvError *err)
{
    bool two_steps = takes_two_steps(scaler);
    Step step = {.from = scaler->from,
                 .to_format = two_steps ? PLANES_FORMAT : scaler->to_format,
                 .filter = scaler->filter,
                 .to_width = scaler->to_width,
                 .to_height = scaler->to_height,
                 .to_full_range = two_steps ? scaler->from.full_range : 1};
    RvStatus status = open_step(&step, &scaler->resample, err);
    if (status == RV_OK && two_steps)
        status = prepare_colour(scaler, err);
    return status;
}

/* True if swscale has ignored the range: without a change of size it copies 8-bit grey as if it were in full
 * range. */
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

/* Set the addresses of the planes between the two steps, beginning at a pixel. */
static void planes_at(const FrameScaler *scaler, int left, int top, uint8_t *planes[4], int strides[4])
{
    for (size_t i = 0; i < PLANE_COUNT; i++) {
        size_t row = i * (size_t)scaler->to_height + (size_t)top;
        planes[i] = scaler->planes + row * scaler->plane_stride + (size_t)left * sizeof(uint16_t);
        strides[i] = (int)scaler->plane_stride;
    }
    planes[PLANE_COUNT] = NULL;
    strides[PLANE_COUNT] = 0;
}

static RvStatus check_rows(int rows, int expected, const FrameView *view, RvError *err)
{
    if (rows == expected)
        return RV_OK;
    return rv_error_set(err, RV_ERROR_INTERNAL, "converting a %d x %d frame gave %d rows instead of %d",
                        view->shape.width, view->shape.height, rows, expected);
}

/* The first of two steps: resample to the planes. */
static RvStatus resample(FrameScaler *scaler, const FrameView *view, RvError *err)
{
    uint8_t *planes[4];
    int strides[4];
    planes_at(scaler, 0, 0, planes, strides);
    int rows =
        sws_scale(scaler->resample, view->planes, view->strides, 0, view->shape.height, planes, strides);
    return check_rows(rows, scaler->to_height, view, err);
}

static RvStatus run_steps(FrameScaler *scaler, const FrameView *view, uint8_t *pixels, size_t row_stride,
                          RvError *err)
{
    uint8_t *to[4] = {pixels}, *planes[4];
    int to_strides[4] = {(int)row_stride}, strides[4];
    const PixelWindow *window = &scaler->window;
    if (scaler->colour == NULL) {
        int rows =
            sws_scale(scaler->resample, view->planes, view->strides, 0, view->shape.height, to, to_strides);
        return check_rows(rows, scaler->to_height, view, err);
    }
    RvStatus status = resample(scaler, view, err);
    if (status != RV_OK)
        return status;
    planes_at(scaler, window->left, window->top, planes, strides);
    to[0] += (size_t)window->top * row_stride + (size_t)window->left * pixel_bytes(scaler->to_format);
    int rows =
        sws_scale(scaler->colour, (const uint8_t *const *)planes, strides, 0, window->height, to, to_strides);
    return check_rows(rows, window->height, view, err);
}

RvStatus rv_frame_scaler_run(FrameScaler *scaler, const FrameView *view, enum AVPixelFormat to_format,
                             ResizeFilter filter, int width, int height, const PixelWindow *window,
                             uint8_t *pixels, size_t row_stride, RvError *err)
{
    const PixelWindow whole = {0, 0, width, height};
    if (window == NULL)
        window = &whole;
    bool fits = scaler->resample != NULL && same_shape(&scaler->from, &view->shape) &&
                scaler->to_format == to_format && scaler->filter == filter && scaler->to_width == width &&
                scaler->to_height == height && same_window(&scaler->window, window);
    if (!fits) {
        rv_frame_scaler_clear(scaler);
        *scaler = (FrameScaler){.from = view->shape,
                                .to_format = to_format,
                                .filter = filter,
                                .to_width = width,
                                .to_height = height,
                                .window = *window};
        RvStatus status = prepare(scaler, err);
        if (status != RV_OK) {
            rv_frame_scaler_clear(scaler);
            return status;
        }
    }
    RvStatus status = run_steps(scaler, view, pixels, row_stride, err);
    if (status == RV_OK && range_was_ignored(scaler))
        stretch_range(scaler, pixels, row_stride);
    return status;
}

size_t rv_frame_scaler_stride(enum AVPixelFormat to_format, int width)
{
    return ((size_t)width * pixel_bytes(to_format) + 63) / 64 * 64 + 64;
}
