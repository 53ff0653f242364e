/* SPDX-License-Identifier: MIT */
/* Tests of clip/families.c and of what its families read: configurations and shapes. */
#include "clip_support.h"

#include <unistd.h>

#include "clip/families/family_config.h"

/* $REELVEC_BUILD/config with this file in it and no other. */
static const char *make_folder(const char *name, const char *text, const char *other, const char *other_text)
{
    static char folder[4096];
    static const char *const names[] = {"config.json", "preprocessor_config.json", "processor_config.json",
                                        "open_clip_config.json"};
    char path[4200];
    RvError err = {0};
    build_path("config", folder, sizeof folder);
    assert_ok(rv_file_make_folders(folder, &err), err);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
        if (strcmp(names[i], name) == 0)
            write_whole(path, text, strlen(text));
        if (other != NULL && strcmp(names[i], other) == 0)
            write_whole(path, other_text, strlen(other_text));
    }
    return folder;
}

/* The model that a folder's config.json or open_clip_config.json describes. */
static RvStatus describe(const char *folder, const char *name, const RvLog *log, ModelSpec *spec,
                         RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    const ModelFamily *family = NULL;
    FamilySource source = {.path = folder, .folder = folder, .config_path = path, .log = log};
    RvStatus status = rv_config_load(folder, name, path, &json, err);
    *(strcmp(name, "config.json") == 0 ? &source.hugging_face : &source.open_clip) = json;
    if (status == RV_OK)
        status = rv_families_describe(&source, &family, spec, err);
    json_decref(json);
    return status;
}

static RvStatus describe_hugging_face(const char *folder, const RvLog *log, ModelSpec *spec, RvError *err)
{
    return describe(folder, "config.json", log, spec, err);
}

static RvStatus describe_open_clip(const char *folder, ModelSpec *spec, RvError *err)
{
    return describe(folder, "open_clip_config.json", NULL, spec, err);
}

static void config_hugging_face_has_transformers_defaults(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    assert_ok(describe_hugging_face(make_folder("config.json", "{}", NULL, NULL), NULL, &spec, &err), err);
    assert_int_equal(spec.vision.tower.width, 768);
    assert_int_equal(spec.vision.tower.mlp_width, 3072);
    assert_int_equal(spec.vision.tower.heads, 12);
    assert_int_equal(spec.text.tower.width, 512);
    assert_int_equal(spec.text.tower.mlp_width, 2048);
    assert_int_equal(spec.text.tower.heads, 8);
    assert_int_equal(spec.input.size, 224);
    assert_int_equal(spec.vision.patch_size, 32);
    assert_int_equal(spec.text.context_length, 77);
    assert_int_equal(spec.text.vocabulary_size, 49408);
    assert_int_equal(spec.dimensions, 512);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_QUICK_GELU);
    assert_true(spec.text.tower.epsilon == 1e-5f && spec.image_mean[0] == 0.48145466f);
}

static void config_hugging_face_reads_what_is_there(void **state)
{
    ModelSpec spec;
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
    assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
    assert_int_equal(spec.dimensions, 768);
    assert_int_equal(spec.text.tower.width, 768);
    assert_int_equal(spec.vision.tower.layers, 24);
    assert_int_equal(spec.vision.patch_size, 14);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_GELU);
    assert_true(spec.image_mean[1] == 0.25f && spec.image_deviation[2] == 2);
    folder = make_folder("config.json", "{}", "preprocessor_config.json", "{\"do_normalize\": false}");
    assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
    assert_true(spec.image_mean[0] == 0 && spec.image_deviation[0] == 1);
}

/* The end token that a text is pooled at; 2 in old files stands for the highest number. */
static void config_hugging_face_reads_the_end_token(void **state)
{
    static const struct {
        const char *json;
        int32_t told_end;
    } cases[] = {
        {"{}", 0},
        {"{\"text_config\": {\"eos_token_id\": 49407}}", 49407},
        {"{\"text_config\": {\"eos_token_id\": 2}}", 0},
        {"{\"text_config\": {\"eos_token_id\": null}}", 0},
        {"{\"text_config_dict\": {\"eos_token_id\": 513}, \"text_config\": {\"eos_token_id\": 2}}", 513},
    };
    ModelSpec spec;
    RvError err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *folder = make_folder("config.json", cases[i].json, NULL, NULL);
        assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
        assert_int_equal(spec.tokenizer.told_end, cases[i].told_end);
    }
    const char *folder =
        make_folder("config.json", "{\"text_config\": {\"eos_token_id\": \"end\"}}", NULL, NULL);
    assert_int_equal(describe_hugging_face(folder, NULL, &spec, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "eos_token_id is not a whole number"));
}

/* Whatever asks for another picture is honoured or refused by its name. */
static void config_hugging_face_reads_every_key_of_pictures(void **state)
{
    static const struct {
        const char *json;
        float mean, deviation; // of red
    } good[] = {
        {"{\"size\": 224, \"crop_size\": 224, \"feature_extractor_type\": \"CLIPFeatureExtractor\"}",
         0.48145466f, 0.26862954f},
        {"{\"size\": {\"shortest_edge\": 224}, \"crop_size\": {\"height\": 224, \"width\": 224}}",
         0.48145466f, 0.26862954f},
        {"{\"image_processor_type\": \"CLIPImageProcessorFast\", \"do_pad\": false, \"resample\": 3}",
         0.48145466f, 0.26862954f},
        {"{\"do_rescale\": false, \"image_mean\": [127.5, 0, 0], \"image_std\": [51, 1, 1]}", 0.5f, 0.2f},
        {"{\"rescale_factor\": 0.0078431372549, \"image_mean\": [1, 1, 1], \"image_std\": [1, 1, 1]}", 0.5f,
         0.5f},
        {"{\"do_rescale\": false, \"do_normalize\": false}", 0, 1 / 255.0f},
        {"{\"rescale_factor\": 1, \"image_mean\": [127.5, 0, 0], \"image_std\": [51, 1, 1]}", 0.5f, 0.2f},
        {"{\"image_mean\": null, \"image_std\": null, \"rescale_factor\": null}", 0.48145466f, 0.26862954f},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        const char *folder = make_folder("config.json", "{}", "preprocessor_config.json", good[i].json);
        assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
        if (fabsf(spec.image_mean[0] - good[i].mean) > 1e-6f ||
            fabsf(spec.image_deviation[0] - good[i].deviation) > 1e-6f)
            fail_msg("%s: %g %g", good[i].json, spec.image_mean[0], spec.image_deviation[0]);
    }
}

/* transformers 5 writes the settings of pictures into processor_config.json alone, and reads them first. */
static void config_hugging_face_reads_processor_config(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    LogLines lines;
    const RvLog log = log_into(&lines);
    const char *folder = make_folder(
        "config.json", "{}", "processor_config.json",
        "{\"image_processor\": {\"image_mean\": [0.5, 0.5, 0.5], \"image_std\": [0.5, 0.5, 0.5]}}");
    assert_ok(describe_hugging_face(folder, &log, &spec, &err), err);
    assert_true(spec.image_mean[0] == 0.5f && spec.image_deviation[2] == 0.5f);
    assert_int_equal(lines.count, 0);
    char path[4200];
    snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
    write_whole(path, "{\"image_mean\": [0, 0, 0]}", 25);
    assert_ok(describe_hugging_face(folder, &log, &spec, &err), err);
    assert_true(spec.image_mean[0] == 0.5f);
    folder =
        make_folder("config.json", "{}", "processor_config.json", "{\"processor_class\": \"CLIPProcessor\"}");
    assert_ok(describe_hugging_face(folder, &log, &spec, &err), err);
    assert_non_null(strstr(lines.text, "no preprocessor_config.json"));
    folder = make_folder("config.json", "{}", "processor_config.json", "{\"image_processor\": [1]}");
    assert_int_equal(describe_hugging_face(folder, &log, &spec, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "processor_config.json: image_processor is not an object"));
    folder =
        make_folder("config.json", "{}", "processor_config.json", "{\"image_processor\": {\"resample\": 0}}");
    assert_int_equal(describe_hugging_face(folder, &log, &spec, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "processor_config.json: resample"));
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
        {"{\"model_type\": \"blip\"}", NULL, RV_ERROR_UNSUPPORTED,
         "model_type is \"blip\"; the kinds that reelvec knows are chinese_clip, siglip, clip"},
        {"{\"model_type\": null}", NULL, RV_ERROR_FORMAT, "model_type is not a text"},
        {"{\"vision_config\": {\"num_attention_heads\": null}}", NULL, RV_ERROR_FORMAT,
         "num_attention_heads is not a whole number"},
        {"{\"vision_config\": {\"layer_norm_eps\": null}}", NULL, RV_ERROR_FORMAT, "layer_norm_eps"},
        {"{\"vision_config\": {\"hidden_act\": null}}", NULL, RV_ERROR_FORMAT, "hidden_act is not a text"},
        {"{\"projection_dim\": null}", NULL, RV_ERROR_FORMAT, "projection_dim"},
        {"{\"model_type\": \"siglip\", \"text_config\": {\"num_attention_heads\": null}}", NULL,
         RV_ERROR_FORMAT, "num_attention_heads"},
        {"{\"model_type\": \"siglip\", \"vision_config\": {\"vision_use_head\": null}}", NULL,
         RV_ERROR_UNSUPPORTED, "vision_use_head is false"},
        {"{\"model_type\": \"chinese_clip\", \"text_config\": {\"vocab_size\": null}}", NULL, RV_ERROR_FORMAT,
         "vocab_size"},
        {"{\"vision_config\": []}", NULL, RV_ERROR_FORMAT, "vision_config is not an object"},
        {"{\"text_config\": 1, \"text_config_dict\": null}", NULL, RV_ERROR_FORMAT,
         "text_config is not an object"},
        {"{\"text_config_dict\": false}", NULL, RV_ERROR_FORMAT, "text_config_dict is not an object"},
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
        {"{\"text_config\": {\"layer_norm_eps\": 0}}", NULL, RV_ERROR_FORMAT, "layer_norm_eps"},
        {"{\"text_config\": {\"max_position_embeddings\": 1}}", NULL, RV_ERROR_FORMAT, "context length"},
        {"{}", "{\"image_std\": [1, 1, 0]}", RV_ERROR_FORMAT, "image_std has a number that is not positive"},
        {"{}", "{\"image_std\": [1, 1, 1e-50]}", RV_ERROR_FORMAT, "has a number that is too small"},
        {"{}", "{\"image_std\": [0, 0, 0]}", RV_ERROR_FORMAT, "not positive"},
        {"{}", "{\"image_std\": [1, 1, \"1\"]}", RV_ERROR_FORMAT, "image_std is not a list of three numbers"},
        {"{}", "{\"image_std\": [1, 1, 1e7]}", RV_ERROR_FORMAT,
         "image_std has a number that is 1000000 or more"},
        {"{\"vision_config\": {\"image_size\": 160.5}}", NULL, RV_ERROR_FORMAT,
         "image_size is not a whole number from 1"},
        {"{\"text_config\": {\"layer_norm_eps\": 1e-50}}", NULL, RV_ERROR_FORMAT, "layer_norm_eps"},
        {"{\"text_config\": {\"layer_norm_eps\": 1e300}}", NULL, RV_ERROR_FORMAT,
         "layer_norm_eps is more than 1"},
        {"{\"text_config\": {\"layer_norm_eps\": 1e18}}", NULL, RV_ERROR_FORMAT,
         "layer_norm_eps is more than 1"},
        {"{}", "{\"image_mean\": [1, 1]}", RV_ERROR_FORMAT, "image_mean"},
        {"{}", "{\"rescale_factor\": 0}", RV_ERROR_FORMAT, "rescale_factor"},
        {"{}", "{\"rescale_factor\": 1e30}", RV_ERROR_UNSUPPORTED,
         "rescale_factor is neither near 1/255 nor 1"},
        {"{}", "{\"rescale_factor\": 0.0001}", RV_ERROR_UNSUPPORTED, "rescale_factor"},
        {"{}", "{\"size\": {\"shortest_edge\": 256}}", RV_ERROR_UNSUPPORTED, "size is not the model's 224"},
        {"{}", "{\"size\": 256}", RV_ERROR_UNSUPPORTED, "size is not the model's 224"},
        {"{}", "{\"size\": 256, \"default_to_square\": true}", RV_ERROR_UNSUPPORTED,
         "size is not the model's 224"},
        {"{}", "{\"size\": {\"height\": 224, \"width\": 200}}", RV_ERROR_UNSUPPORTED,
         "size is not the model's 224"},
        {"{}", "{\"size\": {\"height\": 224}}", RV_ERROR_UNSUPPORTED, "size is not the model's 224"},
        {"{}", "{\"size\": [224, 200]}", RV_ERROR_UNSUPPORTED, "size has two sides"},
        {"{}", "{\"size\": {\"shortest_edge\": 224, \"longest_edge\": 300}}", RV_ERROR_UNSUPPORTED, "size"},
        {"{}", "{\"crop_size\": {\"height\": 224, \"width\": 200}}", RV_ERROR_UNSUPPORTED, "crop_size"},
        {"{}", "{\"crop_size\": 336}", RV_ERROR_UNSUPPORTED, "crop_size"},
        {"{}", "{\"do_center_crop\": false}", RV_ERROR_UNSUPPORTED, "do_center_crop"},
        {"{}", "{\"do_resize\": false}", RV_ERROR_UNSUPPORTED, "do_resize"},
        {"{}", "{\"do_pad\": true}", RV_ERROR_UNSUPPORTED, "do_pad"},
        {"{}", "{\"do_rescale\": 0}", RV_ERROR_FORMAT, "do_rescale"},
        {"{}", "{\"resample\": 1}", RV_ERROR_UNSUPPORTED, "resample"},
        {"{}", "{\"resample\": \"bicubic\"}", RV_ERROR_UNSUPPORTED, "resample"},
        {"{}", "{\"resample\": 0}", RV_ERROR_UNSUPPORTED, "resample"},
        {"{}", "{\"image_processor_type\": \"ViTImageProcessor\"}", RV_ERROR_UNSUPPORTED,
         "ViTImageProcessor"},
        {"{\"architecture\": \"resnet50\"}", NULL, RV_ERROR_UNSUPPORTED, "timm"},
        {"{\"vision_config\": {\"image_size\": [224, 240]}}", NULL, RV_ERROR_UNSUPPORTED, "two sides"},
        {"{}", "{", RV_ERROR_FORMAT, "preprocessor_config.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        const char *folder = make_folder("config.json", cases[i].json,
                                         cases[i].preprocessor != NULL ? "preprocessor_config.json" : NULL,
                                         cases[i].preprocessor);
        RvStatus status = describe_hugging_face(folder, NULL, &spec, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s %s: %d %s", cases[i].json, cases[i].preprocessor, status, err.message);
    }
}

static void config_open_clip_reads_what_is_there(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    const char *folder = make_folder(
        "open_clip_config.json",
        "{\"model_cfg\": {\"embed_dim\": 640, \"vision_cfg\": {\"image_size\": [240, 240], \"layers\": 14, "
        "\"width\": "
        "896, \"patch_size\": 16, \"head_width\": 56, \"mlp_ratio\": 2.5, \"patch_dropout\": 0.5},"
        "\"text_cfg\": {\"width\": 640, \"heads\": 10, \"layers\": 9, \"no_causal_mask\": false}},"
        "\"preprocess_cfg\": {\"mean\": [0.5, 0.5, 0.5], \"std\": [0.25, 0.25, 0.25]}}",
        NULL, NULL);
    assert_ok(describe_open_clip(folder, &spec, &err), err);
    assert_int_equal(spec.dimensions, 640);
    assert_int_equal(spec.vision.tower.heads, 16);
    assert_int_equal(spec.vision.tower.mlp_width, 2240);
    assert_int_equal(spec.text.tower.layers, 9);
    assert_int_equal(spec.text.tower.mlp_width, 2560);
    assert_int_equal(spec.text.context_length, 77);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_GELU); // quick_gelu must be asked for
    assert_true(spec.image_mean[2] == 0.5f && spec.image_deviation[0] == 0.25f);
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
        {"{\"vision_cfg\": {\"layers\": [3, 4, 6, 3]}, \"text_cfg\": {}}", "{}", RV_ERROR_UNSUPPORTED,
         "ResNet"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "{\"interpolation\": \"random\"}", RV_ERROR_UNSUPPORTED,
         "interpolation"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "{\"mode\": \"L\"}", RV_ERROR_UNSUPPORTED, "mode"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "[1]", RV_ERROR_FORMAT, "preprocess_cfg is not an object"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "0", RV_ERROR_FORMAT, "preprocess_cfg is not an object"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "true", RV_ERROR_FORMAT,
         "preprocess_cfg is not an object"},
        {"{\"vision_cfg\": {\"pool_type\": \"avg\"}, \"text_cfg\": {}}", "{}", RV_ERROR_UNSUPPORTED,
         "pool_type"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"no_causal_mask\": 1}}", "{}", RV_ERROR_FORMAT, "no_causal"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"pool_type\": \"last\"}}", "{}", RV_ERROR_UNSUPPORTED,
         "pool_type"},
        {"{\"vision_cfg\": {\"timm_model_name\": \"vit_base_patch16_clip_224x\"}, \"text_cfg\": {}}", "{}",
         RV_ERROR_UNSUPPORTED, "timm_model_name"},
        {"{\"vision_cfg\": {\"timm_model_name\": \"vit_base_patch16_clip_224\"}, \"text_cfg\": {}}", "{}",
         RV_ERROR_UNSUPPORTED, "timm_pool"},
        {"{\"vision_cfg\": {\"timm_model_name\": \"vit_base_patch16_clip_224\", \"timm_pool\": \"token\", "
         "\"timm_proj\": \"linear\"}, \"text_cfg\": {}}",
         "{}", RV_ERROR_UNSUPPORTED, "timm_proj"},
        {"{\"vision_cfg\": {\"timm_model_name\": \"vit_base_patch16_clip_224\", \"timm_pool\": \"token\", "
         "\"timm_model_kwargs\": {\"init_values\": 1}}, \"text_cfg\": {}}",
         "{}", RV_ERROR_UNSUPPORTED, "init_values"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"roberta-base\"}}", "{}",
         RV_ERROR_UNSUPPORTED, "hf_model_name"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", \"hf_pooler_type\": "
         "\"cls_pooler\"}}",
         "{}", RV_ERROR_UNSUPPORTED, "hf_pooler_type"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", \"pooler_type\": "
         "\"cls_pooler\"}}",
         "{}", RV_ERROR_UNSUPPORTED, "pooler_type is not what"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", \"proj\": \"linear\"}}",
         "{}", RV_ERROR_UNSUPPORTED, "proj is not what"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", \"hf_model_config\": "
         "{\"position_embedding_type\": \"relative\"}}}",
         "{}", RV_ERROR_UNSUPPORTED, "position_embedding_type"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", "
         "\"context_length\": 513}}",
         "{}", RV_ERROR_FORMAT, "too few for 513 tokens"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {\"hf_tokenizer_name\": \"x\"}}", "{}", RV_ERROR_UNSUPPORTED,
         "hf_tok"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}, \"multimodal_cfg\": {\"a\": 1}}", "{}", RV_ERROR_UNSUPPORTED,
         "multimodal"},
        {"{\"vision_cfg\": {\"head_width\": 1000}, \"text_cfg\": {}}", "{}", RV_ERROR_FORMAT, "heads"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "{\"resize_mode\": \"stretch\"}", RV_ERROR_UNSUPPORTED,
         "resize_mode"},
        {"{\"vision_cfg\": {}, \"text_cfg\": {}}", "{\"resize_mode\": \"longest\", \"fill_color\": 255}",
         RV_ERROR_UNSUPPORTED, "fill_color"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        char text[1024];
        snprintf(text, sizeof text, "{\"model_cfg\": %s, \"preprocess_cfg\": %s}", cases[i].model,
                 cases[i].preprocess);
        RvStatus status =
            describe_open_clip(make_folder("open_clip_config.json", text, NULL, NULL), &spec, &err);
        if (status != cases[i].status || strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %d %s", text, status, err.message);
    }
}

static void config_hugging_face_reads_two_towers_and_how_to_resize(void **state)
{
    static const struct {
        const char *json;
        ResizeMode mode;
        ResizeFilter filter;
    } cases[] = {
        {"{}", RESIZE_SHORTEST, RESIZE_BICUBIC},
        {"{\"size\": {\"height\": 224, \"width\": 224}}", RESIZE_SQUASH, RESIZE_BICUBIC},
        {"{\"size\": 224, \"default_to_square\": true, \"resample\": 2}", RESIZE_SQUASH, RESIZE_BILINEAR},
        {"{\"size\": [224, 224], \"do_center_crop\": false, \"crop_size\": 512}", RESIZE_SQUASH,
         RESIZE_BICUBIC},
        {"{\"resample\": 2}", RESIZE_SHORTEST, RESIZE_BILINEAR},
    };
    ModelSpec spec;
    RvError err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *folder = make_folder(
            "config.json",
            "{\"vision_config\": {\"hidden_act\": \"gelu\"}, \"text_config\": {\"layer_norm_eps\": 1e-6}}",
            "preprocessor_config.json", cases[i].json);
        assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
        if (spec.input.mode != cases[i].mode || spec.input.filter != cases[i].filter)
            fail_msg("%s: %d %d", cases[i].json, spec.input.mode, spec.input.filter);
        assert_int_equal(spec.vision.tower.activation, ACTIVATION_GELU);
        assert_int_equal(spec.text.tower.activation, ACTIVATION_QUICK_GELU);
        assert_true(spec.vision.tower.epsilon == 1e-5f && spec.text.tower.epsilon == 1e-6f);
    }
}

static void config_open_clip_reads_other_models_than_openais(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    const char *folder = make_folder(
        "open_clip_config.json",
        "{\"model_cfg\": {\"embed_dim\": 768, \"custom_text\": true, \"vision_cfg\": {\"timm_model_name\": "
        "\"vit_large_patch14_clip_224\", \"timm_pool\": \"token\", \"timm_proj\": null}, \"text_cfg\": "
        "{\"no_causal_mask\": true}}, \"preprocess_cfg\": {\"resize_mode\": \"longest\", \"interpolation\": "
        "\"bilinear\", \"fill_color\": 0}}",
        NULL, NULL);
    assert_ok(describe_open_clip(folder, &spec, &err), err);
    assert_string_equal(spec.family, "clip");
    assert_int_equal(spec.vision.tower.width, 1024);
    assert_int_equal(spec.vision.tower.layers, 24);
    assert_int_equal(spec.vision.tower.mlp_width, 4096);
    assert_int_equal(spec.vision.patch_size, 14);
    assert_int_equal(spec.vision.tower.activation, ACTIVATION_GELU);
    assert_int_equal(spec.vision.projection, PROJECTION_LINEAR);
    assert_true(!spec.text.causal && spec.text.pads && spec.text.pad_token == 0);
    assert_int_equal(spec.input.mode, RESIZE_LONGEST);
    assert_int_equal(spec.input.filter, RESIZE_BILINEAR);
    folder = make_folder(
        "open_clip_config.json",
        "{\"model_cfg\": {\"embed_dim\": 1024, \"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": "
        "\"FacebookAI/xlm-roberta-large\", \"hf_tokenizer_name\": \"xlm-roberta-large\", "
        "\"hf_proj_type\": \"mlp\", "
        "\"hf_pooler_type\": \"mean_pooler\"}}}",
        NULL, NULL);
    assert_ok(describe_open_clip(folder, &spec, &err), err);
    assert_string_equal(spec.family, "xlm_roberta");
    assert_int_equal(spec.text.tower.layers, 24);
    assert_int_equal(spec.text.vocabulary_size, 250002);
    assert_int_equal(spec.text.position_offset, 2);
    assert_int_equal(spec.text.projection_width, 1024);
    assert_true(spec.text.tower.post_norm && !spec.text.causal && !spec.text.pads);
    assert_int_equal(spec.tokenizer.kind, TOKENIZER_UNIGRAM);
    assert_int_equal(spec.tokenizer.end, 2);
}

/* open_clip's own defaults, also where the family's authors prepare pictures in another way. */
static void config_open_clip_has_its_own_defaults_of_pictures(void **state)
{
    static const char *const towers[] = {
        "{\"embed_dim\": 768, \"vision_cfg\": {}, \"text_cfg\": {}}",
        ("{\"embed_dim\": 768, \"vision_cfg\": {\"timm_model_name\": \"vit_base_patch16_siglip_224\", \"timm_pool\": "
         "\"map\", \"timm_proj\": \"none\"}, \"text_cfg\": {\"vocab_size\": 32000, \"no_causal_mask\": true, "
         "\"proj_bias\": true, \"pool_type\": \"last\"}}"),
        ("{\"embed_dim\": 1024, \"vision_cfg\": {\"timm_model_name\": \"vit_pe_core_base_patch16_224\", "
         "\"timm_pool\": \"map\"}, \"text_cfg\": {}}"),
        "{\"embed_dim\": 512, \"vision_cfg\": {}, \"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\"}}"};
    for (size_t i = 0; i < sizeof towers / sizeof towers[0]; i++) {
        for (int one_key = 0; one_key < 2; one_key++) {
            char text[1024];
            ModelSpec spec;
            RvError err = {0};
            snprintf(text, sizeof text, "{\"model_cfg\": %s, \"preprocess_cfg\": %s}", towers[i],
                     one_key ? "{\"std\": [0.5, 0.5, 0.5]}" : "{}");
            assert_ok(describe_open_clip(make_folder("open_clip_config.json", text, NULL, NULL), &spec, &err),
                      err);
            assert_true(spec.image_mean[0] == 0.48145466f && spec.image_mean[2] == 0.40821073f);
            assert_true(spec.image_deviation[1] == (one_key ? 0.5f : 0.26130258f));
            assert_true(spec.input.mode == RESIZE_SHORTEST && spec.input.filter == RESIZE_BICUBIC);
        }
    }
}

/* As the file of xlm-roberta-base-ViT-B-32 was before open_clip 2.23. */
static void config_open_clip_reads_old_names_of_keys(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    const char *folder = make_folder(
        "open_clip_config.json",
        "{\"model_cfg\": {\"embed_dim\": 512, \"quick_gelu\": true, \"vision_cfg\": {\"patch_size\": 32}, "
        "\"text_cfg\": {\"hf_model_name\": \"xlm-roberta-base\", \"hf_tokenizer_name\": \"xlm-roberta-base\", "
        "\"proj\": \"mlp\", \"pooler_type\": \"mean_pooler\"}}}",
        NULL, NULL);
    assert_ok(describe_open_clip(folder, &spec, &err), err);
    assert_string_equal(spec.family, "xlm_roberta");
    assert_int_equal(spec.text.projection, PROJECTION_TWO_LAYERS);
}

/* SigLIP 2's published file says bilinear; one that says nothing has the class's default. */
static void config_hugging_face_has_the_processors_filter(void **state)
{
    static const struct {
        const char *file, *json;
        ResizeFilter filter;
    } cases[] = {
        {NULL, NULL, RESIZE_BILINEAR},
        {"preprocessor_config.json", "{\"resample\": 2}", RESIZE_BILINEAR},
        {"preprocessor_config.json", "{\"image_processor_type\": \"SiglipImageProcessor\"}", RESIZE_BICUBIC},
        {"processor_config.json", "{\"image_processor\": {}}", RESIZE_BICUBIC},
        {"processor_config.json", "{}", RESIZE_BILINEAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        const char *folder = make_folder(
            "config.json", "{\"model_type\": \"siglip\", \"text_config\": {\"vocab_size\": 256000}}",
            cases[i].file, cases[i].json);
        assert_ok(describe_hugging_face(folder, NULL, &spec, &err), err);
        if (spec.input.filter != cases[i].filter)
            fail_msg("%s: %d", cases[i].json, (int)spec.input.filter);
    }
}

static void config_from_shapes_refuses_what_is_no_clip_vit(void **state)
{
    ModelSpec spec;
    RvError err = {0};
    TensorTable table = {0};
    Tensor conv = {.rank = 4, .shape = {64, 3, 16, 16}};
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &spec, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "visual.conv1.weight"));
    assert_ok(rv_tensor_table_add(&table, "visual.conv1.weight", &conv, "f.pt", NULL, &err), err);
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &spec, &err), RV_ERROR_FORMAT);
    assert_non_null(strstr(err.message, "ln_final.weight"));
    assert_ok(rv_tensor_table_add(&table, "visual.layer1.0.conv1.weight", &conv, "f.pt", NULL, &err), err);
    assert_ok(rv_tensor_table_sort(&table, &err), err);
    assert_int_equal(rv_config_from_shapes(&table, "f.pt", &spec, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "ResNet"));
    rv_tensor_table_clear(&table);
}

/* Heads of 64 in a tower of this width would be a guess that is known to be wrong. */
static void config_from_shapes_refuses_to_guess_wide_heads(void **state)
{
    static const size_t widths[] = {1280, 1408, 1664, 1792};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        ModelSpec spec;
        RvError err = {0};
        TensorTable table = {0};
        Tensor conv = {.rank = 4, .shape = {widths[i], 3, 14, 14}}, norm = {.rank = 1, .shape = {1024}};
        assert_ok(rv_tensor_table_add(&table, "visual.conv1.weight", &conv, "f.pt", NULL, &err), err);
        assert_ok(rv_tensor_table_add(&table, "ln_final.weight", &norm, "f.pt", NULL, &err), err);
        assert_ok(rv_tensor_table_sort(&table, &err), err);
        assert_int_equal(rv_config_from_shapes(&table, "f.pt", &spec, &err), RV_ERROR_UNSUPPORTED);
        assert_non_null(strstr(err.message, "open_clip_config.json"));
        rv_tensor_table_clear(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_hugging_face_has_transformers_defaults),
        cmocka_unit_test(config_hugging_face_reads_what_is_there),
        cmocka_unit_test(config_hugging_face_reads_the_end_token),
        cmocka_unit_test(config_hugging_face_reads_every_key_of_pictures),
        cmocka_unit_test(config_hugging_face_reads_processor_config),
        cmocka_unit_test(config_hugging_face_refuses),
        cmocka_unit_test(config_hugging_face_reads_two_towers_and_how_to_resize),
        cmocka_unit_test(config_open_clip_reads_what_is_there),
        cmocka_unit_test(config_open_clip_reads_other_models_than_openais),
        cmocka_unit_test(config_open_clip_refuses),
        cmocka_unit_test(config_hugging_face_has_the_processors_filter),
        cmocka_unit_test(config_open_clip_reads_old_names_of_keys),
        cmocka_unit_test(config_open_clip_has_its_own_defaults_of_pictures),
        cmocka_unit_test(config_from_shapes_refuses_what_is_no_clip_vit),
        cmocka_unit_test(config_from_shapes_refuses_to_guess_wide_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
