/* SPDX-License-Identifier: MIT */
/* Tests of the family pe_core: embeddings, tokens and inputs of the authors' own code. */
#include "golden_inputs.h"

#include "reelvec/encoder.h"

static const GoldenModel models[] = {
    {"pecore", "pecore-tiny", "facebook", "F32", "pecore-tiny.pt"},
    {"pecore", "pecore-tiny", "openclip", "F32", NULL},
    {"pecore", "pecore-g-tiny", "facebook", "F32", "pecore-g-tiny.pt"},
    {"pecore", "pecore-g-tiny", "openclip", "F32", NULL},
    {"pecore", "pecore-tiny", "facebook", "BF16", "pecore-tiny.pt"},
};
/* LAYOUTS: without the one that only has other weights. */
enum { MODELS = sizeof models / sizeof models[0], LAYOUTS = MODELS - 1 };

static void family_pe_core_equals_the_original(void **state)
{
    for (size_t i = 0; i < MODELS; i++)
        golden_model_check_levels(&models[i]);
}

static void family_pe_core_equals_the_original_at_full_size(void **state)
{
    const char *wanted = getenv("REELVEC_SLOW_TESTS");
    if (wanted == NULL || strcmp(wanted, "1") != 0) {
        print_message("set REELVEC_SLOW_TESTS=1 for PE-Core B/16 at full size, a model of 1.8 GB\n");
        skip();
    }
    const GoldenModel model = {"pecore", "pecore-b16", "facebook", "F32", "pecore-b16.pt"};
    golden_model_check(&model, NULL, &golden_exact);
    golden_model_check(&model, NULL, &golden_fast);
    golden_model_remove(&model);
}

static void family_pe_core_has_the_rows_and_inputs_of_the_original(void **state)
{
    for (size_t i = 0; i < LAYOUTS; i++)
        golden_inputs_check(&models[i]);
}

/* ---- through the encoder ------------------------------------------------------------------------------- */

static json_t *golden_part(json_t *golden, const GoldenModel *which)
{
    char key[128];
    bool plain = strcmp(which->dtype, "F32") == 0;
    snprintf(key, sizeof key, "%s/%s%s%s", which->model, which->layout, plain ? "" : "@",
             plain ? "" : which->dtype);
    json_t *part = json_object_get(json_object_get(golden, "models"), key);
    assert_non_null(part);
    return part;
}

static void check_encoder(const GoldenModel *which, json_t *part)
{
    static const char picture_name[] = "cars_portrait_117x209.png";
    char path[4096], picture_path[4096];
    float embedding[128];
    RvError err = {0};
    RvEncoder *encoder = NULL;
    RvPicture *picture = NULL;
    GoldenWorst worst = {.cosine = 1};
    golden_model_ensure(which, path);
    unsetenv("REELVEC_CPU");
    assert_ok(rv_encoder_open(
                  path,
                  &(RvEncoderOptions){.device = "cpu", .precision = RV_PRECISION_FLOAT32, .thread_count = 2},
                  &encoder, &err),
              err);
    const RvModelInfo *info = rv_encoder_info(encoder);
    assert_string_equal(info->family, "pe_core");
    assert_string_equal(info->format, strcmp(which->layout, "facebook") == 0 ? "facebook" : "open_clip");
    assert_string_equal(info->activation, "gelu");
    assert_string_equal(info->resize, "squash");
    assert_string_equal(info->resize_filter, "bilinear");
    assert_string_equal(info->weight_type, which->dtype);
    assert_true(shared_path("golden/images/cars_portrait_117x209.png", picture_path, sizeof picture_path));
    assert_ok(rv_picture_load(picture_path, NULL, &picture, &err), err);
    const RvImage image = rv_picture_image(picture);
    assert_ok(rv_encoder_encode_images(encoder, &image, 1, RV_LENGTH_MODEL, embedding, &err), err);
    golden_compare(
        picture_name, embedding,
        json_object_get(json_object_get(json_object_get(part, "images"), picture_name), "embedding"),
        &golden_exact, &worst);
    size_t i;
    json_t *text;
    json_array_foreach(json_object_get(part, "texts"), i, text)
    {
        const json_t *string = json_object_get(text, "text");
        if (json_is_null(string))
            continue;
        assert_ok(rv_encoder_encode_text(encoder, json_string_value(string), json_string_length(string),
                                         RV_LENGTH_MODEL, embedding, &err),
                  err);
        golden_compare("text", embedding, json_object_get(text, "embedding"), &golden_exact, &worst);
    }
    assert_true(worst.count >= 6);
    rv_picture_destroy(picture);
    rv_encoder_close(encoder);
}

static void encoder_embeds_with_a_pe_core(void **state)
{
    require_golden("golden_models/make_model.py");
    json_t *golden = load_golden("golden_models/golden_pecore.json");
    for (size_t i = 0; i < MODELS; i++)
        check_encoder(&models[i], golden_part(golden, &models[i]));
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_pe_core_equals_the_original),
        cmocka_unit_test(family_pe_core_has_the_rows_and_inputs_of_the_original),
        cmocka_unit_test(encoder_embeds_with_a_pe_core),
        cmocka_unit_test(family_pe_core_equals_the_original_at_full_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
