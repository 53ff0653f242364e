/* SPDX-License-Identifier: MIT */
/* The first pass of a search over 8-bit codes: every row's bounds, then the rows that may be among the best.
 * Its speed is limited by reading the codes from memory: each lane requests sixteen bytes of eight rows at
 * once. */
#include "compute/cuda/device_values.h"

#define BATCH_ROWS 8

/* Returns dot plus the products of sixteen codes, which are 128 too high, with sixteen bytes of the query. */
__device__ static inline int add_products(int dot, uint4 codes, uint4 query)
{
    dot = __dp4a((int)(codes.x ^ 0x80808080u), (int)query.x, dot);
    dot = __dp4a((int)(codes.y ^ 0x80808080u), (int)query.y, dot);
    dot = __dp4a((int)(codes.z ^ 0x80808080u), (int)query.z, dot);
    return __dp4a((int)(codes.w ^ 0x80808080u), (int)query.w, dot);
}

/* Compute the products of this lane's bytes for the rows first .. first + BATCH_ROWS - 1. Rows after the last
 * are computed as the last. The results are modulo 2^32, and so is the whole sum, which fits. */
__device__ static inline void batch_products(const CodeScoresParams &p, const uint4 *query, uint32_t first,
                                             uint32_t lane, uint32_t *dots)
{
    uint32_t parts = p.width / 16;
    int high[BATCH_ROWS] = {0}, low[BATCH_ROWS] = {0};
    for (uint32_t part = lane; part < parts; part += WARP_LANES) {
        uint4 codes[BATCH_ROWS];
        for (int i = 0; i < BATCH_ROWS; i++) {
            size_t row = min(first + (uint32_t)i, p.row_count - 1);
            codes[i] = ((const uint4 *)p.codes)[row * parts + part];
        }
        for (int i = 0; i < BATCH_ROWS; i++) {
            high[i] = add_products(high[i], codes[i], query[part]);
            low[i] = add_products(low[i], codes[i], query[parts + part]);
        }
    }
    for (int i = 0; i < BATCH_ROWS; i++)
        dots[i] = 256u * (uint32_t)high[i] + (uint32_t)low[i];
}

/* Returns the sum over all lanes of dots[lane / 4]. Each step halves the number of rows that a lane has. */
__device__ static inline uint32_t sum_batch(uint32_t *dots, uint32_t lane)
{
    int half = WARP_LANES / 2;
    for (int count = BATCH_ROWS / 2; count > 0; count /= 2, half /= 2) {
        bool upper = (lane & (uint32_t)half) != 0;
        for (int i = 0; i < count; i++) {
            uint32_t keep = upper ? dots[i + count] : dots[i], give = upper ? dots[i] : dots[i + count];
            dots[i] = keep + __shfl_xor_sync(ALL_LANES, give, half);
        }
    }
    for (; half > 0; half /= 2)
        dots[0] += __shfl_xor_sync(ALL_LANES, dots[0], half);
    return dots[0];
}

/* Returns the product of row first + lane. */
__device__ static inline int dot_of_lane(const CodeScoresParams &p, const uint4 *query, uint32_t first,
                                         uint32_t lane)
{
    uint32_t dot = 0;
    for (uint32_t batch = 0; batch < WARP_LANES / BATCH_ROWS; batch++) {
        uint32_t dots[BATCH_ROWS];
        batch_products(p, query, first + batch * BATCH_ROWS, lane, dots);
        uint32_t sum = __shfl_sync(ALL_LANES, sum_batch(dots, lane), (int)(lane % BATCH_ROWS * 4));
        dot = lane / BATCH_ROWS == batch ? sum : dot;
    }
    return (int)dot;
}

/* Writes the row's upper bound and returns its lower bound. Both are rounded outwards. */
__device__ static inline float bound_row(const CodeScoresParams &p, uint32_t row, int dot)
{
    float2 bound = ((const float2 *)p.bounds)[row];
    double score = p.step * bound.x * dot, error = bound.y * p.error_factor + p.slack;
    bool counts = p.times_s == NULL || (p.times_s[row] >= p.after_s && p.times_s[row] <= p.before_s);
    p.highs[row] = counts ? __double2float_ru(score + error) : -INFINITY;
    return counts ? __double2float_rd(score - error) : -INFINITY;
}

extern "C" __global__ void rv_code_scores(CodeScoresParams p)
{
    DYNAMIC_SHARED(uint4, query);
    uint32_t lane = threadIdx.x % WARP_LANES, parts = p.width / 16;
    for (uint32_t i = threadIdx.x; i < 2 * parts; i += CUDA_THREADS)
        query[i] = ((const uint4 *)p.query)[i];
    __syncthreads();
    uint32_t block = blockIdx.x * CUDA_WARPS + threadIdx.x / WARP_LANES;
    size_t block_row = (size_t)block * CUDA_CODE_ROWS;
    if (block_row >= p.row_count)
        return;
    uint32_t end = (uint32_t)min(p.row_count - (uint32_t)block_row, (uint32_t)CUDA_CODE_ROWS);
    float best = -INFINITY;
    for (uint32_t at = 0; at < end; at += WARP_LANES) {
        uint32_t first = (uint32_t)block_row + at, row = first + lane;
        uint32_t counted = p.counted != NULL ? p.counted[first / WARP_LANES] : ALL_LANES;
        int dot = counted != 0 ? dot_of_lane(p, query, first, lane) : 0;
        bool counts = row < p.row_count && (counted >> lane & 1) != 0;
        float low = -INFINITY;
        if (counts)
            low = bound_row(p, row, dot);
        else if (row < p.row_count)
            p.highs[row] = -INFINITY;
        best = low > best ? low : best; // a bound that is NaN is ignored
    }
    best = highest_of_warp(best);
    if (lane == 0)
        p.best[block] = best;
}

extern "C" __global__ void rv_codes_above(CodesAboveParams p)
{
    size_t row = (size_t)blockIdx.x * CUDA_THREADS + threadIdx.x;
    if (row >= p.row_count)
        return;
    float high = p.highs[row];
    // Written so that a row whose bound is NaN is kept.
    if (high < p.threshold || high == -INFINITY)
        return;
    uint32_t at = atomicAdd(p.count, 1u);
    if (at < p.capacity)
        p.rows[at] = (uint32_t)row;
}
