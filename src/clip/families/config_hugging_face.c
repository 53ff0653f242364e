/* SPDX-License-Identifier: MIT */
/* Hugging Face's configuration: config.json, and for images processor_config.json or
 * preprocessor_config.json. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "clip/families/family_config.h"

#define UNTRUE_END 2 // eos_token_id of old files

const PictureDefaults rv_clip_pictures = {.type = "CLIP", .crops = true};

static Activation read_activation(ConfigReader *reader, const json_t *section, Activation fallback)
{
    static const struct {
        const char *name;
        Activation activation;
    } known[] = {{"quick_gelu", ACTIVATION_QUICK_GELU},
                 {"gelu", ACTIVATION_GELU},
                 {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH}};
    const char *name = rv_config_read_string(reader, section, "hidden_act", NULL);
    for (size_t i = 0; name != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0)
            return known[i].activation;
    }
    if (name != NULL)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "hidden_act",
                       "is neither quick_gelu nor gelu nor gelu_pytorch_tanh; reelvec knows these three");
    return fallback;
}

void rv_config_read_tower(ConfigReader *reader, const json_t *section, TowerSpec *tower)
{
    tower->width = rv_config_read_int(reader, section, "hidden_size", tower->width);
    tower->mlp_width = rv_config_read_int(reader, section, "intermediate_size", tower->mlp_width);
    tower->layers = rv_config_read_int(reader, section, "num_hidden_layers", tower->layers);
    tower->heads = rv_config_read_int(reader, section, "num_attention_heads", tower->heads);
    tower->epsilon = (float)rv_config_read_epsilon(reader, section, "layer_norm_eps", tower->epsilon);
    tower->activation = read_activation(reader, section, tower->activation);
}

const json_t *rv_config_find_section(ConfigReader *reader, const json_t *config, const char *name,
                                     const char *old_name)
{
    const json_t *section = rv_config_section(reader, config, old_name);
    return section != NULL ? section : rv_config_section(reader, config, name);
}

static void refuse_type(ConfigReader *reader, const char *type)
{
    char what[256], known[128];
    rv_families_list(known, sizeof known);
    snprintf(what, sizeof what, "is \"%.80s\"; the kinds that reelvec knows are %s", type, known);
    rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "model_type", what);
}

/* Which token ends a text, and where it is pooled. Files of transformers before its PR 24773 say 2, which is the
 * end of no such vocabulary: texts are then pooled at their highest number. */
static int32_t read_end(ConfigReader *reader, const json_t *text)
{
    const json_t *value = json_object_get(text, "eos_token_id");
    if (value == NULL || json_is_null(value))
        return 0;
    int end = rv_config_read_int(reader, text, "eos_token_id", 0);
    return end == UNTRUE_END ? 0 : end;
}

static void read_model(ConfigReader *reader, const json_t *json, ModelSpec *spec)
{
    const char *type = rv_config_read_string(reader, json, "model_type", "clip");
    if (strcmp(type, "clip") != 0)
        refuse_type(reader, type);
    // A configuration of timm, for a vision tower alone.
    if (json_object_get(json, "model_type") == NULL && json_object_get(json, "architecture") != NULL)
        rv_config_fail(
            reader, RV_ERROR_UNSUPPORTED, "architecture",
            "is a model of timm, not a CLIP; fetch open_clip_config.json and open_clip_model.safetensors");
    const json_t *vision = rv_config_find_section(reader, json, "vision_config", "vision_config_dict");
    const json_t *text = rv_config_find_section(reader, json, "text_config", "text_config_dict");
    rv_config_read_tower(reader, vision, &spec->vision.tower);
    rv_config_read_tower(reader, text, &spec->text.tower);
    spec->input.size = rv_config_read_side(reader, vision, "image_size", 224);
    spec->vision.patch_size = rv_config_read_side(reader, vision, "patch_size", 32);
    spec->text.vocabulary_size = rv_config_read_int(reader, text, "vocab_size", 49408);
    spec->text.context_length = rv_config_read_int(reader, text, "max_position_embeddings", 77);
    spec->tokenizer.told_end = read_end(reader, text);
    spec->dimensions = rv_config_read_int(reader, json, "projection_dim", 512);
    if (rv_config_read_int(reader, vision, "num_channels", 3) != 3)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "num_channels",
                       "is not 3; reelvec feeds R G B pictures");
}

RvStatus rv_config_read_hugging_face(const json_t *json, const char *path, ModelSpec *out, RvError *err)
{
    *out = rv_model_spec_clip();
    TowerSpec *vision = &out->vision.tower, *text = &out->text.tower;
    vision->width = 768;
    vision->layers = vision->heads = text->layers = 12;
    vision->mlp_width = 3072;
    text->width = 512;
    text->heads = 8;
    text->mlp_width = 2048;
    ConfigReader reader = {.path = path, .err = err, .null_is_a_value = true};
    read_model(&reader, json, out);
    return reader.status;
}

/* ---- pictures ------------------------------------------------------------------------------------------ */

/* Returns the side that "size" or "crop_size" says: a number, {"height": number, "width": the same}, a list
 * of these two, or {"shortest_edge": number}; 0 if it is another one. *squares: both sides are given. */
static int read_side(ConfigReader *reader, const json_t *json, const char *key, bool *squares)
{
    const json_t *value = json_object_get(json, key);
    *squares = json_is_array(value);
    if (!json_is_object(value))
        return rv_config_read_side(reader, json, key, 0);
    *squares = json_object_get(value, "height") != NULL || json_object_get(value, "width") != NULL;
    if (!*squares)
        return json_object_size(value) == 1 ? rv_config_read_int(reader, value, "shortest_edge", 0) : 0;
    int side = rv_config_read_int(reader, value, "height", 0);
    return rv_config_read_int(reader, value, "width", 0) == side && json_object_size(value) == 2 ? side : 0;
}

/* "size" and "crop_size" must result in the tower's square. */
static void read_sizes(ConfigReader *reader, const json_t *json, const PictureDefaults *defaults,
                       ModelInput *input)
{
    char what[96];
    bool squares = false;
    snprintf(what, sizeof what, "is not the model's %d pixels; reelvec resizes to them alone", input->size);
    if (!rv_config_is_neutral(json_object_get(json, "size"))) {
        if (read_side(reader, json, "size", &squares) != input->size)
            rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "size", what);
        squares = squares || (json_is_integer(json_object_get(json, "size")) &&
                              rv_config_read_bool(reader, json, "default_to_square", false));
        input->mode = squares ? RESIZE_SQUASH : RESIZE_SHORTEST;
    }
    bool crops = rv_config_read_bool(reader, json, "do_center_crop", defaults->crops);
    if (!crops && input->mode == RESIZE_SHORTEST && json_object_get(json, "do_center_crop") == NULL)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "size",
                       "is one side, and nothing crops the other (do_center_crop); this kind of model has "
                       "{\"height\": N, \"width\": N}");
    else if (!crops && input->mode == RESIZE_SHORTEST)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "do_center_crop",
                       "is false; reelvec crops the longer side after it has fitted the shorter one");
    if (crops && !rv_config_is_neutral(json_object_get(json, "crop_size")) &&
        read_side(reader, json, "crop_size", &squares) != input->size)
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "crop_size", what);
}

/* The numbers of Pillow's filters. A file without the key means bicubic, the default of all these processors. */
static void read_filter(ConfigReader *reader, const json_t *json, ModelInput *input)
{
    const json_t *resample = json_object_get(json, "resample");
    input->filter = RESIZE_BICUBIC;
    if (json_is_integer(resample) && json_integer_value(resample) == 3)
        return;
    if (json_is_integer(resample) && json_integer_value(resample) == 2)
        input->filter = RESIZE_BILINEAR;
    else if (resample != NULL && !json_is_null(resample))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "resample",
                       "is neither 3 (bicubic) nor 2 (bilinear); reelvec resizes pictures by these two");
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

/* factor: against 1/255. Twice that is there too, for pictures from -1 to 1. */
static bool is_rescale_factor(double factor)
{
    return (factor > 0.499 && factor < 2.001) || fabs(factor - 255) < 1e-3;
}

/* The engine divides pixels by 255, subtracts the mean and divides by the deviation. Another factor, none, or
 * images that are not normalised are expressed as another mean and deviation. */
static void read_values(ConfigReader *reader, const json_t *json, ModelSpec *spec)
{
    rv_config_read_triple(reader, json, "image_mean", -1e6, spec->image_mean);
    rv_config_read_triple(reader, json, "image_std", CONFIG_POSITIVE_MIN, spec->image_deviation);
    double factor = rv_config_read_double(reader, json, "rescale_factor", 1 / 255.0) * 255;
    if (!rv_config_read_bool(reader, json, "do_rescale", true))
        factor = 255;
    if (!is_rescale_factor(factor))
        rv_config_fail(reader, RV_ERROR_UNSUPPORTED, "rescale_factor",
                       "is neither near 1/255 nor 1; reelvec knows pictures from 0 to 1 and to 255");
    bool is_plain = fabs(factor - 1) < 1e-6;
    bool normalizes = rv_config_read_bool(reader, json, "do_normalize", true);
    for (int i = 0; i < 3; i++) {
        float mean = normalizes ? spec->image_mean[i] : 0,
              deviation = normalizes ? spec->image_deviation[i] : 1;
        spec->image_mean[i] = is_plain ? mean : (float)(mean / factor);
        spec->image_deviation[i] = is_plain ? deviation : (float)(deviation / factor);
        if (!isfinite(spec->image_mean[i]) || !isfinite(1 / spec->image_deviation[i]))
            rv_config_fail(reader, RV_ERROR_FORMAT, "rescale_factor", "leaves no number");
    }
}

RvStatus rv_config_read_pictures(const json_t *json, const char *path, const PictureDefaults *defaults,
                                 ModelSpec *spec, RvError *err)
{
    ConfigReader reader = {.path = path, .err = err};
    const char *type = rv_config_read_string(&reader, json, "feature_extractor_type", defaults->type);
    type = rv_config_read_string(&reader, json, "image_processor_type", type);
    if (strncmp(type, defaults->type, strlen(defaults->type)) != 0)
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, type,
                       "prepares pictures in another way than the processor of this kind of model");
    if (!rv_config_read_bool(&reader, json, "do_resize", true))
        rv_config_fail(&reader, RV_ERROR_UNSUPPORTED, "do_resize",
                       "is false; reelvec feeds pictures of one size");
    read_sizes(&reader, json, defaults, &spec->input);
    read_filter(&reader, json, &spec->input);
    refuse_other_steps(&reader, json);
    read_values(&reader, json, spec);
    return reader.status;
}

/* ---- files --------------------------------------------------------------------------------------------- */

/* *found: true if the file has the settings, under the key if that is not NULL. */
static RvStatus load_section(const FamilySource *source, const char *name, const char *key,
                             const PictureDefaults *defaults, ModelSpec *spec, bool *found, RvError *err)
{
    char path[4096];
    json_t *json = NULL;
    RvError cause = {0};
    RvStatus status = rv_config_load(source->folder, name, path, &json, &cause);
    if (status == RV_ERROR_NOT_FOUND)
        return RV_OK;
    if (status != RV_OK)
        return rv_error_set(err, status, "%s", cause.message);
    ConfigReader reader = {.path = path, .err = err};
    const json_t *section = key != NULL ? rv_config_section(&reader, json, key) : json;
    *found = section != NULL;
    status = *found ? rv_config_read_pictures(section, path, defaults, spec, err) : reader.status;
    json_decref(json);
    return status;
}

RvStatus rv_config_load_pictures(const FamilySource *source, const PictureDefaults *defaults, ModelSpec *spec,
                                 RvError *err)
{
    bool found = false;
    RvStatus status =
        load_section(source, "processor_config.json", "image_processor", defaults, spec, &found, err);
    if (status == RV_OK && !found)
        status = load_section(source, "preprocessor_config.json", NULL, defaults, spec, &found, err);
    if (status == RV_OK && !found)
        rv_log_line(
            source->log, RV_LOG_WARNING,
            "%s: no preprocessor_config.json; pictures are prepared as is usual for this kind of model; "
            "fetch it if this one is different",
            source->folder);
    return status;
}
