/* SPDX-License-Identifier: MIT */
/* Pooling of a picture's tokens by attention: one learned query, then a layer norm and an MLP. Zhai et al.
 * 2022 (Scaling Vision Transformers), section 3.2. */
#ifndef RV_ATTENTION_POOL_H
#define RV_ATTENTION_POOL_H

#include "clip/clip_block.h"

typedef struct AttentionPool {
    size_t width, heads, mlp_width;
    Activation activation;
    float epsilon;
    OneQuery attention;
    LinearWeights *attention_out, *mlp_in, *mlp_out;
    DeviceBuffer *out_bias, *zeros, *gain, *shift; // [width]
} AttentionPool;

/* Load the tensors "visual.attn_pool...", or only check them if the loader has no device. After an error the
 * pool must be cleared too. Errors: MISMATCH, IO, FORMAT, MEMORY. */
RvStatus rv_attention_pool_load(AttentionPool *pool, const VisionSpec *spec, WeightLoader *loader,
                                RvError *err);
void rv_attention_pool_clear(Compute *compute, AttentionPool *pool);

/* pooled[sequence_count, width], float32, from the normed tokens in space->narrow. narrow and wide are
 * overwritten; a row of wide must hold 3 * width and mlp_width. */
void rv_attention_pool_run(const AttentionPool *pool, Compute *compute, const BlockSpace *space,
                           size_t sequence_count, size_t token_count, DeviceBuffer *pooled);

#endif
