/* SPDX-License-Identifier: MIT */
/* Still pictures from files, URLs and memory: fetching the bytes and choosing the decoder. */
#include "pixels/still.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "pixels/picture.h"
#include "pixels/still_decode.h"
#include "pixels/still_url.h"
#include "video/ffmpeg_compat.h"

#define KNOWN_FORMATS "PNG, JPEG, WebP, GIF, BMP, TIFF, JPEG 2000, JPEG XL or PNM"

/* How a file begins, and who decodes it. */
typedef struct Signature {
    const char *bytes;
    size_t size_bytes;
    size_t offset;
    const char
        *decoder; // FFmpeg's name of the format; NULL: one of the kinds that get a message of their own
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
    {"ftypmif1", 8, 4, NULL, "a HEIC picture"},
    {"ftyp", 4, 4, NULL, "a video"},
    {"\x1a\x45\xdf\xa3", 4, 0, NULL, "a video"},
    {"AVI LIST", 8, 8, NULL, "a video"},
    {"\0\0\x01\xba", 4, 0, NULL, "a video"},
    {"OggS", 4, 0, NULL, "a video or sound"},
    {"%PDF-", 5, 0, NULL, "a PDF document"},
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

RvStatus rv_still_check_size(const StillSource *source, int64_t width, int64_t height, RvError *err)
{
    if (width < 1 || height < 1)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: claims %lld x %lld pixels; the file is damaged",
                            source->name, (long long)width, (long long)height);
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
        (uint64_t)width * (uint64_t)height > STILL_MAX_PIXELS)
        return rv_error_set(
            err, RV_ERROR_FORMAT, "%s: claims %lld x %lld pixels; at most %zu in all and %d a side are read",
            source->name, (long long)width, (long long)height, STILL_MAX_PIXELS, PICTURE_MAX_SIDE);
    return RV_OK;
}

static RvStatus decode_source(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
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
    rv_ffmpeg_silence();
    if (strcmp(signature->decoder, "jpeg") == 0)
        return rv_still_decode_jpeg(source, out, err);
    if (strcmp(signature->decoder, "webp") == 0)
        return rv_still_decode_webp(source, out, err);
    return rv_still_decode_libav(source, signature->decoder, out, err);
}

RvStatus rv_picture_decode(const void *bytes, size_t size_bytes, RvPicture **out, RvError *err)
{
    StillSource source = {.name = "picture", .bytes = bytes, .size_bytes = bytes != NULL ? size_bytes : 0};
    return decode_source(&source, out, err);
}

RvStatus rv_picture_load(const char *path_or_url, RvPicture **out, RvError *err)
{
    *out = NULL;
    if (path_or_url == NULL || path_or_url[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "no picture named: give a file or a URL");
    Buffer body;
    rv_buffer_init(&body, STILL_MAX_FILE_BYTES);
    RvStatus status = rv_file_is_url(path_or_url) ? rv_still_fetch(path_or_url, &body, err)
                                                  : rv_file_read_stream(path_or_url, &body, err);
    StillSource source = {path_or_url, body.bytes, body.size_bytes};
    if (status == RV_OK)
        status = decode_source(&source, out, err);
    rv_buffer_clear(&body);
    return status;
}
