/* SPDX-License-Identifier: MIT */
/* Still pictures from files, URLs and memory: fetching the bytes and choosing the decoder. */
#include "pixels/still.h"

#include <libavformat/avio.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/time.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/still_decode.h"
#include "video/ffmpeg_compat.h"

#define URL_SILENCE_US "30000000"             // without a byte from the server
#define URL_TOTAL_US ((int64_t)120 * 1000000) // for the whole picture
#define URL_CHUNK_BYTES ((size_t)1 << 16)

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

static int past_deadline(void *deadline_us)
{
    return av_gettime_relative() > *(const int64_t *)deadline_us;
}

static RvStatus url_error(const char *url, int code, RvError *err)
{
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    if (code == AVERROR_HTTP_NOT_FOUND)
        return rv_error_set(err, RV_ERROR_NETWORK,
                            "%s: the server answers 404, no such picture; check the address", url);
    if (code == AVERROR_EXIT || code == AVERROR(ETIMEDOUT))
        return rv_error_set(err, RV_ERROR_NETWORK, "%s: the server is too slow or silent; try again later",
                            url);
    return rv_error_set(err, RV_ERROR_NETWORK, "%s: cannot be fetched: %s; check the address and the network",
                        url, reason);
}

static RvStatus read_all(AVIOContext *io, const char *url, Buffer *out, RvError *err)
{
    uint8_t *chunk = rv_mem_alloc_aligned(URL_CHUNK_BYTES, 1, err);
    if (chunk == NULL)
        return RV_ERROR_MEMORY;
    RvStatus status = RV_OK;
    int64_t expected = avio_size(io);
    while (status == RV_OK) {
        int got = avio_read(io, chunk, (int)URL_CHUNK_BYTES);
        if (got == AVERROR_EOF || got == 0)
            break;
        if (got < 0)
            status = url_error(url, got, err);
        else if ((size_t)got > out->max_bytes - out->size_bytes)
            status = rv_error_set(err, RV_ERROR_MEMORY, "%s: pictures of at most %zu bytes are read", url,
                                  out->max_bytes);
        else
            status = rv_buffer_append(out, chunk, (size_t)got, err);
    }
    free(chunk);
    if (status == RV_OK && io->error < 0 && io->error != AVERROR_EOF)
        status = url_error(url, io->error, err);
    if (status == RV_OK && expected > 0 && (uint64_t)expected != out->size_bytes)
        status = rv_error_set(err, RV_ERROR_NETWORK, "%s: only %zu of %lld bytes came; try again later", url,
                              out->size_bytes, (long long)expected);
    return status;
}

static RvStatus read_url(const char *url, Buffer *out, RvError *err)
{
    rv_ffmpeg_silence();
    int64_t deadline_us = av_gettime_relative() + URL_TOTAL_US;
    AVIOInterruptCB interrupt = {past_deadline, &deadline_us};
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "http,https,tcp,tls", 0);
    av_dict_set(&options, "rw_timeout", URL_SILENCE_US, 0);
    av_dict_set(&options, "tls_verify", "1", 0);
    AVIOContext *io = NULL;
    int result = avio_open2(&io, url, AVIO_FLAG_READ, &interrupt, &options);
    av_dict_free(&options);
    if (result < 0)
        return url_error(url, result, err);
    RvStatus status = read_all(io, url, out, err);
    avio_closep(&io);
    return status;
}

RvStatus rv_picture_load(const char *path_or_url, RvPicture **out, RvError *err)
{
    *out = NULL;
    if (path_or_url == NULL || path_or_url[0] == '\0')
        return rv_error_set(err, RV_ERROR_ARGUMENT, "no picture named: give a file or a URL");
    Buffer body;
    rv_buffer_init(&body, STILL_MAX_FILE_BYTES);
    RvStatus status = rv_file_is_url(path_or_url) ? read_url(path_or_url, &body, err)
                                                  : rv_file_read(path_or_url, &body, err);
    StillSource source = {path_or_url, body.bytes, body.size_bytes};
    if (status == RV_OK)
        status = decode_source(&source, out, err);
    rv_buffer_clear(&body);
    return status;
}
