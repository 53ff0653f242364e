/* SPDX-License-Identifier: MIT */
/* WebP stills: plain files go to the decoder, of animated ones the first frame is repacked as a plain file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "pixels/picture.h"
#include "pixels/still.h"
#include "pixels/still_decode.h"

#define RIFF_HEADER_BYTES 12
#define CHUNK_HEADER_BYTES 8
#define ANMF_HEADER_BYTES 16
#define VP8X_BYTES 10

static uint32_t read_u24(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return read_u24(bytes) | (uint32_t)bytes[3] << 24;
}

static void write_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* The payload of the first chunk of that kind; false where there is none. One cut short does not count. */
static bool find_chunk(const StillSource *source, const char *kind, const uint8_t **payload,
                       size_t *size_bytes)
{
    size_t at = RIFF_HEADER_BYTES;
    while (source->size_bytes - at >= CHUNK_HEADER_BYTES) {
        size_t length = read_u32(source->bytes + at + 4);
        if (length > source->size_bytes - at - CHUNK_HEADER_BYTES)
            return false;
        if (memcmp(source->bytes + at, kind, 4) == 0) {
            *payload = source->bytes + at + CHUNK_HEADER_BYTES;
            *size_bytes = length;
            return true;
        }
        size_t padded = CHUNK_HEADER_BYTES + length + length % 2;
        if (padded > source->size_bytes - at)
            return false;
        at += padded;
    }
    return false;
}

/* RIFF header, VP8X header for one frame, and the frame's own chunks. frame: payload of an ANMF chunk. */
static RvStatus repack_frame(const uint8_t *frame, size_t size_bytes, Buffer *out, RvError *err)
{
    uint8_t header[RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES + VP8X_BYTES] = "RIFF....WEBPVP8X";
    size_t chunks_bytes = size_bytes - ANMF_HEADER_BYTES;
    bool alpha = chunks_bytes >= 4 && memcmp(frame + ANMF_HEADER_BYTES, "ALPH", 4) == 0;
    write_u32(header + 4, (uint32_t)(sizeof header - 8 + chunks_bytes));
    write_u32(header + 16, VP8X_BYTES);
    write_u32(header + 20, alpha ? 0x10 : 0);
    memcpy(header + 24, frame + 6, 6); // width - 1 and height - 1, 24 bits each
    RvStatus status = rv_buffer_append(out, header, sizeof header, err);
    return status == RV_OK ? rv_buffer_append(out, frame + ANMF_HEADER_BYTES, chunks_bytes, err) : status;
}

/* A frame smaller than the canvas, on a transparent canvas. */
static RvStatus place_on_canvas(const RvPicture *frame, uint32_t left, uint32_t top, uint32_t width,
                                uint32_t height, RvPicture **out, RvError *err)
{
    RvStatus status = rv_picture_create((int)width, (int)height, 4, out, err);
    if (status != RV_OK)
        return status;
    memset((*out)->pixels, 0, (size_t)height * (*out)->image.row_stride);
    size_t channels = (size_t)frame->image.channel_count;
    for (int y = 0; y < frame->image.height; y++) {
        const uint8_t *from = frame->pixels + (size_t)y * frame->image.row_stride;
        uint8_t *to = (*out)->pixels + ((size_t)y + top) * (*out)->image.row_stride + 4 * (size_t)left;
        for (int x = 0; x < frame->image.width; x++, from += channels, to += 4) {
            memcpy(to, from, 3);
            to[3] = channels == 4 ? from[3] : 255;
        }
    }
    return RV_OK;
}

static RvStatus decode_first_frame(const StillSource *source, const uint8_t *frame, const uint8_t *canvas,
                                   RvPicture **out, RvError *err)
{
    uint32_t left = 2 * read_u24(frame), top = 2 * read_u24(frame + 3);
    uint32_t width = read_u24(canvas + 4) + 1, height = read_u24(canvas + 7) + 1;
    RvPicture *picture = NULL;
    RvStatus status = rv_still_check_size(source, width, height, err);
    if (status == RV_OK)
        status = rv_still_decode_libav(source, "webp", &picture, err);
    if (status != RV_OK)
        return status;
    uint32_t frame_width = (uint32_t)picture->image.width, frame_height = (uint32_t)picture->image.height;
    if (left + frame_width > width || top + frame_height > height || picture->image.channel_count < 3) {
        status = rv_error_set(err, RV_ERROR_FORMAT, "%s: damaged webp picture: its first frame lies outside",
                              source->name);
    } else if (frame_width == width && frame_height == height) {
        *out = picture;
        return RV_OK;
    } else {
        status = place_on_canvas(picture, left, top, width, height, out, err);
    }
    rv_picture_destroy(picture);
    return status;
}

RvStatus rv_still_decode_webp(const StillSource *source, RvPicture **out, RvError *err)
{
    *out = NULL;
    const uint8_t *frame = NULL, *canvas = NULL;
    size_t frame_bytes = 0, canvas_bytes = 0;
    if (!find_chunk(source, "VP8X", &canvas, &canvas_bytes) || canvas_bytes < VP8X_BYTES ||
        (canvas[0] & 0x02) == 0)
        return rv_still_decode_libav(source, "webp", out, err);
    if (!find_chunk(source, "ANMF", &frame, &frame_bytes) || frame_bytes < ANMF_HEADER_BYTES)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: damaged webp picture: its first frame is missing or cut", source->name);
    Buffer repacked;
    rv_buffer_init(&repacked, STILL_MAX_FILE_BYTES);
    RvStatus status = repack_frame(frame, frame_bytes, &repacked, err);
    StillSource single = {source->name, repacked.bytes, repacked.size_bytes};
    if (status == RV_OK)
        status = decode_first_frame(&single, frame, canvas, out, err);
    rv_buffer_clear(&repacked);
    return status;
}
