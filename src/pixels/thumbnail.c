/* SPDX-License-Identifier: MIT */
/* JPEG pictures of frames, through libturbojpeg. */
#include "pixels/thumbnail.h"

#include <turbojpeg.h>

#include "base/error.h"
#include "pixels/picture.h"

RvStatus rv_thumbnail_encode(const RvImage *image, int quality, Buffer *jpeg, RvError *err)
{
    RvStatus status = rv_picture_check(image, err);
    if (status != RV_OK)
        return status;
    if (image->channel_count != 3)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "thumbnail of %d channels: must be R G B",
                            image->channel_count);
    if (image->width > THUMBNAIL_MAX_SIDE || image->height > THUMBNAIL_MAX_SIDE)
        return rv_error_set(err, RV_ERROR_ARGUMENT,
                            "thumbnail of %d x %d pixels; a JPEG's sides are at most %d", image->width,
                            image->height, THUMBNAIL_MAX_SIDE);
    if (quality < 1 || quality > 100)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "JPEG quality %d: must be 1 to 100", quality);
    if (image->row_stride > INT32_MAX)
        return rv_error_set(err, RV_ERROR_ARGUMENT, "picture rows of %zu bytes are too long",
                            image->row_stride);

    unsigned long room = tjBufSize(image->width, image->height, TJSAMP_420);
    status = rv_buffer_reserve(jpeg, room, err);
    if (status != RV_OK)
        return status;
    tjhandle handle = tjInitCompress();
    if (handle == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start the JPEG encoder: %s", tjGetErrorStr2(NULL));
    // With the accurate transform the bytes are the same with and without vector instructions.
    unsigned char *to = jpeg->bytes + jpeg->size_bytes;
    unsigned long written = room;
    int result =
        tjCompress2(handle, image->pixels_u8, image->width, (int)image->row_stride, image->height, TJPF_RGB,
                    &to, &written, TJSAMP_420, quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT);
    if (result != 0)
        status = rv_error_set(err, RV_ERROR_INTERNAL, "cannot encode a %d x %d thumbnail: %s", image->width,
                              image->height, tjGetErrorStr2(handle));
    else
        jpeg->size_bytes += written;
    jpeg->bytes[jpeg->size_bytes] = '\0';
    tjDestroy(handle);
    return status;
}

/* Open a decoder, and read and check the sides from the header. */
static RvStatus open_jpeg(const uint8_t *jpeg, size_t size_bytes, tjhandle *handle, int *width, int *height,
                          RvError *err)
{
    *handle = NULL;
    if (jpeg == NULL || size_bytes == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "stored picture is empty");
    tjhandle opened = tjInitDecompress();
    if (opened == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start the JPEG decoder: %s", tjGetErrorStr2(NULL));
    int subsampling = 0, colorspace = 0;
    if (tjDecompressHeader3(opened, jpeg, size_bytes, width, height, &subsampling, &colorspace) != 0) {
        RvStatus status = rv_error_set(err, RV_ERROR_FORMAT, "stored picture is not a whole JPEG: %s",
                                       tjGetErrorStr2(opened));
        tjDestroy(opened);
        return status;
    }
    if (*width < 1 || *height < 1) { // the file has only tables
        tjDestroy(opened);
        return rv_error_set(err, RV_ERROR_FORMAT, "stored picture is a JPEG without a picture");
    }
    *handle = opened;
    return RV_OK;
}

RvStatus rv_thumbnail_size(const uint8_t *jpeg, size_t size_bytes, int *width, int *height, RvError *err)
{
    tjhandle handle = NULL;
    RvStatus status = open_jpeg(jpeg, size_bytes, &handle, width, height, err);
    if (handle != NULL)
        tjDestroy(handle);
    return status;
}

RvStatus rv_thumbnail_decode(const uint8_t *jpeg, size_t size_bytes, RvPicture **out, RvError *err)
{
    *out = NULL;
    tjhandle handle = NULL;
    int width = 0, height = 0;
    RvStatus status = open_jpeg(jpeg, size_bytes, &handle, &width, &height, err);
    if (status != RV_OK)
        return status;
    RvPicture *picture = NULL;
    // Baseline 4:2:0 needs at least 4 bytes for 256 pixels. This limit is 16 times as generous.
    if ((size_t)width * (size_t)height / 1024 > size_bytes)
        status = rv_error_set(err, RV_ERROR_FORMAT, "stored picture claims %d x %d pixels in %zu bytes",
                              width, height, size_bytes);
    if (status == RV_OK)
        status = rv_picture_create(width, height, 3, &picture, err);
    // A warning counts as damage too: the decoder returns -1 for both.
    if (status == RV_OK &&
        tjDecompress2(handle, jpeg, size_bytes, picture->pixels, width, (int)picture->image.row_stride,
                      height, TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0)
        status = rv_error_set(err, RV_ERROR_FORMAT, "stored picture is damaged: %s", tjGetErrorStr2(handle));
    tjDestroy(handle);
    if (status == RV_OK) {
        *out = picture;
        return RV_OK;
    }
    rv_picture_destroy(picture);
    return status;
}
