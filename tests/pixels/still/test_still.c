/* SPDX-License-Identifier: MIT */
/* Tests of pixels/still*.c: every kind of picture against Pillow (expected.h), what is no picture, pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPECTED_STILLS
#include "base/buffer.h"
#include "base/file.h"
#include "expected.h"
#include "fnv.h"
#include "pixels/model_input.h"
#include "pixels/picture.h"
#include "shared.h"
#include "still_files.h"

#define STILL_COUNT (sizeof still_cases / sizeof still_cases[0])

static void picture_load_equals_pillow(void **state)
{
    static const int sizes[3] = {9, 14, 31};
    for (size_t i = 0; i < STILL_COUNT; i++) {
        const struct StillCase *test = &still_cases[i];
        char path[1024];
        RvPicture *picture = NULL;
        RvError err = {0};
        data_path(test->name, path, sizeof path);
        if (rv_picture_load(path, NULL, &picture, &err) != RV_OK)
            fail_msg("%s", err.message);
        RvImage image = rv_picture_image(picture);
        if (image.channel_count != test->channel_count || rv_image_is_nearest(&image) != test->nearest)
            fail_msg("%s: %d channels, nearest %d", test->name, image.channel_count,
                     rv_image_is_nearest(&image));
        for (int k = 0; k < 3; k++) {
            uint8_t rgb_u8[31 * 31 * 3];
            assert_int_equal(rv_model_input_make(&(ModelInput){.size = sizes[k]}, &image, rgb_u8, &err),
                             RV_OK);
            if (test->crop_hashes[k] != 0 &&
                fnv(rgb_u8, (size_t)(sizes[k] * sizes[k] * 3)) != test->crop_hashes[k])
                fail_msg("%s at %d: other pixels than Pillow's", test->name, sizes[k]);
        }
        uint8_t rgb_u8[9 * 9 * 3];
        ModelInput rgb_first = {9, RESIZE_SQUASH, RESIZE_BILINEAR, true};
        assert_int_equal(rv_model_input_make(&rgb_first, &image, rgb_u8, &err), RV_OK);
        if (fnv(rgb_u8, sizeof rgb_u8) != test->rgb_first_hash)
            fail_msg("%s: other pixels than Pillow's of the picture as R G B", test->name);
        rv_picture_destroy(picture);
    }
}

static void picture_decode_equals_golden_jpeg(void **state)
{
    char input[1024], output[1024];
    if (!shared_path("golden/images/cars_768x432.jpg", input, sizeof input))
        skip();
    assert_true(shared_path("golden/pixels/cars_768x432.jpg.224.png", output, sizeof output));
    RvPicture *picture = NULL, *golden = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_load(input, NULL, &picture, &err), RV_OK);
    assert_int_equal(rv_picture_load(output, NULL, &golden, &err), RV_OK);
    uint8_t *rgb_u8 = malloc(224 * 224 * 3);
    assert_int_equal(rv_model_input_make(&(ModelInput){.size = 224}, &picture->image, rgb_u8, &err), RV_OK);
    // Versions of libjpeg differ by a level.
    for (int i = 0; i < 224 * 224 * 3; i++)
        assert_in_range(rgb_u8[i] - golden->pixels[i] + 2, 0, 4);
    free(rgb_u8);
    rv_picture_destroy(picture);
    rv_picture_destroy(golden);
}

static void picture_decode_refuses_what_is_no_picture(void **state)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        const char *says;
        const char *why;
    } cases[] = {
        {"", 0, "empty", "nothing at all"},
        {"hello, world\n", 13, "not a picture", "text"},
        {"\0\0\0\x20"
         "ftypisom\0\0\2\0",
         16, "a video", "MP4"},
        {"\x1a\x45\xdf\xa3\x01\0\0\0", 8, "a video", "Matroska"},
        {"\0\0\0\x1c"
         "ftypavif\0\0\0\0",
         16, "an AVIF picture", "AVIF"},
        {"%PDF-1.4\n", 9, "a PDF document", "PDF"},
        {"\x89PNG\r\n\x1a\n", 8, "damaged png", "a signature alone"},
        {"\xff\xd8\xff", 3, "damaged JPEG", "the start of a JPEG"},
        {"GIF89a", 6, "damaged gif", "the start of a GIF"},
        {"RIFF\x10\0\0\0WEBPVP8X", 16, "damaged webp", "the start of a WebP"},
        {"BM", 2, "damaged bmp", "two letters"},
        {"\0\0\0\x18"
         "ftypmsf1\0\0\0\0",
         16, "a HEIC picture", "HEIC of a sequence"},
        {"\0\0\0\x18"
         "ftypcrx \0\0\0\1",
         16, "a raw picture of a Canon camera (CR3)", "CR3"},
        {"\0\0\1\0\1\0", 6, "an icon (ICO)", "ICO"},
        {"v/1\1\2\0\0\0", 8, "an OpenEXR picture", "OpenEXR"},
        {"P6 99999 99999 255\n", 19, "claims 99999 x 99999 pixels", "a header of 10 gigapixels"},
        {"P6 16000 16000 255\n1", 20, "damaged ppm", "a header of 256 megapixels with one byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvPicture *picture = NULL;
        RvError err = {0};
        RvStatus status = rv_picture_decode(cases[i].bytes, cases[i].size_bytes, NULL, &picture, &err);
        if (status != RV_ERROR_FORMAT || picture != NULL || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: status %d, \"%s\"", cases[i].why, status, err.message);
    }
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_decode(NULL, 5, NULL, &picture, &err), RV_ERROR_FORMAT);
}

static void picture_load_names_the_path(void **state)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_load("/no/such/picture.png", NULL, &picture, &err), RV_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/no/such/picture.png"));
    assert_int_equal(rv_picture_load("/", NULL, &picture, &err), RV_ERROR_FORMAT);
    assert_int_equal(rv_picture_load("", NULL, &picture, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_picture_load(NULL, NULL, &picture, &err), RV_ERROR_ARGUMENT);
    char path[1024];
    data_path("../still/test_still.c", path, sizeof path);
    assert_int_equal(rv_picture_load(path, NULL, &picture, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "test_still.c: not a picture"));
    assert_null(picture);
}

static void picture_load_reads_pipes(void **state)
{
    Buffer good;
    read_data("rgb.png", &good);
    int ends[2];
    char path[64];
    RvPicture *picture = NULL;
    RvError err = {0};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(pipe(ends), 0);
        size_t sent = round == 0 ? good.size_bytes : 0; // a pipe holds more than that
        assert_int_equal(write(ends[1], good.bytes, sent), (ssize_t)sent);
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        RvStatus status = rv_picture_load(path, NULL, &picture, &err);
        assert_int_equal(status, round == 0 ? RV_OK : RV_ERROR_FORMAT);
        rv_picture_destroy(picture);
        close(ends[0]);
    }
    assert_non_null(strstr(err.message, "empty"));
    rv_buffer_clear(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_load_equals_pillow),
        cmocka_unit_test(picture_decode_equals_golden_jpeg),
        cmocka_unit_test(picture_decode_refuses_what_is_no_picture),
        cmocka_unit_test(picture_load_names_the_path),
        cmocka_unit_test(picture_load_reads_pipes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
