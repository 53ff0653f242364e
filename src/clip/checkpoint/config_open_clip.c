/* SPDX-License-Identifier: MIT */
/* open_clip_config.json: model_cfg says what is computed, preprocess_cfg how images are prepared. */
#include <math.h>
#include <string.h>

#include "clip/checkpoint/checkpoint_config.h"
#include "clip/checkpoint/config_reader.h"

#define OPENAI_HEAD_WIDTH 64

/* Keys that are read, or that do not change what the encoders compute. */
static const char *const vision_keys[] = {"image_size", "layers",    "width",         "patch_size",
                                          "head_width", "mlp_ratio", "patch_dropout", "final_ln_after_pool",
                                          NULL};
static const char *const text_keys[] = {"context_length", "vocab_size", "width",  "heads",
                                        "layers",         "mlp_ratio",  "pad_id", NULL};
static const char *const model_keys[] = {
    "embed_dim",   "vision_cfg",       "text_cfg",        "quick_gelu",
    "custom_text", "init_logit_scale", "init_logit_bias", "nonscalar_logit_scale",
    NULL};

/* True for values that request nothing: null, false, "", {}, and the names of what CLIP does anyway. */
static bool is_neutral(const char *key, const json_t *value)
{
    const char *text = json_string_value(value);
    if (strcmp(key, "pool_type") == 0 && text != NULL)
        return strcmp(text, "tok") == 0 || strcmp(text, "argmax") == 0;
    if (strcmp(key, "pos_embed_type") == 0 && text != NULL)
        return strcmp(text, "learnable") == 0;
    if (strcmp(key, "proj_type") == 0 && text != NULL)
        return strcmp(text, "linear") == 0;
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (text != NULL && text[0] == '\0') || (json_is_object(value) && json_object_size(value) == 0);
}

static void refuse_unknown_keys(ConfigReader *reader, const json_t *section, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        bool is_known = is_neutral(key, value);
        for (size_t i = 0; known[i] != NULL; i++)
            is_known = is_known || strcmp(known[i], key) == 0;
        if (!is_known)
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key,
                           "is not known to reelvec, which runs plain CLIP ViT models");
    }
}

static int read_mlp_width(ConfigReader *reader, const json_t *section, int width)
{
    return (int)fmin(width * rv_config_read_double(reader, section, "mlp_ratio", 4.0), 1 << 24);
}

static void read_model(ConfigReader *reader, const json_t *model, ClipConfig *config)
{
    const json_t *vision = json_object_get(model, "vision_cfg"), *text = json_object_get(model, "text_cfg");
    if (!json_is_object(vision) || !json_is_object(text))
        rv_config_fail(reader, RV_ERROR_FORMAT, "model_cfg", "has no vision_cfg and text_cfg");
    if (json_is_array(json_object_get(vision, "layers")))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "layers",
                       "is a list: a CLIP with a ResNet; reelvec runs those with a ViT");
    refuse_unknown_keys(reader, model, model_keys);
    refuse_unknown_keys(reader, vision, vision_keys);
    refuse_unknown_keys(reader, text, text_keys);
    config->dimensions = rv_config_read_int(reader, model, "embed_dim", 512);
    config->activation =
        rv_config_read_bool(reader, model, "quick_gelu", false) ? ACTIVATION_QUICK_GELU : ACTIVATION_GELU;
    int head_width = rv_config_read_int(reader, vision, "head_width", OPENAI_HEAD_WIDTH);
    config->vision.width = rv_config_read_int(reader, vision, "width", 768);
    config->vision.layers = rv_config_read_int(reader, vision, "layers", 12);
    config->vision.heads = config->vision.width / head_width;
    config->vision.mlp_width = read_mlp_width(reader, vision, config->vision.width);
    config->image_size = rv_config_read_side(reader, vision, "image_size", 224);
    config->patch_size = rv_config_read_side(reader, vision, "patch_size", 16);
    config->text.width = rv_config_read_int(reader, text, "width", 512);
    config->text.layers = rv_config_read_int(reader, text, "layers", 12);
    config->text.heads = rv_config_read_int(reader, text, "heads", 8);
    config->text.mlp_width = read_mlp_width(reader, text, config->text.width);
    config->context_length = rv_config_read_int(reader, text, "context_length", 77);
    config->vocabulary_size = rv_config_read_int(reader, text, "vocab_size", 49408);
}

/* Its "size" is ignored: open_clip uses the tower's own. */
static void read_pictures(ConfigReader *reader, const json_t *preprocess, ClipConfig *config)
{
    rv_config_read_triple(reader, preprocess, "mean", -1e6, config->image_mean);
    rv_config_read_triple(reader, preprocess, "std", CONFIG_POSITIVE_MIN, config->image_deviation);
    if (strcmp(rv_config_read_string(reader, preprocess, "mode", "RGB"), "RGB") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "mode", "is not RGB");
    if (strcmp(rv_config_read_string(reader, preprocess, "resize_mode", "shortest"), "shortest") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "resize_mode",
                       "is not shortest; reelvec fits the shorter side and crops the longer one");
    if (strcmp(rv_config_read_string(reader, preprocess, "interpolation", "bicubic"), "bicubic") != 0)
        rv_config_fail(
            reader, RV_ERROR_UNSUPPORTED, "interpolation",
            "is not bicubic; reelvec resizes pictures bicubically, which this model was not trained on");
}

RvStatus rv_config_read_open_clip(const json_t *json, const char *path, ClipConfig *out, RvError *err)
{
    *out = rv_config_empty();
    ConfigReader reader = {.path = path, .err = err};
    read_model(&reader, json_object_get(json, "model_cfg"), out);
    read_pictures(&reader, json_object_get(json, "preprocess_cfg"), out);
    return reader.status == RV_OK ? rv_config_check(out, path, err) : reader.status;
}

RvStatus rv_config_open_clip(const char *folder, ClipConfig *out, RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    RvStatus status = rv_config_load(folder, "open_clip_config.json", path, &json, err);
    if (status == RV_OK)
        status = rv_config_read_open_clip(json, path, out, err);
    json_decref(json);
    return status;
}
