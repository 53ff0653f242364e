/* SPDX-License-Identifier: MIT */
/* Tests of pixels/picture.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "pixels/picture.h"

static void picture_create_gives_writable_rows(void **state)
{
    RvPicture *picture = NULL;
    RvError err = {0};
    assert_int_equal(rv_picture_create(7, 5, 3, &picture, &err), RV_OK);
    memset(picture->pixels, 9, 7 * 5 * 3);
    RvImage image = rv_picture_image(picture);
    assert_ptr_equal(image.pixels_u8, picture->pixels);
    assert_int_equal(image.row_stride, 21);
    assert_false(rv_image_is_nearest(&image));
    rv_picture_destroy(picture);
    rv_picture_destroy(NULL);
}

static void picture_create_refuses_bad_shapes(void **state)
{
    static const struct {
        int width, height, channels;
        const char *why;
    } cases[] = {
        {0, 5, 3, "no columns"},    {5, 0, 3, "no rows"},      {-1, 5, 3, "negative"},
        {65536, 1, 3, "too wide"},  {1, 65536, 3, "too high"}, {5, 5, 0, "no channels"},
        {5, 5, 5, "five channels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvPicture *picture = (RvPicture *)&picture;
        RvError err = {0};
        RvStatus status =
            rv_picture_create(cases[i].width, cases[i].height, cases[i].channels, &picture, &err);
        if (status != RV_ERROR_ARGUMENT || picture != NULL || err.message[0] == '\0')
            fail_msg("%s: status %d", cases[i].why, status);
    }
}

static void picture_check_refuses_what_cannot_be_read(void **state)
{
    uint8_t pixels[12] = {0};
    static const struct {
        bool pixels;
        int width, height, channels;
        size_t stride;
        RvStatus status;
        const char *why;
    } cases[] = {
        {true, 2, 2, 3, 6, RV_OK, "good"},
        {true, 1, 2, 3, 6, RV_OK, "padded rows"},
        {false, 2, 2, 3, 6, RV_ERROR_ARGUMENT, "no pixels"},
        {true, 2, 2, 3, 5, RV_ERROR_ARGUMENT, "rows too short"},
        {true, 0, 2, 3, 6, RV_ERROR_ARGUMENT, "no columns"},
        {true, 2, -2, 3, 6, RV_ERROR_ARGUMENT, "negative height"},
        {true, 2, 2, 5, 60, RV_ERROR_ARGUMENT, "five channels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvImage image = {cases[i].pixels ? pixels : NULL,
                         cases[i].width,
                         cases[i].height,
                         cases[i].channels,
                         cases[i].stride,
                         {0}};
        RvError err = {0};
        if (rv_picture_check(&image, &err) != cases[i].status)
            fail_msg("%s: %s", cases[i].why, err.message);
    }
    RvError err = {0};
    assert_int_equal(rv_picture_check(NULL, &err), RV_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_create_gives_writable_rows),
        cmocka_unit_test(picture_create_refuses_bad_shapes),
        cmocka_unit_test(picture_check_refuses_what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
