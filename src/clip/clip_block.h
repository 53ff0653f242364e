/* SPDX-License-Identifier: MIT */
/* A stack of transformer blocks, the body of both towers. */
#ifndef RV_CLIP_BLOCK_H
#define RV_CLIP_BLOCK_H

#include "clip/weight_loader.h"

/* x += attention(ln_1(x)); x += mlp(ln_2(x)). If the tower is post-norm: x = ln_1(x + attention(x)); x =
 * ln_2(x + mlp(x)). */
typedef struct ClipBlock {
    LinearWeights *qkv, *attention_out, *mlp_in, *mlp_out;
    DeviceBuffer *ln_1_gain, *ln_1_shift, *ln_2_gain, *ln_2_shift; // [width]
} ClipBlock;

typedef struct BlockStack {
    Compute *compute;
    TowerSpec tower;
    bool causal;
    const DeviceBuffer *angles; // of rotary positions (compute.h), borrowed; NULL: there are none
    ClipBlock *blocks;          // [tower.layers]; NULL until loaded
} BlockStack;

/* Device memory for the rows of one run. */
typedef struct BlockSpace {
    DeviceBuffer *stream; // [rows, width], float32: the residual stream, input and output
    DeviceBuffer *narrow; // [rows, width], in the precision of the layers
    DeviceBuffer *wide;   // [rows, wide width]: the widest of qkv, mlp and what the tower asks for
} BlockSpace;

/* Allocate the space for `rows` rows. After an error the space must be cleared too. Errors: MEMORY, and those
 * of the device. */
RvStatus rv_block_space_create(Compute *compute, const TowerSpec *tower, ComputePrecision precision,
                               size_t rows, size_t wide_width, BlockSpace *out, RvError *err);
void rv_block_space_clear(Compute *compute, BlockSpace *space);

/* Load all blocks. prefix is "visual.transformer" or "transformer". If the loader has no device, the tensors
 * are only checked. After an error the stack must be cleared too. Errors: MISMATCH, IO, FORMAT, MEMORY. */
RvStatus rv_block_stack_load(BlockStack *stack, WeightLoader *loader, const char *prefix, RvError *err);
void rv_block_stack_clear(BlockStack *stack);

/* Run space->stream [sequence_count, token_count, width] through all blocks. Afterwards only the wanted_count
 * rows from first_wanted on of each sequence are valid: one, or all of them. The last block uses the others
 * for keys and values only. A post-norm stack must be float32. */
void rv_block_stack_run(const BlockStack *stack, const BlockSpace *space, size_t sequence_count,
                        size_t token_count, size_t first_wanted, size_t wanted_count);

#endif
