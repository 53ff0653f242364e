/* SPDX-License-Identifier: MIT */
/* Tests of pixels/resize.c against Pillow's results (expected.h, ../shared/golden). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "fnv.h"
#include "pixels/resize.h"
#include "shared.h"

/* The same bytes as pattern() in make_expected.py. */
static RvPicture *pattern(int width, int height, int channels)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_create(width, height, channels, &picture, &err), RV_OK);
    uint8_t *to = picture->pixels;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < channels; c++)
                *to++ = (uint8_t)(x * 7 + y * 13 + c * 61 + x * y / 3 + (x ^ y) % 5 * 40);
        }
    }
    return picture;
}

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

static void resize_crop_equals_pillow(void **state)
{
    for (size_t i = 0; i < sizeof crop_cases / sizeof crop_cases[0]; i++) {
        const struct CropCase *test = &crop_cases[i];
        RvPicture *picture = pattern(test->width, test->height, test->channel_count);
        size_t size_bytes = (size_t)test->size * (size_t)test->size * 3;
        uint8_t *rgb_u8 = malloc(size_bytes);
        RvError err = {0};
        if (rv_resize_crop(&picture->image, test->size, rgb_u8, &err) != RV_OK)
            fail_msg("%s: %s", test->why, err.message);
        if (fnv(rgb_u8, size_bytes) != test->hash)
            fail_msg("%s: other pixels than Pillow's", test->why);
        free(rgb_u8);
        rv_picture_destroy(picture);
    }
}

static void resize_crop_equals_golden_pixels(void **state)
{
    static const char *const names[] = {
        "bottle_640x360.png",        "cars_768x432.png",     "cars_gray_768x432.png",
        "cars_portrait_117x209.png", "cars_small_53x31.png", "diagram_rgba_2162x762.png",
        "slide_rgba_1280x720.png",
    };
    static const int sizes[] = {224, 64};
    uint8_t *rgb_u8 = malloc(224 * 224 * 3);
    for (size_t i = 0; i < 2 * sizeof names / sizeof names[0]; i++) {
        int size = sizes[i % 2];
        char name[128], input[512], output[512];
        RvPicture *picture = NULL, *golden = NULL;
        RvError err = {0};
        snprintf(name, sizeof name, "golden/images/%s", names[i / 2]);
        if (!shared_path(name, input, sizeof input)) {
            free(rgb_u8);
            skip();
        }
        snprintf(name, sizeof name, "golden/pixels/%s.%d.png", names[i / 2], size);
        assert_true(shared_path(name, output, sizeof output));
        assert_int_equal(rv_picture_load(input, NULL, &picture, &err), RV_OK);
        assert_int_equal(rv_picture_load(output, NULL, &golden, &err), RV_OK);
        assert_int_equal(golden->image.width, size);
        assert_int_equal(golden->image.channel_count, 3);
        assert_int_equal(rv_resize_crop(&picture->image, size, rgb_u8, &err), RV_OK);
        if (memcmp(rgb_u8, golden->pixels, (size_t)size * (size_t)size * 3) != 0)
            fail_msg("%s at %d: other pixels than the golden ones", names[i / 2], size);
        rv_picture_destroy(picture);
        rv_picture_destroy(golden);
    }
    free(rgb_u8);
}

static void resize_crop_plan_follows_torchvision(void **state)
{
    static const struct {
        int width, height, size;
        CropPlan plan;
        const char *why;
    } cases[] = {
        {1920, 1080, 224, {398, 224, 87, 0}, "398.2 is truncated"},
        {1080, 1920, 224, {224, 398, 0, 87}, "upright"},
        {640, 480, 224, {298, 224, 37, 0}, "298.67 is truncated"},
        {229, 224, 224, {229, 224, 2, 0}, "2.5 rounds to the even 2"},
        {231, 224, 224, {231, 224, 4, 0}, "3.5 rounds to the even 4"},
        {65535, 1, 224, {14679840, 224, 7339808, 0}, "the longest shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CropPlan plan = rv_resize_crop_plan(cases[i].width, cases[i].height, cases[i].size);
        if (memcmp(&plan, &cases[i].plan, sizeof plan) != 0)
            fail_msg("%s: %d x %d from %d, %d", cases[i].why, plan.width, plan.height, plan.left, plan.top);
    }
}

static void resize_refuses_bad_arguments(void **state)
{
    RvPicture *picture = pattern(4, 4, 3);
    RvPicture *result = NULL;
    RvError err = {0};
    uint8_t rgb_u8[3];
    assert_int_equal(rv_resize_bicubic(&picture->image, 0, 4, &result, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_resize_bicubic(&picture->image, 4, 65536, &result, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_resize_crop(&picture->image, 0, rgb_u8, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_resize_crop(&picture->image, RESIZE_MAX_CROP + 1, rgb_u8, &err), RV_ERROR_ARGUMENT);
    RvImage broken = picture->image;
    broken.row_stride = 1;
    assert_int_equal(rv_resize_crop(&broken, 1, rgb_u8, &err), RV_ERROR_ARGUMENT);
    assert_int_equal(rv_resize_bicubic(&broken, 2, 2, &result, &err), RV_ERROR_ARGUMENT);
    assert_null(result);
    rv_picture_destroy(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_bicubic_equals_pillow),
        cmocka_unit_test(resize_crop_equals_pillow),
        cmocka_unit_test(resize_crop_equals_golden_pixels),
        cmocka_unit_test(resize_crop_plan_follows_torchvision),
        cmocka_unit_test(resize_refuses_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
