/* SPDX-License-Identifier: MIT */
/* Tests of the whole way through the public encoder, from texts and picture files to embeddings, with models of several
 * families against their original code. */
#include "golden_models.h"

#include "reelvec/reelvec.h"

typedef struct EncoderModel {
    GoldenModel golden;
    const char *family, *tokenizer;
    int context_length;
    const char *resize_filter;
    bool drops_punctuation; // where the golden rows, which are those of transformers, keep it
} EncoderModel;

static const EncoderModel models[] = {
    {{"chineseclip", "chineseclip-tiny", "hf", "F32", NULL},
     "chinese_clip",
     "wordpiece",
     52,
     "bicubic",
     false},
    {{"chineseclip", "chineseclip-tiny", "ofa", "F32", "clip_cn.pt"},
     "chinese_clip",
     "wordpiece",
     52,
     "bicubic",
     false},
    {{"xlmr", "xlmr-tiny", "openclip", "F32", NULL}, "xlm_roberta", "unigram", 77, "bicubic", false},
    {{"siglip2", "siglip2-tiny", "hf", "F32", NULL}, "siglip", "gemma", 64, "bilinear", false},
    {{"siglip2", "siglip2-tiny", "openclip", "F32", NULL}, "siglip", "gemma", 64, "bicubic", true},
};
#define MODEL_COUNT (sizeof models / sizeof models[0])

static RvEncoder *open_encoder(const EncoderModel *model, RvPrecision precision)
{
    char path[4096];
    RvEncoder *encoder = NULL;
    RvError err = {0};
    golden_model_ensure(&model->golden, path);
    const RvEncoderOptions options = {.thread_count = 2, .device = "cpu", .precision = precision};
    assert_ok(rv_encoder_open(path, &options, &encoder, &err), err);
    return encoder;
}

static json_t *load_part(const GoldenModel *which, json_t **file)
{
    char name[128], key[128];
    snprintf(name, sizeof name, "golden_models/golden_%s.json", which->family);
    snprintf(key, sizeof key, "%s/%s", which->model, which->layout);
    *file = load_golden(name);
    json_t *part = json_object_get(json_object_get(*file, "models"), key);
    assert_non_null(part);
    return part;
}

static void encoder_says_what_family_it_has(void **state)
{
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        RvEncoder *encoder = open_encoder(&models[i], RV_PRECISION_FLOAT32);
        const RvModelInfo *info = rv_encoder_info(encoder);
        assert_string_equal(info->family, models[i].family);
        assert_string_equal(info->tokenizer, models[i].tokenizer);
        assert_int_equal(info->context_length, models[i].context_length);
        assert_string_equal(info->resize_filter, models[i].resize_filter);
        rv_encoder_close(encoder);
    }
}

static void encoder_embeds_texts_as_the_originals(void **state)
{
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        RvEncoder *encoder = open_encoder(&models[i], RV_PRECISION_FLOAT32);
        json_t *file, *row;
        const json_t *texts = json_object_get(load_part(&models[i].golden, &file), "texts");
        GoldenWorst worst = {.cosine = 1};
        size_t k;
        json_array_foreach(texts, k, row)
        {
            const json_t *text = json_object_get(row, "text");
            float embedding[2048];
            RvError err = {0};
            if (!json_is_string(text) ||
                (models[i].drops_punctuation && strpbrk(json_string_value(text), "-_.,!?'&") != NULL))
                continue;
            assert_ok(rv_encoder_encode_text(encoder, json_string_value(text), json_string_length(text),
                                             RV_LENGTH_MODEL, embedding, &err),
                      err);
            golden_compare(json_string_value(text), embedding, json_object_get(row, "embedding"),
                           &golden_exact, &worst);
        }
        assert_true(worst.count > 5);
        json_decref(file);
        rv_encoder_close(encoder);
    }
}

/* JPEG files are left out: Pillow's decoder has other pixels. */
static void check_pictures(const EncoderModel *model, RvPrecision precision, const GoldenBounds *bounds)
{
    RvEncoder *encoder = open_encoder(model, precision);
    json_t *file, *row;
    json_t *images = json_object_get(load_part(&model->golden, &file), "images");
    const char *name;
    GoldenWorst worst = {.cosine = 1};
    json_object_foreach(images, name, row)
    {
        char relative[512], path[4096];
        RvPicture *picture = NULL;
        RvError err = {0};
        float embedding[2048];
        if (strstr(name, ".jpg") != NULL)
            continue;
        snprintf(relative, sizeof relative, "golden/images/%s", name);
        assert_true(shared_path(relative, path, sizeof path));
        assert_ok(rv_picture_load(path, NULL, &picture, &err), err);
        const RvImage image = rv_picture_image(picture);
        assert_ok(rv_encoder_encode_images(encoder, &image, 1, RV_LENGTH_MODEL, embedding, &err), err);
        golden_compare(name, embedding, json_object_get(row, "embedding"), bounds, &worst);
        rv_picture_destroy(picture);
    }
    assert_true(worst.count > 3);
    json_decref(file);
    rv_encoder_close(encoder);
}

static void encoder_embeds_pictures_as_the_originals(void **state)
{
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        check_pictures(&models[i], RV_PRECISION_FLOAT32, &golden_exact);
        check_pictures(&models[i], RV_PRECISION_FAST, &golden_fast);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoder_says_what_family_it_has),
        cmocka_unit_test(encoder_embeds_texts_as_the_originals),
        cmocka_unit_test(encoder_embeds_pictures_as_the_originals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
