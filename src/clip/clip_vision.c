/* SPDX-License-Identifier: MIT */
/* The vision tower: patches, class token, blocks, projection of the class token. */
#include <stdlib.h>

#include "base/mem.h"
#include "clip/clip_tower.h"

/* Rows of a run: enough that the linear layers are busy, few enough that the activations stay near the
 * caches. */
#define ROWS_PER_RUN 1024
#define IMAGES_PER_RUN 16

struct VisionTower {
    Compute *compute;
    ClipConfig config;
    LinearWeights *conv1, *projection;
    float *class_embedding, *positional_embedding;
    float *ln_pre_gain, *ln_pre_shift, *ln_post_gain, *ln_post_shift;
    BlockStack stack;
    BlockSpace space;
    float *output; // [images_per_run, dimensions]
    size_t images_per_run, token_count;
};

static void init_tower(VisionTower *tower, const ClipConfig *config)
{
    size_t grid = (size_t)(config->image_size / config->patch_size);
    tower->config = *config;
    tower->token_count = grid * grid + 1;
    tower->images_per_run = ROWS_PER_RUN / tower->token_count;
    if (tower->images_per_run > IMAGES_PER_RUN)
        tower->images_per_run = IMAGES_PER_RUN;
    if (tower->images_per_run == 0)
        tower->images_per_run = 1;
    tower->stack = (BlockStack){.tower = config->vision,
                                .epsilon = config->layer_norm_epsilon,
                                .activation = config->activation,
                                .causal = false};
}

static RvStatus load(VisionTower *tower, WeightLoader *loader, RvError *err)
{
    size_t width = (size_t)tower->config.vision.width, patch = (size_t)tower->config.patch_size;
    const struct {
        const char *name;
        size_t rows;
        float **dst;
    } tables[] = {
        {"visual.class_embedding", 0, &tower->class_embedding},
        {"visual.positional_embedding", tower->token_count, &tower->positional_embedding},
        {"visual.ln_pre.weight", 0, &tower->ln_pre_gain},
        {"visual.ln_pre.bias", 0, &tower->ln_pre_shift},
        {"visual.ln_post.weight", 0, &tower->ln_post_gain},
        {"visual.ln_post.bias", 0, &tower->ln_post_shift},
    };
    RvStatus status = rv_weight_loader_linear(
        loader, "visual.conv1.weight", (const size_t[]){width, 3, patch, patch}, 4, NULL, &tower->conv1, err);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && status == RV_OK; i++)
        status = rv_weight_loader_table(loader, tables[i].name, tables[i].rows, width, tables[i].dst, err);
    if (status == RV_OK)
        status = rv_block_stack_load(&tower->stack, loader, "visual.transformer", err);
    if (status == RV_OK)
        status = rv_weight_loader_projection(loader, "visual.proj", width, (size_t)tower->config.dimensions,
                                             &tower->projection, err);
    return status;
}

RvStatus rv_vision_tower_check(const Checkpoint *checkpoint, RvError *err)
{
    VisionTower tower = {0};
    WeightLoader loader = {.checkpoint = checkpoint};
    init_tower(&tower, rv_checkpoint_config(checkpoint));
    return load(&tower, &loader, err);
}

RvStatus rv_vision_tower_create(const Checkpoint *checkpoint, Compute *compute, ComputePrecision precision,
                                VisionTower **out, RvError *err)
{
    *out = NULL;
    VisionTower *tower = rv_mem_alloc(1, sizeof *tower, err);
    if (tower == NULL)
        return RV_ERROR_MEMORY;
    tower->compute = compute;
    init_tower(tower, rv_checkpoint_config(checkpoint));
    WeightLoader loader = {.checkpoint = checkpoint, .compute = compute, .precision = precision};
    RvStatus status = load(tower, &loader, err);
    rv_weight_loader_clear(&loader);
    size_t patch_values = 3 * (size_t)tower->config.patch_size * (size_t)tower->config.patch_size;
    if (status == RV_OK)
        status =
            rv_block_space_create(compute, &tower->config.vision, tower->images_per_run * tower->token_count,
                                  patch_values, &tower->space, err);
    if (status == RV_OK) {
        tower->output = compute->ops->buffer_create(
            compute, tower->images_per_run * (size_t)tower->config.dimensions, err);
        status = tower->output != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK)
        rv_vision_tower_destroy(tower);
    else
        *out = tower;
    return status;
}

void rv_vision_tower_destroy(VisionTower *tower)
{
    if (tower == NULL)
        return;
    Compute *compute = tower->compute;
    float *buffers[] = {tower->class_embedding, tower->positional_embedding, tower->ln_pre_gain,
                        tower->ln_pre_shift,    tower->ln_post_gain,         tower->ln_post_shift,
                        tower->output};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        compute->ops->buffer_destroy(compute, buffers[i]);
    compute->ops->linear_destroy(compute, tower->conv1);
    compute->ops->linear_destroy(compute, tower->projection);
    rv_block_stack_clear(&tower->stack);
    rv_block_space_clear(compute, &tower->space);
    free(tower);
}

/* Pictures to rows of the residual stream: class token first, then the patches in reading order. */
static void embed(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    const ClipConfig *config = &tower->config;
    size_t width = (size_t)config->vision.width, patch = (size_t)config->patch_size;
    size_t tokens = tower->token_count, patch_values = 3 * patch * patch;
    ops->patches(compute, inputs_rgb_u8, image_count, (size_t)config->image_size, patch, config->image_mean,
                 config->image_deviation, space->wide);
    ops->linear(compute, tower->conv1, space->wide, patch_values, image_count * (tokens - 1), space->narrow,
                width, (LinearEpilogue){ACTIVATION_NONE, false});
    for (size_t i = 0; i < image_count; i++) {
        float *rows = space->stream + i * tokens * width;
        ops->copy_rows(compute, tower->class_embedding, width, 1, width, rows, width);
        ops->copy_rows(compute, space->narrow + i * (tokens - 1) * width, width, tokens - 1, width,
                       rows + width, width);
    }
    size_t row_count = image_count * tokens;
    ops->add_rows(compute, space->stream, width, row_count, width, tower->positional_embedding, tokens);
    ops->layer_norm(compute, space->stream, width, row_count, width, tower->ln_pre_gain, tower->ln_pre_shift,
                    config->layer_norm_epsilon, space->stream, width);
}

static void encode_run(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count,
                       float *embeddings)
{
    Compute *compute = tower->compute;
    const BlockSpace *space = &tower->space;
    size_t width = (size_t)tower->config.vision.width, dimensions = (size_t)tower->config.dimensions;
    embed(tower, inputs_rgb_u8, image_count);
    rv_block_stack_run(&tower->stack, space, image_count, tower->token_count, 0);
    compute->ops->layer_norm(compute, space->stream, tower->token_count * width, image_count, width,
                             tower->ln_post_gain, tower->ln_post_shift, tower->config.layer_norm_epsilon,
                             space->narrow, width);
    compute->ops->linear(compute, tower->projection, space->narrow, width, image_count, tower->output,
                         dimensions, (LinearEpilogue){ACTIVATION_NONE, false});
    compute->ops->download(compute, embeddings, tower->output, image_count * dimensions);
}

void rv_vision_tower_encode(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count,
                            float *embeddings)
{
    size_t image_bytes = 3 * (size_t)tower->config.image_size * (size_t)tower->config.image_size;
    for (size_t first = 0; first < image_count; first += tower->images_per_run) {
        size_t left = image_count - first;
        encode_run(tower, inputs_rgb_u8 + first * image_bytes,
                   left < tower->images_per_run ? left : tower->images_per_run,
                   embeddings + first * (size_t)tower->config.dimensions);
    }
}
