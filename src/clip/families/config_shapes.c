/* SPDX-License-Identifier: MIT */
/* The sizes of a model from its tensors' shapes. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "clip/families/family_config.h"
#include "clip/families/name_schemes.h"

#define OPENAI_HEAD_WIDTH 64

static const char in_proj[] = ".attn.in_proj_weight";

int rv_config_side(const TensorTable *tensors, const char *name, int rank, int axis)
{
    const NamedTensor *found = rv_tensor_table_find(tensors, name);
    size_t side = found != NULL && found->tensor.rank == rank ? found->tensor.shape[axis] : 0;
    return side > 1 << 24 ? 1 << 24 : (int)side;
}

int rv_config_count_blocks(const TensorTable *tensors, const char *before, const char *after)
{
    char name[TENSOR_NAME_MAX];
    int layers = 0;
    do {
        snprintf(name, sizeof name, "%s%d%s", before, layers++, after);
    } while (layers <= 1024 && rv_tensor_table_find(tensors, name) != NULL);
    return layers - 1;
}

static RvStatus refuse_missing(const char *path, const char *name, RvError *err)
{
    return rv_error_set(err, RV_ERROR_FORMAT, "%s: not a CLIP model: tensor %s is missing", path, name);
}

RvStatus rv_config_vision_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *spec,
                                      RvError *err)
{
    TowerSpec *tower = &spec->vision.tower;
    if (rv_tensor_table_find(tensors, "visual.layer1.0.conv1.weight") != NULL)
        return rv_error_set(err, RV_ERROR_UNSUPPORTED,
                            "%s: a CLIP with a ResNet; reelvec runs those with a ViT", path);
    tower->width = rv_config_side(tensors, MARK_OPENAI, 4, 0);
    tower->layers = rv_config_count_blocks(tensors, "visual.transformer.resblocks.", in_proj);
    tower->heads = tower->width / OPENAI_HEAD_WIDTH;
    tower->mlp_width = rv_config_side(tensors, "visual.transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
    spec->vision.patch_size = rv_config_side(tensors, MARK_OPENAI, 4, 3);
    int tokens =
        rv_config_side(tensors, "visual.positional_embedding", 2, 0) - (spec->vision.class_token ? 1 : 0);
    double grid = tokens > 0 ? round(sqrt((double)tokens)) : 0;
    spec->input.size = (int)fmin(grid * spec->vision.patch_size, 1 << 24);
    spec->dimensions = rv_config_side(tensors, "visual.proj", 2, 1);
    return tower->width != 0 ? RV_OK : refuse_missing(path, MARK_OPENAI, err);
}

RvStatus rv_config_text_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *spec,
                                    RvError *err)
{
    TowerSpec *tower = &spec->text.tower;
    tower->width = rv_config_side(tensors, "ln_final.weight", 1, 0);
    tower->layers = rv_config_count_blocks(tensors, "transformer.resblocks.", in_proj);
    tower->heads = tower->width / OPENAI_HEAD_WIDTH;
    tower->mlp_width = rv_config_side(tensors, "transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
    spec->text.context_length = rv_config_side(tensors, "positional_embedding", 2, 0);
    spec->text.vocabulary_size = rv_config_side(tensors, "token_embedding.weight", 2, 0);
    spec->dimensions = rv_config_side(tensors, "text_projection", 2, 1);
    return tower->width != 0 ? RV_OK : refuse_missing(path, "ln_final.weight", err);
}

RvStatus rv_config_refuse_wide_heads(int width, const char *path, RvError *err)
{
    // 80, 88, 104 and 112 in open_clip's H, g, G and E
    static const int wide_heads[] = {1280, 1408, 1664, 1792};
    for (size_t i = 0; i < sizeof wide_heads / sizeof wide_heads[0]; i++) {
        if (width == wide_heads[i])
            return rv_error_set(
                err, RV_ERROR_UNSUPPORTED,
                "%s: nothing beside it says how wide the heads of its vision tower are (width %d); put "
                "its open_clip_config.json there",
                path, width);
    }
    return RV_OK;
}

RvStatus rv_config_from_shapes(const TensorTable *tensors, const char *path, ModelSpec *out, RvError *err)
{
    *out = rv_model_spec_clip();
    RvStatus status = rv_config_vision_from_shapes(tensors, path, out, err);
    if (status == RV_OK)
        status = rv_config_refuse_wide_heads(out->vision.tower.width, path, err);
    return status == RV_OK ? rv_config_text_from_shapes(tensors, path, out, err) : status;
}
