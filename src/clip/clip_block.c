/* SPDX-License-Identifier: MIT */
/* A stack of transformer blocks, the body of both towers. Pre-norm: Radford et al. 2021, section 2.4.
 * Post-norm: Devlin et al. 2019 (BERT). */
#include "clip/clip_block.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

RvStatus rv_block_space_create(Compute *compute, const TowerSpec *tower, ComputePrecision precision,
                               size_t rows, size_t wide_width, BlockSpace *out, RvError *err)
{
    *out = (BlockSpace){0};
    size_t width = (size_t)tower->width, mlp_width = (size_t)tower->mlp_width;
    if (wide_width < 3 * width)
        wide_width = 3 * width;
    if (wide_width < mlp_width)
        wide_width = mlp_width;
    size_t narrow_count = 0, wide_count = 0;
    if (!rv_mem_multiply(rows, width, &narrow_count) || !rv_mem_multiply(rows, wide_width, &wide_count))
        return rv_error_memory(err, SIZE_MAX);
    const ComputeOps *ops = compute->ops;
    out->stream = ops->buffer_create(compute, narrow_count, COMPUTE_FLOAT32, err);
    if (out->stream != NULL)
        out->narrow = ops->buffer_create(compute, narrow_count, precision, err);
    if (out->narrow != NULL)
        out->wide = ops->buffer_create(compute, wide_count, precision, err);
    return out->wide != NULL ? RV_OK : RV_ERROR_MEMORY;
}

void rv_block_space_clear(Compute *compute, BlockSpace *space)
{
    compute->ops->buffer_destroy(compute, space->stream);
    compute->ops->buffer_destroy(compute, space->narrow);
    compute->ops->buffer_destroy(compute, space->wide);
    *space = (BlockSpace){0};
}

/* The name of one tensor of a block, and where it goes: a linear layer with its bias, or a vector. */
typedef struct BlockTensor {
    const char *name, *bias; // bias is NULL for a vector
    size_t rows;
    size_t columns;
    LinearWeights **linear;
    DeviceBuffer **vector;
} BlockTensor;

// Load the tensors of one block, or only check them. prefix: "visual.transformer.resblocks.3".
static RvStatus load_block(ClipBlock *block, const TowerSpec *tower, WeightLoader *loader, const char *prefix,
                           RvError *err)
{
    size_t width = (size_t)tower->width, mlp_width = (size_t)tower->mlp_width;
    const BlockTensor tensors[] = {
        {"ln_1.weight", NULL, 0, width, NULL, &block->ln_1_gain},
        {"ln_1.bias", NULL, 0, width, NULL, &block->ln_1_shift},
        {"attn.in_proj_weight", "attn.in_proj_bias", 3 * width, width, &block->qkv, NULL},
        {"attn.out_proj.weight", "attn.out_proj.bias", width, width, &block->attention_out, NULL},
        {"ln_2.weight", NULL, 0, width, NULL, &block->ln_2_gain},
        {"ln_2.bias", NULL, 0, width, NULL, &block->ln_2_shift},
        {"mlp.c_fc.weight", "mlp.c_fc.bias", mlp_width, width, &block->mlp_in, NULL},
        {"mlp.c_proj.weight", "mlp.c_proj.bias", width, mlp_width, &block->mlp_out, NULL},
    };
    RvStatus status = RV_OK;
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0] && status == RV_OK; i++) {
        const BlockTensor *tensor = &tensors[i];
        char name[128], bias[128];
        snprintf(name, sizeof name, "%s.%s", prefix, tensor->name);
        if (tensor->bias == NULL) {
            status = rv_weight_loader_table(loader, name, 0, tensor->columns, tensor->vector, err);
            continue;
        }
        snprintf(bias, sizeof bias, "%s.%s", prefix, tensor->bias);
        status = rv_weight_loader_linear(loader, name, (const size_t[]){tensor->rows, tensor->columns}, 2,
                                         bias, tensor->linear, err);
    }
    return status;
}

RvStatus rv_block_stack_load(BlockStack *stack, WeightLoader *loader, const char *prefix, RvError *err)
{
    ClipBlock unused = {0}; // target if the tensors are only checked; nothing is stored in it
    if (loader->compute != NULL) {
        stack->compute = loader->compute;
        stack->blocks = rv_mem_alloc((size_t)stack->tower.layers, sizeof *stack->blocks, err);
        if (stack->blocks == NULL)
            return RV_ERROR_MEMORY;
    }
    RvStatus status = RV_OK;
    for (int i = 0; i < stack->tower.layers && status == RV_OK; i++) {
        char block_prefix[64];
        snprintf(block_prefix, sizeof block_prefix, "%s.resblocks.%d", prefix, i);
        status = load_block(loader->compute != NULL ? &stack->blocks[i] : &unused, &stack->tower, loader,
                            block_prefix, err);
    }
    return status;
}

static void clear_block(Compute *compute, ClipBlock *block)
{
    const ComputeOps *ops = compute->ops;
    ops->linear_destroy(compute, block->qkv);
    ops->linear_destroy(compute, block->attention_out);
    ops->linear_destroy(compute, block->mlp_in);
    ops->linear_destroy(compute, block->mlp_out);
    ops->buffer_destroy(compute, block->ln_1_gain);
    ops->buffer_destroy(compute, block->ln_1_shift);
    ops->buffer_destroy(compute, block->ln_2_gain);
    ops->buffer_destroy(compute, block->ln_2_shift);
}

void rv_block_stack_clear(BlockStack *stack)
{
    for (int i = 0; stack->blocks != NULL && i < stack->tower.layers; i++)
        clear_block(stack->compute, &stack->blocks[i]);
    free(stack->blocks);
    stack->blocks = NULL;
}

/* A run of sequences through all blocks. */
typedef struct BlockRun {
    const BlockStack *stack;
    const BlockSpace *space;
    size_t token_count, first_wanted, wanted_count; // of each sequence
} BlockRun;

/* Rows of some sequences of a run, where they are in the space, and the device that works on them. */
typedef struct BlockRows {
    Compute *compute;
    AttentionShape shape;
    size_t rows, query_rows;
    // The residual rows of all tokens; those of the queries: all of them, or one in every token_count.
    DeviceRows stream, queries;
    DeviceRows narrow, q, k, v, hidden;
} BlockRows;

static BlockRows place_rows(const BlockRun *run, Compute *compute, size_t first_sequence,
                            size_t sequence_count, size_t first_query, size_t query_count)
{
    const BlockSpace *space = run->space;
    const TowerSpec *tower = &run->stack->tower;
    size_t width = (size_t)tower->width, heads = (size_t)tower->heads, mlp_width = (size_t)tower->mlp_width;
    size_t token_count = run->token_count, first_row = first_sequence * token_count;
    // Rows of qkv and of the mlp are not equally wide, but must not reach into those of other sequences.
    size_t narrow = first_row * width, wide = first_row * (mlp_width > 3 * width ? mlp_width : 3 * width);
    return (BlockRows){
        .compute = compute,
        .shape = {.sequence_count = sequence_count,
                  .token_count = token_count,
                  .first_query = first_query,
                  .query_count = query_count,
                  .head_count = heads,
                  .head_width = width / heads,
                  .causal = run->stack->causal},
        .rows = sequence_count * token_count,
        .query_rows = sequence_count * query_count,
        .stream = {space->stream, narrow, width},
        .queries = {space->stream, narrow + first_query * width,
                    query_count == token_count ? width : token_count * width},
        .narrow = {space->narrow, narrow, width},
        .q = {space->wide, wide, 3 * width},
        .k = {space->wide, wide + width, 3 * width},
        .v = {space->wide, wide + 2 * width, 3 * width},
        .hidden = {space->wide, wide, mlp_width},
    };
}

static const LinearEpilogue plain = {ACTIVATION_NONE, false}, add = {ACTIVATION_NONE, true};

static void run_pre_norm(const BlockStack *stack, const ClipBlock *block, const BlockRows *at)
{
    const LinearEpilogue activate = {stack->tower.activation, false};
    Compute *compute = at->compute;
    const ComputeOps *ops = compute->ops;
    size_t width = (size_t)stack->tower.width;
    float epsilon = stack->tower.epsilon;
    ops->layer_norm(compute, at->stream, at->rows, width, block->ln_1_gain, block->ln_1_shift, epsilon,
                    at->narrow);
    ops->linear(compute, block->qkv, at->narrow, at->rows, at->q, plain);
    if (stack->angles != NULL) // queries and keys are neighbours: twice as many heads
        ops->rotate(compute, at->q, at->rows, 2 * width, at->shape.head_width, stack->angles,
                    at->shape.token_count);
    ops->attention(compute, &at->shape, at->q, at->k, at->v, at->narrow);
    ops->linear(compute, block->attention_out, at->narrow, at->query_rows, at->queries, add);
    ops->layer_norm(compute, at->queries, at->query_rows, width, block->ln_2_gain, block->ln_2_shift, epsilon,
                    at->narrow);
    ops->linear(compute, block->mlp_in, at->narrow, at->query_rows, at->hidden, activate);
    ops->linear(compute, block->mlp_out, at->hidden, at->query_rows, at->queries, add);
}

static void run_post_norm(const BlockStack *stack, const ClipBlock *block, const BlockRows *at)
{
    const LinearEpilogue activate = {stack->tower.activation, false};
    Compute *compute = at->compute;
    const ComputeOps *ops = compute->ops;
    size_t width = (size_t)stack->tower.width;
    float epsilon = stack->tower.epsilon;
    ops->linear(compute, block->qkv, at->stream, at->rows, at->q, plain);
    ops->attention(compute, &at->shape, at->q, at->k, at->v, at->narrow);
    ops->linear(compute, block->attention_out, at->narrow, at->query_rows, at->queries, add);
    ops->layer_norm(compute, at->queries, at->query_rows, width, block->ln_1_gain, block->ln_1_shift, epsilon,
                    at->queries);
    ops->linear(compute, block->mlp_in, at->queries, at->query_rows, at->hidden, activate);
    ops->linear(compute, block->mlp_out, at->hidden, at->query_rows, at->queries, add);
    ops->layer_norm(compute, at->queries, at->query_rows, width, block->ln_2_gain, block->ln_2_shift, epsilon,
                    at->queries);
}

static void run_sequences(void *context, Compute *compute, size_t first, size_t count)
{
    const BlockRun *run = context;
    const BlockStack *stack = run->stack;
    const BlockRows all = place_rows(run, compute, first, count, 0, run->token_count);
    const BlockRows wanted = place_rows(run, compute, first, count, run->first_wanted, run->wanted_count);
    for (int i = 0; i < stack->tower.layers; i++) {
        const BlockRows *at = i < stack->tower.layers - 1 ? &all : &wanted;
        if (stack->tower.post_norm)
            run_post_norm(stack, &stack->blocks[i], at);
        else
            run_pre_norm(stack, &stack->blocks[i], at);
    }
}

void rv_block_stack_run(const BlockStack *stack, const BlockSpace *space, size_t sequence_count,
                        size_t token_count, size_t first_wanted, size_t wanted_count)
{
    BlockRun run = {stack, space, token_count, first_wanted, wanted_count};
    Compute *compute = stack->compute;
    if (compute->ops->share != NULL)
        compute->ops->share(compute, sequence_count, token_count, run_sequences, &run);
    else
        run_sequences(&run, compute, 0, sequence_count);
}
