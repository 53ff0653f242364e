/* SPDX-License-Identifier: MIT */
/* The defaults and the limits of the description of a model. */
#include "clip/model_spec.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Mean and deviation of the images that OpenAI trained on. */
static const float openai_mean[3] = {0.48145466f, 0.4578275f, 0.40821073f};
static const float openai_deviation[3] = {0.26862954f, 0.26130258f, 0.27577711f};

ModelSpec rv_model_spec_clip(void)
{
    ModelSpec spec = {
        .family = "clip",
        .vision = {.tower = {.epsilon = 1e-5f, .activation = ACTIVATION_QUICK_GELU},
                   .class_token = true,
                   .ln_pre = true},
        .text = {.tower = {.epsilon = 1e-5f, .activation = ACTIVATION_QUICK_GELU},
                 .causal = true,
                 .final_norm = true},
        .tokenizer = {.start = TOKEN_OF_KIND, .end = TOKEN_OF_KIND},
    };
    memcpy(spec.image_mean, openai_mean, sizeof openai_mean);
    memcpy(spec.image_deviation, openai_deviation, sizeof openai_deviation);
    return spec;
}

void rv_model_spec_complete(ModelSpec *spec)
{
    if (spec->text.position_rows == 0)
        spec->text.position_rows = spec->text.context_length;
    if (spec->vision.pooling == VISION_POOL_ATTENTION && spec->vision.pool_mlp_width == 0)
        spec->vision.pool_mlp_width = spec->vision.tower.mlp_width;
}

size_t rv_model_spec_picture_tokens(const ModelSpec *spec)
{
    size_t side = (size_t)(spec->input.size / spec->vision.patch_size);
    return side * side + (spec->vision.class_token ? 1 : 0);
}

typedef struct Bound {
    const char *name;
    int value, min, max;
} Bound;

static RvStatus check_bounds(const Bound *bounds, size_t count, const char *path, RvError *err)
{
    for (size_t i = 0; i < count; i++) {
        if (bounds[i].value < bounds[i].min || bounds[i].value > bounds[i].max)
            return rv_error_set(err, RV_ERROR_FORMAT, "%s: %s is %d; reelvec takes %d to %d", path,
                                bounds[i].name, bounds[i].value, bounds[i].min, bounds[i].max);
    }
    return RV_OK;
}

static RvStatus check_numbers(const ModelSpec *spec, const char *path, RvError *err)
{
    const VisionSpec *vision = &spec->vision;
    const TextSpec *text = &spec->text;
    const int pooled = vision->pooling == VISION_POOL_ATTENTION;
    const int two_layers = text->projection == PROJECTION_TWO_LAYERS;
    const Bound bounds[] = {
        {"width of the vision tower", vision->tower.width, 1, 16384},
        {"number of layers of the vision tower", vision->tower.layers, 1, 256},
        {"number of heads of the vision tower", vision->tower.heads, 1, 256},
        {"inner width of the vision tower", vision->tower.mlp_width, 1, 65536},
        {"width of the text tower", text->tower.width, 1, 16384},
        {"number of layers of the text tower", text->tower.layers, 1, 256},
        {"number of heads of the text tower", text->tower.heads, 1, 256},
        {"inner width of the text tower", text->tower.mlp_width, 1, 65536},
        {"image size", spec->input.size, 1, MODEL_INPUT_MAX_SIZE},
        {"patch size", vision->patch_size, 1, 256},
        {"context length", text->context_length, 1, (int)COMPUTE_TOKENS_MAX},
        {"vocabulary size", text->vocabulary_size, 1, 1 << 24},
        {"length of embeddings", spec->dimensions, 1, 16384},
        {"number of heads of the pooling", vision->pool_heads, pooled, pooled ? 256 : 0},
        {"inner width of the pooling", vision->pool_mlp_width, pooled, pooled ? 65536 : 0},
        {"number of text positions", text->position_rows, 1, 1 << 20},
        {"first text position", text->position_offset, 0, 1 << 20},
        {"number of token types", text->token_types, 0, 1 << 16},
        {"inner width of the text projection", text->projection_width, two_layers, two_layers ? 16384 : 0},
    };
    return check_bounds(bounds, sizeof bounds / sizeof bounds[0], path, err);
}

/* width may be divided into that many heads, and a device computes them. */
static RvStatus check_heads(int width, int heads, const char *what, const char *path, RvError *err)
{
    if (width % heads != 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: a tower's width is not a multiple of its number of heads%s", path, what);
    if ((size_t)(width / heads) > COMPUTE_HEAD_WIDTH_MAX)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: attention heads wider than %zu%s", path,
                            COMPUTE_HEAD_WIDTH_MAX, what);
    return RV_OK;
}

static RvStatus check_vision(const ModelSpec *spec, const char *path, RvError *err)
{
    const VisionSpec *vision = &spec->vision;
    RvStatus status = check_heads(vision->tower.width, vision->tower.heads, "", path, err);
    if (status == RV_OK && vision->pooling == VISION_POOL_ATTENTION)
        status = check_heads(vision->tower.width, vision->pool_heads, " of the pooling", path, err);
    if (status != RV_OK)
        return status;
    if (vision->cuts_rest && spec->input.size < vision->patch_size)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: image size %d is less than patch size %d", path,
                            spec->input.size, vision->patch_size);
    if (!vision->cuts_rest && spec->input.size % vision->patch_size != 0)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: image size %d is not a multiple of patch size %d",
                            path, spec->input.size, vision->patch_size);
    size_t side = (size_t)(spec->input.size / vision->patch_size);
    if (side * side + 1 > COMPUTE_TOKENS_MAX)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED, "%s: %zu patches per picture; reelvec takes %zu", path,
                            side * side, COMPUTE_TOKENS_MAX - 1);
    if (vision->pooling == VISION_POOL_CLASS_TOKEN && !vision->class_token)
        return rv_error_set(err, RV_ERROR_FORMAT, "%s: no class token, but pictures are pooled by it", path);
    if (vision->projection == PROJECTION_NONE && vision->tower.width != spec->dimensions)
        return rv_error_set(
            err, RV_ERROR_FORMAT,
            "%s: width %d of the vision tower is not the embeddings' %d, and nothing projects", path,
            vision->tower.width, spec->dimensions);
    if (vision->rotary && vision->tower.width / vision->tower.heads % 4 != 0)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: rotary positions need heads of a multiple of 4; they have %d", path,
                            vision->tower.width / vision->tower.heads);
    return RV_OK;
}

static RvStatus check_text(const ModelSpec *spec, const char *path, RvError *err)
{
    const TextSpec *text = &spec->text;
    RvStatus status = check_heads(text->tower.width, text->tower.heads, "", path, err);
    if (status != RV_OK)
        return status;
    if (text->context_length < 2)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: context length 1 has no room for a start and an end token", path);
    if (text->position_offset > text->position_rows - text->context_length)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: %d text positions from %d on are too few for %d tokens", path,
                            text->position_rows, text->position_offset, text->context_length);
    if (text->pads && (text->pad_token < 0 || text->pad_token >= text->vocabulary_size))
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: the padding token %d is not one of the vocabulary's %d", path,
                            (int)text->pad_token, text->vocabulary_size);
    if (text->projection == PROJECTION_NONE && text->tower.width != spec->dimensions)
        return rv_error_set(err, RV_ERROR_FORMAT,
                            "%s: width %d of the text tower is not the embeddings' %d, and nothing projects",
                            path, text->tower.width, spec->dimensions);
    return RV_OK;
}

/* Refuse the parts that the towers do not compute. */
static RvStatus refuse_parts(const ModelSpec *spec, const char *path, RvError *err)
{
    const struct {
        bool asked;
        const char *what;
    } parts[] = {
        {spec->vision.tower.post_norm, "layer norms behind the layers of a vision tower"},
        {spec->vision.projection == PROJECTION_TWO_LAYERS, "two layers behind a vision tower"},
        {!spec->text.final_norm && !spec->text.tower.post_norm, "a text tower without its last layer norm"},
        {spec->text.projection == PROJECTION_NONE &&
             (!spec->text.final_norm || spec->text.pooling == TEXT_POOL_MEAN),
         "a text tower without projection and last layer norm"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].asked)
            return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                                "%s: the model has %s; reelvec does not compute that", path, parts[i].what);
    }
    return RV_OK;
}

static bool is_epsilon(float value)
{
    return value > 0 && value <= 1;
}

RvStatus rv_model_spec_check(const ModelSpec *spec, const char *path, RvError *err)
{
    RvStatus status = check_numbers(spec, path, err);
    if (status == RV_OK)
        status = check_vision(spec, path, err);
    if (status == RV_OK)
        status = check_text(spec, path, err);
    if (status == RV_OK && (!is_epsilon(spec->vision.tower.epsilon) || !is_epsilon(spec->text.tower.epsilon)))
        status = rv_error_set(err, RV_ERROR_FORMAT,
                              "%s: the epsilon of layer norms is no positive number up to 1", path);
    for (int i = 0; i < 3 && status == RV_OK; i++) {
        if (!isfinite(spec->image_mean[i]) || !isfinite(1 / spec->image_deviation[i]))
            status = rv_error_set(err, RV_ERROR_FORMAT, "%s: mean and deviation of pictures leave no number",
                                  path);
    }
    return status == RV_OK ? refuse_parts(spec, path, err) : status;
}
