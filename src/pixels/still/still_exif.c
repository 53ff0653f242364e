/* SPDX-License-Identifier: MIT */
/* The orientation in the EXIF data of a JPEG, PNG or WebP, and turning pictures upright by it.
 *
 * EXIF data (CIPA DC-008, 4.6) is a TIFF header and a list of entries of 12 bytes: tag, type, count, value.
 * Only the entry of the orientation is looked for, and no other is parsed. */
#include "pixels/still/still_exif.h"

#include <string.h>

#include "pixels/upright.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3

/* The bytes that are not read yet. */
typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

static uint32_t number(const uint8_t *at, int size_bytes, bool big_endian)
{
    uint32_t value = 0;
    for (int i = 0; i < size_bytes; i++)
        value = value << 8 | at[big_endian ? i : size_bytes - 1 - i];
    return value;
}

/* Returns the orientation, 1 to 8; 0 if the data has none. */
static int orientation_of(Bytes exif)
{
    if (exif.left < 8 || (memcmp(exif.at, "II*\0", 4) != 0 && memcmp(exif.at, "MM\0*", 4) != 0))
        return 0;
    bool big_endian = exif.at[0] == 'M';
    size_t list = number(exif.at + 4, 4, big_endian);
    if (list > exif.left - 2)
        return 0;
    size_t count = number(exif.at + list, 2, big_endian);
    const uint8_t *entry = exif.at + list + 2;
    size_t room = (exif.left - list - 2) / 12;
    for (size_t i = 0; i < count && i < room; i++, entry += 12) {
        uint32_t value = number(entry + 8, 2, big_endian);
        if (number(entry, 2, big_endian) == TAG_ORIENTATION && number(entry + 2, 2, big_endian) == TYPE_SHORT)
            return value >= 1 && value <= 8 ? (int)value : 0;
    }
    return 0;
}

/* Skip "Exif" and two zeros, which come before the data in JPEG, and in WebP files of some programs. */
static Bytes without_mark(Bytes bytes)
{
    if (bytes.left >= 6 && memcmp(bytes.at, "Exif\0\0", 6) == 0)
        return (Bytes){bytes.at + 6, bytes.left - 6};
    return bytes;
}

static int jpeg_orientation(Bytes file)
{
    size_t at = 2;
    while (at + 4 <= file.left && file.at[at] == 0xff) {
        uint8_t marker = file.at[at + 1];
        if (marker == 0xff) { // padding
            at++;
            continue;
        }
        if (marker == 0xda || marker == 0xd9) // the start of the picture's data, or the end
            return 0;
        size_t length = number(file.at + at + 2, 2, true);
        if (length < 2 || length > file.left - at - 2)
            return 0;
        Bytes segment = {file.at + at + 4, length - 2};
        if (marker == 0xe1 && segment.left >= 6 && memcmp(segment.at, "Exif\0\0", 6) == 0)
            return orientation_of(without_mark(segment));
        at += 2 + length;
    }
    return 0;
}

/* Look for the orientation in the chunks of a PNG (length, name, data, checksum) or a RIFF file (name,
 * length, data, perhaps a byte of padding). */
static int chunk_orientation(Bytes file, size_t first, const char *wanted, bool png)
{
    size_t at = first, around = png ? 12 : 8;
    while (at <= file.left && file.left - at >= around) {
        const uint8_t *head = file.at + at;
        size_t length = number(png ? head : head + 4, 4, png);
        if (length > file.left - at - around)
            return 0;
        if (memcmp(png ? head + 4 : head, wanted, 4) == 0)
            return orientation_of(without_mark((Bytes){head + 8, length}));
        at += around + length + (png ? 0 : length % 2);
    }
    return 0;
}

int rv_exif_orientation(const StillSource *source, const char *format)
{
    Bytes file = {source->bytes, source->size_bytes};
    if (strcmp(format, "jpeg") == 0)
        return jpeg_orientation(file);
    if (strcmp(format, "png") == 0)
        return chunk_orientation(file, 8, "eXIf", true);
    if (strcmp(format, "webp") == 0)
        return chunk_orientation(file, 12, "EXIF", false);
    return 0;
}

RvStatus rv_exif_turn_upright(RvPicture **picture, RvError *err)
{
    static const Turn turns[9] = {
        [2] = {.mirrored = true},    [3] = {.quarter_turns = 2}, [4] = {2, .mirrored = true},
        [5] = {3, .mirrored = true}, [6] = {.quarter_turns = 1}, [7] = {1, .mirrored = true},
        [8] = {.quarter_turns = 3},
    };
    const RvPicture *from = *picture;
    int orientation = from->orientation;
    if (orientation < 2 || orientation > 8)
        return RV_OK;
    bool sideways = orientation >= 5;
    RvPicture *upright = NULL;
    RvStatus status = rv_picture_create(sideways ? from->image.height : from->image.width,
                                        sideways ? from->image.width : from->image.height,
                                        from->image.channel_count, &upright, err);
    if (status != RV_OK)
        return status;
    upright->image.reserved[0] = from->image.reserved[0];
    rv_upright_image(&from->image, &turns[orientation], upright->pixels, upright->image.row_stride);
    rv_picture_destroy(*picture);
    *picture = upright;
    return RV_OK;
}
