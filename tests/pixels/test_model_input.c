/* SPDX-License-Identifier: MIT */
/* Tests of pixels/model_input.c against Pillow's results (expected.h) and golden pixels (../shared). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define EXPECTED_INPUTS
#include "base/file.h"
#include "expected.h"
#include "fnv.h"
#include "pattern.h"
#include "pixels/model_input.h"
#include "shared.h"

#define SIZE_MAX_GOLDEN 256

static size_t bytes_of(const ModelInput *input)
{
    return (size_t)input->size * (size_t)input->size * 3;
}

static void model_input_make_equals_pillow(void **state)
{
    for (size_t i = 0; i < sizeof input_cases / sizeof input_cases[0]; i++) {
        const struct InputCase *test = &input_cases[i];
        RvPicture *picture = pattern(test->width, test->height, test->channel_count);
        uint8_t *rgb_u8 = malloc(bytes_of(&test->input));
        RvError err = {0};
        memset(rgb_u8, 0xaa, bytes_of(&test->input));
        if (rv_model_input_make(&test->input, &picture->image, rgb_u8, &err) != RV_OK)
            fail_msg("%s: %s", test->why, err.message);
        if (fnv(rgb_u8, bytes_of(&test->input)) != test->hash)
            fail_msg("%s: other pixels than Pillow's", test->why);
        free(rgb_u8);
        rv_picture_destroy(picture);
    }
}

static void model_input_make_takes_palettes_by_the_order(void **state)
{
    // Two colours, which only a filter mixes.
    RvPicture *picture = pattern(40, 40, 3);
    for (int i = 0; i < 40 * 40 * 3; i++)
        picture->pixels[i] = picture->pixels[i] < 128 ? 0 : 255;
    picture->image.reserved[0] = IMAGE_NEAREST;
    for (int rgb_first = 0; rgb_first < 2; rgb_first++) {
        uint8_t rgb_u8[16 * 16 * 3];
        size_t mixed = 0;
        RvError err = {0};
        ModelInput input = {16, RESIZE_SQUASH, RESIZE_BILINEAR, rgb_first == 1};
        assert_int_equal(rv_model_input_make(&input, &picture->image, rgb_u8, &err), RV_OK);
        for (size_t i = 0; i < sizeof rgb_u8; i++)
            mixed += rgb_u8[i] != 0 && rgb_u8[i] != 255;
        assert_true(rgb_first == 1 ? mixed > sizeof rgb_u8 / 2 : mixed == 0);
    }
    assert_true(rv_image_is_nearest(&picture->image));
    rv_picture_destroy(picture);
}

/* ---- golden pixels ---------------------------------------------------------------------------------- */

static const char *const golden_names[] = {
    "bottle_640x360.png",        "cars_768x432.png",     "cars_gray_768x432.png",
    "cars_portrait_117x209.png", "cars_small_53x31.png", "diagram_rgba_2162x762.png",
    "slide_rgba_1280x720.png",   "cars_768x432.jpg",
};
#define GOLDEN_COUNT (sizeof golden_names / sizeof golden_names[0])

/* Returns the picture in the shared folder; NULL if it is not there. */
static RvPicture *load_shared(const char *name)
{
    char path[1024];
    RvPicture *picture = NULL;
    RvError err = {0};
    if (!shared_path(name, path, sizeof path))
        return NULL;
    if (rv_picture_load(path, NULL, &picture, &err) != RV_OK)
        fail_msg("%s", err.message);
    return picture;
}

/* Make the golden picture number `index` into rgb_u8 and compare it with the stored one (NULL: none is stored). */
static void check_golden(size_t index, const ModelInput *input, const char *output, uint8_t *rgb_u8)
{
    char name[256];
    RvError err = {0};
    snprintf(name, sizeof name, "golden/images/%s", golden_names[index]);
    RvPicture *picture = load_shared(name);
    assert_non_null(picture);
    if (rv_model_input_make(input, &picture->image, rgb_u8, &err) != RV_OK)
        fail_msg("%s: %s", name, err.message);
    rv_picture_destroy(picture);
    if (output == NULL)
        return;
    RvPicture *golden = load_shared(output);
    assert_non_null(golden);
    assert_int_equal(golden->image.width, input->size);
    assert_int_equal(golden->image.height, input->size);
    assert_int_equal(golden->image.channel_count, 3);
    // Versions of libjpeg differ by a level.
    int tolerance = strstr(golden_names[index], ".jpg") != NULL ? 2 : 0;
    for (size_t i = 0; i < bytes_of(input); i++) {
        if (abs(rgb_u8[i] - golden->pixels[i]) > tolerance)
            fail_msg("%s: byte %zu is %d, not %d", output, i, rgb_u8[i], golden->pixels[i]);
    }
    rv_picture_destroy(golden);
}

static void model_input_make_equals_golden_pixels_of_clip(void **state)
{
    static const int sizes[] = {224, 64};
    static uint8_t rgb_u8[224 * 224 * 3];
    char name[256], path[1024];
    if (!shared_path("golden/pixels", path, sizeof path))
        skip();
    for (size_t i = 0; i < 2 * GOLDEN_COUNT; i++) {
        snprintf(name, sizeof name, "golden/pixels/%s.%d.png", golden_names[i / 2], sizes[i % 2]);
        check_golden(i / 2, &(ModelInput){.size = sizes[i % 2]}, name, rgb_u8);
    }
}

/* Compare the pixels with the SHA-256 that the judge has written, if it has this picture. */
static void check_sha256(const json_t *images, size_t index, const ModelInput *input, const uint8_t *rgb_u8,
                         const char *model)
{
    char sha256[65];
    const json_t *image = json_object_get(images, golden_names[index]);
    if (image == NULL || strstr(golden_names[index], ".jpg") != NULL)
        return;
    Sha256 *sha = NULL;
    RvError err = {0};
    assert_int_equal(rv_sha256_create(&sha, &err), RV_OK);
    rv_sha256_update(sha, rgb_u8, bytes_of(input));
    rv_sha256_finish(sha, sha256);
    const char *wanted = json_string_value(json_object_get(image, "pixels_sha256"));
    assert_non_null(wanted);
    if (strcmp(sha256, wanted) != 0)
        fail_msg("%s of %s: %s, not %s", golden_names[index], model, sha256, wanted);
}

static void model_input_make_equals_golden_pixels_of_the_families(void **state)
{
    static const struct {
        const char *family, *model, *layout;
        ModelInput input;
    } cases[] = {
        {"siglip2", "siglip2-tiny", "hf", {160, RESIZE_SQUASH, RESIZE_BILINEAR, true}},
        {"siglip2", "siglip2-tiny", "openclip", {160, RESIZE_SQUASH, RESIZE_BICUBIC, false}},
        {"siglip2", "siglip2-b32", "hf", {256, RESIZE_SQUASH, RESIZE_BILINEAR, true}},
        {"pecore", "pecore-tiny", "facebook", {96, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"pecore", "pecore-tiny", "openclip", {96, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"pecore", "pecore-g-tiny", "facebook", {70, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"pecore", "pecore-g-tiny", "openclip", {70, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"pecore", "pecore-b16", "facebook", {224, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"chineseclip", "chineseclip-tiny", "hf", {96, RESIZE_SQUASH, RESIZE_BICUBIC, true}},
        {"chineseclip", "chineseclip-tiny", "ofa", {96, RESIZE_SQUASH, RESIZE_BICUBIC, false}},
        {"chineseclip", "chineseclip-b16", "hf", {224, RESIZE_SQUASH, RESIZE_BICUBIC, true}},
        {"xlmr", "xlmr-tiny", "openclip", {128, RESIZE_SHORTEST, RESIZE_BICUBIC, false}},
        {"xlmr", "xlmr-b32", "openclip", {224, RESIZE_SHORTEST, RESIZE_BICUBIC, false}},
        {"clip", "clip-squash", "openclip", {256, RESIZE_SQUASH, RESIZE_BILINEAR, false}},
        {"clip", "clip-longest", "openclip", {72, RESIZE_LONGEST, RESIZE_BICUBIC, false}},
        {"clip", "clip-quick", "openclip", {80, RESIZE_SHORTEST, RESIZE_BICUBIC, false}},
        {"clip", "clip-bilinear", "openclip", {64, RESIZE_SHORTEST, RESIZE_BILINEAR, false}},
        {"clip", "clip-nocausal", "openclip", {84, RESIZE_SHORTEST, RESIZE_BICUBIC, false}},
    };
    static uint8_t rgb_u8[SIZE_MAX_GOLDEN * SIZE_MAX_GOLDEN * 3];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[256], path[1024];
        snprintf(name, sizeof name, "golden_models/golden_%s.json", cases[i].family);
        if (!shared_path(name, path, sizeof path))
            skip();
        json_t *golden = json_load_file(path, 0, NULL);
        snprintf(name, sizeof name, "%s/%s", cases[i].model, cases[i].layout);
        const json_t *images =
            json_object_get(json_object_get(json_object_get(golden, "models"), name), "images");
        assert_true(json_object_size(images) >= 1);
        for (size_t k = 0; k < GOLDEN_COUNT; k++) {
            char output[256];
            if (json_object_get(images, golden_names[k]) == NULL)
                continue;
            snprintf(output, sizeof output, "golden_models/pixels/%s.%s-%s.png", golden_names[k],
                     cases[i].model, cases[i].layout);
            // Of models of real size there is one picture, as SHA-256 alone.
            check_golden(k, &cases[i].input, json_object_size(images) > 1 ? output : NULL, rgb_u8);
            check_sha256(images, k, &cases[i].input, rgb_u8, name);
        }
        json_decref(golden);
    }
}

/* ---- plans ------------------------------------------------------------------------------------------ */

static void model_input_plan_follows_torchvision_and_open_clip(void **state)
{
    static const struct {
        ResizeMode mode;
        int width, height, size;
        ModelInputPlan plan;
        const char *why;
    } cases[] = {
        {RESIZE_SHORTEST, 1920, 1080, 224, {398, 224, {87, 0, 224, 224}, 0, 0}, "398.2 is truncated"},
        {RESIZE_SHORTEST, 1080, 1920, 224, {224, 398, {0, 87, 224, 224}, 0, 0}, "upright"},
        {RESIZE_SHORTEST, 640, 480, 224, {298, 224, {37, 0, 224, 224}, 0, 0}, "298.67 is truncated"},
        {RESIZE_SHORTEST, 229, 224, 224, {229, 224, {2, 0, 224, 224}, 0, 0}, "2.5 rounds to the even 2"},
        {RESIZE_SHORTEST, 231, 224, 224, {231, 224, {4, 0, 224, 224}, 0, 0}, "3.5 rounds to the even 4"},
        {RESIZE_SHORTEST, 65535, 1, 224, {14679840, 224, {7339808, 0, 224, 224}, 0, 0}, "the longest shape"},
        {RESIZE_SQUASH, 1920, 1080, 224, {224, 224, {0, 0, 224, 224}, 0, 0}, "any shape"},
        {RESIZE_SQUASH, 65535, 1, 224, {224, 224, {0, 0, 224, 224}, 0, 0}, "the longest shape, squashed"},
        {RESIZE_LONGEST, 1920, 1080, 224, {224, 126, {0, 0, 224, 126}, 0, 49}, "16:9"},
        {RESIZE_LONGEST, 640, 480, 225, {225, 169, {0, 0, 225, 169}, 0, 28}, "168.75 rounds up"},
        {RESIZE_LONGEST, 480, 639, 72, {54, 72, {0, 0, 54, 72}, 9, 0}, "54.08 rounds down"},
        {RESIZE_LONGEST, 45, 64, 32, {22, 32, {0, 0, 22, 32}, 5, 0}, "22.5 rounds to the even 22"},
        {RESIZE_LONGEST, 46, 64, 32, {23, 32, {0, 0, 23, 32}, 4, 0}, "of 9 columns the smaller half is left"},
        {RESIZE_LONGEST, 1, 65535, 224, {1, 224, {0, 0, 1, 224}, 111, 0}, "never nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelInput input = {.size = cases[i].size, .mode = cases[i].mode};
        ModelInputPlan plan = rv_model_input_plan(&input, cases[i].width, cases[i].height);
        if (memcmp(&plan, &cases[i].plan, sizeof plan) != 0)
            fail_msg("%s: %d x %d, from %d, %d to %d, %d", cases[i].why, plan.width, plan.height,
                     plan.part.left, plan.part.top, plan.left, plan.top);
    }
}

static void model_input_make_refuses_bad_arguments(void **state)
{
    RvPicture *picture = pattern(4, 4, 3);
    uint8_t rgb_u8[3];
    static const int sizes[] = {0, -1, MODEL_INPUT_MAX_SIZE + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        RvError err = {0};
        ModelInput input = {.size = sizes[i]};
        assert_int_equal(rv_model_input_make(&input, &picture->image, rgb_u8, &err), RV_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, "must be 1 to 4096"));
    }
    RvError err = {0};
    RvImage broken = picture->image;
    broken.row_stride = 1;
    assert_int_equal(rv_model_input_make(&(ModelInput){.size = 1}, &broken, rgb_u8, &err), RV_ERROR_ARGUMENT);
    rv_picture_destroy(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_input_make_equals_pillow),
        cmocka_unit_test(model_input_make_takes_palettes_by_the_order),
        cmocka_unit_test(model_input_make_equals_golden_pixels_of_clip),
        cmocka_unit_test(model_input_make_equals_golden_pixels_of_the_families),
        cmocka_unit_test(model_input_plan_follows_torchvision_and_open_clip),
        cmocka_unit_test(model_input_make_refuses_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
