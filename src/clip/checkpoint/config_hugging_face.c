/* SPDX-License-Identifier: MIT */
/* Hugging Face's configuration: config.json, and for images processor_config.json or
 * preprocessor_config.json. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "clip/checkpoint/checkpoint_config.h"
#include "clip/checkpoint/config_reader.h"

typedef struct HuggingFaceTower {
    double epsilon;
    Activation activation;
} HuggingFaceTower;

static Activation read_activation(ConfigReader *reader, const json_t *section)
{
    const char *name = rv_config_read_string(reader, section, "hidden_act", "quick_gelu");
    if (strcmp(name, "quick_gelu") == 0)
        return ACTIVATION_QUICK_GELU;
    if (strcmp(name, "gelu") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "hidden_act",
                       "is neither quick_gelu nor gelu; reelvec knows these two");
    return ACTIVATION_GELU;
}

static void read_hugging_face_tower(ConfigReader *reader, const json_t *section, ClipTowerConfig defaults,
                                    ClipTowerConfig *tower, HuggingFaceTower *out)
{
    tower->width = rv_config_read_int(reader, section, "hidden_size", defaults.width);
    tower->mlp_width = rv_config_read_int(reader, section, "intermediate_size", defaults.mlp_width);
    tower->layers = rv_config_read_int(reader, section, "num_hidden_layers", defaults.layers);
    tower->heads = rv_config_read_int(reader, section, "num_attention_heads", defaults.heads);
    out->epsilon = rv_config_read_double(reader, section, "layer_norm_eps", 1e-5);
    out->activation = read_activation(reader, section);
}

/* Old files have "text_config_dict", which takes precedence over "text_config" in transformers too. */
static const json_t *find_section(const json_t *config, const char *name, const char *old_name)
{
    const json_t *section = json_object_get(config, old_name);
    return json_is_object(section) ? section : json_object_get(config, name);
}

static void read_model(ConfigReader *reader, const json_t *json, ClipConfig *config)
{
    static const ClipTowerConfig vision_defaults = {
        .width = 768, .layers = 12, .heads = 12, .mlp_width = 3072};
    static const ClipTowerConfig text_defaults = {.width = 512, .layers = 12, .heads = 8, .mlp_width = 2048};
    if (strcmp(rv_config_read_string(reader, json, "model_type", "clip"), "clip") != 0)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "model_type",
                       "is not clip; reelvec runs CLIP models with a ViT");
    // A configuration of timm, for a vision tower alone.
    if (json_object_get(json, "model_type") == NULL && json_object_get(json, "architecture") != NULL)
        rv_config_fail(
            reader, RV_ERROR_UNSUPPORTED, "architecture",
            "is a model of timm, not a CLIP; fetch open_clip_config.json and open_clip_model.safetensors");
    const json_t *vision = find_section(json, "vision_config", "vision_config_dict");
    const json_t *text = find_section(json, "text_config", "text_config_dict");
    HuggingFaceTower vision_facts = {0}, text_facts = {0};
    read_hugging_face_tower(reader, vision, vision_defaults, &config->vision, &vision_facts);
    read_hugging_face_tower(reader, text, text_defaults, &config->text, &text_facts);
    config->image_size = rv_config_read_side(reader, vision, "image_size", 224);
    config->patch_size = rv_config_read_side(reader, vision, "patch_size", 32);
    config->vocabulary_size = rv_config_read_int(reader, text, "vocab_size", 49408);
    config->context_length = rv_config_read_int(reader, text, "max_position_embeddings", 77);
    config->dimensions = rv_config_read_int(reader, json, "projection_dim", 512);
    if (rv_config_read_int(reader, vision, "num_channels", 3) != 3)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "num_channels",
                       "is not 3; reelvec feeds R G B pictures");
    if (vision_facts.activation != text_facts.activation)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "hidden_act", "differs between the two towers");
    if (vision_facts.epsilon != text_facts.epsilon)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "layer_norm_eps", "differs between the two towers");
    config->activation = vision_facts.activation;
    config->layer_norm_epsilon = (float)vision_facts.epsilon;
}

RvStatus rv_config_read_hugging_face(const json_t *json, const char *path, ClipConfig *out, RvError *err)
{
    *out = rv_config_empty();
    ConfigReader reader = {.path = path, .err = err};
    read_model(&reader, json, out);
    return reader.status == RV_OK ? rv_config_check(out, path, err) : reader.status;
}

/* ---- pictures ------------------------------------------------------------------------------------------ */

/* "size" and "crop_size" must result in the tower's square. A number or {"shortest_edge": number} fits the
 * shorter side. {"height": number, "width": number} is correct for a crop; for "size" it would distort the
 * image. */
static void check_size(ConfigReader *reader, const json_t *json, const char *key, bool is_crop,
                       int image_size)
{
    const json_t *value = json_object_get(json, key);
    if (value == NULL || json_is_null(value))
        return;
    bool squashes =
        !is_crop && (json_object_get(value, "height") != NULL || json_object_get(value, "width") != NULL ||
                     (json_is_integer(value) && json_is_true(json_object_get(json, "default_to_square"))));
    int side = 0;
    if (json_is_object(value) && is_crop) {
        side = rv_config_read_int(reader, value, "height", 0);
        side = rv_config_read_int(reader, value, "width", 0) == side ? side : 0;
    } else if (json_is_object(value)) {
        side = json_object_size(value) == 1 ? rv_config_read_int(reader, value, "shortest_edge", 0) : 0;
    } else {
        side = rv_config_read_side(reader, json, key, 0);
    }
    char what[96];
    snprintf(what, sizeof what, "is not the model's %d pixels; reelvec resizes to them alone", image_size);
    if (squashes)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key,
                       "has a height and a width, which squashes pictures; reelvec fits the shorter side");
    else if (side != image_size)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key, what);
}

/* Refuse preprocessing steps that are not implemented here. */
static void refuse_other_steps(ConfigReader *reader, const json_t *json)
{
    static const char *const known[] = {"do_resize", "do_center_crop", "do_rescale", "do_normalize",
                                        "do_convert_rgb"};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        bool is_known = strncmp(key, "do_", 3) != 0 || !json_is_true(value);
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known = is_known || strcmp(key, known[i]) == 0;
        if (!is_known)
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, key, "is true; reelvec does not know this step");
    }
}

/* The engine divides pixels by 255, subtracts the mean and divides by the deviation. Another factor, none, or
 * images that are not normalised are expressed as another mean and deviation. */
static void read_values(ConfigReader *reader, const json_t *json, ClipConfig *config)
{
    rv_config_read_triple(reader, json, "image_mean", -1e6, config->image_mean);
    rv_config_read_triple(reader, json, "image_std", CONFIG_POSITIVE_MIN, config->image_deviation);
    double factor = rv_config_read_double(reader, json, "rescale_factor", 1 / 255.0) * 255;
    if (!rv_config_read_bool(reader, json, "do_rescale", true))
        factor = 255;
    bool is_plain = fabs(factor - 1) < 1e-6;
    bool normalizes = rv_config_read_bool(reader, json, "do_normalize", true);
    for (int i = 0; i < 3; i++) {
        float mean = normalizes ? config->image_mean[i] : 0,
              deviation = normalizes ? config->image_deviation[i] : 1;
        config->image_mean[i] = is_plain ? mean : (float)(mean / factor);
        config->image_deviation[i] = is_plain ? deviation : (float)(deviation / factor);
        if (!isfinite(config->image_mean[i]) || !isfinite(1 / config->image_deviation[i]))
            rv_config_fail(reader, RV_ERROR_FORMAT, "rescale_factor", "leaves no number");
    }
}

RvStatus rv_config_read_pictures(const json_t *json, const char *path, ClipConfig *config, RvError *err)
{
    ConfigReader reader = {.path = path, .err = err};
    const json_t *resample = json_object_get(json, "resample");
    const char *type = rv_config_read_string(&reader, json, "feature_extractor_type", "CLIP");
    type = rv_config_read_string(&reader, json, "image_processor_type", type);
    if (strncmp(type, "CLIP", 4) != 0)
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, type,
                       "prepares pictures in another way than CLIPImageProcessor");
    if (!rv_config_read_bool(&reader, json, "do_resize", true))
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "do_resize",
                       "is false; reelvec feeds pictures of one size");
    check_size(&reader, json, "size", false, config->image_size);
    if (!rv_config_read_bool(&reader, json, "do_center_crop", true))
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "do_center_crop",
                       "is false; reelvec fits the shorter side and crops the longer one");
    check_size(&reader, json, "crop_size", true, config->image_size);
    if (resample != NULL && !json_is_null(resample) && json_integer_value(resample) != 3)
        rv_config_fail(
            &reader, RV_ERROR_UNSUPPORTED, "resample",
            "is not 3 (bicubic); reelvec resizes pictures bicubically, which this model was not trained on");
    refuse_other_steps(&reader, json);
    read_values(&reader, json, config);
    return reader.status;
}

/* ---- files --------------------------------------------------------------------------------------------- */

/* Read what transformers 5 writes and reads first: the image settings inside those of the whole processor.
 * *found: true if they are there. */
static RvStatus load_pictures(const char *folder, const char *name, const char *key, ClipConfig *config,
                              bool *found, RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    RvError cause = {0};
    RvStatus status = rv_config_load(folder, name, path, &json, &cause);
    if (status == RV_ERROR_NOT_FOUND)
        return RV_OK;
    if (status != RV_OK)
        return rv_error_set(err, status, "%s", cause.message);
    const json_t *section = key != NULL ? json_object_get(json, key) : json;
    *found = json_is_object(section);
    if (*found)
        status = rv_config_read_pictures(section, path, config, err);
    json_decref(json);
    return status;
}

RvStatus rv_config_hugging_face(const char *folder, const RvLog *log, ClipConfig *out, RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    RvStatus status = rv_config_load(folder, "config.json", path, &json, err);
    if (status == RV_OK)
        status = rv_config_read_hugging_face(json, path, out, err);
    json_decref(json);
    bool found = false;
    if (status == RV_OK)
        status = load_pictures(folder, "processor_config.json", "image_processor", out, &found, err);
    if (status == RV_OK && !found)
        status = load_pictures(folder, "preprocessor_config.json", NULL, out, &found, err);
    if (status == RV_OK && !found)
        rv_log_line(log, RV_LOG_WARNING,
                    "%s: no preprocessor_config.json; pictures get OpenAI's mean and deviation; fetch it if "
                    "the model has "
                    "others",
                    folder);
    return status;
}
