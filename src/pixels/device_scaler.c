/* SPDX-License-Identifier: MIT */
/* Frames that a CUDA device decoded, resampled where they lie. */
#include "pixels/device_scaler.h"

#include <libavutil/pixdesc.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* How samples lie in the formats that NVDEC gives. */
typedef struct Layout {
    enum AVPixelFormat format;
    int sample_bytes;
    bool interleaved; // chroma, in the second plane
} Layout;

static const Layout layouts[] = {
    {AV_PIX_FMT_NV12, 1, true},     {AV_PIX_FMT_P010, 2, true},       {AV_PIX_FMT_P016, 2, true},
    {AV_PIX_FMT_YUV444P, 1, false}, {AV_PIX_FMT_YUV444P16, 2, false},
};

static const Layout *find_layout(enum AVPixelFormat format)
{
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].format == format)
            return &layouts[i];
    }
    return NULL;
}

RvStatus rv_device_scaler_open(void *context, const RvLog *log, Compute **out, RvError *err)
{
    ComputeOptions options = {
        .device = "cuda", .thread_count = 1, .without_linear = true, .context = context, .log = *log};
    RvStatus status = rv_compute_open(&options, out, err);
    if (status == RV_OK && (*out)->ops->planes == NULL) {
        rv_compute_close(*out);
        *out = NULL;
        status = rv_error_set(err, RV_ERROR_UNSUPPORTED, "the device does not resample");
    }
    return status;
}

void rv_device_scaler_clear(DeviceScaler *scaler)
{
    if (scaler->compute != NULL)
        scaler->compute->ops->planes->destroy(scaler->compute, scaler->planes);
    free(scaler->pixels);
    *scaler = (DeviceScaler){0};
}

static RvStatus make_ready(DeviceScaler *scaler, Compute *compute, size_t value_count, RvError *err)
{
    RvStatus status = RV_OK;
    if (scaler->compute != compute) {
        rv_device_scaler_clear(scaler);
        status = compute->ops->planes->create(compute, &scaler->planes, err);
        if (status != RV_OK)
            return status;
        scaler->compute = compute;
    }
    if (value_count <= scaler->capacity)
        return RV_OK;
    free(scaler->pixels);
    scaler->capacity = 0;
    scaler->pixels = rv_mem_alloc_aligned(value_count, sizeof *scaler->pixels, err);
    if (scaler->pixels == NULL)
        return RV_ERROR_MEMORY;
    scaler->capacity = value_count;
    return RV_OK;
}

/* Where the first sample's middle is, in samples of the plane: position in 1/256 of a luma sample. */
static double chroma_origin(int position)
{
    return position == CHROMA_UNSET ? 0.5 : (128 + position) / 512.0;
}

static DevicePicture describe(const FrameView *view, const Layout *layout)
{
    const FrameShape *shape = &view->shape;
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get(shape->format);
    DevicePicture picture = {.sample_bytes = layout->sample_bytes, .stream = view->stream};
    picture.planes[0] = (DevicePlane){.address = (uintptr_t)view->planes[0],
                                      .row_stride = (size_t)view->strides[0],
                                      .width = shape->width,
                                      .height = shape->height,
                                      .step = 1,
                                      .origin_x = 0.5,
                                      .origin_y = 0.5};
    for (int i = 1; i < 3; i++) {
        int plane = layout->interleaved ? 1 : i;
        size_t offset = layout->interleaved && i == 2 ? (size_t)layout->sample_bytes : 0;
        picture.planes[i] = (DevicePlane){.address = (uintptr_t)view->planes[plane] + offset,
                                          .row_stride = (size_t)view->strides[plane],
                                          .width = AV_CEIL_RSHIFT(shape->width, format->log2_chroma_w),
                                          .height = AV_CEIL_RSHIFT(shape->height, format->log2_chroma_h),
                                          .step = layout->interleaved ? 2 : 1,
                                          .origin_x = chroma_origin(shape->chroma_x),
                                          .origin_y = chroma_origin(shape->chroma_y)};
    }
    return picture;
}

RvStatus rv_device_scaler_run(DeviceScaler *scaler, const FrameView *view, int width, int height,
                              const PixelWindow *window, uint8_t *const planes[3], const int strides[3],
                              RvError *err)
{
    const Layout *layout = find_layout(view->shape.format);
    if (layout == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: frames of this kind are not resampled there",
                            av_get_pix_fmt_name(view->shape.format));
    size_t area = (size_t)window->width * (size_t)window->height;
    RvStatus status = make_ready(scaler, view->compute, 3 * area, err);
    if (status != RV_OK)
        return status;
    DevicePicture picture = describe(view, layout);
    DeviceTarget target = {width, height, window->left, window->top, window->width, window->height};
    status = view->compute->ops->planes->resample(view->compute, scaler->planes, &picture, &target,
                                                  scaler->pixels, err);
    size_t row_bytes = (size_t)window->width * sizeof *scaler->pixels;
    for (int i = 0; i < 3 && status == RV_OK; i++) {
        for (int y = 0; y < window->height; y++)
            memcpy(planes[i] + (ptrdiff_t)y * strides[i],
                   scaler->pixels + (size_t)i * area + (size_t)y * (size_t)window->width, row_bytes);
    }
    return status;
}
