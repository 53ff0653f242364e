/* SPDX-License-Identifier: MIT */
/* Tests of pixels/still/still_exif.c. test_still.c compares turned pictures with Pillow's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "pixels/picture.h"
#include "pixels/still/still_exif.h"
#include "still_files.h"

/* A JPEG with an EXIF segment behind its first two bytes. */
static uint8_t *with_exif(const Buffer *jpeg, const char *exif, size_t exif_bytes, size_t *size_bytes)
{
    *size_bytes = jpeg->size_bytes + 4 + exif_bytes;
    uint8_t *out = malloc(*size_bytes);
    assert_non_null(out);
    memcpy(out, jpeg->bytes, 2);
    memcpy(out + 2, (uint8_t[]){0xff, 0xe1, 0, (uint8_t)(exif_bytes + 2)}, 4);
    memcpy(out + 6, exif, exif_bytes);
    memcpy(out + 6 + exif_bytes, jpeg->bytes + 2, jpeg->size_bytes - 2);
    return out;
}

/* Where pixel (x, y) of the upright picture comes from, by TIFF 6.0's definition of Orientation. */
static void stored_place(int orientation, int width, int height, int x, int y, int *from_x, int *from_y)
{
    int last_x = width - 1, last_y = height - 1; // of the stored picture
    const int places[9][2] = {{x, y},          {x, y}, {last_x - x, y}, {last_x - x, last_y - y},
                              {x, last_y - y}, {y, x}, {y, last_y - x}, {last_x - y, last_y - x},
                              {last_x - y, x}};
    *from_x = places[orientation][0];
    *from_y = places[orientation][1];
}

static void check_orientation(const Buffer *jpeg, const RvPicture *stored, int orientation, bool big_endian)
{
    char exif[] = "Exif\0\0II*\0\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0#\0\0\0\0\0\0\0";
    if (big_endian)
        memcpy(exif, "Exif\0\0MM\0*\0\0\0\x8\0\1\1\x12\0\3\0\0\0\1\0#\0\0\0\0\0\0", sizeof exif);
    *(char *)memchr(exif, '#', sizeof exif) = (char)orientation;
    size_t size_bytes = 0;
    uint8_t *file = with_exif(jpeg, exif, sizeof exif - 1, &size_bytes);
    RvPicture *upright = NULL, *as_stored = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_decode(file, size_bytes, NULL, &upright, &err), RV_OK);
    assert_int_equal(
        rv_picture_decode(file, size_bytes, &(RvPictureOptions){.no_exif_rotation = true}, &as_stored, &err),
        RV_OK);
    const RvImage *from = &stored->image, *to = &upright->image;
    assert_int_equal(as_stored->image.width, from->width);
    assert_memory_equal(as_stored->pixels, stored->pixels, (size_t)from->height * from->row_stride);
    assert_int_equal(to->width, orientation >= 5 ? from->height : from->width);
    assert_int_equal(to->height, orientation >= 5 ? from->width : from->height);
    for (int y = 0; y < to->height; y++) {
        for (int x = 0; x < to->width; x++) {
            int from_x, from_y;
            stored_place(orientation, from->width, from->height, x, y, &from_x, &from_y);
            if (memcmp(upright->pixels + (y * to->width + x) * 3,
                       stored->pixels + (from_y * from->width + from_x) * 3, 3) != 0)
                fail_msg("orientation %d: pixel %d, %d is another", orientation, x, y);
        }
    }
    rv_picture_destroy(upright);
    rv_picture_destroy(as_stored);
    free(file);
}

static void picture_decode_turns_by_every_orientation(void **state)
{
    Buffer jpeg;
    RvPicture *stored = NULL;
    RvError err = {0};
    read_data("rgb_444.jpg", &jpeg);
    assert_int_equal(rv_picture_decode(jpeg.bytes, jpeg.size_bytes, NULL, &stored, &err), RV_OK);
    for (int orientation = 1; orientation <= 8; orientation++) {
        check_orientation(&jpeg, stored, orientation, false);
        check_orientation(&jpeg, stored, orientation, true);
    }
    rv_picture_destroy(stored);
    rv_buffer_clear(&jpeg);
}

static void picture_decode_takes_a_tiff_of_no_orientation_as_it_is(void **state)
{
    static const uint8_t tag[] = {0x12, 0x01, 3, 0, 1, 0, 0, 0, 7, 0};
    static const uint8_t values[] = {0, 9, 200};
    Buffer file;
    read_data("turned_7.tif", &file);
    uint8_t *at = memmem(file.bytes, file.size_bytes, tag, sizeof tag);
    assert_non_null(at);
    for (size_t i = 0; i < sizeof values; i++) {
        RvPicture *picture = NULL;
        RvError err = {0};
        at[8] = values[i];
        if (rv_picture_decode(file.bytes, file.size_bytes, NULL, &picture, &err) != RV_OK)
            fail_msg("orientation %d: %s", values[i], err.message);
        assert_int_equal(picture->image.width, 14);
        rv_picture_destroy(picture);
    }
    rv_buffer_clear(&file);
}

static void picture_decode_can_leave_every_format(void **state)
{
    static const char *const names[] = {"turned_6.jpg", "turned_8.png", "turned_5.webp", "turned_7.tif"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Buffer file;
        RvPicture *picture = NULL;
        RvError err = {0};
        read_data(names[i], &file);
        for (int turned = 0; turned < 2; turned++) {
            RvPictureOptions options = {.no_exif_rotation = turned == 0};
            if (rv_picture_decode(file.bytes, file.size_bytes, &options, &picture, &err) != RV_OK)
                fail_msg("%s: %s", names[i], err.message);
            if (picture->image.width != (turned ? 23 : 14))
                fail_msg("%s: %d pixels wide", names[i], picture->image.width);
            rv_picture_destroy(picture);
        }
        rv_buffer_clear(&file);
    }
}

static void exif_orientation_takes_damage_for_none(void **state)
{
    static const char good[] =
        "Exif\0\0II*\0\x8\0\0\0\2\0\1\1\3\0\1\0\0\0\7\0\0\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0";
    Buffer jpeg;
    read_data("rgb_444.jpg", &jpeg);
    for (size_t kept = 0; kept < sizeof good; kept++) {
        size_t size_bytes = 0;
        uint8_t *file = with_exif(&jpeg, good, kept, &size_bytes);
        int orientation = rv_exif_orientation(&(StillSource){"exif", file, size_bytes}, "jpeg");
        assert_int_equal(orientation, kept >= 6 + 8 + 2 + 2 * 12 ? 6 : 0);
        for (size_t end = 0; end < 60; end++) { // the file cut, in memory of that size
            uint8_t *cut = malloc(end + (end == 0));
            assert_non_null(cut);
            memcpy(cut, file, end);
            rv_exif_orientation(&(StillSource){"exif", cut, end}, "jpeg");
            free(cut);
        }
        free(file);
    }
    static const struct {
        size_t at;
        char value;
        const char *why;
    } cases[] = {{6, 'X', "no byte order"},     {10, 100, "the list lies behind the end"},
                 {13, 127, "far behind"},       {28, 0x13, "another tag"},
                 {30, 4, "another type"},       {36, 9, "no such orientation"},
                 {36, 0, "no such orientation"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char exif[sizeof good];
        memcpy(exif, good, sizeof good);
        exif[cases[i].at] = cases[i].value;
        size_t size_bytes = 0;
        uint8_t *file = with_exif(&jpeg, exif, sizeof exif - 1, &size_bytes);
        if (rv_exif_orientation(&(StillSource){"exif", file, size_bytes}, "jpeg") != 0)
            fail_msg("%s", cases[i].why);
        free(file);
    }
    rv_buffer_clear(&jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_decode_turns_by_every_orientation),
        cmocka_unit_test(picture_decode_takes_a_tiff_of_no_orientation_as_it_is),
        cmocka_unit_test(picture_decode_can_leave_every_format),
        cmocka_unit_test(exif_orientation_takes_damage_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
