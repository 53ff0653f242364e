/* SPDX-License-Identifier: MIT */
/* Pooling of a picture's tokens by attention. */
#include "clip/attention_pool.h"

static RvStatus load_zeros(AttentionPool *pool, WeightLoader *loader, RvError *err)
{
    if (loader->compute == NULL)
        return RV_OK;
    const ComputeOps *ops = loader->compute->ops;
    pool->zeros = ops->buffer_create(loader->compute, pool->width, COMPUTE_FLOAT32, err);
    if (pool->zeros == NULL)
        return RV_ERROR_MEMORY;
    for (size_t i = 0; i < pool->width; i++)
        loader->scratch[i] = 0; // it has room for the layers before
    ops->upload(loader->compute, pool->zeros, loader->scratch, pool->width);
    return RV_OK;
}

RvStatus rv_attention_pool_load(AttentionPool *pool, const VisionSpec *spec, WeightLoader *loader,
                                RvError *err)
{
    size_t width = (size_t)spec->tower.width, mlp_width = (size_t)spec->pool_mlp_width;
    pool->width = width;
    pool->heads = (size_t)spec->pool_heads;
    pool->mlp_width = mlp_width;
    pool->activation = spec->tower.activation;
    pool->epsilon = spec->tower.epsilon;
    const struct {
        const char *name, *bias;
        size_t rows, columns;
        LinearWeights **dst;
    } layers[] = {
        // The bias stands in the rows before the layer is added to them.
        {"visual.attn_pool.attn.out_proj.weight", NULL, width, width, &pool->attention_out},
        {"visual.attn_pool.mlp.c_fc.weight", "visual.attn_pool.mlp.c_fc.bias", mlp_width, width,
         &pool->mlp_in},
        {"visual.attn_pool.mlp.c_proj.weight", "visual.attn_pool.mlp.c_proj.bias", width, mlp_width,
         &pool->mlp_out},
    };
    const struct {
        const char *name;
        DeviceBuffer **dst;
    } vectors[] = {
        {"visual.attn_pool.attn.out_proj.bias", &pool->out_bias},
        {"visual.attn_pool.layernorm.weight", &pool->gain},
        {"visual.attn_pool.layernorm.bias", &pool->shift},
    };
    RvStatus status =
        rv_weight_loader_one_query(loader, "visual.attn_pool.probe", "visual.attn_pool.attn.in_proj_weight",
                                   "visual.attn_pool.attn.in_proj_bias", width, &pool->attention, err);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0] && status == RV_OK; i++)
        status = rv_weight_loader_linear(loader, layers[i].name,
                                         (const size_t[]){layers[i].rows, layers[i].columns}, 2,
                                         layers[i].bias, layers[i].dst, err);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0] && status == RV_OK; i++)
        status = rv_weight_loader_table(loader, vectors[i].name, 0, width, vectors[i].dst, err);
    return status == RV_OK ? load_zeros(pool, loader, err) : status;
}

void rv_attention_pool_clear(Compute *compute, AttentionPool *pool)
{
    DeviceBuffer *buffers[] = {pool->attention.query, pool->out_bias, pool->zeros, pool->gain, pool->shift};
    LinearWeights *layers[] = {pool->attention.key_value, pool->attention_out, pool->mlp_in, pool->mlp_out};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        compute->ops->buffer_destroy(compute, buffers[i]);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        compute->ops->linear_destroy(compute, layers[i]);
    *pool = (AttentionPool){0};
}

void rv_attention_pool_run(const AttentionPool *pool, Compute *compute, const BlockSpace *space,
                           size_t sequence_count, size_t token_count, DeviceBuffer *pooled)
{
    static const LinearEpilogue plain = {ACTIVATION_NONE, false}, add = {ACTIVATION_NONE, true};
    const LinearEpilogue activate = {pool->activation, false};
    const ComputeOps *ops = compute->ops;
    size_t width = pool->width;
    const AttentionShape shape = {.sequence_count = sequence_count,
                                  .token_count = token_count,
                                  .query_count = 1,
                                  .head_count = pool->heads,
                                  .head_width = width / pool->heads,
                                  .one_query = true};
    const DeviceRows narrow = {space->narrow, 0, width}, query = {pool->attention.query, 0, 0};
    const DeviceRows k = {space->wide, 0, 2 * width}, v = {space->wide, width, 2 * width};
    const DeviceRows hidden = {space->wide, 0, pool->mlp_width}, rows = {pooled, 0, width};
    ops->linear(compute, pool->attention.key_value, narrow, sequence_count * token_count, k, plain);
    ops->attention(compute, &shape, query, k, v, narrow);
    // A layer of another precision can be added to float32 rows, but not stored in them: they begin as its
    // bias.
    ops->sequences(compute, narrow, pool->out_bias, pool->zeros, sequence_count, 1, width, pooled);
    ops->linear(compute, pool->attention_out, narrow, sequence_count, rows, add);
    ops->layer_norm(compute, rows, sequence_count, width, pool->gain, pool->shift, pool->epsilon, narrow);
    ops->linear(compute, pool->mlp_in, narrow, sequence_count, hidden, activate);
    ops->linear(compute, pool->mlp_out, hidden, sequence_count, rows, add);
}
