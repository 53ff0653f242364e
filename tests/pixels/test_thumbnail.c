/* SPDX-License-Identifier: MIT */
/* Tests of pixels/thumbnail.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "pixels/picture.h"
#include "pixels/thumbnail.h"

#define WIDTH 61
#define HEIGHT 37

static RvPicture *smooth_picture(void)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_create(WIDTH, HEIGHT, 3, &picture, &err), RV_OK);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *pixel = picture->pixels + (y * WIDTH + x) * 3;
            pixel[0] = (uint8_t)(x * 4);
            pixel[1] = (uint8_t)(y * 6);
            pixel[2] = 90;
        }
    }
    return picture;
}

static void encode(const RvPicture *picture, int quality, Buffer *jpeg)
{
    RvError err = {0};
    rv_buffer_init(jpeg, (size_t)1 << 20);
    if (rv_thumbnail_encode(&picture->image, quality, jpeg, &err) != RV_OK)
        fail_msg("%s", err.message);
}

static void thumbnail_encode_comes_back_nearly_equal(void **state)
{
    RvPicture *picture = smooth_picture(), *decoded = NULL;
    Buffer jpeg;
    RvError err = {0};
    encode(picture, 95, &jpeg);
    int width = 0, height = 0;
    assert_int_equal(rv_thumbnail_size(jpeg.bytes, jpeg.size_bytes, &width, &height, &err), RV_OK);
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    assert_int_equal(rv_thumbnail_decode(jpeg.bytes, jpeg.size_bytes, &decoded, &err), RV_OK);
    long difference = 0;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        difference += abs(decoded->pixels[i] - picture->pixels[i]);
    assert_true(difference < 3 * WIDTH * HEIGHT * 3);
    rv_picture_destroy(decoded);
    rv_picture_destroy(picture);
    rv_buffer_clear(&jpeg);
}

static void thumbnail_encode_is_baseline_420_and_repeatable(void **state)
{
    RvPicture *picture = smooth_picture();
    Buffer first, second;
    encode(picture, 85, &first);
    encode(picture, 85, &second);
    assert_int_equal(first.size_bytes, second.size_bytes);
    assert_memory_equal(first.bytes, second.bytes, first.size_bytes);
    const uint8_t *frame = memmem(first.bytes, first.size_bytes, "\xff\xc0", 2); // baseline start of frame
    assert_non_null(frame);
    assert_int_equal(frame[9], 3);     // components
    assert_int_equal(frame[11], 0x22); // luma twice as fine both ways
    assert_int_equal(frame[14], 0x11);
    rv_buffer_clear(&first);
    rv_buffer_clear(&second);
    rv_picture_destroy(picture);
}

static void thumbnail_encode_appends(void **state)
{
    RvPicture *picture = smooth_picture();
    RvError err = {0};
    Buffer jpeg;
    rv_buffer_init(&jpeg, (size_t)1 << 20);
    assert_int_equal(rv_buffer_append(&jpeg, "abc", 3, &err), RV_OK);
    assert_int_equal(rv_thumbnail_encode(&picture->image, 85, &jpeg, &err), RV_OK);
    assert_memory_equal(jpeg.bytes, "abc\xff\xd8", 5);
    rv_buffer_clear(&jpeg);
    rv_buffer_init(&jpeg, 100);
    assert_int_equal(rv_thumbnail_encode(&picture->image, 85, &jpeg, &err), RV_ERROR_MEMORY);
    assert_int_equal(jpeg.size_bytes, 0);
    rv_buffer_clear(&jpeg);
    rv_picture_destroy(picture);
}

static void thumbnail_encode_refuses_bad_arguments(void **state)
{
    RvPicture *picture = smooth_picture();
    Buffer jpeg;
    RvError err = {0};
    rv_buffer_init(&jpeg, (size_t)1 << 20);
    assert_int_equal(rv_thumbnail_encode(&picture->image, 0, &jpeg, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_thumbnail_encode(&picture->image, 101, &jpeg, &err), RV_ERROR_ARGUMENT);
    RvImage wide = {picture->pixels, 65501, 1, 3, 65501 * 3, {0}};
    assert_int_equal(rv_thumbnail_encode(&wide, 85, &jpeg, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "65501 x 1"));
    picture->image.channel_count = 1;
    assert_int_equal(rv_thumbnail_encode(&picture->image, 85, &jpeg, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(jpeg.size_bytes, 0);
    rv_buffer_clear(&jpeg);
    rv_picture_destroy(picture);
}

static void thumbnail_decode_refuses_every_truncation(void **state)
{
    RvPicture *picture = smooth_picture();
    Buffer jpeg;
    encode(picture, 85, &jpeg);
    for (size_t kept = 0; kept < jpeg.size_bytes; kept++) {
        RvPicture *decoded = NULL;
        RvError err = {0};
        // A copy of the exact size, so that a sanitizer sees reading past the end.
        uint8_t *bytes = malloc(kept + (kept == 0));
        memcpy(bytes, jpeg.bytes, kept);
        RvStatus status = rv_thumbnail_decode(bytes, kept, &decoded, &err);
        if (status != RV_ERROR_FORMAT || err.message[0] == '\0' || decoded != NULL)
            fail_msg("%zu of %zu bytes: status %d", kept, jpeg.size_bytes, status);
        free(bytes);
    }
    rv_buffer_clear(&jpeg);
    rv_picture_destroy(picture);
}

static void thumbnail_decode_refuses_huge_claims(void **state)
{
    RvPicture *picture = smooth_picture(), *decoded = NULL;
    Buffer jpeg;
    RvError err = {0};
    encode(picture, 85, &jpeg);
    uint8_t *frame = memmem(jpeg.bytes, jpeg.size_bytes, "\xff\xc0", 2);
    assert_non_null(frame);
    memcpy(frame + 5, "\xff\xff\xff\xff", 4); // height and width
    assert_int_equal(rv_thumbnail_decode(jpeg.bytes, jpeg.size_bytes, &decoded, &err), RV_ERROR_FORMAT);
    assert_null(decoded);
    rv_buffer_clear(&jpeg);
    rv_picture_destroy(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thumbnail_encode_comes_back_nearly_equal),
        cmocka_unit_test(thumbnail_encode_is_baseline_420_and_repeatable),
        cmocka_unit_test(thumbnail_encode_appends),
        cmocka_unit_test(thumbnail_encode_refuses_bad_arguments),
        cmocka_unit_test(thumbnail_decode_refuses_every_truncation),
        cmocka_unit_test(thumbnail_decode_refuses_huge_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
