/* SPDX-License-Identifier: MIT */
/* Resampling of 8-bit pictures, identical to Pillow's since 9.4. */
#include "pixels/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

// Of 32 bits Pillow reserves 8 for the pixel and 2 for overshoot, and uses the rest for the coefficient.
#define PRECISION_BITS (32 - 8 - 2)
// A larger coefficient table or intermediate picture is refused. Only absurd shapes reach this.
#define WORK_MAX_BYTES ((size_t)1 << 32)

/* A part of one axis: of `length` resampled positions, those from first to first + count - 1. */
typedef struct Span {
    int length;
    int first;
    int count;
} Span;

/* How each output position i of one axis is computed from the input: weights[i * stride ..] for tap_counts[i]
 * inputs from tap_starts[i] on. */
typedef struct AxisPlan {
    int32_t *weights;
    int *tap_starts;
    int *tap_counts;
    size_t stride;
    int count;
} AxisPlan;

/* Keys' cubic convolution with a = -0.5, in Pillow's order of operations. */
static double bicubic_weight(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0)
        return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

static double bilinear_weight(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

/* Returns how far the filter reaches to each side, in pixels of the smaller picture. */
static double filter_support(ResizeFilter filter)
{
    return filter == RESIZE_BILINEAR ? 1.0 : 2.0;
}

static int32_t fixed_point(double weight)
{
    double scaled = weight * (1 << PRECISION_BITS);
    return (int32_t)(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

static void axis_plan_clear(AxisPlan *plan)
{
    free(plan->weights);
    free(plan->tap_starts);
    free(plan->tap_counts);
    *plan = (AxisPlan){0};
}

static RvStatus axis_plan_alloc(AxisPlan *plan, int count, double support, RvError *err)
{
    *plan = (AxisPlan){.count = count, .stride = (size_t)ceil(support) * 2 + 1};
    size_t table = 0;
    if (!rv_mem_multiply((size_t)count, plan->stride * sizeof *plan->weights, &table) ||
        table > WORK_MAX_BYTES)
        return rv_error_memory(err, table);
    plan->weights = rv_mem_alloc((size_t)count, plan->stride * sizeof *plan->weights, err);
    plan->tap_starts = rv_mem_alloc((size_t)count, sizeof *plan->tap_starts, err);
    plan->tap_counts = rv_mem_alloc((size_t)count, sizeof *plan->tap_counts, err);
    if (plan->weights == NULL || plan->tap_starts == NULL || plan->tap_counts == NULL) {
        axis_plan_clear(plan);
        return RV_ERROR_MEMORY;
    }
    return RV_OK;
}

/* Compute the weights for resampling in_length pixels to span.length, for the span's positions: a filter as
 * wide as the reduction, normalised in double, rounded to fixed point. */
static RvStatus axis_plan_make(AxisPlan *plan, int in_length, Span span, ResizeFilter filter, RvError *err)
{
    double scale = (double)in_length / span.length;
    double filter_scale = scale < 1.0 ? 1.0 : scale;
    double support = filter_support(filter) * filter_scale;
    RvStatus status = axis_plan_alloc(plan, span.count, support, err);
    if (status != RV_OK)
        return status;
    double *exact = rv_mem_alloc(plan->stride, sizeof *exact, err);
    if (exact == NULL) {
        axis_plan_clear(plan);
        return RV_ERROR_MEMORY;
    }
    for (int i = 0; i < span.count; i++) {
        double center = (span.first + i + 0.5) * scale;
        double inverse = 1.0 / filter_scale;
        int start = (int)(center - support + 0.5);
        int end = (int)(center + support + 0.5);
        start = start < 0 ? 0 : start;
        end = end > in_length ? in_length : end;
        double total = 0.0;
        for (int tap = 0; tap < end - start; tap++) {
            double x = (tap + start - center + 0.5) * inverse;
            exact[tap] = filter == RESIZE_BILINEAR ? bilinear_weight(x) : bicubic_weight(x);
            total += exact[tap];
        }
        int32_t *weights = plan->weights + (size_t)i * plan->stride;
        for (int tap = 0; tap < end - start; tap++)
            weights[tap] = fixed_point(total != 0.0 ? exact[tap] / total : exact[tap]);
        plan->tap_starts[i] = start;
        plan->tap_counts[i] = end - start;
    }
    free(exact);
    return RV_OK;
}

static inline uint8_t clip_fixed_point(int32_t sum)
{
    int32_t value = sum >> PRECISION_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Resample one row in the horizontal pass. Inlined with a constant channel count. */
static inline void resample_row(const uint8_t *in, const AxisPlan *plan, int channels, uint8_t *out)
{
    for (int x = 0; x < plan->count; x++) {
        const int32_t *weights = plan->weights + (size_t)x * plan->stride;
        const uint8_t *taps = in + (size_t)plan->tap_starts[x] * (size_t)channels;
        int32_t sums[4] = {1 << (PRECISION_BITS - 1), 1 << (PRECISION_BITS - 1), 1 << (PRECISION_BITS - 1),
                           1 << (PRECISION_BITS - 1)};
        for (int tap = 0; tap < plan->tap_counts[x]; tap++) {
            for (int channel = 0; channel < channels; channel++)
                sums[channel] += taps[channel] * weights[tap];
            taps += channels;
        }
        for (int channel = 0; channel < channels; channel++)
            *out++ = clip_fixed_point(sums[channel]);
    }
}

static void resample_rows(const RvImage *in, const AxisPlan *plan, RvPicture *out)
{
    for (int y = 0; y < in->height; y++) {
        const uint8_t *from = in->pixels_u8 + (size_t)y * in->row_stride;
        uint8_t *to = out->pixels + (size_t)y * out->image.row_stride;
        switch (in->channel_count) {
        case 1:
            resample_row(from, plan, 1, to);
            break;
        case 2:
            resample_row(from, plan, 2, to);
            break;
        case 3:
            resample_row(from, plan, 3, to);
            break;
        default:
            resample_row(from, plan, 4, to);
        }
    }
}

/* The vertical pass: whole rows are added with one weight each, which compilers turn into vector code.
 * first_row: the row of the original picture that is in's row 0. */
static RvStatus resample_columns(const RvImage *in, const AxisPlan *plan, int first_row, RvPicture *out,
                                 RvError *err)
{
    size_t row_bytes = out->image.row_stride;
    int32_t *sums = rv_mem_alloc_aligned(row_bytes, sizeof *sums, err);
    if (sums == NULL)
        return RV_ERROR_MEMORY;
    for (int y = 0; y < plan->count; y++) {
        const int32_t *weights = plan->weights + (size_t)y * plan->stride;
        for (size_t i = 0; i < row_bytes; i++)
            sums[i] = 1 << (PRECISION_BITS - 1);
        for (int tap = 0; tap < plan->tap_counts[y]; tap++) {
            const uint8_t *row =
                in->pixels_u8 + (size_t)(plan->tap_starts[y] + tap - first_row) * in->row_stride;
            int32_t weight = weights[tap];
            for (size_t i = 0; i < row_bytes; i++)
                sums[i] += row[i] * weight;
        }
        uint8_t *to = out->pixels + (size_t)y * row_bytes;
        for (size_t i = 0; i < row_bytes; i++)
            to[i] = clip_fixed_point(sums[i]);
    }
    free(sums);
    return RV_OK;
}

/* Returns a view of a part of an image. The pixels are borrowed from the image. */
static RvImage image_part(const RvImage *image, int left, int top, int width, int height)
{
    RvImage part = *image;
    part.pixels_u8 += (size_t)top * image->row_stride + (size_t)left * (size_t)image->channel_count;
    part.width = width;
    part.height = height;
    return part;
}

static RvStatus copy_image(const RvImage *image, RvPicture **out, RvError *err)
{
    RvStatus status = rv_picture_create(image->width, image->height, image->channel_count, out, err);
    if (status != RV_OK)
        return status;
    for (int y = 0; y < image->height; y++)
        memcpy((*out)->pixels + (size_t)y * (*out)->image.row_stride,
               image->pixels_u8 + (size_t)y * image->row_stride, (*out)->image.row_stride);
    return RV_OK;
}

/* The horizontal pass over all rows of `in`. As in Pillow, an axis whose length does not change is not
 * resampled. */
static RvStatus horizontal_pass(const RvImage *in, Span columns, ResizeFilter filter, RvPicture **out,
                                RvError *err)
{
    if (columns.length == in->width) {
        RvImage part = image_part(in, columns.first, 0, columns.count, in->height);
        return copy_image(&part, out, err);
    }
    AxisPlan plan;
    RvStatus status = axis_plan_make(&plan, in->width, columns, filter, err);
    if (status != RV_OK)
        return status;
    status = rv_picture_create(columns.count, in->height, in->channel_count, out, err);
    if (status == RV_OK)
        resample_rows(in, &plan, *out);
    axis_plan_clear(&plan);
    return status;
}

/* Both passes, only for the wanted columns and rows. */
static RvStatus resample(const RvImage *image, Span columns, Span rows, ResizeFilter filter, RvPicture **out,
                         RvError *err)
{
    if (rows.length == image->height) {
        RvImage part = image_part(image, 0, rows.first, image->width, rows.count);
        return horizontal_pass(&part, columns, filter, out, err);
    }
    AxisPlan plan;
    RvStatus status = axis_plan_make(&plan, image->height, rows, filter, err);
    if (status != RV_OK)
        return status;
    int last = plan.count - 1;
    int first_row = plan.tap_starts[0];
    int row_count = plan.tap_starts[last] + plan.tap_counts[last] - first_row;
    RvImage needed = image_part(image, 0, first_row, image->width, row_count);
    RvPicture *narrow = NULL;
    status = horizontal_pass(&needed, columns, filter, &narrow, err);
    if (status == RV_OK)
        status = rv_picture_create(columns.count, rows.count, image->channel_count, out, err);
    if (status == RV_OK)
        status = resample_columns(&narrow->image, &plan, first_row, *out, err);
    if (status != RV_OK) {
        rv_picture_destroy(*out);
        *out = NULL;
    }
    rv_picture_destroy(narrow);
    axis_plan_clear(&plan);
    return status;
}

/* Pillow's MULDIV255: value * alpha / 255, rounded. */
static inline uint8_t multiply_255(unsigned value, unsigned alpha)
{
    unsigned product = value * alpha + 128;
    return (uint8_t)(((product >> 8) + product) >> 8);
}

static void premultiply(RvPicture *picture)
{
    size_t channels = (size_t)picture->image.channel_count;
    uint8_t *end = picture->pixels + (size_t)picture->image.height * picture->image.row_stride;
    for (uint8_t *pixel = picture->pixels; pixel < end; pixel += channels) {
        for (size_t i = 0; i + 1 < channels; i++)
            pixel[i] = multiply_255(pixel[i], pixel[channels - 1]);
    }
}

static void unpremultiply(RvPicture *picture)
{
    size_t channels = (size_t)picture->image.channel_count;
    uint8_t *end = picture->pixels + (size_t)picture->image.height * picture->image.row_stride;
    for (uint8_t *pixel = picture->pixels; pixel < end; pixel += channels) {
        unsigned alpha = pixel[channels - 1];
        if (alpha == 0 || alpha == 255)
            continue;
        for (size_t i = 0; i + 1 < channels; i++) {
            unsigned value = 255 * pixel[i] / alpha;
            pixel[i] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}

/* Compute the nearest source position of each output position, by adding steps in double as Pillow's affine
 * transform does. */
static RvStatus nearest_positions(int in_length, Span span, int **out, RvError *err)
{
    int *positions = rv_mem_alloc((size_t)span.count, sizeof *positions, err);
    if (positions == NULL)
        return RV_ERROR_MEMORY;
    double step = (double)in_length / span.length;
    double at = step * 0.5;
    for (int i = 0; i < span.first + span.count; i++) {
        int position = (int)at;
        if (i >= span.first)
            positions[i - span.first] = position < in_length ? position : in_length - 1;
        at += step;
    }
    *out = positions;
    return RV_OK;
}

static RvStatus resample_nearest(const RvImage *image, Span columns, Span rows, RvPicture **out, RvError *err)
{
    int *xs = NULL, *ys = NULL;
    RvStatus status = nearest_positions(image->width, columns, &xs, err);
    if (status == RV_OK)
        status = nearest_positions(image->height, rows, &ys, err);
    if (status == RV_OK)
        status = rv_picture_create(columns.count, rows.count, image->channel_count, out, err);
    if (status == RV_OK) {
        size_t channels = (size_t)image->channel_count;
        uint8_t *to = (*out)->pixels;
        for (int y = 0; y < rows.count; y++) {
            const uint8_t *row = image->pixels_u8 + (size_t)ys[y] * image->row_stride;
            for (int x = 0; x < columns.count; x++, to += channels)
                memcpy(to, row + (size_t)xs[x] * channels, channels);
        }
    }
    free(xs);
    free(ys);
    return status;
}

/* Compute the wanted part of the resampled picture, by the method for its kind of picture. */
static RvStatus resize_spans(const RvImage *image, Span columns, Span rows, ResizeFilter filter,
                             RvPicture **out, RvError *err)
{
    bool same_size = columns.length == image->width && rows.length == image->height;
    bool has_alpha = image->channel_count == 2 || image->channel_count == 4;
    RvStatus status;
    if (rv_image_is_nearest(image) && !same_size) {
        status = resample_nearest(image, columns, rows, out, err);
    } else if (!has_alpha || same_size) {
        status = resample(image, columns, rows, filter, out, err);
    } else {
        // The colours of transparent pixels must not affect their neighbours.
        RvPicture *weighted = NULL;
        status = copy_image(image, &weighted, err);
        if (status == RV_OK) {
            premultiply(weighted);
            status = resample(&weighted->image, columns, rows, filter, out, err);
        }
        rv_picture_destroy(weighted);
        if (status == RV_OK)
            unpremultiply(*out);
    }
    if (status == RV_OK)
        (*out)->image.reserved[0] = image->reserved[0];
    return status;
}

RvStatus rv_resize_part(const RvImage *image, ResizeFilter filter, int width, int height,
                        const PixelWindow *part, RvPicture **out, RvError *err)
{
    *out = NULL;
    RvStatus status = rv_picture_check(image, err);
    if (status != RV_OK)
        return status;
    return resize_spans(image, (Span){width, part->left, part->width},
                        (Span){height, part->top, part->height}, filter, out, err);
}

RvStatus rv_resize_bicubic(const RvImage *image, int width, int height, RvPicture **out, RvError *err)
{
    *out = NULL;
    if (width < 1 || width > PICTURE_MAX_SIDE || height < 1 || height > PICTURE_MAX_SIDE)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "cannot resize to %d x %d pixels: sides must be 1 to %d",
                            width, height, PICTURE_MAX_SIDE);
    return rv_resize_part(image, RESIZE_BICUBIC, width, height, &(PixelWindow){0, 0, width, height}, out,
                          err);
}
