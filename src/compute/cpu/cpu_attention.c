/* SPDX-License-Identifier: MIT */
/* Scaled dot-product attention on the CPU, computed with the tiles of the linear layers. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "compute/cpu/cpu_device.h"
#include "compute/cpu/cpu_panels.h"

typedef struct AttentionJob {
    CpuDevice *device;
    const float *q, *k, *v;
    float *dst;
    size_t qkv_stride, dst_stride;
    size_t q_step; // between the queries of two sequences
    size_t token_count, first_query, query_count, head_count, head_width;
    bool causal;
} AttentionJob;

/* A worker's part of the workspace: keys as panels [panel, head_width, columns], values as panels [panel,
 * token_count, columns], scores [tile_rows, padded tokens]. */
typedef struct AttentionSpace {
    float *keys, *values, *scores;
} AttentionSpace;

size_t rv_cpu_attention_floats(const CpuKernels *kernels)
{
    size_t tokens = rv_round_up(COMPUTE_TOKENS_MAX, kernels->head_tile_columns);
    size_t head_width = rv_round_up(COMPUTE_HEAD_WIDTH_MAX, kernels->head_tile_columns);
    return rv_round_up(2 * tokens * head_width + kernels->head_tile_rows * tokens, 16);
}

/* Returns the width of the next panel if `left` columns are left. Panels are as wide as tiles can be and as
 * even as whole vectors can be: a head of 72 is 48 and 32 wide if vectors are 16 and tiles 64. */
static size_t panel_columns(const CpuKernels *kernels, size_t left)
{
    size_t vectors = rv_divide_up(left, kernels->lanes),
           vectors_max = kernels->head_tile_columns / kernels->lanes;
    return kernels->lanes * rv_divide_up(vectors, rv_divide_up(vectors, vectors_max));
}

static void pack_keys_and_values(const AttentionJob *job, const float *k, const float *v,
                                 const AttentionSpace *space)
{
    const CpuKernels *kernels = job->device->kernels;
    for (size_t token = 0, columns; token < job->token_count; token += columns) {
        size_t left = job->token_count - token;
        columns = panel_columns(kernels, left);
        kernels->pack_columns(k + token * job->qkv_stride, job->qkv_stride, left < columns ? left : columns,
                              job->head_width, columns, space->keys + token * job->head_width);
    }
    for (size_t column = 0, columns; column < job->head_width; column += columns) {
        float *panel = space->values + column * job->token_count;
        size_t left = job->head_width - column;
        columns = panel_columns(kernels, left);
        size_t width = left < columns ? left : columns;
        for (size_t token = 0; token < job->token_count; token++, panel += columns) {
            memcpy(panel, v + token * job->qkv_stride + column, width * sizeof *panel);
            memset(panel + width, 0, (columns - width) * sizeof *panel);
        }
    }
}

/* dst[rows, column_count] = src[rows, depth] panels[panel, depth, columns]. */
static void multiply_panels(const CpuKernels *kernels, const float *src, size_t src_stride, size_t rows,
                            const float *panels, size_t depth, size_t column_count, float *dst,
                            size_t dst_stride)
{
    Tile tile = {.src = src, .src_stride = src_stride, .depth = depth, .dst_stride = dst_stride};
    for (size_t column = 0, columns; column < column_count; column += columns) {
        size_t left = column_count - column;
        columns = panel_columns(kernels, left);
        tile.panel = panels + column * depth;
        tile.dst = dst + column;
        tile.columns = left < columns ? left : columns;
        kernels->head_tiles[columns / kernels->lanes - 1][rows - 1](&tile);
    }
}

/* Compute one head of one sequence. For each strip of queries: the scores, their softmax, the weighted sums
 * of the values. */
static void attend(void *context, size_t index, int worker)
{
    const AttentionJob *job = context;
    const CpuKernels *kernels = job->device->kernels;
    size_t tokens = job->token_count;
    size_t padded_tokens = rv_round_up(tokens, kernels->lanes);
    size_t sequence = index / job->head_count, column = index % job->head_count * job->head_width;
    size_t offset = sequence * tokens * job->qkv_stride + column;
    float *workspace = cpu_workspace(job->device, (size_t)worker);
    AttentionSpace space = {workspace, workspace + padded_tokens * job->head_width, NULL};
    space.scores = space.values + tokens * rv_round_up(job->head_width, kernels->lanes);
    pack_keys_and_values(job, job->k + offset, job->v + offset, &space);

    float scale = 1.0f / sqrtf((float)job->head_width);
    const float *q = job->q + sequence * job->q_step + column + job->first_query * job->qkv_stride;
    float *dst = job->dst + sequence * job->query_count * job->dst_stride + column;
    size_t strip_count = rv_divide_up(job->query_count, kernels->head_tile_rows);
    for (size_t strip = 0; strip < strip_count; strip++) {
        size_t row = strip * job->query_count / strip_count;
        size_t rows = (strip + 1) * job->query_count / strip_count - row;
        multiply_panels(kernels, q + row * job->qkv_stride, job->qkv_stride, rows, space.keys,
                        job->head_width, tokens, space.scores, padded_tokens);
        for (size_t i = 0; i < rows; i++) {
            float *scores = space.scores + i * padded_tokens;
            size_t visible = job->causal ? job->first_query + row + i + 1 : tokens;
            kernels->softmax_f32(scores, visible, scale);
            memset(scores + visible, 0, (tokens - visible) * sizeof *scores);
        }
        multiply_panels(kernels, space.scores, padded_tokens, rows, space.values, tokens, job->head_width,
                        dst + row * job->dst_stride, job->dst_stride);
    }
}

void rv_cpu_attention(Compute *compute, const AttentionShape *shape, DeviceRows q, DeviceRows k, DeviceRows v,
                      DeviceRows dst)
{
    assert(shape->token_count <= COMPUTE_TOKENS_MAX && shape->head_width <= COMPUTE_HEAD_WIDTH_MAX);
    assert(shape->first_query + shape->query_count <= shape->token_count);
    assert(k.stride == v.stride);
    assert(shape->one_query ? shape->first_query == 0 && shape->query_count == 1 && !shape->causal
                            : q.stride == k.stride);
    AttentionJob job = {.device = (CpuDevice *)compute,
                        .q = cpu_values(q),
                        .k = cpu_values(k),
                        .v = cpu_values(v),
                        .dst = cpu_values(dst),
                        .qkv_stride = k.stride,
                        .q_step = shape->one_query ? 0 : shape->token_count * k.stride,
                        .dst_stride = dst.stride,
                        .token_count = shape->token_count,
                        .first_query = shape->first_query,
                        .query_count = shape->query_count,
                        .head_count = shape->head_count,
                        .head_width = shape->head_width,
                        .causal = shape->causal};
    size_t task_count = shape->sequence_count * shape->head_count;
    rv_cpu_run(job.device, task_count * shape->token_count * (shape->query_count + 1) * shape->head_width * 2,
               task_count, attend, &job);
}
