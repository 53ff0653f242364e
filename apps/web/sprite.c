/* SPDX-License-Identifier: MIT */
/* Sheets of stored pictures. A JPEG is decoded at the smallest of its sizes that is not smaller than a tile, and the
 * rest of the way is the mean of the pixels that a pixel of the tile covers. */
#include "sprite.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "web_error.h"

#define QUALITY 80
#define SIDE_MAX 20000
#define PICTURE_PIXELS_MAX ((uint64_t)1 << 26)

/* ---- one picture -------------------------------------------------------------------------------------- */

RvStatus sprite_measure(const uint8_t *jpeg, size_t size_bytes, int *width, int *height, RvError *err)
{
    int sampling, colours;
    tjhandle handle = tjInitDecompress();
    if (handle == NULL)
        return web_error_memory(err);
    int code = tjDecompressHeader3(handle, jpeg, size_bytes, width, height, &sampling, &colours);
    tjDestroy(handle);
    if (code != 0 || *width <= 0 || *height <= 0 || (uint64_t)*width * (uint64_t)*height > PICTURE_PIXELS_MAX)
        return web_error(err, RV_ERROR_FORMAT, "a stored picture is damaged");
    return RV_OK;
}

/* The smallest size of the decoder that is at least that of a tile. */
static void choose_size(const Sprite *sprite, int *width, int *height)
{
    int count = 0, best_width = *width, best_height = *height;
    const tjscalingfactor *factors = tjGetScalingFactors(&count);
    for (int i = 0; factors != NULL && i < count; i++) {
        int scaled_width = TJSCALED(*width, factors[i]), scaled_height = TJSCALED(*height, factors[i]);
        if (scaled_width >= sprite->tile_width && scaled_height >= sprite->tile_height &&
            scaled_width < best_width) {
            best_width = scaled_width;
            best_height = scaled_height;
        }
    }
    *width = best_width;
    *height = best_height;
}

/* The pixels [*from, *to) that pixel number `at` of `count` covers of `size`. */
static void find_cover(int at, int count, int size, int *from, int *to)
{
    *from = (int)((int64_t)at * size / count);
    *to = (int)((int64_t)(at + 1) * size / count);
    if (*to <= *from)
        *to = *from + 1;
}

static void scale(const uint8_t *rgb, int width, int height, uint8_t *to, size_t to_stride,
                  const Sprite *sprite)
{
    for (int y = 0; y < sprite->tile_height; y++) {
        int top, bottom;
        find_cover(y, sprite->tile_height, height, &top, &bottom);
        for (int x = 0; x < sprite->tile_width; x++) {
            int left, right;
            uint32_t sums[3] = {0};
            find_cover(x, sprite->tile_width, width, &left, &right);
            for (int row = top; row < bottom; row++) {
                for (int column = left; column < right; column++) {
                    const uint8_t *pixel = rgb + 3 * ((size_t)row * (size_t)width + (size_t)column);
                    for (int k = 0; k < 3; k++)
                        sums[k] += pixel[k];
                }
            }
            uint32_t area = (uint32_t)((bottom - top) * (right - left));
            for (int k = 0; k < 3; k++)
                to[(size_t)y * to_stride + 3 * (size_t)x + (size_t)k] =
                    (uint8_t)((sums[k] + area / 2) / area);
        }
    }
}

/* ---- the sheet ---------------------------------------------------------------------------------------- */

RvStatus sprite_create(Sprite *sprite, RvError *err)
{
    uint64_t width = (uint64_t)sprite->columns * (uint64_t)sprite->tile_width;
    uint64_t height = (uint64_t)sprite->rows * (uint64_t)sprite->tile_height;
    if (width > SIDE_MAX || height > SIDE_MAX || width * height > SPRITE_PIXELS_MAX)
        return web_error(err, RV_ERROR_ARGUMENT,
                         "the sheet would be too large; ask for fewer or smaller pictures");
    sprite->rgb_u8 = calloc((size_t)(width * height), 3);
    return sprite->rgb_u8 != NULL ? RV_OK : web_error_memory(err);
}

void sprite_clear(Sprite *sprite)
{
    free(sprite->rgb_u8);
    sprite->rgb_u8 = NULL;
}

RvStatus sprite_put(Sprite *sprite, size_t place, const uint8_t *jpeg, size_t size_bytes, RvError *err)
{
    int width = 0, height = 0;
    RvStatus status = sprite_measure(jpeg, size_bytes, &width, &height, err);
    if (status != RV_OK)
        return status;
    choose_size(sprite, &width, &height);
    uint8_t *rgb = malloc(3 * (size_t)width * (size_t)height);
    tjhandle handle = tjInitDecompress();
    if (rgb == NULL || handle == NULL)
        status = web_error_memory(err);
    else if (tjDecompress2(handle, jpeg, size_bytes, rgb, width, 0, height, TJPF_RGB, 0) != 0 &&
             tjGetErrorCode(handle) == TJERR_FATAL)
        status = web_error(err, RV_ERROR_FORMAT, "a stored picture is damaged");
    if (status == RV_OK) {
        size_t stride = 3 * (size_t)sprite->columns * (size_t)sprite->tile_width;
        size_t row = place / (size_t)sprite->columns, column = place % (size_t)sprite->columns;
        uint8_t *to = sprite->rgb_u8 + row * (size_t)sprite->tile_height * stride +
                      3 * column * (size_t)sprite->tile_width;
        scale(rgb, width, height, to, stride, sprite);
    }
    tjDestroy(handle);
    free(rgb);
    return status;
}

RvStatus sprite_write(const Sprite *sprite, void **jpeg, size_t *size_bytes, RvError *err)
{
    int width = sprite->columns * sprite->tile_width, height = sprite->rows * sprite->tile_height;
    unsigned char *made = NULL;
    unsigned long size = 0;
    tjhandle handle = tjInitCompress();
    *jpeg = NULL;
    if (handle != NULL && tjCompress2(handle, sprite->rgb_u8, width, 0, height, TJPF_RGB, &made, &size,
                                      TJSAMP_420, QUALITY, 0) == 0)
        *jpeg = malloc(size);
    if (*jpeg != NULL)
        memcpy(*jpeg, made, size);
    *size_bytes = size;
    tjFree(made);
    if (handle != NULL)
        tjDestroy(handle);
    return *jpeg != NULL ? RV_OK : web_error_memory(err);
}
