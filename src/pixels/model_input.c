/* SPDX-License-Identifier: MIT */
/* How a picture becomes a model's input: the shape, what is cut or padded, and the order of the steps. */
#include "pixels/model_input.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

RvStatus rv_model_input_check(const ModelInput *input, RvError *err)
{
    if (input->size < 1 || input->size > MODEL_INPUT_MAX_SIZE)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "cannot make a model's input of %d x %d pixels: must be 1 to %d", input->size,
                            input->size, MODEL_INPUT_MAX_SIZE);
    return RV_OK;
}

/* Python's round(): halves go to the even neighbour, as nearbyint() in the default rounding mode. */
static int python_round(double value)
{
    return (int)nearbyint(value);
}

/* torchvision's Resize(size) and CenterCrop(size). */
static ModelInputPlan shortest_plan(int width, int height, int size)
{
    ModelInputPlan plan = {.width = size, .height = size, .part = {0, 0, size, size}};
    // torchvision computes size * long / short in double and truncates.
    if (width <= height)
        plan.height = (int)((double)size * height / width);
    else
        plan.width = (int)((double)size * width / height);
    plan.part.left = python_round((plan.width - size) / 2.0);
    plan.part.top = python_round((plan.height - size) / 2.0);
    return plan;
}

/* Returns a side of open_clip's ResizeKeepRatio(longest=1). A side that it would round to nothing, which Pillow
 * refuses, is 1. */
static int kept_ratio(int side, double ratio)
{
    int reduced = python_round(side / ratio);
    return reduced > 1 ? reduced : 1;
}

/* open_clip's ResizeKeepRatio(size, longest=1) and CenterCropOrPad(size). */
static ModelInputPlan longest_plan(int width, int height, int size)
{
    double ratio = (double)(width > height ? width : height) / size;
    ModelInputPlan plan = {.width = kept_ratio(width, ratio), .height = kept_ratio(height, ratio)};
    plan.part = (PixelWindow){0, 0, plan.width, plan.height};
    plan.left = (size - plan.width) / 2;
    plan.top = (size - plan.height) / 2;
    return plan;
}

ModelInputPlan rv_model_input_plan(const ModelInput *input, int width, int height)
{
    int size = input->size;
    switch (input->mode) {
    case RESIZE_SQUASH:
        return (ModelInputPlan){.width = size, .height = size, .part = {0, 0, size, size}};
    case RESIZE_LONGEST:
        return longest_plan(width, height, size);
    default:
        return shortest_plan(width, height, size);
    }
}

static void copy_as_rgb(const RvImage *image, uint8_t *rgb_u8, size_t row_stride)
{
    size_t channels = (size_t)image->channel_count;
    size_t green = channels >= 3 ? 1 : 0;
    size_t blue = channels >= 3 ? 2 : 0;
    for (int y = 0; y < image->height; y++) {
        const uint8_t *pixel = image->pixels_u8 + (size_t)y * image->row_stride;
        uint8_t *to = rgb_u8 + (size_t)y * row_stride;
        for (int x = 0; x < image->width; x++, pixel += channels, to += 3) {
            to[0] = pixel[0];
            to[1] = pixel[green];
            to[2] = pixel[blue];
        }
    }
}

/* Change the view to one of the picture converted to R G B. The picture that owns the pixels is *owner, or NULL if
 * they are the same ones: grey is resampled like any of three equal channels. */
static RvStatus convert_first(RvImage *image, RvPicture **owner, RvError *err)
{
    *owner = NULL;
    image->reserved[0] &= ~IMAGE_NEAREST;
    if (image->channel_count == 1 || image->channel_count == 3)
        return RV_OK;
    RvStatus status = rv_picture_create(image->width, image->height, 3, owner, err);
    if (status != RV_OK)
        return status;
    copy_as_rgb(image, (*owner)->pixels, (*owner)->image.row_stride);
    *image = (*owner)->image;
    return RV_OK;
}

void rv_model_input_pad(const ModelInput *input, const ModelInputPlan *plan, uint8_t *rgb_u8)
{
    const PixelWindow *part = &plan->part;
    size_t row = (size_t)input->size * 3, before = (size_t)plan->left * 3, shown = (size_t)part->width * 3;
    if (part->width == input->size && part->height == input->size)
        return;
    for (int y = 0; y < input->size; y++, rgb_u8 += row) {
        bool is_shown = y >= plan->top && y < plan->top + part->height;
        memset(rgb_u8, 0, is_shown ? before : row);
        if (is_shown)
            memset(rgb_u8 + before + shown, 0, row - before - shown);
    }
}

RvStatus rv_model_input_make(const ModelInput *input, const RvImage *image, uint8_t *rgb_u8, RvError *err)
{
    RvStatus status = rv_picture_check(image, err);
    if (status == RV_OK)
        status = rv_model_input_check(input, err);
    if (status != RV_OK)
        return status;
    RvImage source = *image;
    RvPicture *converted = NULL, *resized = NULL;
    if (input->rgb_first)
        status = convert_first(&source, &converted, err);
    ModelInputPlan plan = rv_model_input_plan(input, image->width, image->height);
    if (status == RV_OK)
        status = rv_resize_part(&source, input->filter, plan.width, plan.height, &plan.part, &resized, err);
    if (status == RV_OK) {
        size_t row_stride = (size_t)input->size * 3;
        rv_model_input_pad(input, &plan, rgb_u8);
        copy_as_rgb(&resized->image, rgb_u8 + (size_t)plan.top * row_stride + (size_t)plan.left * 3,
                    row_stride);
    }
    rv_picture_destroy(resized);
    rv_picture_destroy(converted);
    return status;
}
