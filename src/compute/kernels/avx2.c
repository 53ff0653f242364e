/* SPDX-License-Identifier: MIT */
/* Kernels for processors with AVX2 and FMA: vectors of 8 floats. */
#include <immintrin.h>

#include "compute/kernels/kernels.h"

#define LANES 8
#define KERNEL(name) name##_avx2
// 6 x 16: 12 sums, 2 vectors of weights and 1 or 2 of rows fill the 16 registers.
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define VECTORS_MAX 2

typedef __m256 V;

static inline V v_set(float x)
{
    return _mm256_set1_ps(x);
}
static inline V v_load(const float *src)
{
    return _mm256_loadu_ps(src);
}
static inline void v_store(float *dst, V x)
{
    _mm256_storeu_ps(dst, x);
}
static inline V v_add(V a, V b)
{
    return _mm256_add_ps(a, b);
}
static inline V v_sub(V a, V b)
{
    return _mm256_sub_ps(a, b);
}
static inline V v_mul(V a, V b)
{
    return _mm256_mul_ps(a, b);
}
static inline V v_div(V a, V b)
{
    return _mm256_div_ps(a, b);
}
static inline V v_fma(V a, V b, V c)
{
    return _mm256_fmadd_ps(a, b, c);
}
/* *sum += a * b, in place and in the order of the source. Without this, gcc reorders the products of a tile
 * so that there are not enough registers. */
static inline __attribute__((always_inline)) void v_fma_pinned(V a, V b, V *sum)
{
    __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}
static inline V v_max(V a, V b)
{
    return _mm256_max_ps(a, b);
}
static inline V v_min(V a, V b)
{
    return _mm256_min_ps(a, b);
}
static inline V v_abs(V x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
static inline V v_round(V x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* x * 2^n for whole n, if the result is a normal number: n is added to the exponent. */
static inline V v_scale(V x, V n)
{
    __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}

/* All ones in the first `count` lanes; in all lanes if count is larger. */
static inline __m256i first_lanes(size_t count)
{
    int limit = count < LANES ? (int)count : LANES;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* Load the first `count` elements; the other lanes are `fill`. Nothing after the elements is read. */
static inline V v_load_first(const float *src, size_t count, float fill)
{
    if (count >= LANES)
        return v_load(src);
    __m256i mask = first_lanes(count);
    return _mm256_blendv_ps(v_set(fill), _mm256_maskload_ps(src, mask), _mm256_castsi256_ps(mask));
}

static inline void v_store_first(float *dst, size_t count, V x)
{
    if (count >= LANES)
        _mm256_storeu_ps(dst, x);
    else
        _mm256_maskstore_ps(dst, first_lanes(count), x);
}

static inline float v_sum(V x)
{
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

static inline float v_highest(V x)
{
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

/* x / d for d in [1, 2^126]. */
static inline V v_div_normal(V x, V d)
{
    return v_div(x, d);
}

/* Of each pair: (x cos - y sin, y cos + x sin). angles: cosine, sine, ... */
static inline V v_rotate(V pairs, V angles)
{
    V swapped = _mm256_permute_ps(pairs, _MM_SHUFFLE(2, 3, 0, 1));
    return _mm256_fmaddsub_ps(pairs, _mm256_moveldup_ps(angles),
                              _mm256_mul_ps(swapped, _mm256_movehdup_ps(angles)));
}

/* square[row][column] becomes square[column][row]. */
static inline __attribute__((always_inline)) void v_transpose(V square[LANES])
{
    V pairs[LANES], fours[LANES];
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 2) {
        pairs[i] = _mm256_unpacklo_ps(square[i], square[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_ps(square[i], square[i + 1]);
    }
    // fours[4 g + j] has, in each of its two parts p, column 4 p + j of rows 4 g to 4 g + 3.
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 2) {
        __m256d low = _mm256_castps_pd(pairs[i / 4 * 4 + i % 4 / 2]),
                high = _mm256_castps_pd(pairs[i / 4 * 4 + i % 4 / 2 + 2]);
        fours[i] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
        fours[i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        square[j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x20);
        square[4 + j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x31);
    }
}

#include "compute/kernels/vector_kernels.h"

DEFINE_TILE(1, 1)
DEFINE_TILE(2, 1)
DEFINE_TILE(3, 1)
DEFINE_TILE(4, 1)
DEFINE_TILE(5, 1)
DEFINE_TILE(6, 1)
DEFINE_TILE(1, 2)
DEFINE_TILE(2, 2)
DEFINE_TILE(3, 2)
DEFINE_TILE(4, 2)
DEFINE_TILE(5, 2)
DEFINE_TILE(6, 2)

static TileFunction *const tiles[TILE_ROWS] = {tile_1x2_f32_avx2, tile_2x2_f32_avx2, tile_3x2_f32_avx2,
                                               tile_4x2_f32_avx2, tile_5x2_f32_avx2, tile_6x2_f32_avx2};

static TileFunction *const head_tiles_1[TILE_ROWS] = {tile_1x1_f32_avx2, tile_2x1_f32_avx2,
                                                      tile_3x1_f32_avx2, tile_4x1_f32_avx2,
                                                      tile_5x1_f32_avx2, tile_6x1_f32_avx2};
static TileFunction *const *const head_tiles[TILE_VECTORS] = {head_tiles_1, tiles};

const CpuKernels rv_kernels_avx2 = {
    .level = CPU_AVX2,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .head_tile_rows = TILE_ROWS,
    .head_tile_columns = TILE_COLUMNS,
    .lanes = LANES,
    .head_tiles = head_tiles,
    .finish_f32 = finish_f32_avx2,
    .layer_norm_f32 = layer_norm_f32_avx2,
    .softmax_f32 = softmax_f32_avx2,
    .rotate_f32 = rotate_f32_avx2,
    .add_f32 = add_f32_avx2,
    .pack_columns = pack_columns_avx2,
    .scan = {dot_f32_avx2, dot_block_f32_avx2},
};
