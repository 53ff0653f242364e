/* SPDX-License-Identifier: MIT */
/* Tests of clip/checkpoint_config.c. */
#include "clip_support.h"

#include <unistd.h>

#include "clip/checkpoint_config.h"

/* $REELVEC_BUILD/config with this file in it and no other. */
static const char *make_folder(const char *name, const char *text, const char *other, const char *other_text)
{
    static char folder[4096];
    static const char *const names[] = {"config.json", "preprocessor_config.json", "open_clip_config.json"};
    char path[4200];
    RvError err = {0};
    build_path("config", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
        if (strcmp(names[i], name) == 0)
            write_whole(path, text, strlen(text));
        if (other != NULL && strcmp(names[i], other) == 0)
            write_whole(path, other_text, strlen(other_text));
    }
    return folder;
}

static void config_hugging_face_has_transformers_defaults(void **state)
{
    ClipConfig config;
    RvError err = {0};
    assert_ok(rv_config_hugging_face(make_folder("config.json", "{}", NULL, NULL), NULL, &config, &err), err);
    assert_int_equal(config.vision.width, 768);
    assert_int_equal(config.vision.mlp_width, 3072);
    assert_int_equal(config.vision.heads, 12);
    assert_int_equal(config.text.width, 512);
    assert_int_equal(config.text.mlp_width, 2048);
    assert_int_equal(config.text.heads, 8);
    assert_int_equal(config.image_size, 224);
    assert_int_equal(config.patch_size, 32);
    assert_int_equal(config.context_length, 77);
    assert_int_equal(config.vocabulary_size, 49408);
    assert_int_equal(config.dimensions, 512);
    assert_int_equal(config.activation, ACTIVATION_QUICK_GELU);
    assert_true(config.layer_norm_epsilon == 1e-5f && config.image_mean[0] == 0.48145466f);
}

static void config_hugging_face_reads_what_is_there(void **state)
{
    ClipConfig config;
    RvError err = {0};
    const char *folder = make_folder(
        "config.json",
        "{\"projection_dim\": 768, \"text_config_dict\": {\"hidden_size\": 768, \"intermediate_size\": 3072,"
        " \"num_attention_heads\": 12, \"hidden_act\": \"gelu\"}, \"text_config\": {\"hidden_size\": 5},"
        " \"vision_config\": {\"hidden_size\": 1024, \"intermediate_size\": 4096, \"num_attention_heads\": "
        "16,"
        " \"num_hidden_layers\": 24, \"patch_size\": 14, \"hidden_act\": \"gelu\"}, \"vision_config_dict\": "
        "null}",
        "preprocessor_config.json",
        "{\"image_mean\": [0.5, 0.25, 0], \"image_std\": [0.5, 1, 2], \"rescale_factor\": "
        "0.00392156862745098}");
    assert_ok(rv_config_hugging_face(folder, NULL, &config, &err), err);
    assert_int_equal(config.dimensions, 768);
    assert_int_equal(config.text.width, 768);
    assert_int_equal(config.vision.layers, 24);
    assert_int_equal(config.patch_size, 14);
    assert_int_equal(config.activation, ACTIVATION_GELU);
    assert_true(config.image_mean[1] == 0.25f && config.image_deviation[2] == 2);
    folder = make_folder("config.json", "{}", "preprocessor_config.json", "{\"do_normalize\": false}");
    assert_ok(rv_config_hugging_face(folder, NULL, &config, &err), err);
    assert_true(config.image_mean[0] == 0 && config.image_deviation[0] == 1);
}

static void config_hugging_face_refuses(void **state)
{
    static const struct {
        const char *json, *preprocessor;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"", NULL, RV_ERROR_FORMAT, "line 1"},
        {"[]", NULL, RV_ERROR_FORMAT, "not a JSON object"},
        {"{\"a\": 1, \"a\": 2}", NULL, RV_ERROR_FORMAT, "duplicate"},
        {"{\"model_type\": \"siglip\"}", NULL, RV_ERROR_UNSUPPORTED, "model_type"},
        {"{\"projection_dim\": 0}", NULL, RV_ERROR_FORMAT, "projection_dim"},
        {"{\"projection_dim\": 1e3}", NULL, RV_ERROR_FORMAT, "projection_dim"},
        {"{\"projection_dim\": 99999}", NULL, RV_ERROR_FORMAT, "length of embeddings"},
        {"{\"vision_config\": {\"hidden_size\": \"big\"}}", NULL, RV_ERROR_FORMAT, "hidden_size"},
        {"{\"vision_config\": {\"hidden_size\": 770}}", NULL, RV_ERROR_FORMAT,
         "multiple of its number of heads"},
        {"{\"vision_config\": {\"image_size\": 225}}", NULL, RV_ERROR_FORMAT, "image size 225"},
        {"{\"vision_config\": {\"patch_size\": 2}}", NULL, RV_ERROR_UNSUPPORTED, "patches per picture"},
        {"{\"vision_config\": {\"num_attention_heads\": 2}}", NULL, RV_ERROR_UNSUPPORTED, "heads wider"},
        {"{\"vision_config\": {\"num_channels\": 1}}", NULL, RV_ERROR_UNSUPPORTED, "num_channels"},
        {"{\"vision_config\": {\"hidden_act\": \"relu\"}}", NULL, RV_ERROR_UNSUPPORTED, "hidden_act"},
        {"{\"vision_config\": {\"hidden_act\": \"gelu\"}}", NULL, RV_ERROR_UNSUPPORTED, "differs"},
        {"{\"text_config\": {\"layer_norm_eps\": 1e-6}}", NULL, RV_ERROR_UNSUPPORTED, "differs"},
        {"{\"text_config\": {\"layer_norm_eps\": 0}}", NULL, RV_ERROR_FORMAT, "layer_norm_eps"},
        {"{\"text_config\": {\"max_position_embeddings\": 1}}", NULL, RV_ERROR_FORMAT, "context length"},
        {"{}", "{\"image_std\": [1, 1, 0]}", RV_ERROR_FORMAT, "image_std"},
        {"{}", "{\"image_mean\": [1, 1]}", RV_ERROR_FORMAT, "image_mean"},
        {"{}", "{\"rescale_factor\": 1}", RV_ERROR_UNSUPPORTED, "rescale_factor"},
        {"{}", "{", RV_ERROR_FORMAT, "preprocessor_config.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ClipConfig config;
        RvError err = {0};
        const char *folder = make_folder("config.json", cases[i].json,
                                         cases[i].preprocessor != NULL ? "preprocessor_config.json" : NULL,
                                         cases[i].preprocessor);
        RvStatus status = rv_config_hugging_face(folder, NULL, &config, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s %s: %d %s", cases[i].json, cases[i].preprocessor, status, err.message);
    }
}

static void config_open_clip_reads_what_is_there(void **state)
{
    ClipConfig config;
    RvError err = {0};
    const char *folder = make_folder(
        "open_clip_config.json",
        "{\"model_cfg\": {\"embed_dim\": 640, \"vision_cfg\": {\"image_size\": 240, \"layers\": 14, "
        "\"width\": "
        "896, \"patch_size\": 16, \"head_width\": 56, \"mlp_ratio\": 2.5, \"patch_dropout\": 0.5},"
        "\"text_cfg\": {\"width\": 640, \"heads\": 10, \"layers\": 9, \"no_causal_mask\": false}},"
        "\"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.25, 0.25, 0.25]}}",
        NULL, NULL);
    assert_ok(rv_config_open_clip(folder, NULL, &config, &err), err);
    assert_int_equal(config.dimensions, 640);
    assert_int_equal(config.vision.heads, 16);
    assert_int_equal(config.vision.mlp_width, 2240);
    assert_int_equal(config.text.layers, 9);
    assert_int_equal(config.text.mlp_width, 2560);
    assert_int_equal(config.context_length, 77);
    assert_int_equal(config.activation, ACTIVATION_GELU); // quick_gelu must be asked for
    assert_true(config.image_mean[2] == 0.5f && config.image_deviation[0] == 0.25f);
}

static void config_open_clip_refuses(void **state)
{
    static const struct {
        const char *model, *preprocess;
        RvStatus status;
        const char *message;
    } cases[] = {
        {"{}", "{}", RV_ERROR_FORMAT, "vision_cfg"},
        {"{\"vision_cfg\": {\"timm_model_name\": \"x\"}, \"text_cfg\": {}}", "{}", RV_ERROR_UNSUPPORTED,
         "timm"},
        {"{\"vision_cfg\": {\"layers\": [3, 4, 6, 3]}, \"text_cfg\": {}}", "{}", RV_ERROR_FORMAT, "layers"},
        {"{\"vision_cfg\": {\"pool_type\": \"avg\"}, \"text_cfg\": {}}", "{}", RV_ERROR_UNSUPPORTED,
         "pool_type"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"no_causal_mask\": true}}", "{}", RV_ERROR_UNSUPPORTED,
         "no_causal"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_tokenizer_name\": \"x\"}}", "{}", RV_ERROR_UNSUPPORTED,
         "hf_tok"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}, \"multimodal_cfg\": {\"a\": 1}}", "{}", RV_ERROR_UNSUPPORTED,
         "multimodal"},
        {"{\"vision_cfg\": {\"head_width\": 1000}, \"text_cfg\": {}}", "{}", RV_ERROR_FORMAT, "heads"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "{\"resize_mode\": \"squash\"}", RV_ERROR_UNSUPPORTED,
         "resize_mode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ClipConfig config;
        RvError err = {0};
        char text[1024];
        snprintf(text, sizeof text, "{\"model_cfg\": %s, \"preprocess_cfg\": %s}", cases[i].model,
                 cases[i].preprocess);
        RvStatus status =
            rv_config_open_clip(make_folder("open_clip_config.json", text, NULL, NULL), NULL, &config, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", text, status, err.message);
    }
}

static void config_from_shapes_refuses_what_is_no_clip_vit(void **state)
{
    ClipConfig config;
    RvError err = {0};
    TensorTable table = {0};
    Tensor conv = {.rank = 4, .shape = {64, 3, 16, 16}};
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &config, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "visual.conv1.weight"));
    assert_ok(rv_tensor_table_add(&table, "visual.conv1.weight", &conv, "f.pt", NULL, &err), err);
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &config, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "ln_final.weight"));
    assert_ok(rv_tensor_table_add(&table, "visual.layer1.0.conv1.weight", &conv, "f.pt", NULL, &err), err);
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &config, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "ResNet"));
    rv_tensor_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_hugging_face_has_transformers_defaults),
        cmocka_unit_test(config_hugging_face_reads_what_is_there),
        cmocka_unit_test(config_hugging_face_refuses),
        cmocka_unit_test(config_open_clip_reads_what_is_there),
        cmocka_unit_test(config_open_clip_refuses),
        cmocka_unit_test(config_from_shapes_refuses_what_is_no_clip_vit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
