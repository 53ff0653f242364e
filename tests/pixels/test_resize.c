/* SPDX-License-Identifier: MIT */
/* Tests of pixels/resize.c against Pillow's results (expected.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "fnv.h"
#include "pattern.h"
#include "pixels/resize.h"

/* A view of the same pixels with a stride that is not the width. */
static RvImage padded(const RvPicture *picture, uint8_t **owned)
{
    RvImage image = picture->image;
    image.row_stride += 5;
    *owned = calloc((size_t)image.height, image.row_stride);
    assert_non_null(*owned);
    for (int y = 0; y < image.height; y++)
        memcpy(*owned + (size_t)y * image.row_stride, picture->pixels + (size_t)y * picture->image.row_stride,
               picture->image.row_stride);
    image.pixels_u8 = *owned;
    return image;
}

static void resize_bicubic_equals_pillow(void **state)
{
    for (size_t i = 0; i < sizeof resize_cases / sizeof resize_cases[0]; i++) {
        const struct ResizeCase *test = &resize_cases[i];
        RvPicture *picture = pattern(test->width, test->height, test->channel_count);
        uint8_t *owned = NULL;
        RvImage image = padded(picture, &owned);
        image.reserved[0] = test->nearest ? IMAGE_NEAREST : 0;
        RvPicture *result = NULL;
        RvError err = {0};
        if (rv_resize_bicubic(&image, test->to_width, test->to_height, &result, &err) != RV_OK)
            fail_msg("%s: %s", test->why, err.message);
        assert_int_equal(result->image.channel_count, test->channel_count);
        assert_int_equal(rv_image_is_nearest(&result->image), test->nearest);
        size_t size_bytes = (size_t)test->to_width * (size_t)test->to_height * (size_t)test->channel_count;
        if (fnv(result->pixels, size_bytes) != test->hash)
            fail_msg("%s: other pixels than Pillow's", test->why);
        rv_picture_destroy(result);
        rv_picture_destroy(picture);
        free(owned);
    }
}

static void resize_refuses_bad_arguments(void **state)
{
    RvPicture *picture = pattern(4, 4, 3);
    RvPicture *result = NULL;
    RvError err = {0};
    assert_int_equal(rv_resize_bicubic(&picture->image, 0, 4, &result, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_resize_bicubic(&picture->image, 4, 65536, &result, &err), RV_ERROR_ARGUMENT);
    RvImage broken = picture->image;
    broken.row_stride = 1;
    assert_int_equal(rv_resize_bicubic(&broken, 2, 2, &result, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(
        rv_resize_part(&broken, RESIZE_BILINEAR, 2, 2, &(PixelWindow){0, 0, 1, 1}, &result, &err),
        RV_ERROR_ARGUMENT);
    assert_null(result);
    rv_picture_destroy(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_bicubic_equals_pillow),
        cmocka_unit_test(resize_refuses_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
