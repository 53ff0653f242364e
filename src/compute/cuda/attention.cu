/* SPDX-License-Identifier: MIT */
/* Scaled dot-product attention for any head width: one warp per query. The softmax is updated while the keys
 * are read. */
#include "compute/cuda/device_values.h"

/* Columns of a head that one lane sums. */
#define LANE_COLUMNS (CUDA_HEAD_WIDTH_MAX / WARP_LANES)

/* The state of a query after some of the keys. Weights are relative to the highest score so far. Each lane
 * has every 32nd column of the weighted sum of the values. */
typedef struct Mixture {
    float highest, weight_sum, columns[LANE_COLUMNS];
} Mixture;

/* Returns the score of this lane's key. keys: [CUDA_KEYS, head_width + 1], so that lanes read different
 * banks. */
__device__ static inline float score_key(const float *query, const float *keys, uint32_t lane,
                                         const AttentionParams &p)
{
    const float *key = keys + lane * (p.head_width + 1);
    float dot = 0.0f;
    for (uint32_t i = 0; i < p.head_width; i++)
        dot += query[i] * key[i];
    return dot * p.scale;
}

/* Add the next `count` (up to 32) keys, with this lane's score, and their values. */
template <typename Value>
__device__ static inline void mix(Mixture *mixture, float score, uint32_t count, const Value *values,
                                  uint32_t lane, const AttentionParams &p)
{
    float highest = fmaxf(mixture->highest, highest_of_warp(lane < count ? score : -INFINITY));
    float weight = lane < count ? expf(score - highest) : 0.0f;
    float rescale = expf(mixture->highest - highest);
    mixture->weight_sum = mixture->weight_sum * rescale + sum_of_warp(weight);
    mixture->highest = highest;
    for (int c = 0; c < LANE_COLUMNS; c++)
        mixture->columns[c] *= rescale;
    for (uint32_t key = 0; key < count; key++, values += p.qkv_stride) {
        float key_weight = __shfl_sync(ALL_LANES, weight, (int)key);
        for (int c = 0; c < LANE_COLUMNS; c++) {
            uint32_t column = (uint32_t)c * WARP_LANES + lane;
            if (column < p.head_width)
                mixture->columns[c] += key_weight * get_value(values + column);
        }
    }
}

template <typename Value> __device__ static void attend(const AttentionParams &p)
{
    DYNAMIC_SHARED(float, shared); // keys, then the queries [CUDA_WARPS, head_width]
    uint32_t lane = threadIdx.x % WARP_LANES, warp = threadIdx.x / WARP_LANES;
    uint32_t first_row = blockIdx.y * CUDA_WARPS, row = first_row + warp;
    size_t sequence = blockIdx.x / p.head_count, column = (size_t)(blockIdx.x % p.head_count) * p.head_width;
    size_t offset = sequence * p.token_count * p.qkv_stride + column;
    const Value *q = (const Value *)p.q + sequence * p.q_step + column;
    const Value *k = (const Value *)p.k + offset, *v = (const Value *)p.v + offset;
    float *keys = shared, *query = shared + CUDA_KEYS * (p.head_width + 1) + warp * p.head_width;
    // The last warps of the last block may have no query. They only help to load the keys.
    uint32_t visible = 0, last_row = min(first_row + CUDA_WARPS, p.query_count) - 1;
    if (row < p.query_count) {
        visible = p.causal ? p.first_query + row + 1 : p.token_count;
        for (uint32_t i = lane; i < p.head_width; i += WARP_LANES)
            query[i] = get_value(q + (p.first_query + row) * p.qkv_stride + i);
    }
    uint32_t seen = p.causal ? p.first_query + last_row + 1 : p.token_count; // by any warp of the block
    Mixture mixture = {-INFINITY, 0.0f, {0.0f}};
    for (uint32_t first = 0; first < seen; first += CUDA_KEYS) {
        __syncthreads();
        for (uint32_t i = threadIdx.x; i < CUDA_KEYS * p.head_width; i += CUDA_THREADS) {
            uint32_t key = i / p.head_width, at = i % p.head_width;
            keys[key * (p.head_width + 1) + at] =
                first + key < p.token_count ? get_value(k + (first + key) * p.qkv_stride + at) : 0.0f;
        }
        __syncthreads();
        if (first < visible)
            mix(&mixture, score_key(query, keys, lane, p), min(visible - first, (uint32_t)CUDA_KEYS),
                v + first * p.qkv_stride, lane, p);
    }
    if (row >= p.query_count)
        return;
    Value *dst = (Value *)p.dst + (sequence * p.query_count + row) * p.dst_stride + column;
    for (int c = 0; c < LANE_COLUMNS; c++) {
        uint32_t at = (uint32_t)c * WARP_LANES + lane;
        if (at < p.head_width)
            set_value(dst + at, mixture.columns[c] / mixture.weight_sum);
    }
}

extern "C" __global__ void rv_attention_f32(AttentionParams p)
{
    attend<float>(p);
}

extern "C" __global__ void rv_attention_f16(AttentionParams p)
{
    attend<__half>(p);
}
