/* SPDX-License-Identifier: MIT */
/* The vision tower: patches, class token, blocks, projection of the class token. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clip/clip_tower.h"

struct VisionTower {
    Compute *compute;
    ClipConfig config;
    LinearWeights *conv1, *projection;
    ComputePrecision precision;
    DeviceBuffer *class_embedding, *positional_embedding;
    DeviceBuffer *ln_pre_gain, *ln_pre_shift, *ln_post_gain, *ln_post_shift;
    BlockStack stack;
    BlockSpace space;
    DeviceBuffer *pooled; // [images_per_run, width], float32
    DeviceBuffer *output; // [images_per_run, dimensions], float32
    size_t images_per_run, token_count, image_bytes;
};

static void init_tower(VisionTower *tower, const ClipConfig *config)
{
    size_t grid = (size_t)(config->image_size / config->patch_size);
    tower->config = *config;
    tower->token_count = grid * grid + 1;
    tower->image_bytes = 3 * (size_t)config->image_size * (size_t)config->image_size;
    tower->stack = (BlockStack){.tower = config->vision,
                                .epsilon = config->layer_norm_epsilon,
                                .activation = config->activation,
                                .causal = false};
}

// Load the tensors of the tower, or only check them if the loader has no device.
static RvStatus load(VisionTower *tower, WeightLoader *loader, RvError *err)
{
    size_t width = (size_t)tower->config.vision.width, patch = (size_t)tower->config.patch_size;
    const struct {
        const char *name;
        size_t rows;
        DeviceBuffer **dst;
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

static size_t patch_values(const VisionTower *tower)
{
    return 3 * (size_t)tower->config.patch_size * (size_t)tower->config.patch_size;
}

/* Returns as many images as the device can use and as fit into half of its free memory. */
static size_t choose_images_per_run(const VisionTower *tower)
{
    Compute *compute = tower->compute;
    const ClipTowerConfig *vision = &tower->config.vision;
    size_t count = compute->rows_per_run / tower->token_count;
    if (count > compute->images_per_run)
        count = compute->images_per_run;
    if (compute->ops->free_bytes != NULL) {
        // An upper bound: as if everything was float32 and the widest of all layers twice as wide.
        size_t row_bytes = sizeof(float) * (2 * (size_t)vision->width + patch_values(tower) +
                                            2 * (size_t)(vision->mlp_width + 3 * vision->width));
        size_t fitting =
            compute->ops->free_bytes(compute) / 2 / (tower->token_count * row_bytes + 2 * tower->image_bytes);
        count = count < fitting ? count : fitting;
    }
    return count > 0 ? count : 1;
}

static void clear_space(VisionTower *tower)
{
    Compute *compute = tower->compute;
    rv_block_space_clear(compute, &tower->space);
    compute->ops->buffer_destroy(compute, tower->pooled);
    compute->ops->buffer_destroy(compute, tower->output);
    tower->pooled = tower->output = NULL;
}

static RvStatus fill_space(VisionTower *tower, RvError *err)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    size_t images = tower->images_per_run, width = (size_t)tower->config.vision.width;
    RvStatus status =
        rv_block_space_create(compute, &tower->config.vision, tower->precision, images * tower->token_count,
                              patch_values(tower), &tower->space, err);
    if (status == RV_OK && ops->images_reserve != NULL)
        status = ops->images_reserve(compute, images * tower->image_bytes, err);
    if (status != RV_OK)
        return status;
    tower->pooled = ops->buffer_create(compute, images * width, COMPUTE_FLOAT32, err);
    if (tower->pooled != NULL)
        tower->output =
            ops->buffer_create(compute, images * (size_t)tower->config.dimensions, COMPUTE_FLOAT32, err);
    return tower->output != NULL ? RV_OK : RV_ERROR_MEMORY;
}

/* Allocate for a run of images_per_run images, or for half as many if that fails, and so on. */
static RvStatus create_space(VisionTower *tower, RvError *err)
{
    for (;;) {
        RvStatus status = fill_space(tower, err);
        if (status == RV_OK)
            return RV_OK;
        clear_space(tower);
        if (status != RV_ERROR_MEMORY || tower->images_per_run == 1)
            return status;
        tower->images_per_run /= 2;
    }
}

RvStatus rv_vision_tower_create(const Checkpoint *checkpoint, Compute *compute, ComputePrecision precision,
                                VisionTower **out, RvError *err)
{
    *out = NULL;
    VisionTower *tower = rv_mem_alloc(1, sizeof *tower, err);
    if (tower == NULL)
        return RV_ERROR_MEMORY;
    tower->compute = compute;
    tower->precision = precision;
    init_tower(tower, rv_checkpoint_config(checkpoint));
    WeightLoader loader = {.checkpoint = checkpoint, .compute = compute, .precision = precision};
    RvStatus status = load(tower, &loader, err);
    rv_weight_loader_clear(&loader);
    tower->images_per_run = choose_images_per_run(tower);
    if (status == RV_OK)
        status = create_space(tower, err);
    if (status == RV_OK && compute->ops->status != NULL)
        status = compute->ops->status(compute, err);
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
    DeviceBuffer *buffers[] = {tower->class_embedding, tower->positional_embedding, tower->ln_pre_gain,
                               tower->ln_pre_shift,    tower->ln_post_gain,         tower->ln_post_shift};
    clear_space(tower);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        compute->ops->buffer_destroy(compute, buffers[i]);
    compute->ops->linear_destroy(compute, tower->conv1);
    compute->ops->linear_destroy(compute, tower->projection);
    rv_block_stack_clear(&tower->stack);
    free(tower);
}

/* Turn images into rows of the residual stream: the class token first, then the patches in reading order. */
static void embed(VisionTower *tower, size_t image_count)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    const ClipConfig *config = &tower->config;
    size_t width = (size_t)config->vision.width, tokens = tower->token_count;
    PatchShape shape = {.image_size = (size_t)config->image_size, .patch_size = (size_t)config->patch_size};
    memcpy(shape.mean, config->image_mean, sizeof shape.mean);
    memcpy(shape.deviation, config->image_deviation, sizeof shape.deviation);
    const DeviceRows patches = {space->wide, 0, patch_values(tower)}, embedded = {space->narrow, 0, width};
    const DeviceRows stream = {space->stream, 0, width};
    ops->patches(compute, &shape, image_count, space->wide);
    ops->linear(compute, tower->conv1, patches, image_count * (tokens - 1), embedded,
                (LinearEpilogue){ACTIVATION_NONE, false});
    ops->sequences(compute, embedded, tower->class_embedding, tower->positional_embedding, image_count,
                   tokens, width, space->stream);
    ops->layer_norm(compute, stream, image_count * tokens, width, tower->ln_pre_gain, tower->ln_pre_shift,
                    config->layer_norm_epsilon, stream);
}

/* Compute tower->output from the images that were sent to the device. */
static void run(VisionTower *tower, size_t image_count)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    size_t width = (size_t)tower->config.vision.width;
    const DeviceRows class_tokens = {tower->space.stream, 0, tower->token_count * width};
    const DeviceRows pooled = {tower->pooled, 0, width};
    const DeviceRows output = {tower->output, 0, (size_t)tower->config.dimensions};
    embed(tower, image_count);
    rv_block_stack_run(&tower->stack, &tower->space, image_count, tower->token_count, 0);
    ops->layer_norm(compute, class_tokens, image_count, width, tower->ln_post_gain, tower->ln_post_shift,
                    tower->config.layer_norm_epsilon, pooled);
    ops->linear(compute, tower->projection, pooled, image_count, output,
                (LinearEpilogue){ACTIVATION_NONE, false});
}

static size_t run_length(const VisionTower *tower, size_t image_count)
{
    return image_count < tower->images_per_run ? image_count : tower->images_per_run;
}

RvStatus rv_vision_tower_encode(VisionTower *tower, const uint8_t *inputs_rgb_u8, size_t image_count,
                                float *embeddings, RvError *err)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    size_t dimensions = (size_t)tower->config.dimensions, count = run_length(tower, image_count);
    if (count > 0)
        ops->images(compute, inputs_rgb_u8, count * tower->image_bytes);
    while (count > 0) {
        run(tower, count);
        // The next run's images are sent while the device computes.
        size_t next = run_length(tower, image_count - count);
        if (next > 0)
            ops->images(compute, inputs_rgb_u8 + count * tower->image_bytes, next * tower->image_bytes);
        ops->download(compute, embeddings, tower->output, count * dimensions);
        RvStatus status = ops->status != NULL ? ops->status(compute, err) : RV_OK;
        if (status == RV_ERROR_MEMORY && tower->images_per_run > 1) {
            clear_space(tower);
            tower->images_per_run /= 2;
            status = create_space(tower, err);
            if (status != RV_OK)
                return status;
            count = run_length(tower, image_count);
            ops->images(compute, inputs_rgb_u8, count * tower->image_bytes);
            continue;
        }
        if (status != RV_OK)
            return status;
        inputs_rgb_u8 += count * tower->image_bytes;
        embeddings += count * dimensions;
        image_count -= count;
        count = next;
    }
    return RV_OK;
}
