/* SPDX-License-Identifier: MIT */
/* The text tower: token and positional embeddings, causal blocks, projection of the end token. */
#include <stdlib.h>

#include "base/mem.h"
#include "clip/checkpoint/tensor_source.h"
#include "clip/clip_tower.h"

static const char token_table[] = "token_embedding.weight";

struct TextTower {
    Compute *compute;
    ClipConfig config;
    const Tensor *token_embedding; // in the mapped file; a text needs only a few of its rows
    LinearWeights *projection;
    DeviceBuffer *positional_embedding, *ln_final_gain, *ln_final_shift;
    BlockStack stack;
    BlockSpace space;
    DeviceBuffer *output; // [dimensions]
    float *host_rows;     // [context_length, width]
};

static void init_tower(TextTower *tower, const ClipConfig *config)
{
    tower->config = *config;
    tower->stack = (BlockStack){.tower = config->text,
                                .epsilon = config->layer_norm_epsilon,
                                .activation = config->activation,
                                .causal = true};
}

// Load the tensors of the tower, or only check them. The table of token embeddings is only checked: a text
// reads its rows from the file.
static RvStatus load(TextTower *tower, WeightLoader *loader, RvError *err)
{
    const ClipConfig *config = &tower->config;
    size_t width = (size_t)config->text.width;
    RvStatus status = rv_checkpoint_check(loader->checkpoint, token_table,
                                          (const size_t[]){(size_t)config->vocabulary_size, width}, 2, err);
    if (status == RV_OK)
        status = rv_weight_loader_table(loader, "positional_embedding", (size_t)config->context_length, width,
                                        &tower->positional_embedding, err);
    if (status == RV_OK)
        status = rv_block_stack_load(&tower->stack, loader, "transformer", err);
    if (status == RV_OK)
        status = rv_weight_loader_table(loader, "ln_final.weight", 0, width, &tower->ln_final_gain, err);
    if (status == RV_OK)
        status = rv_weight_loader_table(loader, "ln_final.bias", 0, width, &tower->ln_final_shift, err);
    if (status == RV_OK)
        status = rv_weight_loader_projection(loader, "text_projection", width, (size_t)config->dimensions,
                                             &tower->projection, err);
    return status;
}

RvStatus rv_text_tower_check(const Checkpoint *checkpoint, RvError *err)
{
    TextTower tower = {0};
    WeightLoader loader = {.checkpoint = checkpoint};
    init_tower(&tower, rv_checkpoint_config(checkpoint));
    return load(&tower, &loader, err);
}

RvStatus rv_text_tower_create(const Checkpoint *checkpoint, Compute *compute, bool at_use, TextTower **out,
                              RvError *err)
{
    *out = NULL;
    TextTower *tower = rv_mem_alloc(1, sizeof *tower, err);
    if (tower == NULL)
        return RV_ERROR_MEMORY;
    tower->compute = compute;
    init_tower(tower, rv_checkpoint_config(checkpoint));
    tower->token_embedding = rv_checkpoint_tensor(checkpoint, token_table);
    size_t rows = (size_t)tower->config.context_length, width = (size_t)tower->config.text.width;
    WeightLoader loader = {.checkpoint = checkpoint, .compute = compute, .at_use = at_use};
    RvStatus status = load(tower, &loader, err);
    rv_weight_loader_clear(&loader);
    if (status == RV_OK)
        status =
            rv_block_space_create(compute, &tower->config.text, COMPUTE_FLOAT32, rows, 0, &tower->space, err);
    if (status == RV_OK) {
        tower->output =
            compute->ops->buffer_create(compute, (size_t)tower->config.dimensions, COMPUTE_FLOAT32, err);
        tower->host_rows = rv_mem_alloc_aligned(rows * width, sizeof(float), err);
        status = tower->output != NULL && tower->host_rows != NULL ? RV_OK : RV_ERROR_MEMORY;
    }
    if (status != RV_OK)
        rv_text_tower_destroy(tower);
    else
        *out = tower;
    return status;
}

void rv_text_tower_destroy(TextTower *tower)
{
    if (tower == NULL)
        return;
    Compute *compute = tower->compute;
    compute->ops->buffer_destroy(compute, tower->positional_embedding);
    compute->ops->buffer_destroy(compute, tower->ln_final_gain);
    compute->ops->buffer_destroy(compute, tower->ln_final_shift);
    compute->ops->buffer_destroy(compute, tower->output);
    compute->ops->linear_destroy(compute, tower->projection);
    rv_block_stack_clear(&tower->stack);
    rv_block_space_clear(compute, &tower->space);
    free(tower->host_rows);
    free(tower);
}

RvStatus rv_text_tower_encode(TextTower *tower, const int32_t *tokens, size_t token_count, float *embedding,
                              RvError *err)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    const BlockSpace *space = &tower->space;
    size_t width = (size_t)tower->config.text.width;
    // OpenAI pools at the first end token (argmax), even if the text itself spells one out. The mask is
    // causal, so what follows that token cannot change it and is left out.
    size_t used = 1;
    while (tokens[used - 1] != tokens[token_count - 1])
        used++;
    for (size_t i = 0; i < used; i++) {
        RvStatus status = rv_tensor_fetch(tower->token_embedding, (size_t)tokens[i] * width, width,
                                          tower->host_rows + i * width, err);
        if (status != RV_OK)
            return status;
    }
    ops->upload(compute, space->stream, tower->host_rows, used * width);
    const DeviceRows stream = {space->stream, 0, width}, last = {space->stream, (used - 1) * width, width};
    const DeviceRows narrow = {space->narrow, 0, width};
    const DeviceRows output = {tower->output, 0, (size_t)tower->config.dimensions};
    ops->add_rows(compute, stream, used, width, tower->positional_embedding, used);
    rv_block_stack_run(&tower->stack, space, 1, used, used - 1);
    ops->layer_norm(compute, last, 1, width, tower->ln_final_gain, tower->ln_final_shift,
                    tower->config.layer_norm_epsilon, narrow);
    ops->linear(compute, tower->projection, narrow, 1, output, (LinearEpilogue){ACTIVATION_NONE, false});
    ops->download(compute, embedding, tower->output, (size_t)tower->config.dimensions);
    return ops->status != NULL ? ops->status(compute, err) : RV_OK;
}
