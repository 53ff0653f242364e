/* SPDX-License-Identifier: MIT */
/* The sides that a picture's header claims, read before a decoder is used, and their limits. */
#include "pixels/still/still_size.h"

#include <string.h>

#include "base/error.h"
#include "pixels/picture.h"

static uint32_t big_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t little_32(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static bool bmp_size(const StillSource *source, int64_t *width, int64_t *height)
{
    const uint8_t *bytes = source->bytes;
    if (source->size_bytes < 26)
        return false;
    if (little_32(bytes + 14) == 12) { // in OS/2's header each side has 16 bits
        *width = bytes[18] | bytes[19] << 8;
        *height = bytes[20] | bytes[21] << 8;
        return true;
    }
    *width = little_32(bytes + 18);
    int32_t rows = (int32_t)little_32(bytes + 22); // negative: rows are stored from top to bottom
    *height = rows < 0 ? -(int64_t)rows : rows;
    return true;
}

/* Read the SIZ segment of the code stream (ISO 15444-1, A.5.1), which may be in a box. */
static bool jpeg2000_size(const StillSource *source, int64_t *width, int64_t *height)
{
    const uint8_t *start = memmem(source->bytes, source->size_bytes, "\xff\x4f\xff\x51", 4);
    if (start == NULL || source->size_bytes - (size_t)(start - source->bytes) < 24)
        return false;
    *width = (int64_t)big_32(start + 8) - big_32(start + 16);
    *height = (int64_t)big_32(start + 12) - big_32(start + 20);
    return true;
}

/* Returns a decimal number after white space and comments; -1 if there is none. */
static int64_t text_number(const StillSource *source, size_t *at)
{
    const uint8_t *bytes = source->bytes;
    bool comment = false;
    for (; *at < source->size_bytes; ++*at) {
        uint8_t byte = bytes[*at];
        if (byte == '#' || byte == '\n')
            comment = byte == '#';
        else if (!comment && byte != ' ' && byte != '\t' && byte != '\r')
            break;
    }
    int64_t number = -1;
    for (; *at < source->size_bytes && bytes[*at] >= '0' && bytes[*at] <= '9'; ++*at)
        number = (number < 0 ? 0 : number < INT32_MAX ? number * 10 : number) + (bytes[*at] - '0');
    return number;
}

static bool pnm_size(const StillSource *source, int64_t *width, int64_t *height)
{
    size_t at = 2;
    *width = text_number(source, &at);
    *height = text_number(source, &at);
    return *width >= 0 && *height >= 0;
}

bool rv_still_claimed_size(const StillSource *source, const char *format, int64_t *width, int64_t *height)
{
    // Formats that have both sides at a fixed place, as 32 bits, big endian.
    static const struct {
        const char *format;
        size_t width_at, height_at;
    } places[] = {{"png", 16, 20}, {"qoi", 4, 8}, {"psd", 18, 14}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(format, places[i].format) != 0)
            continue;
        if (source->size_bytes < 24)
            return false;
        *width = big_32(source->bytes + places[i].width_at);
        *height = big_32(source->bytes + places[i].height_at);
        return true;
    }
    if (strcmp(format, "bmp") == 0)
        return bmp_size(source, width, height);
    if (strcmp(format, "jpeg2000") == 0)
        return jpeg2000_size(source, width, height);
    if (strcmp(format, "pbm") == 0 || strcmp(format, "pgm") == 0 || strcmp(format, "ppm") == 0)
        return pnm_size(source, width, height);
    return false;
}

size_t rv_still_max_pixels(const StillSource *source)
{
    bool bounded = source->max_pixels > 0 && source->max_pixels < PICTURE_MAX_PIXELS;
    return bounded ? (size_t)source->max_pixels : PICTURE_MAX_PIXELS;
}

RvStatus rv_still_check_size(const StillSource *source, int64_t width, int64_t height, RvError *err)
{
    if (width < 1 || height < 1)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: claims %lld x %lld pixels; the file is damaged",
                            source->name, (long long)width, (long long)height);
    size_t most = rv_still_max_pixels(source);
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE || (uint64_t)width * (uint64_t)height > most)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: claims %lld x %lld pixels; at most %zu in all and %d a side are read",
                            source->name, (long long)width, (long long)height, most, PICTURE_MAX_SIDE);
    return RV_OK;
}
