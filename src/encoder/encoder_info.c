/* SPDX-License-Identifier: MIT */
/* The facts of a model, in the words of the public interface. */
#include "encoder/encoder_info.h"

#include <string.h>

static const char *const weight_types[] = {
    [WEIGHT_F32] = "F32", [WEIGHT_F16] = "F16", [WEIGHT_BF16] = "BF16"};
static const char *const activations[] = {[ACTIVATION_NONE] = "none",
                                          [ACTIVATION_QUICK_GELU] = "quick_gelu",
                                          [ACTIVATION_GELU] = "gelu",
                                          [ACTIVATION_GELU_TANH] = "gelu_tanh"};
static const char *const tokenizers[] = {[TOKENIZER_CLIP] = "clip",
                                         [TOKENIZER_GEMMA] = "gemma",
                                         [TOKENIZER_UNIGRAM] = "unigram",
                                         [TOKENIZER_WORDPIECE] = "wordpiece"};
static const char *const resize_modes[] = {
    [RESIZE_SHORTEST] = "shortest", [RESIZE_SQUASH] = "squash", [RESIZE_LONGEST] = "longest"};
static const char *const resize_filters[] = {[RESIZE_BICUBIC] = "bicubic", [RESIZE_BILINEAR] = "bilinear"};

static const char *const projections[] = {[PROJECTION_MATRIX] = "matrix",
                                          [PROJECTION_NONE] = "none",
                                          [PROJECTION_LINEAR] = "linear",
                                          [PROJECTION_TWO_LAYERS] = "two layers"};
static const char *const vision_poolings[] = {
    [VISION_POOL_CLASS_TOKEN] = "class token", [VISION_POOL_ATTENTION] = "attention"};
static const char *const text_poolings[] = {[TEXT_POOL_END] = "end token",
                                            [TEXT_POOL_FIRST] = "first token",
                                            [TEXT_POOL_LAST] = "last position",
                                            [TEXT_POOL_MEAN] = "mean"};
static const char *const cleanings[] = {[TEXT_CLEAN_LOWER] = "lower case",
                                        [TEXT_CLEAN_CANONICALIZE] = "canonicalize",
                                        [TEXT_CLEAN_WHITESPACE] = "whitespace",
                                        [TEXT_CLEAN_SIGLIP] = "siglip"};

static const char *cleaning_of(const TokenizerSpec *spec)
{
    if (spec->cleaning != TEXT_CLEAN_KIND)
        return cleanings[spec->cleaning];
    if (spec->kind == TOKENIZER_CLIP)
        return "clip";
    return spec->kind == TOKENIZER_WORDPIECE ? "bert" : "none";
}

static void set_shape(const ModelSpec *spec, RvModelInfo *info)
{
    info->vision_mlp_width = spec->vision.tower.mlp_width;
    info->text_mlp_width = spec->text.tower.mlp_width;
    info->vision_norm = spec->vision.tower.post_norm ? "post" : "pre";
    info->text_norm = spec->text.tower.post_norm ? "post" : "pre";
    info->vision_pooling = vision_poolings[spec->vision.pooling];
    info->text_pooling = text_poolings[spec->text.pooling];
    info->text_mask = spec->text.causal ? "causal" : spec->text.pads ? "none" : "padding";
    info->vision_projection = projections[spec->vision.projection];
    info->text_projection = projections[spec->text.projection];
    info->positions = spec->vision.rotary ? "learned and rotary" : "learned";
    info->cleaning = cleaning_of(&spec->tokenizer);
}

void rv_encoder_info_of_model(const Checkpoint *checkpoint, RvModelInfo *info)
{
    const ModelSpec *spec = rv_checkpoint_spec(checkpoint);
    info->format = rv_checkpoint_format(checkpoint);
    info->weight_type = weight_types[rv_checkpoint_weight_type(checkpoint)];
    info->parameter_count = rv_checkpoint_parameter_count(checkpoint);
    info->family = spec->family;
    info->dimensions = spec->dimensions;
    info->image_size = spec->input.size;
    info->patch_size = spec->vision.patch_size;
    info->context_length = spec->text.context_length;
    info->vocabulary_size = spec->text.vocabulary_size;
    info->vision_width = spec->vision.tower.width;
    info->vision_layers = spec->vision.tower.layers;
    info->vision_heads = spec->vision.tower.heads;
    info->text_width = spec->text.tower.width;
    info->text_layers = spec->text.tower.layers;
    info->text_heads = spec->text.tower.heads;
    info->activation = activations[spec->vision.tower.activation];
    info->text_activation = activations[spec->text.tower.activation];
    info->tokenizer = tokenizers[spec->tokenizer.kind];
    info->resize = resize_modes[spec->input.mode];
    info->resize_filter = resize_filters[spec->input.filter];
    set_shape(spec, info);
    memcpy(info->image_mean, spec->image_mean, sizeof info->image_mean);
    memcpy(info->image_deviation, spec->image_deviation, sizeof info->image_deviation);
}
