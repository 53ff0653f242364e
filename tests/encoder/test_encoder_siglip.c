/* SPDX-License-Identifier: MIT */
/* A model of the family siglip through the public encoder: texts and pictures in, embeddings out, against the
 * original code. */
#include "../clip/golden_models.h"

#include "reelvec/reelvec.h"

/* Texts that both layouts clean alike; the golden rows are those of transformers. */
static bool is_plain(const char *text)
{
    return strpbrk(text, "-_.,!?'&") == NULL;
}

static void check_texts(RvEncoder *encoder, const json_t *texts, bool canonicalizes)
{
    GoldenWorst worst = {.cosine = 1};
    size_t i;
    json_t *row;
    json_array_foreach(texts, i, row)
    {
        const json_t *text = json_object_get(row, "text");
        float embedding[2048];
        RvError err = {0};
        if (canonicalizes && !is_plain(json_string_value(text)))
            continue;
        assert_ok(rv_encoder_encode_text(encoder, json_string_value(text), json_string_length(text),
                                         RV_LENGTH_MODEL, embedding, &err),
                  err);
        golden_compare(json_string_value(text), embedding, json_object_get(row, "embedding"), &golden_exact,
                       &worst);
    }
    assert_true(worst.count >= 9);
}

static void check_pictures(RvEncoder *encoder, json_t *images)
{
    GoldenWorst worst = {.cosine = 1};
    const char *name;
    json_t *row;
    json_object_foreach(images, name, row)
    {
        char relative[512], path[4096];
        float embedding[2048];
        RvPicture *picture = NULL;
        RvError err = {0};
        if (strstr(name, ".jpg") != NULL) // decoded in another way by the original
            continue;
        snprintf(relative, sizeof relative, "golden/images/%s", name);
        assert_true(shared_path(relative, path, sizeof path));
        assert_ok(rv_picture_load(path, NULL, &picture, &err), err);
        const RvImage image = rv_picture_image(picture);
        assert_ok(rv_encoder_encode_images(encoder, &image, 1, RV_LENGTH_MODEL, embedding, &err), err);
        golden_compare(name, embedding, json_object_get(row, "embedding"), &golden_exact, &worst);
        rv_picture_destroy(picture);
    }
    assert_true(worst.count >= 4);
}

static void encoder_embeds_as_the_originals_of_siglip(void **state)
{
    static const char *const layouts[] = {"hf", "openclip"};
    for (size_t i = 0; i < 2; i++) {
        const GoldenModel which = {"siglip2", "siglip2-tiny", layouts[i], "F32", NULL};
        const RvEncoderOptions options = {
            .thread_count = 2, .device = "cpu", .precision = RV_PRECISION_FLOAT32};
        char path[4096], key[64];
        RvEncoder *encoder = NULL;
        RvError err = {0};
        golden_model_ensure(&which, path);
        snprintf(key, sizeof key, "siglip2-tiny/%s", layouts[i]);
        json_t *golden = load_golden("golden_models/golden_siglip2.json"),
               *part = json_object_get(json_object_get(golden, "models"), key);
        assert_ok(rv_encoder_open(path, &options, &encoder, &err), err);
        const RvModelInfo *info = rv_encoder_info(encoder);
        assert_string_equal(info->family, "siglip");
        assert_string_equal(info->tokenizer, "gemma");
        assert_string_equal(info->resize, "squash");
        assert_string_equal(info->resize_filter, i == 0 ? "bilinear" : "bicubic");
        check_texts(encoder, json_object_get(part, "texts"), i == 1);
        check_pictures(encoder, json_object_get(part, "images"));
        rv_encoder_close(encoder);
        json_decref(golden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoder_embeds_as_the_originals_of_siglip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
