/* SPDX-License-Identifier: MIT */
/* Damaged stills of every kind are refused, large ones and foreign ones named (pixels/still*.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED_STILLS
#include "expected.h"
#include "pixels/picture.h"
#include "shared.h"
#include "still_files.h"

#define STILL_COUNT (sizeof still_cases / sizeof still_cases[0])

/* Decode a copy of the exact size, so that a sanitizer sees reading past the end. */
static RvStatus decode_copy(const uint8_t *bytes, size_t size_bytes)
{
    uint8_t *copy = malloc(size_bytes + (size_bytes == 0));
    memcpy(copy, bytes, size_bytes);
    RvPicture *picture = NULL;
    RvError err = {0};
    RvStatus status = rv_picture_decode(copy, size_bytes, NULL, &picture, &err);
    assert_true((status == RV_OK) == (picture != NULL));
    assert_true(status == RV_OK || err.message[0] != '\0');
    rv_picture_destroy(picture);
    free(copy);
    return status;
}

static void picture_decode_refuses_what_is_cut(void **state)
{
    for (size_t i = 0; i < STILL_COUNT; i++) {
        Buffer file;
        read_data(still_cases[i].name, &file);
        size_t step = file.size_bytes / 40 + 1;
        // What stands after the picture's last row is not missed, nor are the later pictures of an animation.
        bool animated = strncmp(still_cases[i].name, "animated", 8) == 0;
        size_t enough = animated ? file.size_bytes / 4 : file.size_bytes - file.size_bytes / 4;
        for (size_t kept = 0; kept < file.size_bytes; kept += step) {
            RvStatus status = decode_copy(file.bytes, kept);
            if (kept < enough && status == RV_OK)
                fail_msg("%s: %zu of %zu bytes made a picture", still_cases[i].name, kept, file.size_bytes);
        }
        rv_buffer_clear(&file);
    }
}

/* Formats whose compression or checksums tell: a stretch in the middle is overwritten. */
static void picture_decode_refuses_overwritten_data(void **state)
{
    static const char *const names[] = {"rgb.png",       "palette.png", "palette.gif", "interlaced.gif",
                                        "rgb.tif",       "rgba.tif",    "tiled.tif",   "tiled_planes.tif",
                                        "planes.tif",    "jpeg.tif",    "big.tif",     "rgb_16bit.tif",
                                        "lossless.webp", "rgb_444.jpg", "cmyk.tif"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Buffer file;
        read_data(names[i], &file);
        size_t first = strstr(names[i], ".tif") != NULL ? file.size_bytes / 4 : file.size_bytes / 2;
        for (size_t k = 0; k < file.size_bytes / 12; k++)
            file.bytes[first + k] = (uint8_t)(0xff - 37 * k);
        if (decode_copy(file.bytes, file.size_bytes) == RV_OK)
            fail_msg("%s: overwritten from byte %zu on, it made a picture", names[i], first);
        rv_buffer_clear(&file);
    }
}

/* Pictures that were embedded black or half. */
static void picture_load_judges_the_found_files(void **state)
{
    static const struct {
        const char *name;
        RvStatus status;
    } cases[] = {{"faults/damaged.tif", RV_ERROR_FORMAT},
                 {"faults/cut.gif", RV_ERROR_FORMAT},
                 {"faults/jpeg.tif", RV_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[4096];
        if (!shared_path(cases[i].name, path, sizeof path))
            skip();
        RvPicture *picture = NULL;
        RvError err = {0};
        RvStatus status = rv_picture_load(path, NULL, &picture, &err);
        if (status != cases[i].status)
            fail_msg("%s: status %d, \"%s\"", cases[i].name, status, err.message);
        uint64_t sum = 0;
        for (size_t k = 0; picture != NULL && k < picture->image.row_stride * (size_t)picture->image.height;
             k++)
            sum += picture->pixels[k];
        assert_true(picture == NULL || sum > 0);
        rv_picture_destroy(picture);
    }
}

#define BYTES(literal) literal, sizeof literal - 1

static void picture_decode_names_what_it_does_not_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        RvStatus status;
        const char *says;
        const char *why;
    } cases[] = {
        {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x25\x1c\x8\x2\0\0\0\0\0\0\0"), RV_ERROR_FORMAT,
         "claims 30000 x 9500 pixels; at most", "a large PNG"},
        {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\0\0\0\x40\0\x8\x2\0\0\0\0\0\0\0"), RV_ERROR_FORMAT,
         "claims 16384 x 16384 pixels, more than", "a PNG between our bound and FFmpeg's"},
        {BYTES("GIF89a\x30\x75\x1c\x25\0\0\0,\0\0\0\0\x30\x75\x1c\x25\0\x2\0;"), RV_ERROR_FORMAT,
         "claims 30000 x 9500 pixels; at most", "a large GIF"},
        {BYTES("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x30\x75\0\0\x1c\x25\0\0\x1\0\x18\0\0\0\0\0"),
         RV_ERROR_FORMAT, "claims 30000 x 9500 pixels; at most", "a large BMP"},
        {BYTES("qoif\0\0\x75\x30\0\0\x25\x1c\3\0\0\0\0\0\0\0\0\0\0\1"), RV_ERROR_FORMAT,
         "claims 30000 x 9500 pixels; at most", "a large QOI"},
        {BYTES("8BPS\0\1\0\0\0\0\0\0\0\3\0\0\x25\x1c\0\0\x75\x30\0\x8\0\3"), RV_ERROR_FORMAT,
         "claims 30000 x 9500 pixels; at most", "a large PSD"},
        {BYTES("\xff\x4f\xff\x51\0\x2f\0\0\0\0\x75\x30\0\0\x25\x1c\0\0\0\0\0\0\0\0"), RV_ERROR_FORMAT,
         "claims 30000 x 9500 pixels; at most", "a large JPEG 2000"},
        {BYTES("P6\n# a comment 7\n30000 9500 255\n"), RV_ERROR_FORMAT, "claims 30000 x 9500 pixels; at most",
         "a large PPM"},
        {BYTES("II*\0\x8\0\0\0\4\0\0\1\4\0\1\0\0\0\x30\x75\0\0\1\1\4\0\1\0\0\0\x1c\x25\0\0"
               "\x11\1\4\0\1\0\0\0\x8\0\0\0\x17\1\4\0\1\0\0\0\x1\0\0\0\0\0\0\0"),
         RV_ERROR_FORMAT, "claims 30000 x 9500 pixels; at most", "a large TIFF"},
        {BYTES("II*\0\x8\0\0\0\6\0\0\1\4\0\1\0\0\0\x2\0\0\0\1\1\4\0\1\0\0\0\x1\0\0\0"
               "\2\1\3\0\1\0\0\0\x20\0\0\0\x11\1\4\0\1\0\0\0\x8\0\0\0\x17\1\4\0\1\0\0\0\x8\0\0\0"
               "\x53\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0"),
         RV_ERROR_UNSUPPORTED, "floating point samples are not supported", "a TIFF of floats"},
        {BYTES("II*\0\x8\0\0\0\5\0\0\1\4\0\1\0\0\0\x2\0\0\0\1\1\4\0\1\0\0\0\x1\0\0\0"
               "\3\1\3\0\1\0\0\0\x99\x77\0\0\x11\1\4\0\1\0\0\0\x8\0\0\0\x17\1\4\0\1\0\0\0\x8\0\0\0\0\0\0\0"),
         RV_ERROR_UNSUPPORTED, "of this compression are not supported", "a TIFF of an unknown compression"},
        {BYTES("\xff\xd8\xff\xc3\0\x0b\x8\0\1\0\1\1\1\x11\0\xff\xda\0\x8\1\1\0\1\0\0\0\xff\xd9"),
         RV_ERROR_UNSUPPORTED, "JPEGs of this kind are not supported", "a lossless JPEG"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvPicture *picture = NULL;
        RvError err = {0};
        RvStatus status = rv_picture_decode(cases[i].bytes, cases[i].size_bytes, NULL, &picture, &err);
        if (status != cases[i].status || picture != NULL || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: status %d, \"%s\"", cases[i].why, status, err.message);
    }
}

static void picture_decode_survives_damage(void **state)
{
    uint32_t random = 12345;
    for (size_t i = 0; i < STILL_COUNT; i++) {
        Buffer file;
        read_data(still_cases[i].name, &file);
        for (int round = 0; round < 40; round++) {
            random = random * 1664525 + 1013904223;
            size_t at = (random >> 8) % file.size_bytes;
            uint8_t kept = file.bytes[at];
            file.bytes[at] = (uint8_t)(random >> 3);
            decode_copy(file.bytes, file.size_bytes);
            file.bytes[at] = kept;
        }
        rv_buffer_clear(&file);
    }
}

/* Of every kind: as many pixels as it has are allowed, or one fewer. */
static void picture_decode_keeps_to_the_bound_of_its_caller(void **state)
{
    for (size_t i = 0; i < STILL_COUNT; i++) {
        Buffer file;
        RvPicture *picture = NULL;
        RvError err = {0};
        read_data(still_cases[i].name, &file);
        if (rv_picture_decode(file.bytes, file.size_bytes, NULL, &picture, &err) != RV_OK)
            fail_msg("%s: %s", still_cases[i].name, err.message);
        RvImage image = rv_picture_image(picture);
        uint64_t pixels = (uint64_t)image.width * (uint64_t)image.height;
        rv_picture_destroy(picture);
        RvPictureOptions options = {.max_pixels = pixels};
        if (rv_picture_decode(file.bytes, file.size_bytes, &options, &picture, &err) != RV_OK)
            fail_msg("%s: %s", still_cases[i].name, err.message);
        rv_picture_destroy(picture);
        options.max_pixels = pixels - 1;
        RvStatus status = rv_picture_decode(file.bytes, file.size_bytes, &options, &picture, &err);
        if (status != RV_ERROR_FORMAT || picture != NULL || strstr(err.message, "at most") == NULL)
            fail_msg("%s: status %d, \"%s\"", still_cases[i].name, status, err.message);
        rv_buffer_clear(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_decode_refuses_what_is_cut),
        cmocka_unit_test(picture_decode_refuses_overwritten_data),
        cmocka_unit_test(picture_load_judges_the_found_files),
        cmocka_unit_test(picture_decode_names_what_it_does_not_read),
        cmocka_unit_test(picture_decode_survives_damage),
        cmocka_unit_test(picture_decode_keeps_to_the_bound_of_its_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
