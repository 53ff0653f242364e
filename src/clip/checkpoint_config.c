/* SPDX-License-Identifier: MIT */
/* The configuration of a checkpoint: from Hugging Face's or open_clip's JSON, or from the tensors' shapes. */
#include "clip/checkpoint_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "clip/json_file.h"

#define CONFIG_MAX_BYTES ((size_t)4 << 20)
#define OPENAI_HEAD_WIDTH 64

/* Of the pictures that OpenAI trained on. */
static const float openai_mean[3] = {0.48145466f, 0.4578275f, 0.40821073f};
static const float openai_deviation[3] = {0.26862954f, 0.26130258f, 0.27577711f};

/* Reads values and keeps the first failure, so that a run of reads needs one check. */
typedef struct ConfigReader {
    const char *path;
    RvStatus status;
    RvError *err;
} ConfigReader;

static ClipConfig empty_config(void)
{
    ClipConfig config = {.layer_norm_epsilon = 1e-5f, .activation = ACTIVATION_QUICK_GELU};
    memcpy(config.image_mean, openai_mean, sizeof openai_mean);
    memcpy(config.image_deviation, openai_deviation, sizeof openai_deviation);
    return config;
}

static void fail(ConfigReader *reader, RvStatus status, const char *key, const char *what)
{
    if (reader->status == RV_OK)
        reader->status = rv_error_set(reader->err, status, "%s: %s %s", reader->path, key, what);
}

static int read_int(ConfigReader *reader, const json_t *section, const char *key, int fallback)
{
    const json_t *value = json_object_get(section, key);
    if (value == NULL || json_is_null(value))
        return fallback;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || number > (1 << 24)) {
        fail(reader, RV_ERROR_FORMAT, key, "is not a number between 1 and 16777216");
        return fallback;
    }
    return (int)number;
}

static double read_double(ConfigReader *reader, const json_t *section, const char *key, double fallback)
{
    const json_t *value = json_object_get(section, key);
    if (value == NULL || json_is_null(value))
        return fallback;
    if (!json_is_number(value) || !isfinite(json_number_value(value)) || json_number_value(value) <= 0) {
        fail(reader, RV_ERROR_FORMAT, key, "is not a positive number");
        return fallback;
    }
    return json_number_value(value);
}

static bool read_bool(const json_t *section, const char *key, bool fallback)
{
    const json_t *value = json_object_get(section, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static const char *read_string(const json_t *section, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(section, key));
    return text != NULL ? text : fallback;
}

/* Three finite numbers above `minimum`. */
static void read_triple(ConfigReader *reader, const json_t *section, const char *key, double minimum,
                        float out[3])
{
    const json_t *value = json_object_get(section, key);
    if (value == NULL || json_is_null(value))
        return;
    for (size_t i = 0; i < 3; i++) {
        const json_t *item = json_array_get(value, i);
        double number = json_number_value(item);
        if (json_array_size(value) != 3 || !json_is_number(item) || !(number > minimum && number < 1e6)) {
            fail(reader, RV_ERROR_FORMAT, key, "is not a list of three numbers");
            return;
        }
        out[i] = (float)number;
    }
}

static RvStatus load_json(const char *folder, const char *name, char path[4096], json_t **out, RvError *err)
{
    RvStatus status = rv_file_join(folder, name, path, 4096, err);
    return status == RV_OK ? rv_json_file_read(path, CONFIG_MAX_BYTES, out, err) : status;
}

/* ---- Hugging Face -------------------------------------------------------------------------------------- */

typedef struct HuggingFaceTower {
    int projection_width;
    double epsilon;
    Activation activation;
} HuggingFaceTower;

static Activation read_activation(ConfigReader *reader, const json_t *section)
{
    const char *name = read_string(section, "hidden_act", "quick_gelu");
    if (strcmp(name, "quick_gelu") == 0)
        return ACTIVATION_QUICK_GELU;
    if (strcmp(name, "gelu") != 0)
        fail(reader, RV_ERROR_UNSUPPORTED, "hidden_act",
             "is neither quick_gelu nor gelu; reelvec knows these two");
    return ACTIVATION_GELU;
}

static void read_hugging_face_tower(ConfigReader *reader, const json_t *section, ClipTowerConfig defaults,
                                    ClipTowerConfig *tower, HuggingFaceTower *out)
{
    tower->width = read_int(reader, section, "hidden_size", defaults.width);
    tower->mlp_width = read_int(reader, section, "intermediate_size", defaults.mlp_width);
    tower->layers = read_int(reader, section, "num_hidden_layers", defaults.layers);
    tower->heads = read_int(reader, section, "num_attention_heads", defaults.heads);
    out->epsilon = read_double(reader, section, "layer_norm_eps", 1e-5);
    out->activation = read_activation(reader, section);
}

/* Old files have "text_config_dict", which wins over "text_config" in transformers too. */
static const json_t *find_section(const json_t *config, const char *name, const char *old_name)
{
    const json_t *section = json_object_get(config, old_name);
    return json_is_object(section) ? section : json_object_get(config, name);
}

static void read_hugging_face(ConfigReader *reader, const json_t *json, ClipConfig *config)
{
    static const ClipTowerConfig vision_defaults = {
        .width = 768, .layers = 12, .heads = 12, .mlp_width = 3072};
    static const ClipTowerConfig text_defaults = {.width = 512, .layers = 12, .heads = 8, .mlp_width = 2048};
    if (strcmp(read_string(json, "model_type", "clip"), "clip") != 0)
        fail(reader, RV_ERROR_UNSUPPORTED, "model_type", "is not clip; reelvec runs CLIP models with a ViT");
    const json_t *vision = find_section(json, "vision_config", "vision_config_dict");
    const json_t *text = find_section(json, "text_config", "text_config_dict");
    HuggingFaceTower vision_facts = {0}, text_facts = {0};
    read_hugging_face_tower(reader, vision, vision_defaults, &config->vision, &vision_facts);
    read_hugging_face_tower(reader, text, text_defaults, &config->text, &text_facts);
    config->image_size = read_int(reader, vision, "image_size", 224);
    config->patch_size = read_int(reader, vision, "patch_size", 32);
    config->vocabulary_size = read_int(reader, text, "vocab_size", 49408);
    config->context_length = read_int(reader, text, "max_position_embeddings", 77);
    config->dimensions = read_int(reader, json, "projection_dim", 512);
    if (read_int(reader, vision, "num_channels", 3) != 3)
        fail(reader, RV_ERROR_UNSUPPORTED, "num_channels", "is not 3; reelvec feeds R G B pictures");
    if (vision_facts.activation != text_facts.activation)
        fail(reader, RV_ERROR_UNSUPPORTED, "hidden_act", "differs between the two towers");
    if (vision_facts.epsilon != text_facts.epsilon)
        fail(reader, RV_ERROR_UNSUPPORTED, "layer_norm_eps", "differs between the two towers");
    config->activation = vision_facts.activation;
    config->layer_norm_epsilon = (float)vision_facts.epsilon;
}

static void read_preprocessor(ConfigReader *reader, const json_t *json, const RvLog *log, ClipConfig *config)
{
    read_triple(reader, json, "image_mean", -1e6, config->image_mean);
    read_triple(reader, json, "image_std", 0, config->image_deviation);
    if (fabs(read_double(reader, json, "rescale_factor", 1 / 255.0) * 255 - 1) > 1e-6)
        fail(reader, RV_ERROR_UNSUPPORTED, "rescale_factor", "is not 1/255");
    if (!read_bool(json, "do_normalize", true)) {
        for (int i = 0; i < 3; i++) {
            config->image_mean[i] = 0;
            config->image_deviation[i] = 1;
        }
    }
    if (read_int(reader, json, "resample", 3) != 3)
        rv_log_line(log, RV_LOG_WARNING,
                    "%s: resample is not 3; pictures are resized bicubically all the same", reader->path);
}

RvStatus rv_config_hugging_face(const char *folder, const RvLog *log, ClipConfig *out, RvError *err)
{
    *out = empty_config();
    char path[4096];
    json_t *json = NULL;
    RvStatus status = load_json(folder, "config.json", path, &json, err);
    if (status != RV_OK)
        return status;
    ConfigReader reader = {.path = path, .err = err};
    read_hugging_face(&reader, json, out);
    json_decref(json);
    if (reader.status == RV_OK)
        reader.status = rv_config_check(out, path, err);
    if (reader.status != RV_OK)
        return reader.status;
    RvError absent = {0};
    status = load_json(folder, "preprocessor_config.json", path, &json, &absent);
    if (status == RV_ERROR_NOT_FOUND)
        return RV_OK;
    if (status != RV_OK)
        return rv_error_set(err, status, "%s", absent.message);
    read_preprocessor(&reader, json, log, out);
    json_decref(json);
    return reader.status;
}

/* ---- open_clip ----------------------------------------------------------------------------------------- */

/* Keys that are read, or that do not change what the encoders compute. */
static const char *const vision_keys[] = {"image_size", "layers",    "width",         "patch_size",
                                          "head_width", "mlp_ratio", "patch_dropout", "final_ln_after_pool",
                                          NULL};
static const char *const text_keys[] = {"context_length", "vocab_size", "width",  "heads",
                                        "layers",         "mlp_ratio",  "pad_id", NULL};
static const char *const model_keys[] = {"embed_dim",   "vision_cfg",       "text_cfg",        "quick_gelu",
                                         "custom_text", "init_logit_scale", "init_logit_bias", NULL};

/* Values that ask for nothing: null, false, "", {}, and the names of what CLIP does anyway. */
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
            fail(reader, RV_ERROR_UNSUPPORTED, key,
                 "is not known to reelvec, which runs plain CLIP ViT models");
    }
}

static int read_mlp_width(ConfigReader *reader, const json_t *section, int width)
{
    return (int)fmin(width * read_double(reader, section, "mlp_ratio", 4.0), 1 << 24);
}

static void read_open_clip(ConfigReader *reader, const json_t *model, ClipConfig *config)
{
    const json_t *vision = json_object_get(model, "vision_cfg"), *text = json_object_get(model, "text_cfg");
    if (!json_is_object(vision) || !json_is_object(text))
        fail(reader, RV_ERROR_FORMAT, "model_cfg", "has no vision_cfg and text_cfg");
    refuse_unknown_keys(reader, model, model_keys);
    refuse_unknown_keys(reader, vision, vision_keys);
    refuse_unknown_keys(reader, text, text_keys);
    config->dimensions = read_int(reader, model, "embed_dim", 512);
    config->activation = read_bool(model, "quick_gelu", false) ? ACTIVATION_QUICK_GELU : ACTIVATION_GELU;
    int head_width = read_int(reader, vision, "head_width", OPENAI_HEAD_WIDTH);
    config->vision.width = read_int(reader, vision, "width", 768);
    config->vision.layers = read_int(reader, vision, "layers", 12);
    config->vision.heads = config->vision.width / head_width;
    config->vision.mlp_width = read_mlp_width(reader, vision, config->vision.width);
    config->image_size = read_int(reader, vision, "image_size", 224);
    config->patch_size = read_int(reader, vision, "patch_size", 16);
    config->text.width = read_int(reader, text, "width", 512);
    config->text.layers = read_int(reader, text, "layers", 12);
    config->text.heads = read_int(reader, text, "heads", 8);
    config->text.mlp_width = read_mlp_width(reader, text, config->text.width);
    config->context_length = read_int(reader, text, "context_length", 77);
    config->vocabulary_size = read_int(reader, text, "vocab_size", 49408);
}

RvStatus rv_config_open_clip(const char *folder, const RvLog *log, ClipConfig *out, RvError *err)
{
    *out = empty_config();
    char path[4096];
    json_t *json = NULL;
    RvStatus status = load_json(folder, "open_clip_config.json", path, &json, err);
    if (status != RV_OK)
        return status;
    ConfigReader reader = {.path = path, .err = err};
    read_open_clip(&reader, json_object_get(json, "model_cfg"), out);
    const json_t *preprocess = json_object_get(json, "preprocess_cfg");
    read_triple(&reader, preprocess, "mean", -1e6, out->image_mean);
    read_triple(&reader, preprocess, "std", 0, out->image_deviation);
    if (strcmp(read_string(preprocess, "resize_mode", "shortest"), "shortest") != 0)
        fail(&reader, RV_ERROR_UNSUPPORTED, "resize_mode", "is not shortest");
    if (strcmp(read_string(preprocess, "interpolation", "bicubic"), "bicubic") != 0)
        rv_log_line(log, RV_LOG_WARNING,
                    "%s: interpolation is not bicubic; pictures are resized bicubically all the same", path);
    json_decref(json);
    return reader.status == RV_OK ? rv_config_check(out, path, err) : reader.status;
}

/* ---- shapes -------------------------------------------------------------------------------------------- */

/* Side `axis` of a tensor; 0 where there is none. */
static size_t side_of(const TensorTable *tensors, const char *name, int rank, int axis)
{
    const NamedTensor *found = rv_tensor_table_find(tensors, name);
    return found != NULL && found->tensor.rank == rank ? found->tensor.shape[axis] : 0;
}

static int count_layers(const TensorTable *tensors, const char *prefix)
{
    char name[TENSOR_NAME_MAX];
    int layers = 0;
    do {
        snprintf(name, sizeof name, "%s.resblocks.%d.attn.in_proj_weight", prefix, layers++);
    } while (layers <= 1024 && rv_tensor_table_find(tensors, name) != NULL);
    return layers - 1;
}

static int clamp_side(size_t side)
{
    return side > 1 << 24 ? 1 << 24 : (int)side;
}

RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ClipConfig *out, RvError *err)
{
    *out = empty_config();
    if (rv_tensor_table_find(tensors, "visual.layer1.0.conv1.weight") != NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: a CLIP with a ResNet; reelvec runs those with a ViT", path);
    out->vision.width = clamp_side(side_of(tensors, "visual.conv1.weight", 4, 0));
    out->vision.layers = count_layers(tensors, "visual.transformer");
    out->vision.heads = out->vision.width / OPENAI_HEAD_WIDTH;
    out->vision.mlp_width =
        clamp_side(side_of(tensors, "visual.transformer.resblocks.0.mlp.c_fc.weight", 2, 0));
    out->patch_size = clamp_side(side_of(tensors, "visual.conv1.weight", 4, 3));
    size_t tokens = side_of(tensors, "visual.positional_embedding", 2, 0);
    double grid = tokens > 1 ? round(sqrt((double)(tokens - 1))) : 0;
    out->image_size = (int)fmin(grid * out->patch_size, 1 << 24);
    out->text.width = clamp_side(side_of(tensors, "ln_final.weight", 1, 0));
    out->text.layers = count_layers(tensors, "transformer");
    out->text.heads = out->text.width / OPENAI_HEAD_WIDTH;
    out->text.mlp_width = clamp_side(side_of(tensors, "transformer.resblocks.0.mlp.c_fc.weight", 2, 0));
    out->context_length = clamp_side(side_of(tensors, "positional_embedding", 2, 0));
    out->vocabulary_size = clamp_side(side_of(tensors, "token_embedding.weight", 2, 0));
    out->dimensions = clamp_side(side_of(tensors, "text_projection", 2, 1));
    if (out->vision.width == 0 || out->text.width == 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a CLIP model: tensor %s is missing", path,
                            out->vision.width == 0 ? "visual.conv1.weight" : "ln_final.weight");
    return rv_config_check(out, path, err);
}

/* ---- bounds -------------------------------------------------------------------------------------------- */

RvStatus rv_config_check(const ClipConfig *config, const char *path, RvError *err)
{
    const struct {
        const char *name;
        int value, max;
    } bounds[] = {
        {"width of the vision tower", config->vision.width, 16384},
        {"number of layers of the vision tower", config->vision.layers, 256},
        {"number of heads of the vision tower", config->vision.heads, 256},
        {"inner width of the vision tower", config->vision.mlp_width, 65536},
        {"width of the text tower", config->text.width, 16384},
        {"number of layers of the text tower", config->text.layers, 256},
        {"number of heads of the text tower", config->text.heads, 256},
        {"inner width of the text tower", config->text.mlp_width, 65536},
        {"image size", config->image_size, 4096},
        {"patch size", config->patch_size, 256},
        {"context length", config->context_length, (int)COMPUTE_TOKENS_MAX},
        {"vocabulary size", config->vocabulary_size, 1 << 24},
        {"length of embeddings", config->dimensions, 16384},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        if (bounds[i].value < 1 || bounds[i].value > bounds[i].max)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is %d; reelvec takes 1 to %d", path,
                                bounds[i].name, bounds[i].value, bounds[i].max);
    }
    if (config->vision.width % config->vision.heads != 0 || config->text.width % config->text.heads != 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: a tower's width is not a multiple of its number of heads", path);
    if (config->image_size % config->patch_size != 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: image size %d is not a multiple of patch size %d",
                            path, config->image_size, config->patch_size);
    size_t patches =
        (size_t)(config->image_size / config->patch_size) * (size_t)(config->image_size / config->patch_size);
    if (patches + 1 > COMPUTE_TOKENS_MAX)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: %zu patches per picture; reelvec takes %zu", path,
                            patches, COMPUTE_TOKENS_MAX - 1);
    if ((size_t)(config->vision.width / config->vision.heads) > COMPUTE_HEAD_WIDTH_MAX ||
        (size_t)(config->text.width / config->text.heads) > COMPUTE_HEAD_WIDTH_MAX)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: attention heads wider than %zu", path,
                            COMPUTE_HEAD_WIDTH_MAX);
    if (config->context_length < 2)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: context length 1 has no room for a start and an end token", path);
    return RV_OK;
}
