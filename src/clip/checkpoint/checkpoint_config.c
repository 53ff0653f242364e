/* SPDX-License-Identifier: MIT */
/* The configuration of a checkpoint from its tensors' shapes, and the limits of any configuration. */
#include "clip/checkpoint/checkpoint_config.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "clip/checkpoint/config_reader.h"

#define OPENAI_HEAD_WIDTH 64

/* Returns side `axis` of a tensor; 0 if there is no such tensor of that rank. */
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
    static const int wide_heads[] = {1280, 1408, 1664,
                                     1792}; // 80, 88, 104 and 112 in open_clip's H, g, G and E
    *out = rv_config_empty();
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
    for (size_t i = 0; i < sizeof wide_heads / sizeof wide_heads[0]; i++) {
        if (out->vision.width == wide_heads[i])
            return rv_error_set(
                err, RV_ERROR_UNSUPPORTED,
                "%s: nothing beside it says how wide the heads of its vision tower are (width %d); put "
                "its open_clip_config.json there",
                path, out->vision.width);
    }
    return rv_config_check(out, path, err);
}

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
