/* SPDX-License-Identifier: MIT */
/* Tests of clip/model_spec.c and clip/model_tensors.c. */
#include "clip_support.h"

#include "clip/model_spec.h"

/* A model that can be computed. */
static ModelSpec good_spec(void)
{
    ModelSpec spec = rv_model_spec_clip();
    spec.vision.tower.width = spec.text.tower.width = 128;
    spec.vision.tower.layers = spec.text.tower.layers = 2;
    spec.vision.tower.heads = spec.text.tower.heads = 2;
    spec.vision.tower.mlp_width = spec.text.tower.mlp_width = 512;
    spec.vision.patch_size = 16;
    spec.input.size = 64;
    spec.text.context_length = 77;
    spec.text.vocabulary_size = 514;
    spec.dimensions = 96;
    return spec;
}

static void model_spec_complete_fills_what_follows(void **state)
{
    ModelSpec spec = good_spec();
    spec.vision.pooling = VISION_POOL_ATTENTION;
    rv_model_spec_complete(&spec);
    assert_int_equal(spec.text.position_rows, 77);
    assert_int_equal(spec.vision.pool_mlp_width, 512);
    spec.text.position_rows = 512;
    rv_model_spec_complete(&spec);
    assert_int_equal(spec.text.position_rows, 512);
    assert_int_equal(rv_model_spec_picture_tokens(&spec), 17);
    spec.vision.class_token = false;
    assert_int_equal(rv_model_spec_picture_tokens(&spec), 16);
}

/* One change of a good model per case. */
#define CASE(change, wanted, said)                                                                           \
    do {                                                                                                     \
        ModelSpec spec = good_spec();                                                                        \
        RvError err = {0};                                                                                   \
        rv_model_spec_complete(&spec);                                                                       \
        change;                                                                                              \
        RvStatus status = rv_model_spec_check(&spec, "model", &err);                                         \
        if (status != (wanted) || strstr(err.message, said) == NULL)                                         \
            fail_msg("%s: %d %s", #change, status, err.message);                                             \
    } while (0)

static void model_spec_check_refuses_what_cannot_be(void **state)
{
    CASE(spec.dimensions = 96, RV_OK, "");
    CASE(spec.vision.tower.width = 0, RV_ERROR_FORMAT, "width of the vision tower is 0");
    CASE(spec.text.tower.layers = 257, RV_ERROR_FORMAT, "number of layers of the text tower is 257");
    CASE(spec.text.tower.heads = 3, RV_ERROR_FORMAT, "multiple of its number of heads");
    CASE(spec.text.tower.mlp_width = 65537, RV_ERROR_FORMAT, "inner width");
    CASE(spec.input.size = 65, RV_ERROR_FORMAT, "image size 65");
    CASE((spec.input.size = 65, spec.vision.cuts_rest = true), RV_OK, "");
    CASE((spec.input.size = 15, spec.vision.cuts_rest = true), RV_ERROR_FORMAT, "less than patch size 16");
    CASE(spec.input.size = 4097, RV_ERROR_FORMAT, "image size is 4097");
    CASE(spec.vision.patch_size = 1, RV_ERROR_UNSUPPORTED, "patches per picture");
    CASE((spec.vision.tower.heads = 1, spec.vision.tower.width = 512), RV_ERROR_UNSUPPORTED, "heads wider");
    CASE(spec.vision.class_token = false, RV_ERROR_FORMAT, "no class token");
    CASE(spec.vision.pool_heads = 2, RV_ERROR_FORMAT, "number of heads of the pooling is 2");
    CASE(spec.vision.pooling = VISION_POOL_ATTENTION, RV_ERROR_FORMAT, "number of heads of the pooling is 0");
    CASE((spec.vision.pooling = VISION_POOL_ATTENTION, spec.vision.pool_mlp_width = 512,
          spec.vision.pool_heads = 3),
         RV_ERROR_FORMAT, "heads of the pooling");
    CASE((spec.vision.rotary = true, spec.vision.tower.heads = 64), RV_ERROR_FORMAT, "rotary");
    CASE(spec.vision.projection = PROJECTION_NONE, RV_ERROR_FORMAT, "nothing projects");
    CASE(spec.vision.projection = PROJECTION_TWO_LAYERS, RV_ERROR_UNSUPPORTED, "two layers");
    CASE(spec.vision.tower.post_norm = true, RV_ERROR_UNSUPPORTED, "layer norms behind");
    CASE(spec.vision.tower.epsilon = 0, RV_ERROR_FORMAT, "epsilon");
    CASE(spec.text.tower.epsilon = NAN, RV_ERROR_FORMAT, "epsilon");
    CASE(spec.text.tower.epsilon = 1.5f, RV_ERROR_FORMAT, "epsilon");
    CASE(spec.vision.tower.epsilon = INFINITY, RV_ERROR_FORMAT, "epsilon");
    CASE(spec.text.tower.epsilon = INFINITY, RV_ERROR_FORMAT, "epsilon");
    CASE(spec.image_mean[2] = INFINITY, RV_ERROR_FORMAT, "mean and deviation");
    CASE(spec.image_deviation[0] = 0, RV_ERROR_FORMAT, "mean and deviation");
    CASE(spec.text.context_length = 1, RV_ERROR_FORMAT, "context length 1");
    CASE(spec.text.position_rows = 76, RV_ERROR_FORMAT, "too few for 77 tokens");
    CASE((spec.text.position_rows = 78, spec.text.position_offset = 2), RV_ERROR_FORMAT, "from 2 on");
    CASE(spec.text.position_offset = -1, RV_ERROR_FORMAT, "first text position");
    CASE((spec.text.pads = true, spec.text.pad_token = 514), RV_ERROR_FORMAT, "padding token 514");
    CASE(spec.text.projection = PROJECTION_NONE, RV_ERROR_FORMAT, "nothing projects");
    CASE((spec.text.projection = PROJECTION_NONE, spec.dimensions = 128, spec.text.pooling = TEXT_POOL_MEAN),
         RV_ERROR_UNSUPPORTED, "without projection");
    CASE(spec.text.projection = PROJECTION_TWO_LAYERS, RV_ERROR_FORMAT, "inner width of the text projection");
    CASE(spec.text.final_norm = false, RV_ERROR_UNSUPPORTED, "last layer norm");
}

static bool count_name(void *context, const char *name)
{
    int *counts = context;
    counts[0]++;
    counts[1] += strncmp(name, "visual.", 7) == 0;
    counts[2] += strstr(name, "attn_pool") != NULL;
    return counts[0] < counts[3];
}

static void model_spec_tensors_names_each_part(void **state)
{
    ModelSpec spec = good_spec();
    int counts[4] = {0, 0, 0, 1 << 20};
    rv_model_spec_tensors(&spec, count_name, counts);
    assert_int_equal(counts[0], 32 + 24 + 5);
    assert_int_equal(counts[1], 24 + 8);
    assert_int_equal(counts[2], 0);
    spec.vision.pooling = VISION_POOL_ATTENTION;
    spec.text.projection = PROJECTION_LINEAR;
    int more[4] = {0, 0, 0, 1 << 20};
    rv_model_spec_tensors(&spec, count_name, more);
    assert_int_equal(more[2], 11);
    assert_int_equal(more[0], counts[0] + 12);
    int stopped[4] = {0, 0, 0, 7};
    rv_model_spec_tensors(&spec, count_name, stopped);
    assert_int_equal(stopped[0], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_spec_complete_fills_what_follows),
        cmocka_unit_test(model_spec_check_refuses_what_cannot_be),
        cmocka_unit_test(model_spec_tensors_names_each_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
