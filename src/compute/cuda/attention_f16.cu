/* SPDX-License-Identifier: MIT */
/* Attention in float16 on the tensor cores, for heads up to a width of 96. A head is computed in the next
 * larger of three widths, filled up with zeros.
 *
 * A warp has 16 queries. It passes over the keys twice, 64 at a time. The first pass computes the highest
 * score and the sum of the weights of every query. The second computes the weighted sums of the values, which
 * stay in the tensor cores' registers. Up to 64 tokens, the scores of the first pass are used for both. */
#include <mma.h>

#include "compute/cuda/device_values.h"

using namespace nvcuda;

#define BLOCK_KEYS 64
#define TILE 16
#define PITCH(width) ((width) + 8)   // of keys and values in shared memory, so that rows use different banks
#define SCORE_PITCH (BLOCK_KEYS + 4) // of scores, in floats
#define WEIGHT_PITCH (2 * SCORE_PITCH) // of the same memory, in halves
#define LANE_KEYS 32                   // keys of a block per lane: two lanes share a query

typedef wmma::fragment<wmma::matrix_a, TILE, TILE, TILE, __half, wmma::row_major> RowTile;
typedef wmma::fragment<wmma::accumulator, TILE, TILE, TILE, float> SumTile;

/* Copy rows of head_width halves, a multiple of 8, to shared memory. Rows after the last, and values from
 * head_width to the tiles' width, are zero. */
template <int WIDTH>
__device__ static inline void load_rows(const __half *src, size_t stride, uint32_t head_width, uint32_t rows,
                                        uint32_t row_count, __half *dst, uint32_t pitch, uint32_t thread,
                                        uint32_t threads)
{
    for (uint32_t i = thread; i < row_count * (WIDTH / 8); i += threads) {
        uint32_t row = i / (WIDTH / 8), at = i % (WIDTH / 8) * 8;
        uint4 eight = make_uint4(0, 0, 0, 0);
        if (row < rows && at < head_width)
            eight = *(const uint4 *)(src + row * stride + at);
        *(uint4 *)(dst + row * pitch + at) = eight;
    }
}

/* scores[16, 64] = queries keys^T. */
template <int WIDTH>
__device__ static inline void score_keys(const RowTile *queries, const __half *keys, float *scores)
{
    for (uint32_t column = 0; column < BLOCK_KEYS; column += TILE) {
        SumTile sum;
        wmma::fill_fragment(sum, 0.0f);
        for (int k = 0; k < WIDTH / TILE; k++) {
            wmma::fragment<wmma::matrix_b, TILE, TILE, TILE, __half, wmma::col_major> key;
            wmma::load_matrix_sync(key, keys + column * PITCH(WIDTH) + k * TILE, PITCH(WIDTH));
            wmma::mma_sync(sum, queries[k], key, sum);
        }
        wmma::store_matrix_sync(scores + column, sum, SCORE_PITCH, wmma::mem_row_major);
    }
    __syncwarp();
}

/* Highest score and sum of weights of a query, over the keys so far. Its two lanes have the same values. */
typedef struct Softmax {
    float highest, weight_sum;
} Softmax;

/* Add this lane's scores. count: how many of this lane's keys its query sees. */
__device__ static inline void add_scores(Softmax *softmax, const float *scores, uint32_t count, float scale)
{
    float highest = softmax->highest;
    for (uint32_t i = 0; i < count; i++)
        highest = fmaxf(highest, scores[i] * scale);
    highest = fmaxf(highest, __shfl_xor_sync(ALL_LANES, highest, 1));
    float sum = 0.0f;
    for (uint32_t i = 0; i < count; i++)
        sum += expf(scores[i] * scale - highest);
    sum += __shfl_xor_sync(ALL_LANES, sum, 1);
    // Before the first visible key both are minus infinity, and nothing is to be rescaled.
    float before = softmax->weight_sum > 0.0f ? softmax->weight_sum * expf(softmax->highest - highest) : 0.0f;
    softmax->weight_sum = before + sum;
    softmax->highest = highest;
}

/* Replace the warp's scores by weights, which are halves in the same memory. */
__device__ static inline void weigh(const Softmax &softmax, float *scores, uint32_t count, uint32_t lane,
                                    float scale)
{
    const float *own = scores + lane / 2 * SCORE_PITCH + lane % 2 * LANE_KEYS;
    float weights[LANE_KEYS];
    for (uint32_t i = 0; i < LANE_KEYS; i++)
        weights[i] = i < count ? expf(own[i] * scale - softmax.highest) : 0.0f;
    __syncwarp();
    __half *halves = (__half *)scores + lane / 2 * WEIGHT_PITCH + lane % 2 * LANE_KEYS;
    for (uint32_t i = 0; i < LANE_KEYS; i++)
        halves[i] = __float2half_rn(weights[i]);
    __syncwarp();
}

/* mixture[16, WIDTH] += weights[16, 64] values[64, WIDTH]. */
template <int WIDTH>
__device__ static inline void mix_values(SumTile *mixture, const __half *weights, const __half *values)
{
    for (int k = 0; k < BLOCK_KEYS / TILE; k++) {
        RowTile weight;
        wmma::load_matrix_sync(weight, weights + k * TILE, WEIGHT_PITCH);
        for (int c = 0; c < WIDTH / TILE; c++) {
            wmma::fragment<wmma::matrix_b, TILE, TILE, TILE, __half, wmma::row_major> value;
            wmma::load_matrix_sync(value, values + k * TILE * PITCH(WIDTH) + c * TILE, PITCH(WIDTH));
            wmma::mma_sync(mixture[c], weight, value, mixture[c]);
        }
    }
    __syncwarp();
}

/* Returns how many of the first `limit` keys are among the 32 that begin at `first`. */
__device__ static inline uint32_t keys_within(uint32_t limit, uint32_t first)
{
    return limit > first ? min(limit - first, (uint32_t)LANE_KEYS) : 0;
}

/* Pass the mixture through the memory of the scores, 64 columns at a time, to dst. */
template <int WIDTH>
__device__ static inline void store_mixture(const SumTile *mixture, float *scores, float weight_sum,
                                            __half *dst, uint32_t head_width, bool wanted, uint32_t lane)
{
    const float *own = scores + lane / 2 * SCORE_PITCH + lane % 2 * LANE_KEYS;
    for (int first = 0; first < WIDTH; first += BLOCK_KEYS) {
        for (int c = 0; c < BLOCK_KEYS / TILE && first + c * TILE < WIDTH; c++)
            wmma::store_matrix_sync(scores + c * TILE, mixture[first / TILE + c], SCORE_PITCH,
                                    wmma::mem_row_major);
        __syncwarp();
        uint32_t column = first + lane % 2 * LANE_KEYS;
        for (uint32_t i = 0; wanted && i < LANE_KEYS && column + i < head_width; i++)
            dst[column + i] = __float2half_rn(own[i] / weight_sum);
        __syncwarp();
    }
}

template <int WIDTH> __device__ static void attend_in_tiles(const AttentionParams &p)
{
    __shared__ __align__(128) __half keys[BLOCK_KEYS * PITCH(WIDTH)];
    __shared__ __align__(128) __half values[BLOCK_KEYS * PITCH(WIDTH)];
    __shared__ __align__(128) float all_scores[CUDA_TILE_QUERIES / TILE][TILE * SCORE_PITCH];
    uint32_t lane = threadIdx.x % WARP_LANES, warp = threadIdx.x / WARP_LANES, head_width = p.head_width;
    float *scores = all_scores[warp];
    size_t sequence = blockIdx.x / p.head_count, column = (size_t)(blockIdx.x % p.head_count) * head_width;
    size_t offset = sequence * p.token_count * p.qkv_stride + column;
    const __half *k = (const __half *)p.k + offset, *v = (const __half *)p.v + offset;
    uint32_t first_row = blockIdx.y * CUDA_TILE_QUERIES + warp * TILE, row = first_row + lane / 2;
    uint32_t rows = p.query_count > first_row ? min(p.query_count - first_row, (uint32_t)TILE) : 0;
    uint32_t visible = p.causal ? min(p.first_query + row + 1, p.token_count) : p.token_count;

    RowTile queries[WIDTH / TILE];
    load_rows<WIDTH>((const __half *)p.q + sequence * p.q_step + column +
                         (p.first_query + first_row) * p.qkv_stride,
                     p.qkv_stride, head_width, rows, TILE, (__half *)scores, WEIGHT_PITCH, lane, WARP_LANES);
    __syncwarp();
    for (int i = 0; i < WIDTH / TILE; i++)
        wmma::load_matrix_sync(queries[i], (const __half *)scores + i * TILE, WEIGHT_PITCH);
    __syncwarp();

    Softmax softmax = {-INFINITY, 0.0f};
    const float *own = scores + lane / 2 * SCORE_PITCH + lane % 2 * LANE_KEYS;
    for (uint32_t first = 0; first < p.token_count; first += BLOCK_KEYS) {
        __syncthreads();
        load_rows<WIDTH>(k + first * p.qkv_stride, p.qkv_stride, head_width, p.token_count - first,
                         BLOCK_KEYS, keys, PITCH(WIDTH), threadIdx.x, CUDA_TILE_THREADS);
        __syncthreads();
        score_keys<WIDTH>(queries, keys, scores);
        add_scores(&softmax, own, keys_within(visible, first + lane % 2 * LANE_KEYS), p.scale);
    }
    SumTile mixture[WIDTH / TILE];
    for (int c = 0; c < WIDTH / TILE; c++)
        wmma::fill_fragment(mixture[c], 0.0f);
    for (uint32_t first = 0; first < p.token_count; first += BLOCK_KEYS) {
        __syncthreads();
        load_rows<WIDTH>(v + first * p.qkv_stride, p.qkv_stride, head_width, p.token_count - first,
                         BLOCK_KEYS, values, PITCH(WIDTH), threadIdx.x, CUDA_TILE_THREADS);
        if (p.token_count > BLOCK_KEYS)
            load_rows<WIDTH>(k + first * p.qkv_stride, p.qkv_stride, head_width, p.token_count - first,
                             BLOCK_KEYS, keys, PITCH(WIDTH), threadIdx.x, CUDA_TILE_THREADS);
        __syncthreads();
        if (p.token_count > BLOCK_KEYS)
            score_keys<WIDTH>(queries, keys, scores);
        weigh(softmax, scores, keys_within(visible, first + lane % 2 * LANE_KEYS), lane, p.scale);
        mix_values<WIDTH>(mixture, (const __half *)scores, values);
    }
    store_mixture<WIDTH>(mixture, scores, softmax.weight_sum,
                         (__half *)p.dst + (sequence * p.query_count + row) * p.dst_stride + column,
                         head_width, row < p.query_count, lane);
}

extern "C" __global__ void rv_attention_f16_w64(AttentionParams p)
{
    attend_in_tiles<64>(p);
}

extern "C" __global__ void rv_attention_f16_w80(AttentionParams p)
{
    attend_in_tiles<80>(p);
}

extern "C" __global__ void rv_attention_f16_w96(AttentionParams p)
{
    attend_in_tiles<96>(p);
}
