/* SPDX-License-Identifier: MIT */
/* Stills by FFmpeg's decoders, with the same channels as in Pillow. */
#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "pixels/picture.h"
#include "pixels/still/still_decode.h"
#include "pixels/still/still_size.h"
#include "pixels/still/still_yuv.h"
#include "video/ffmpeg_compat.h"

/* ---- decoding --------------------------------------------------------------------------------------- */

static RvStatus damaged(const StillSource *source, const char *decoder, int code, RvError *err)
{
    if (code == AVERROR(ENOMEM))
        return rv_error_memory(err, source->size_bytes);
    if (code == AVERROR_PATCHWELCOME || code == AVERROR(ENOSYS))
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: %s pictures of this kind are not supported; save it as PNG or JPEG",
                            source->name, decoder);
    int64_t width = 0, height = 0;
    if (rv_still_claimed_size(source, decoder, &width, &height) &&
        av_image_check_size2((unsigned)width, (unsigned)height, (int64_t)PICTURE_MAX_PIXELS, AV_PIX_FMT_NONE,
                             0, NULL) < 0)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: claims %lld x %lld pixels, more than FFmpeg's decoder of %s takes; make it smaller",
            source->name, (long long)width, (long long)height, decoder);
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged %s picture: %s", source->name, decoder,
                        code == AVERROR_EOF ? "it ends early" : reason);
}

static RvStatus open_decoder(const StillSource *source, const char *decoder, AVCodecContext **out,
                             RvError *err)
{
    const AVCodecDescriptor *format = avcodec_descriptor_get_by_name(decoder);
    const AVCodec *codec = format != NULL ? avcodec_find_decoder(format->id) : NULL;
    if (codec == NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: this build of FFmpeg cannot read %s; give a PNG or JPEG", source->name,
                            decoder);
    AVCodecContext *context = avcodec_alloc_context3(codec);
    if (context == NULL)
        return rv_error_memory(err, sizeof *context);
    context->thread_count = 1;
    // FFmpeg counts the pixels that its decoders work with, which are more; the picture's own are checked as well.
    size_t most = 2 * rv_still_max_pixels(source) + (1 << 16);
    context->max_pixels = (int64_t)(most < PICTURE_MAX_PIXELS ? most : PICTURE_MAX_PIXELS);
    context->err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
    rv_ffmpeg_watch_memory();
    int result = avcodec_open2(context, codec, NULL);
    if (result < 0) {
        result = rv_ffmpeg_lacks_memory(result) ? AVERROR(ENOMEM) : result;
        avcodec_free_context(&context);
        return damaged(source, decoder, result, err);
    }
    *out = context;
    return RV_OK;
}

/* Decode the whole file as one packet, and return the first frame. */
static int decode_packet(AVCodecContext *context, const StillSource *source, AVFrame *frame)
{
    AVPacket *packet = av_packet_alloc();
    int result = packet != NULL ? av_new_packet(packet, (int)source->size_bytes) : AVERROR(ENOMEM);
    if (result == 0) {
        memcpy(packet->data, source->bytes, source->size_bytes);
        packet->flags |= AV_PKT_FLAG_KEY;
        result = avcodec_send_packet(context, packet);
    }
    av_packet_free(&packet);
    if (result < 0)
        return result;
    result = avcodec_receive_frame(context, frame);
    if (result != AVERROR(EAGAIN))
        return result;
    result = avcodec_send_packet(context, NULL);
    return result < 0 ? result : avcodec_receive_frame(context, frame);
}

/* ---- frame to picture ------------------------------------------------------------------------------- */

static RvStatus from_palette(const AVFrame *frame, RvPicture **out, RvError *err)
{
    RvStatus status = rv_picture_create(frame->width, frame->height, 4, out, err);
    if (status != RV_OK)
        return status;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *from = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        uint8_t *to = (*out)->pixels + (size_t)y * (*out)->image.row_stride;
        for (int x = 0; x < frame->width; x++, to += 4) {
            uint32_t argb;
            memcpy(&argb, frame->data[1] + 4 * (size_t)from[x], sizeof argb);
            to[0] = (uint8_t)(argb >> 16);
            to[1] = (uint8_t)(argb >> 8);
            to[2] = (uint8_t)argb;
            to[3] = (uint8_t)(argb >> 24);
        }
    }
    (*out)->image.reserved[0] = IMAGE_NEAREST;
    return RV_OK;
}

static RvStatus from_bits(const AVFrame *frame, RvPicture **out, RvError *err)
{
    RvStatus status = rv_picture_create(frame->width, frame->height, 1, out, err);
    if (status != RV_OK)
        return status;
    unsigned inverted = frame->format == AV_PIX_FMT_MONOWHITE ? 1 : 0;
    for (int y = 0; y < frame->height; y++) {
        const uint8_t *from = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        uint8_t *to = (*out)->pixels + (size_t)y * (*out)->image.row_stride;
        for (int x = 0; x < frame->width; x++)
            to[x] = ((unsigned)from[x / 8] >> (7 - x % 8) & 1) != inverted ? 255 : 0;
    }
    (*out)->image.reserved[0] = IMAGE_NEAREST;
    return RV_OK;
}

/* Convert a component of `depth` bits to 8: of more bits the high byte is used, as in Pillow; fewer bits are
 * scaled up. */
static inline uint8_t to_8_bits(unsigned value, int depth)
{
    if (depth >= 8)
        return (uint8_t)(value >> (depth - 8));
    return (uint8_t)(value * 255 / ((1u << depth) - 1));
}

/* Convert grey and R G B formats of any layout and depth. Of 16-bit grey the high byte is used. Pillow clips
 * such a picture instead of scaling it, so that nearly all of it is white. */
static RvStatus from_components(const AVFrame *frame, const AVPixFmtDescriptor *format, RvPicture **out,
                                RvError *err)
{
    uint16_t *line = rv_mem_alloc((size_t)frame->width, sizeof *line, err);
    if (line == NULL)
        return RV_ERROR_MEMORY;
    int channels = format->nb_components;
    RvStatus status = rv_picture_create(frame->width, frame->height, channels, out, err);
    for (int y = 0; status == RV_OK && y < frame->height; y++) {
        for (int channel = 0; channel < channels; channel++) {
            av_read_image_line2(line, (const uint8_t **)frame->data, frame->linesize, format, 0, y, channel,
                                frame->width, 0, sizeof *line);
            uint8_t *to = (*out)->pixels + (size_t)y * (*out)->image.row_stride + channel;
            for (int x = 0; x < frame->width; x++)
                to[(size_t)x * (size_t)channels] = to_8_bits(line[x], format->comp[channel].depth);
        }
    }
    free(line);
    return status;
}

/* Copy formats that have the same layout as RvPicture. */
static RvStatus from_same_layout(const AVFrame *frame, int channels, RvPicture **out, RvError *err)
{
    RvStatus status = rv_picture_create(frame->width, frame->height, channels, out, err);
    for (int y = 0; status == RV_OK && y < frame->height; y++)
        memcpy((*out)->pixels + (size_t)y * (*out)->image.row_stride,
               frame->data[0] + (ptrdiff_t)y * frame->linesize[0], (*out)->image.row_stride);
    return status;
}

static RvStatus frame_to_picture(const StillSource *source, const AVFrame *frame, RvPicture **out,
                                 RvError *err)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)frame->format);
    switch (frame->format) {
    case AV_PIX_FMT_PAL8:
        return from_palette(frame, out, err);
    case AV_PIX_FMT_MONOBLACK:
    case AV_PIX_FMT_MONOWHITE:
        return from_bits(frame, out, err);
    case AV_PIX_FMT_GRAY8:
        return from_same_layout(frame, 1, out, err);
    case AV_PIX_FMT_YA8:
        return from_same_layout(frame, 2, out, err);
    case AV_PIX_FMT_RGB24:
        return from_same_layout(frame, 3, out, err);
    case AV_PIX_FMT_RGBA:
        return from_same_layout(frame, 4, out, err);
    default:
        break;
    }
    bool readable =
        format != NULL &&
        (format->flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER)) == 0;
    if (readable && ((format->flags & AV_PIX_FMT_FLAG_RGB) != 0 || format->nb_components <= 2))
        return from_components(frame, format, out, err);
    if (readable)
        return rv_still_from_yuv(source, frame, out, err);
    return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                        "%s: pixels of kind %s are not read; save it as PNG or JPEG", source->name,
                        format != NULL ? format->name : "?");
}

/* ---- Pillow's modes --------------------------------------------------------------------------------- */

/* True if a grey or R G B PNG names one colour as transparent. FFmpeg makes an alpha channel of it, Pillow
 * does not. */
static bool png_alpha_is_named_colour(const StillSource *source)
{
    return source->size_bytes > 25 && (source->bytes[25] == 0 || source->bytes[25] == 2);
}

/* True for an uncompressed 32-bit BMP, whose fourth byte is padding for Pillow. */
static bool bmp_alpha_is_padding(const StillSource *source)
{
    return source->size_bytes > 33 && memcmp(source->bytes + 30, "\0\0\0\0", 4) == 0;
}

static bool bmp_palette_is_grey(const AVFrame *frame)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t argb;
        memcpy(&argb, frame->data[1] + 4 * i, sizeof argb);
        if ((argb & 0xffffff) != i * 0x010101)
            return false;
    }
    return true;
}

/* Keep the first `channels` channels of each pixel. */
static void drop_channels(RvPicture *picture, int channels)
{
    size_t from_channels = (size_t)picture->image.channel_count;
    size_t pixel_count = (size_t)picture->image.width * (size_t)picture->image.height;
    for (size_t i = 0; i < pixel_count; i++)
        memmove(picture->pixels + i * (size_t)channels, picture->pixels + i * from_channels,
                (size_t)channels);
    picture->image.channel_count = channels;
    picture->image.row_stride = (size_t)picture->image.width * (size_t)channels;
}

static void adopt_pillow_mode(const StillSource *source, const char *decoder, const AVFrame *frame,
                              RvPicture *picture)
{
    bool has_alpha = picture->image.channel_count == 2 || picture->image.channel_count == 4;
    if (strcmp(decoder, "png") == 0 && has_alpha && !rv_image_is_nearest(&picture->image) &&
        png_alpha_is_named_colour(source))
        drop_channels(picture, picture->image.channel_count - 1);
    if (strcmp(decoder, "bmp") == 0 && frame->format == AV_PIX_FMT_PAL8 && bmp_palette_is_grey(frame)) {
        drop_channels(picture, 1);
        picture->image.reserved[0] = 0;
    }
    if (strcmp(decoder, "bmp") == 0 && frame->format == AV_PIX_FMT_BGRA && bmp_alpha_is_padding(source))
        drop_channels(picture, 3);
}

/* True if the file is not complete. FFmpeg reads an uncompressed BMP that lacks bytes as one whose rows are
 * not padded, and fills the missing pixels of a QOI. A complete QOI ends with 7 zeros and a 1. */
static bool ends_early(const StillSource *source, const char *decoder)
{
    if (strcmp(decoder, "qoi") == 0)
        return source->size_bytes < 22 ||
               memcmp(source->bytes + source->size_bytes - 8, "\0\0\0\0\0\0\0\1", 8) != 0;
    int64_t width = 0, height = 0;
    const uint8_t *header = source->bytes;
    if (strcmp(decoder, "bmp") != 0 || source->size_bytes < 34 || memcmp(header + 15, "\0\0\0", 3) != 0 ||
        header[14] < 40 || (header[30] != 0 && header[30] != 3) ||
        !rv_still_claimed_size(source, decoder, &width, &height))
        return false;
    uint64_t bits = (uint64_t)width * (header[28] | (unsigned)header[29] << 8);
    uint64_t offset =
        header[10] | (uint32_t)header[11] << 8 | (uint32_t)header[12] << 16 | (uint32_t)header[13] << 24;
    return offset + (bits + 31) / 32 * 4 * (uint64_t)(height - 1) + (bits + 7) / 8 > source->size_bytes;
}

RvStatus rv_still_decode_libav(const StillSource *source, const char *decoder, RvPicture **out, RvError *err)
{
    *out = NULL;
    if (ends_early(source, decoder))
        return damaged(source, decoder, AVERROR_EOF, err);
    AVCodecContext *context = NULL;
    RvPicture *picture = NULL;
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL)
        return rv_error_memory(err, sizeof *frame);
    RvStatus status = open_decoder(source, decoder, &context, err);
    if (status == RV_OK) {
        rv_ffmpeg_watch_memory();
        int result = decode_packet(context, source, frame);
        result = rv_ffmpeg_lacks_memory(result) ? AVERROR(ENOMEM) : result;
        if (result < 0 && context->width > 0 && context->height > 0)
            status = rv_still_check_size(source, context->width, context->height, err);
        if (result < 0 && status == RV_OK)
            status = damaged(source, decoder, result, err);
    }
    if (status == RV_OK && (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0))
        status = damaged(source, decoder, AVERROR_INVALIDDATA, err);
    if (status == RV_OK)
        status = rv_still_check_size(source, frame->width, frame->height, err);
    if (status == RV_OK)
        status = frame_to_picture(source, frame, &picture, err);
    if (status == RV_OK) {
        adopt_pillow_mode(source, decoder, frame, picture);
        *out = picture;
    } else {
        rv_picture_destroy(picture);
    }
    av_frame_free(&frame);
    avcodec_free_context(&context);
    return status;
}
