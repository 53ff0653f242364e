/* SPDX-License-Identifier: MIT */
/* Still pictures from files, URLs and memory: reading the bytes, choosing the decoder, turning the picture
 * upright. JPEG is decoded by libturbojpeg, TIFF, GIF and WebP by libtiff, giflib and libwebp, and everything
 * else by FFmpeg. Damaged pictures are refused. The functions are the public rv_picture_load and
 * rv_picture_decode of reelvec/image.h.
 *
 * Channels are those of Pillow's mode, so that pictures are resampled in the same way: L 1, LA 2, RGB 3,
 * RGBA 4; 1 (one bit) 1 and P (palette) 4, both with IMAGE_NEAREST. The single transparent colour of a PNG or
 * GIF is not alpha. There are two differences: of 16-bit grey the high byte is used (Pillow clips it to
 * white), and C M Y K is converted to R G B before the resampling. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/still/still_decode.h"
#include "pixels/still/still_exif.h"
#include "pixels/still/still_size.h"
#include "pixels/still/still_url.h"
#include "video/ffmpeg_compat.h"

#define STILL_MAX_FILE_BYTES ((size_t)256 << 20)
#define KNOWN_FORMATS "PNG, JPEG, WebP, GIF, BMP, TIFF, JPEG 2000, JPEG XL or PNM"

/* The first bytes of a file, and the decoder for it. */
typedef struct Signature {
    const char *bytes;
    size_t size_bytes;
    size_t offset;
    const char *decoder; // FFmpeg's name of the format; NULL: a kind with a message of its own
    const char *kind;
} Signature;

static const Signature signatures[] = {
    {"\x89PNG\r\n\x1a\n", 8, 0, "png", NULL},
    {"\xff\xd8\xff", 3, 0, "jpeg", NULL},
    {"WEBPVP8", 7, 8, "webp", NULL},
    {"GIF87a", 6, 0, "gif", NULL},
    {"GIF89a", 6, 0, "gif", NULL},
    {"BM", 2, 0, "bmp", NULL},
    {"II*\0", 4, 0, "tiff", NULL},
    {"MM\0*", 4, 0, "tiff", NULL},
    {"II+\0", 4, 0, "tiff", NULL}, // BigTIFF
    {"MM\0+", 4, 0, "tiff", NULL},
    {"P1", 2, 0, "pbm", NULL},
    {"P4", 2, 0, "pbm", NULL},
    {"P2", 2, 0, "pgm", NULL},
    {"P5", 2, 0, "pgm", NULL},
    {"P3", 2, 0, "ppm", NULL},
    {"P6", 2, 0, "ppm", NULL},
    {"P7\n", 3, 0, "pam", NULL},
    {"\0\0\0\x0cjP  \r\n\x87\n", 12, 0, "jpeg2000", NULL},
    {"\xff\x4f\xff\x51", 4, 0, "jpeg2000", NULL},
    {"\xff\x0a", 2, 0, "jpegxl", NULL},
    {"\0\0\0\x0cJXL \r\n\x87\n", 12, 0, "jpegxl", NULL},
    {"8BPS", 4, 0, "psd", NULL},
    {"qoif", 4, 0, "qoi", NULL},
    {"ftypavif", 8, 4, NULL, "an AVIF picture"},
    {"ftypavis", 8, 4, NULL, "an AVIF picture"},
    {"ftyphei", 7, 4, NULL, "a HEIC picture"},
    {"ftyphev", 7, 4, NULL, "a HEIC picture"},
    {"ftypmif1", 8, 4, NULL, "a HEIC picture"},
    {"ftypmif2", 8, 4, NULL, "a HEIC picture"},
    {"ftypmsf1", 8, 4, NULL, "a HEIC picture"},
    {"ftypcrx ", 8, 4, NULL, "a raw picture of a Canon camera (CR3)"},
    {"ftyp", 4, 4, NULL, "a video"},
    {"\x1a\x45\xdf\xa3", 4, 0, NULL, "a video"},
    {"AVI LIST", 8, 8, NULL, "a video"},
    {"\0\0\x01\xba", 4, 0, NULL, "a video"},
    {"OggS", 4, 0, NULL, "a video or sound"},
    {"%PDF-", 5, 0, NULL, "a PDF document"},
    {"\0\0\1\0", 4, 0, NULL, "an icon (ICO)"},
    {"\0\0\2\0", 4, 0, NULL, "a mouse pointer (CUR)"},
    {"v/1\1", 4, 0, NULL, "an OpenEXR picture"},
    {"#?RADIANCE", 10, 0, NULL, "a Radiance HDR picture"},
    {"PF\n", 3, 0, NULL, "a picture of floating point numbers (PFM)"},
    {"Pf\n", 3, 0, NULL, "a picture of floating point numbers (PFM)"},
    {"DDS ", 4, 0, NULL, "a DDS picture"},
    {"II\xbc\1", 4, 0, NULL, "a JPEG XR picture"},
    {"FUJIFILMCCD-RAW", 15, 0, NULL, "a raw picture of a Fujifilm camera"},
    {"<svg", 4, 0, NULL, "an SVG drawing"},
};

static const Signature *find_signature(const StillSource *source)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        const Signature *signature = &signatures[i];
        if (source->size_bytes >= signature->offset + signature->size_bytes &&
            memcmp(source->bytes + signature->offset, signature->bytes, signature->size_bytes) == 0)
            return signature;
    }
    return NULL;
}

static RvStatus decode_format(const StillSource *source, const char *format, RvPicture **out, RvError *err)
{
    int64_t width = 0, height = 0;
    RvStatus status = RV_OK;
    if (rv_still_claimed_size(source, format, &width, &height))
        status = rv_still_check_size(source, width, height, err);
    if (status != RV_OK)
        return status;
    if (strcmp(format, "jpeg") == 0)
        return rv_still_decode_jpeg(source, out, err);
    if (strcmp(format, "webp") == 0)
        return rv_still_decode_webp(source, out, err);
    if (strcmp(format, "tiff") == 0)
        return rv_still_decode_tiff(source, out, err);
    if (strcmp(format, "gif") == 0)
        return rv_still_decode_gif(source, out, err);
    rv_ffmpeg_silence();
    return rv_still_decode_libav(source, format, out, err);
}

static RvStatus turn_upright(const StillSource *source, const char *format, RvPicture **picture, RvError *err)
{
    int orientation = rv_exif_orientation(source, format);
    if (orientation != 0)
        (*picture)->orientation = orientation;
    RvStatus status = rv_exif_turn_upright(picture, err);
    if (status != RV_OK) {
        rv_picture_destroy(*picture);
        *picture = NULL;
    }
    return status;
}

static RvStatus decode_source(const StillSource *source, const RvPictureOptions *options, RvPicture **out,
                              RvError *err)
{
    *out = NULL;
    if (options != NULL && RV_CHECK_RESERVED(RvPictureOptions, options, err) != RV_OK)
        return RV_ERROR_ARGUMENT;
    if (source->size_bytes == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: empty, not a picture", source->name);
    if (source->size_bytes > STILL_MAX_FILE_BYTES)
        return rv_error_set(err, RV_ERROR_MEMORY, "%s: %zu bytes; pictures of at most %zu bytes are read",
                            source->name, source->size_bytes, STILL_MAX_FILE_BYTES);
    const Signature *signature = find_signature(source);
    if (signature == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a picture; give a " KNOWN_FORMATS " file",
                            source->name);
    if (signature->decoder == NULL)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: %s, which is not read as a still picture; give a " KNOWN_FORMATS " file",
                            source->name, signature->kind);
    RvStatus status = decode_format(source, signature->decoder, out, err);
    if (status == RV_OK && (options == NULL || !options->no_exif_rotation))
        status = turn_upright(source, signature->decoder, out, err);
    return status;
}

RvStatus rv_picture_decode(const void *bytes, size_t size_bytes, const RvPictureOptions *options,
                           RvPicture **out, RvError *err)
{
    StillSource source = {.name = "picture",
                          .bytes = bytes,
                          .size_bytes = bytes != NULL ? size_bytes : 0,
                          .max_pixels = options != NULL ? options->max_pixels : 0};
    return decode_source(&source, options, out, err);
}

RvStatus rv_picture_load(const char *path_or_url, const RvPictureOptions *options, RvPicture **out,
                         RvError *err)
{
    *out = NULL;
    if (path_or_url == NULL || path_or_url[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "no picture named: give a file or a URL");
    char *name = rv_file_copy_shown(path_or_url, err);
    if (name == NULL)
        return RV_ERROR_MEMORY;
    Buffer body;
    rv_buffer_init(&body, STILL_MAX_FILE_BYTES);
    RvStatus status = rv_file_is_url(path_or_url) ? rv_still_fetch(path_or_url, name, options, &body, err)
                                                  : rv_file_read_stream(path_or_url, &body, err);
    StillSource source = {name, body.bytes, body.size_bytes, options != NULL ? options->max_pixels : 0};
    if (status == RV_OK)
        status = decode_source(&source, options, out, err);
    rv_buffer_clear(&body);
    free(name);
    return status;
}
