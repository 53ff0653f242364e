/* SPDX-License-Identifier: MIT */
/* JPEG stills by libturbojpeg, with Pillow's settings (accurate transform, smooth chroma upsampling). */
#include "pixels/still/still_decode.h"

#include <string.h>
#include <turbojpeg.h>

#include "base/error.h"
#include "pixels/picture.h"
#include "pixels/still/still_size.h"

/* The formula is Pillow's. Pixels shrink from 4 to 3 bytes, so writing never overtakes reading. */
void rv_still_cmyk_to_rgb(RvPicture *picture, uint8_t full_ink)
{
    size_t pixel_count = (size_t)picture->image.width * (size_t)picture->image.height;
    const uint8_t *from = picture->pixels;
    uint8_t *to = picture->pixels;
    unsigned inverted = full_ink == 0 ? 255 : 0;
    for (size_t i = 0; i < pixel_count; i++, from += 4, to += 3) {
        unsigned black_left = 255u - (from[3] ^ inverted);
        for (int channel = 0; channel < 3; channel++) {
            unsigned product = (from[channel] ^ inverted) * black_left + 128;
            unsigned ink = ((product >> 8) + product) >> 8;
            to[channel] = (uint8_t)(black_left - ink);
        }
    }
    picture->image.channel_count = 3;
    picture->image.row_stride = (size_t)picture->image.width * 3;
}

/* True if a warning is harmless. The decoder's message is its first warning or, if there was one, the error
 * that ended it. Some cameras write complete files that cause warnings; these are ignored if the end marker
 * is there. */
static bool is_harmless(const StillSource *source, const char *message)
{
    static const char *const harmless[] = {"extraneous bytes before marker", "Invalid SOS parameters",
                                           "unknown JFIF revision", "Unknown Adobe color transform"};
    const size_t tail_bytes = 1024;
    size_t skipped = source->size_bytes > tail_bytes ? source->size_bytes - tail_bytes : 0;
    if (memmem(source->bytes + skipped, source->size_bytes - skipped, "\xff\xd9", 2) == NULL)
        return false;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (strstr(message, harmless[i]) != NULL)
            return true;
    }
    return false;
}

static RvStatus damaged_jpeg(const StillSource *source, const char *reason, RvError *err)
{
    if (strstr(reason, "nsupported") != NULL) // lossless, arithmetic, 12 bits, ...
        return rv_error_set(
            err, RV_ERROR_UNSUPPORTED,
            "%s: JPEGs of this kind are not supported (%s); save it as PNG or as a plain JPEG", source->name,
            reason);
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged JPEG: %s", source->name, reason);
}

static RvStatus decode_pixels(tjhandle handle, const StillSource *source, RvPicture *picture, RvError *err)
{
    const RvImage *image = &picture->image;
    int format = image->channel_count == 1 ? TJPF_GRAY : image->channel_count == 3 ? TJPF_RGB : TJPF_CMYK;
    int result =
        tjDecompress2(handle, source->bytes, source->size_bytes, picture->pixels, image->width,
                      (int)image->row_stride, image->height, format, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
    if (result == 0 || is_harmless(source, tjGetErrorStr2(handle)))
        return RV_OK;
    return damaged_jpeg(source, tjGetErrorStr2(handle), err);
}

RvStatus rv_still_decode_jpeg(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
    tjhandle handle = tjInitDecompress();
    if (handle == NULL)
        return rv_error_set(err, RV_ERROR_MEMORY, "cannot start the JPEG decoder: %s", tjGetErrorStr2(NULL));
    int width = 0, height = 0, subsampling = 0, colorspace = -1;
    RvStatus status = RV_OK;
    int result = tjDecompressHeader3(handle, source->bytes, source->size_bytes, &width, &height, &subsampling,
                                     &colorspace);
    // Unusual sampling factors make reading the header fail after everything else was read. The decoder
    // supports them.
    if (width < 1 || height < 1 || colorspace < 0)
        status = damaged_jpeg(source, result != 0 ? tjGetErrorStr2(handle) : "it has no picture", err);
    if (status == RV_OK)
        status = rv_still_check_size(source, width, height, err);
    bool cmyk = colorspace == TJCS_CMYK || colorspace == TJCS_YCCK;
    RvPicture *picture = NULL;
    if (status == RV_OK)
        status = rv_picture_create(width, height, cmyk ? 4 : colorspace == TJCS_GRAY ? 1 : 3, &picture, err);
    if (status == RV_OK)
        status = decode_pixels(handle, source, picture, err);
    tjDestroy(handle);
    if (status != RV_OK) {
        rv_picture_destroy(picture);
        return status;
    }
    if (cmyk)
        rv_still_cmyk_to_rgb(picture, 0); // inverted, as Adobe stores it
    *out = picture;
    return RV_OK;
}
