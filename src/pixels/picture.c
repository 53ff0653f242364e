/* SPDX-License-Identifier: MIT */
/* A picture that owns its pixels, and the checks of pictures that callers pass. */
#include "pixels/picture.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static bool sides_valid(int width, int height)
{
    return width >= 1 && width <= PICTURE_MAX_SIDE && height >= 1 && height <= PICTURE_MAX_SIDE;
}

RvStatus rv_picture_create(int width, int height, int channel_count, RvPicture **out, RvError *err)
{
    *out = NULL;
    if (!sides_valid(width, height))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture of %d x %d pixels: sides must be 1 to %d", width,
                            height, PICTURE_MAX_SIDE);
    if (channel_count < 1 || channel_count > 4)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture of %d channels: must be 1 to 4", channel_count);
    RvPicture *picture = rv_mem_alloc(1, sizeof *picture, err);
    if (picture == NULL)
        return RV_ERROR_MEMORY;
    size_t row_bytes = (size_t)width * (size_t)channel_count;
    picture->pixels = rv_mem_alloc_aligned((size_t)height, row_bytes, err);
    if (picture->pixels == NULL) {
        free(picture);
        return RV_ERROR_MEMORY;
    }
    picture->image = (RvImage){.pixels_u8 = picture->pixels,
                               .width = width,
                               .height = height,
                               .channel_count = channel_count,
                               .row_stride = row_bytes};
    *out = picture;
    return RV_OK;
}

RvStatus rv_picture_check(const RvImage *image, RvError *err)
{
    if (image == NULL || image->pixels_u8 == NULL)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture without pixels");
    if (!sides_valid(image->width, image->height))
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture of %d x %d pixels: sides must be 1 to %d",
                            image->width, image->height, PICTURE_MAX_SIDE);
    if (image->channel_count < 1 || image->channel_count > 4)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture of %d channels: must be 1 (grey) to 4 (R G B A)",
                            image->channel_count);
    if (image->row_stride < (size_t)image->width * (size_t)image->channel_count)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "picture rows of %zu bytes cannot hold %d pixels of %d channels",
                            image->row_stride, image->width, image->channel_count);
    const uint64_t unknown = image->reserved[0] & ~IMAGE_NEAREST;
    return rv_error_check_reserved("RvImage", &unknown, 1, err);
}

RvImage rv_picture_image(const RvPicture *picture)
{
    return picture->image;
}

void rv_picture_destroy(RvPicture *picture)
{
    if (picture == NULL)
        return;
    free(picture->pixels);
    free(picture);
}
