/* SPDX-License-Identifier: MIT */
/* open_clip_config.json: model_cfg says what is computed, preprocess_cfg how images are prepared. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clip/families/family_config.h"

#define OPENAI_HEAD_WIDTH 64

/* Keys that are read, or that do not change what the encoders compute. */
static const char *const model_keys[] = {
    "embed_dim",   "vision_cfg",       "text_cfg",        "quick_gelu",
    "custom_text", "init_logit_scale", "init_logit_bias", "nonscalar_logit_scale",
    NULL};
static const char *const vision_keys[] = {"image_size",
                                          "layers",
                                          "width",
                                          "patch_size",
                                          "head_width",
                                          "mlp_ratio",
                                          "patch_dropout",
                                          "final_ln_after_pool",
                                          "pool_type",
                                          "pos_embed_type",
                                          NULL};
static const char *const timm_keys[] = {"image_size",     "timm_model_name",   "timm_model_pretrained",
                                        "timm_pool",      "timm_proj",         "timm_drop",
                                        "timm_drop_path", "timm_model_kwargs", NULL};
static const char *const timm_model_keys[] = {"img_size",  "patch_size", "embed_dim", "depth",
                                              "num_heads", "mlp_ratio",  NULL};
static const char *const text_keys[] = {"context_length", "vocab_size", "width",  "heads",
                                        "layers",         "mlp_ratio",  "pad_id", "no_causal_mask",
                                        "pool_type",      "proj_type",  NULL};

OpenClipConfig rv_open_clip_sections(const json_t *json, const char *path, RvError *err)
{
    OpenClipConfig config = {.reader = {.path = path, .err = err},
                             .model = json_object_get(json, "model_cfg")};
    config.preprocess = rv_config_section(&config.reader, json, "preprocess_cfg");
    config.vision = json_object_get(config.model, "vision_cfg");
    config.text = json_object_get(config.model, "text_cfg");
    if (!json_is_object(config.vision) || !json_is_object(config.text))
        rv_config_fail(&config.reader, RV_ERROR_FORMAT, "model_cfg", "has no vision_cfg and text_cfg");
    return config;
}

/* Refuse another word than the one that says what is done anyway. */
static void expect_word(ConfigReader *reader, const json_t *section, const char *key, const char *usual)
{
    const json_t *value = json_object_get(section, key);
    if (!rv_config_is_neutral(value) &&
        (!json_is_string(value) || strcmp(json_string_value(value), usual) != 0))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key, "is not what reelvec computes in this place");
}

int rv_open_clip_read_mlp(ConfigReader *reader, const json_t *section, int width, double ratio)
{
    return (int)fmin(width * rv_config_read_double(reader, section, "mlp_ratio", ratio), 1 << 24);
}

void rv_open_clip_read_model(OpenClipConfig *config, ModelSpec *spec)
{
    rv_config_refuse_unknown(&config->reader, config->model, model_keys);
    spec->dimensions = rv_config_read_int(&config->reader, config->model, "embed_dim", 512);
    spec->vision.tower.activation = spec->text.tower.activation =
        rv_config_read_bool(&config->reader, config->model, "quick_gelu", false) ? ACTIVATION_QUICK_GELU
                                                                                 : ACTIVATION_GELU;
}

/* ---- pictures' tower ----------------------------------------------------------------------------------- */

static void read_own_vision(ConfigReader *reader, const json_t *vision, ModelSpec *spec)
{
    TowerSpec *tower = &spec->vision.tower;
    if (json_is_array(json_object_get(vision, "layers")))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "layers",
                       "is a list: a CLIP with a ResNet; reelvec runs those with a ViT");
    rv_config_refuse_unknown(reader, vision, vision_keys);
    expect_word(reader, vision, "pool_type", "tok");
    expect_word(reader, vision, "pos_embed_type", "learnable");
    int head_width = rv_config_read_int(reader, vision, "head_width", OPENAI_HEAD_WIDTH);
    tower->width = rv_config_read_int(reader, vision, "width", 768);
    tower->layers = rv_config_read_int(reader, vision, "layers", 12);
    tower->heads = tower->width / head_width;
    tower->mlp_width = rv_open_clip_read_mlp(reader, vision, tower->width, 4);
    spec->vision.patch_size = rv_config_read_side(reader, vision, "patch_size", 16);
}

/* timm's ViT of CLIP: "vit_large_patch14_clip_224", "vit_base_patch16_clip_quickgelu_224". Sizes: timm,
 * models/vision_transformer.py. Returns false if the name is another one. */
static bool read_timm_name(const char *name, ModelSpec *spec)
{
    static const struct {
        const char *name;
        int width, layers, heads;
    } sizes[] = {
        {"small", 384, 12, 6}, {"base", 768, 12, 12}, {"large", 1024, 24, 16}, {"huge", 1280, 32, 16}};
    char size[16] = "", gelu[16] = "";
    int patch = 0, side = 0, end = 0;
    bool quick =
        sscanf(name, "vit_%15[a-z]_patch%3d_clip_%15[a-z]_%4d%n", size, &patch, gelu, &side, &end) == 4;
    if (quick ? strcmp(gelu, "quickgelu") != 0
              : sscanf(name, "vit_%15[a-z]_patch%3d_clip_%4d%n", size, &patch, &side, &end) != 3)
        return false;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && name[end] == '\0'; i++) {
        if (strcmp(size, sizes[i].name) != 0)
            continue;
        TowerSpec *tower = &spec->vision.tower;
        tower->width = sizes[i].width;
        tower->layers = sizes[i].layers;
        tower->heads = sizes[i].heads;
        tower->activation = quick ? ACTIVATION_QUICK_GELU : ACTIVATION_GELU;
        spec->vision.patch_size = patch;
        return true;
    }
    return false;
}

/* Refuse another value than this word. NULL: only a key that asks for nothing. */
static void require_word(ConfigReader *reader, const json_t *section, const char *key, const char *word)
{
    char what[96];
    const json_t *value = json_object_get(section, key);
    const char *found = json_is_string(value) ? json_string_value(value) : "";
    snprintf(what, sizeof what, "is not %s, which this tower of timm has in reelvec",
             word != NULL ? word : "null");
    if (word != NULL ? strcmp(found, word) != 0 : !rv_config_is_neutral(value))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key, what);
}

void rv_open_clip_read_timm(OpenClipConfig *config, const TimmTower *timm, ModelSpec *spec)
{
    ConfigReader *reader = &config->reader;
    const json_t *vision = config->vision, *more = rv_config_section(reader, vision, "timm_model_kwargs");
    TowerSpec *tower = &spec->vision.tower;
    rv_config_refuse_unknown(reader, vision, timm_keys);
    rv_config_refuse_unknown(reader, more, timm->keys != NULL ? timm->keys : timm_model_keys);
    require_word(reader, vision, "timm_pool", timm->pool);
    require_word(reader, vision, "timm_proj", timm->projection);
    tower->width = rv_config_read_int(reader, more, "embed_dim", tower->width);
    tower->layers = rv_config_read_int(reader, more, "depth", tower->layers);
    tower->heads = rv_config_read_int(reader, more, "num_heads", tower->heads);
    tower->mlp_width = rv_open_clip_read_mlp(reader, more, tower->width, timm->mlp_ratio);
    spec->vision.patch_size = rv_config_read_side(reader, more, "patch_size", spec->vision.patch_size);
    spec->input.size = rv_config_read_side(reader, vision, "image_size", 224);
    int side = rv_config_read_side(reader, more, "img_size", timm->side > 0 ? timm->side : spec->input.size);
    if (side != spec->input.size)
        rv_config_fail(reader, RV_ERROR_FORMAT, "image_size", "is not the size of timm's tower (img_size)");
}

/* The head is timm's own, a linear layer with bias, unless open_clip was told to put another one behind. */
static void read_timm_vision(OpenClipConfig *config, ModelSpec *spec)
{
    const char *name = rv_config_read_string(&config->reader, config->vision, "timm_model_name", "");
    if (!read_timm_name(name, spec))
        rv_config_fail(&config->reader, RV_ERROR_UNSUPPORTED, "timm_model_name",
                       "is a vision tower of timm that reelvec does not know");
    rv_open_clip_read_timm(config, &(TimmTower){.pool = "token", .mlp_ratio = 4}, spec);
    spec->vision.projection = PROJECTION_LINEAR;
}

void rv_open_clip_read_vision(OpenClipConfig *config, ModelSpec *spec)
{
    spec->input.size = rv_config_read_side(&config->reader, config->vision, "image_size", 224);
    if (rv_config_is_neutral(json_object_get(config->vision, "timm_model_name")))
        read_own_vision(&config->reader, config->vision, spec);
    else
        read_timm_vision(config, spec);
}

/* ---- texts and preprocessing --------------------------------------------------------------------------- */

void rv_open_clip_read_text(OpenClipConfig *config, ModelSpec *spec)
{
    ConfigReader *reader = &config->reader;
    TextSpec *text = &spec->text;
    rv_config_refuse_unknown(reader, config->text, text_keys);
    expect_word(reader, config->text, "pool_type", "argmax");
    expect_word(reader, config->text, "proj_type", "linear");
    text->tower.width = rv_config_read_int(reader, config->text, "width", 512);
    text->tower.layers = rv_config_read_int(reader, config->text, "layers", 12);
    text->tower.heads = rv_config_read_int(reader, config->text, "heads", 8);
    text->tower.mlp_width = rv_open_clip_read_mlp(reader, config->text, text->tower.width, 4);
    text->context_length = rv_config_read_int(reader, config->text, "context_length", 77);
    text->vocabulary_size = rv_config_read_int(reader, config->text, "vocab_size", 49408);
    // Without the mask every token sees the padding, zeros whatever pad_id says, which the tokenizer put
    // there.
    text->causal = !rv_config_read_bool(reader, config->text, "no_causal_mask", false);
    text->pads = !text->causal;
    text->pad_token = 0;
}

/* What it does not say is the default of open_clip's PreprocessCfg, whatever the family's own code prepares. Its "size"
 * is ignored: open_clip uses the tower's own. "fill_color" matters for longest alone. */
void rv_open_clip_read_pictures(OpenClipConfig *config, ModelSpec *spec)
{
    static const struct {
        const char *name;
        ResizeMode mode;
    } modes[] = {{"shortest", RESIZE_SHORTEST}, {"squash", RESIZE_SQUASH}, {"longest", RESIZE_LONGEST}};
    ConfigReader *reader = &config->reader;
    const json_t *preprocess = config->preprocess, *fill = json_object_get(preprocess, "fill_color");
    const ModelSpec plain = rv_model_spec_clip();
    for (int i = 0; i < 3; i++) {
        spec->image_mean[i] = plain.image_mean[i];
        spec->image_deviation[i] = plain.image_deviation[i];
    }
    rv_config_read_triple(reader, preprocess, "mean", -1e6, spec->image_mean);
    rv_config_read_triple(reader, preprocess, "std", CONFIG_POSITIVE_MIN, spec->image_deviation);
    if (strcmp(rv_config_read_string(reader, preprocess, "mode", "RGB"), "RGB") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "mode", "is not RGB");
    const char *mode = rv_config_read_string(reader, preprocess, "resize_mode", "shortest");
    bool is_known = false;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(mode, modes[i].name) == 0) {
            spec->input.mode = modes[i].mode;
            is_known = true;
        }
    }
    if (!is_known)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "resize_mode",
                       "is neither shortest nor squash nor longest");
    const char *filter = rv_config_read_string(reader, preprocess, "interpolation", "bicubic");
    spec->input.filter = strcmp(filter, "bilinear") == 0 ? RESIZE_BILINEAR : RESIZE_BICUBIC;
    if (strcmp(filter, "bilinear") != 0 && strcmp(filter, "bicubic") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "interpolation", "is neither bicubic nor bilinear");
    if (spec->input.mode == RESIZE_LONGEST && !rv_config_is_neutral(fill) &&
        !(json_is_integer(fill) && json_integer_value(fill) == 0))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "fill_color",
                       "is not 0; reelvec pads pictures with black");
}

RvStatus rv_config_read_open_clip(const json_t *json, const char *path, ModelSpec *out, RvError *err)
{
    *out = rv_model_spec_clip();
    OpenClipConfig config = rv_open_clip_sections(json, path, err);
    rv_open_clip_read_model(&config, out);
    rv_open_clip_read_vision(&config, out);
    rv_open_clip_read_text(&config, out);
    rv_open_clip_read_pictures(&config, out);
    return config.reader.status;
}
