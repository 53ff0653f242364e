/* SPDX-License-Identifier: MIT */
/* Kernels for processors with AVX-512 F, BW, DQ and VL: vectors of 16 floats. */
#include <immintrin.h>

#include "compute/kernels/kernels.h"

#define LANES 16
#define KERNEL(name) name##_avx512
// 8 x 48: 24 sums, 3 vectors of weights and 1 or 2 of rows fit the 32 registers. No more than 8 rows, because
// rows whose distance is a multiple of 4 KiB are in one set of the first-level cache, which has 8 or 12 ways.
#define TILE_ROWS 8
#define TILE_VECTORS 3
// 6 x 64 for attention: a head of 64 and, in ViT-B/32, the 50 tokens fit one panel.
#define HEAD_ROWS 6
#define HEAD_VECTORS 4
#define VECTORS_MAX 4

typedef __m512 V;

static inline V v_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline V v_load(const float *src)
{
    return _mm512_loadu_ps(src);
}
static inline void v_store(float *dst, V x)
{
    _mm512_storeu_ps(dst, x);
}
static inline V v_add(V a, V b)
{
    return _mm512_add_ps(a, b);
}
static inline V v_sub(V a, V b)
{
    return _mm512_sub_ps(a, b);
}
static inline V v_mul(V a, V b)
{
    return _mm512_mul_ps(a, b);
}
static inline V v_fma(V a, V b, V c)
{
    return _mm512_fmadd_ps(a, b, c);
}
/* *sum += a * b, in place and in the order of the source. Without this, gcc reorders the products of a tile
 * so that there are not enough registers. */
static inline __attribute__((always_inline)) void v_fma_pinned(V a, V b, V *sum)
{
    __asm__ volatile("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}
static inline V v_max(V a, V b)
{
    return _mm512_max_ps(a, b);
}
static inline V v_min(V a, V b)
{
    return _mm512_min_ps(a, b);
}
static inline V v_abs(V x)
{
    return _mm512_abs_ps(x);
}
static inline V v_round(V x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x * 2^n for whole n. */
static inline V v_scale(V x, V n)
{
    return _mm512_scalef_ps(x, n);
}
static inline float v_sum(V x)
{
    return _mm512_reduce_add_ps(x);
}
static inline float v_highest(V x)
{
    return _mm512_reduce_max_ps(x);
}

static inline __mmask16 first_lanes(size_t count)
{
    return count < LANES ? (__mmask16)((1u << count) - 1) : (__mmask16)0xffff;
}

/* Load the first `count` elements; the other lanes are `fill`. Nothing after the elements is read. */
static inline V v_load_first(const float *src, size_t count, float fill)
{
    return _mm512_mask_loadu_ps(v_set(fill), first_lanes(count), src);
}

static inline void v_store_first(float *dst, size_t count, V x)
{
    _mm512_mask_storeu_ps(dst, first_lanes(count), x);
}

/* x / d for d in [1, 2^126], within 1.5 ulp. A division of 16 lanes takes 16 cycles and would delay the
 * tiles. This is an estimate of 14 bits and one step of Newton's method. */
static inline V v_div_normal(V x, V d)
{
    V estimate = _mm512_rcp14_ps(d);
    V error = _mm512_fnmadd_ps(d, estimate, v_set(1.0f));
    return v_mul(x, v_fma(estimate, error, estimate));
}

/* Of each pair: (x cos - y sin, y cos + x sin). angles: cosine, sine, ... */
static inline V v_rotate(V pairs, V angles)
{
    V swapped = _mm512_permute_ps(pairs, _MM_SHUFFLE(2, 3, 0, 1));
    return _mm512_fmaddsub_ps(pairs, _mm512_moveldup_ps(angles),
                              _mm512_mul_ps(swapped, _mm512_movehdup_ps(angles)));
}

/* square[row][column] becomes square[column][row]. */
static inline __attribute__((always_inline)) void v_transpose(V square[LANES])
{
    V pairs[LANES], fours[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i += 2) {
        pairs[i] = _mm512_unpacklo_ps(square[i], square[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_ps(square[i], square[i + 1]);
    }
    // fours[4 g + j] has, in each of its four parts p, column 4 p + j of rows 4 g to 4 g + 3.
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i += 2) {
        __m512d low = _mm512_castps_pd(pairs[i / 4 * 4 + i % 4 / 2]),
                high = _mm512_castps_pd(pairs[i / 4 * 4 + i % 4 / 2 + 2]);
        fours[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
        fours[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        // Parts 0 and 2, and 1 and 3, of the upper eight and of the lower eight rows.
        V even_up = _mm512_shuffle_f32x4(fours[j], fours[4 + j], 0x88);
        V odd_up = _mm512_shuffle_f32x4(fours[j], fours[4 + j], 0xdd);
        V even_down = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0x88);
        V odd_down = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], 0xdd);
        square[j] = _mm512_shuffle_f32x4(even_up, even_down, 0x88);
        square[4 + j] = _mm512_shuffle_f32x4(odd_up, odd_down, 0x88);
        square[8 + j] = _mm512_shuffle_f32x4(even_up, even_down, 0xdd);
        square[12 + j] = _mm512_shuffle_f32x4(odd_up, odd_down, 0xdd);
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
DEFINE_TILE(1, 3)
DEFINE_TILE(2, 3)
DEFINE_TILE(3, 3)
DEFINE_TILE(4, 3)
DEFINE_TILE(5, 3)
DEFINE_TILE(6, 3)
DEFINE_TILE(7, 3)
DEFINE_TILE(8, 3)
DEFINE_TILE(1, 4)
DEFINE_TILE(2, 4)
DEFINE_TILE(3, 4)
DEFINE_TILE(4, 4)
DEFINE_TILE(5, 4)
DEFINE_TILE(6, 4)

static TileFunction *const tiles[TILE_ROWS] = {tile_1x3_f32_avx512, tile_2x3_f32_avx512, tile_3x3_f32_avx512,
                                               tile_4x3_f32_avx512, tile_5x3_f32_avx512, tile_6x3_f32_avx512,
                                               tile_7x3_f32_avx512, tile_8x3_f32_avx512};

static TileFunction *const head_tiles_1[HEAD_ROWS] = {tile_1x1_f32_avx512, tile_2x1_f32_avx512,
                                                      tile_3x1_f32_avx512, tile_4x1_f32_avx512,
                                                      tile_5x1_f32_avx512, tile_6x1_f32_avx512};
static TileFunction *const head_tiles_2[HEAD_ROWS] = {tile_1x2_f32_avx512, tile_2x2_f32_avx512,
                                                      tile_3x2_f32_avx512, tile_4x2_f32_avx512,
                                                      tile_5x2_f32_avx512, tile_6x2_f32_avx512};
static TileFunction *const head_tiles_3[HEAD_ROWS] = {tile_1x3_f32_avx512, tile_2x3_f32_avx512,
                                                      tile_3x3_f32_avx512, tile_4x3_f32_avx512,
                                                      tile_5x3_f32_avx512, tile_6x3_f32_avx512};
static TileFunction *const head_tiles_4[HEAD_ROWS] = {tile_1x4_f32_avx512, tile_2x4_f32_avx512,
                                                      tile_3x4_f32_avx512, tile_4x4_f32_avx512,
                                                      tile_5x4_f32_avx512, tile_6x4_f32_avx512};
static TileFunction *const *const head_tiles[HEAD_VECTORS] = {head_tiles_1, head_tiles_2, head_tiles_3,
                                                              head_tiles_4};

const CpuKernels rv_kernels_avx512 = {
    .level = CPU_AVX512,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .head_tile_rows = HEAD_ROWS,
    .head_tile_columns = HEAD_VECTORS * LANES,
    .lanes = LANES,
    .head_tiles = head_tiles,
    .finish_f32 = finish_f32_avx512,
    .layer_norm_f32 = layer_norm_f32_avx512,
    .softmax_f32 = softmax_f32_avx512,
    .rotate_f32 = rotate_f32_avx512,
    .add_f32 = add_f32_avx512,
    .pack_columns = pack_columns_avx512,
    .scan = {dot_f32_avx512, dot_block_f32_avx512},
};
