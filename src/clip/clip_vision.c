/* SPDX-License-Identifier: MIT */
/* The vision tower: patches, class token, positions, blocks, pooling, projection. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clip/attention_pool.h"
#include "clip/clip_tower.h"

#define ROTARY_BASE 10000.0

struct VisionTower {
    Compute *compute;
    ModelSpec spec;
    LinearWeights *conv1, *projection; // projection: NULL if there is none
    ComputePrecision precision;
    DeviceBuffer *class_embedding; // NULL: there is none
    DeviceBuffer *positional_embedding, *angles;
    DeviceBuffer *ln_pre_gain, *ln_pre_shift, *ln_post_gain, *ln_post_shift;
    BlockStack stack;
    AttentionPool pool;
    BlockSpace space;
    DeviceBuffer *pooled; // [images_per_run, width], float32
    DeviceBuffer *output; // [images_per_run, dimensions], float32; NULL: pooled is the output
    size_t images_per_run, token_count, image_bytes;
};

static void init_tower(VisionTower *tower, const ModelSpec *spec)
{
    tower->spec = *spec;
    tower->token_count = rv_model_spec_picture_tokens(spec);
    tower->image_bytes = 3 * (size_t)spec->input.size * (size_t)spec->input.size;
    tower->stack = (BlockStack){.tower = spec->vision.tower, .causal = false};
}

static size_t tower_width(const VisionTower *tower)
{
    return (size_t)tower->spec.vision.tower.width;
}

/* The angles of rotary positions: of a head's values the first half turns by the column, the second by the
 * row, each half with frequencies of its own from 1 down to nearly 1 / ROTARY_BASE. Bolya et al. 2025
 * (Perception Encoder), 2D RoPE of Heo et al. 2024. */
static RvStatus create_angles(VisionTower *tower, Compute *compute, RvError *err)
{
    const VisionSpec *vision = &tower->spec.vision;
    size_t head_width = (size_t)(vision->tower.width / vision->tower.heads), pairs = head_width / 4;
    size_t side = (size_t)(tower->spec.input.size / vision->patch_size), begin = vision->class_token ? 1 : 0;
    float *angles = rv_mem_alloc(tower->token_count * head_width, sizeof *angles, err);
    if (angles == NULL)
        return RV_ERROR_MEMORY;
    for (size_t token = 0; token < tower->token_count; token++) {
        float *to = angles + token * head_width;
        for (size_t i = 0; i < 2 * pairs; i++) {
            double frequency = pow(ROTARY_BASE, -(double)(i % pairs) / (double)pairs), angle = 0;
            if (token >= begin) {
                size_t patch = token - begin;
                angle = (double)((i < pairs ? patch % side : patch / side) + begin) * frequency;
            }
            to[2 * i] = (float)cos(angle);
            to[2 * i + 1] = (float)sin(angle);
        }
    }
    tower->angles =
        compute->ops->buffer_create(compute, tower->token_count * head_width, COMPUTE_FLOAT32, err);
    if (tower->angles != NULL)
        compute->ops->upload(compute, tower->angles, angles, tower->token_count * head_width);
    free(angles);
    tower->stack.angles = tower->angles;
    return tower->angles != NULL ? RV_OK : RV_ERROR_MEMORY;
}

static RvStatus load_tables(VisionTower *tower, WeightLoader *loader, RvError *err)
{
    const VisionSpec *vision = &tower->spec.vision;
    const struct {
        bool is_there;
        const char *name;
        size_t rows;
        DeviceBuffer **dst;
    } tables[] = {
        {vision->class_token, "visual.class_embedding", 0, &tower->class_embedding},
        {true, "visual.positional_embedding", tower->token_count, &tower->positional_embedding},
        {vision->ln_pre, "visual.ln_pre.weight", 0, &tower->ln_pre_gain},
        {vision->ln_pre, "visual.ln_pre.bias", 0, &tower->ln_pre_shift},
        {true, "visual.ln_post.weight", 0, &tower->ln_post_gain},
        {true, "visual.ln_post.bias", 0, &tower->ln_post_shift},
    };
    RvStatus status = RV_OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && status == RV_OK; i++) {
        if (tables[i].is_there)
            status = rv_weight_loader_table(loader, tables[i].name, tables[i].rows, tower_width(tower),
                                            tables[i].dst, err);
    }
    return status;
}

// Load the tensors of the tower, or only check them if the loader has no device.
static RvStatus load(VisionTower *tower, WeightLoader *loader, RvError *err)
{
    const VisionSpec *vision = &tower->spec.vision;
    size_t width = tower_width(tower), patch = (size_t)vision->patch_size;
    RvStatus status =
        rv_weight_loader_linear(loader, "visual.conv1.weight", (const size_t[]){width, 3, patch, patch}, 4,
                                vision->patch_bias ? "visual.conv1.bias" : NULL, &tower->conv1, err);
    if (status == RV_OK)
        status = load_tables(tower, loader, err);
    if (status == RV_OK && vision->rotary && loader->compute != NULL)
        status = create_angles(tower, loader->compute, err);
    if (status == RV_OK)
        status = rv_block_stack_load(&tower->stack, loader, "visual.transformer", err);
    if (status == RV_OK && vision->pooling == VISION_POOL_ATTENTION)
        status = rv_attention_pool_load(&tower->pool, vision, loader, err);
    if (status == RV_OK && vision->projection != PROJECTION_NONE)
        status = rv_weight_loader_projection(
            loader, "visual.proj", width, (size_t)tower->spec.dimensions,
            vision->projection == PROJECTION_LINEAR ? "visual.proj_bias" : NULL, &tower->projection, err);
    return status;
}

RvStatus rv_vision_tower_check(const Checkpoint *checkpoint, RvError *err)
{
    VisionTower tower = {0};
    WeightLoader loader = {.checkpoint = checkpoint};
    init_tower(&tower, rv_checkpoint_spec(checkpoint));
    return load(&tower, &loader, err);
}

static size_t patch_values(const VisionTower *tower)
{
    return 3 * (size_t)tower->spec.vision.patch_size * (size_t)tower->spec.vision.patch_size;
}

/* Returns how many values a row of BlockSpace.wide must hold besides those of the blocks. */
static size_t wide_width(const VisionTower *tower)
{
    size_t values = patch_values(tower), pooling = (size_t)tower->spec.vision.pool_mlp_width;
    return values > pooling ? values : pooling;
}

/* Returns as many images as the device can use and as fit into half of its free memory. */
static size_t choose_images_per_run(const VisionTower *tower)
{
    Compute *compute = tower->compute;
    const TowerSpec *vision = &tower->spec.vision.tower;
    size_t count = compute->rows_per_run / tower->token_count;
    if (count > compute->images_per_run)
        count = compute->images_per_run;
    if (compute->ops->free_bytes != NULL) {
        // An upper bound: as if everything was float32 and the widest of all layers twice as wide.
        size_t row_bytes = sizeof(float) * (2 * (size_t)vision->width + wide_width(tower) +
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
    size_t images = tower->images_per_run;
    RvStatus status =
        rv_block_space_create(compute, &tower->spec.vision.tower, tower->precision,
                              images * tower->token_count, wide_width(tower), &tower->space, err);
    if (status == RV_OK && ops->images_reserve != NULL)
        status = ops->images_reserve(compute, images * tower->image_bytes, err);
    if (status != RV_OK)
        return status;
    tower->pooled = ops->buffer_create(compute, images * tower_width(tower), COMPUTE_FLOAT32, err);
    if (tower->pooled == NULL)
        return RV_ERROR_MEMORY;
    if (tower->projection == NULL)
        return RV_OK;
    tower->output =
        ops->buffer_create(compute, images * (size_t)tower->spec.dimensions, COMPUTE_FLOAT32, err);
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
    init_tower(tower, rv_checkpoint_spec(checkpoint));
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
    DeviceBuffer *buffers[] = {tower->class_embedding, tower->positional_embedding, tower->angles,
                               tower->ln_pre_gain,     tower->ln_pre_shift,         tower->ln_post_gain,
                               tower->ln_post_shift};
    clear_space(tower);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        compute->ops->buffer_destroy(compute, buffers[i]);
    compute->ops->linear_destroy(compute, tower->conv1);
    compute->ops->linear_destroy(compute, tower->projection);
    rv_block_stack_clear(&tower->stack);
    rv_attention_pool_clear(compute, &tower->pool);
    free(tower);
}

/* Turn images into rows of the residual stream: the class token first, then the patches in reading order. */
static void embed(VisionTower *tower, size_t image_count)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    const ModelSpec *spec = &tower->spec;
    size_t width = tower_width(tower), tokens = tower->token_count;
    size_t patch_count = tokens - (spec->vision.class_token ? 1 : 0);
    PatchShape shape = {.image_size = (size_t)spec->input.size,
                        .patch_size = (size_t)spec->vision.patch_size};
    memcpy(shape.mean, spec->image_mean, sizeof shape.mean);
    memcpy(shape.deviation, spec->image_deviation, sizeof shape.deviation);
    const DeviceRows patches = {space->wide, 0, patch_values(tower)}, embedded = {space->narrow, 0, width};
    const DeviceRows stream = {space->stream, 0, width};
    ops->patches(compute, &shape, image_count, space->wide);
    ops->linear(compute, tower->conv1, patches, image_count * patch_count, embedded,
                (LinearEpilogue){ACTIVATION_NONE, false});
    ops->sequences(compute, embedded, tower->class_embedding, tower->positional_embedding, image_count,
                   tokens, width, space->stream);
    if (spec->vision.ln_pre)
        ops->layer_norm(compute, stream, image_count * tokens, width, tower->ln_pre_gain, tower->ln_pre_shift,
                        spec->vision.tower.epsilon, stream);
}

/* Bring the pooled vectors into tower->pooled. */
static void pool(VisionTower *tower, size_t image_count)
{
    Compute *compute = tower->compute;
    size_t width = tower_width(tower), tokens = tower->token_count;
    float epsilon = tower->spec.vision.tower.epsilon;
    bool attends = tower->spec.vision.pooling == VISION_POOL_ATTENTION;
    const DeviceRows class_tokens = {tower->space.stream, 0, tokens * width},
                     pooled = {tower->pooled, 0, width};
    const DeviceRows stream = {tower->space.stream, 0, width}, narrow = {tower->space.narrow, 0, width};
    compute->ops->layer_norm(compute, attends ? stream : class_tokens,
                             attends ? image_count * tokens : image_count, width, tower->ln_post_gain,
                             tower->ln_post_shift, epsilon, attends ? narrow : pooled);
    if (attends)
        rv_attention_pool_run(&tower->pool, compute, &tower->space, image_count, tokens, tower->pooled);
}

/* Compute the embeddings of the images that were sent to the device, and return where they are. */
static const DeviceBuffer *run(VisionTower *tower, size_t image_count)
{
    Compute *compute = tower->compute;
    const DeviceRows pooled = {tower->pooled, 0, tower_width(tower)};
    const DeviceRows output = {tower->output, 0, (size_t)tower->spec.dimensions};
    embed(tower, image_count);
    rv_block_stack_run(&tower->stack, &tower->space, image_count, tower->token_count, 0,
                       tower->spec.vision.pooling == VISION_POOL_ATTENTION ? tower->token_count : 1);
    pool(tower, image_count);
    if (tower->projection == NULL)
        return tower->pooled;
    compute->ops->linear(compute, tower->projection, pooled, image_count, output,
                         (LinearEpilogue){ACTIVATION_NONE, false});
    return tower->output;
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
    size_t dimensions = (size_t)tower->spec.dimensions, count = run_length(tower, image_count);
    if (count > 0)
        ops->images(compute, inputs_rgb_u8, count * tower->image_bytes);
    while (count > 0) {
        const DeviceBuffer *output = run(tower, count);
        // The next run's images are sent while the device computes.
        size_t next = run_length(tower, image_count - count);
        if (next > 0)
            ops->images(compute, inputs_rgb_u8 + count * tower->image_bytes, next * tower->image_bytes);
        ops->download(compute, embeddings, output, count * dimensions);
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
