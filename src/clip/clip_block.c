/* SPDX-License-Identifier: MIT */
/* A stack of pre-norm transformer blocks, the body of both towers. Radford et al. 2021, section 2.4. */
#include "clip/clip_block.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

RvStatus rv_block_space_create(Compute *compute, const ClipTowerConfig *tower, ComputePrecision precision,
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
static RvStatus load_block(ClipBlock *block, const ClipTowerConfig *tower, WeightLoader *loader,
                           const char *prefix, RvError *err)
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

/* Run one block. Of each sequence only the output rows first_query .. first_query + query_count - 1 are
 * computed (all of them, or one). */
static void run_block(const BlockStack *stack, const ClipBlock *block, const BlockSpace *space,
                      size_t sequence_count, size_t token_count, size_t first_query, size_t query_count)
{
    static const LinearEpilogue plain = {ACTIVATION_NONE, false}, add = {ACTIVATION_NONE, true};
    const LinearEpilogue activate = {stack->activation, false};
    Compute *compute = stack->compute;
    const ComputeOps *ops = compute->ops;
    size_t width = (size_t)stack->tower.width, mlp_width = (size_t)stack->tower.mlp_width;
    size_t heads = (size_t)stack->tower.heads, rows = sequence_count * token_count;
    size_t query_rows = sequence_count * query_count;
    const DeviceRows stream = {space->stream, 0, width}, narrow = {space->narrow, 0, width};
    const DeviceRows q = {space->wide, 0, 3 * width}, k = {space->wide, width, 3 * width};
    const DeviceRows v = {space->wide, 2 * width, 3 * width}, hidden = {space->wide, 0, mlp_width};
    // The residual rows of the queries: all of them, or one in every token_count.
    const DeviceRows queries = {space->stream, first_query * width,
                                query_count == token_count ? width : token_count * width};
    const AttentionShape shape = {.sequence_count = sequence_count,
                                  .token_count = token_count,
                                  .first_query = first_query,
                                  .query_count = query_count,
                                  .head_count = heads,
                                  .head_width = width / heads,
                                  .causal = stack->causal};

    ops->layer_norm(compute, stream, rows, width, block->ln_1_gain, block->ln_1_shift, stack->epsilon,
                    narrow);
    ops->linear(compute, block->qkv, narrow, rows, q, plain);
    ops->attention(compute, &shape, q, k, v, narrow);
    ops->linear(compute, block->attention_out, narrow, query_rows, queries, add);
    ops->layer_norm(compute, queries, query_rows, width, block->ln_2_gain, block->ln_2_shift, stack->epsilon,
                    narrow);
    ops->linear(compute, block->mlp_in, narrow, query_rows, hidden, activate);
    ops->linear(compute, block->mlp_out, hidden, query_rows, queries, add);
}

void rv_block_stack_run(const BlockStack *stack, const BlockSpace *space, size_t sequence_count,
                        size_t token_count, size_t pooled_token)
{
    int last = stack->tower.layers - 1;
    for (int i = 0; i < last; i++)
        run_block(stack, &stack->blocks[i], space, sequence_count, token_count, 0, token_count);
    run_block(stack, &stack->blocks[last], space, sequence_count, token_count, pooled_token, 1);
}
