/* SPDX-License-Identifier: MIT */
/* Kernels for 64-bit ARM: vectors of 4 floats. */
#include <arm_neon.h>
#include <string.h>

#include "compute/kernels/kernels.h"

#define LANES 4
#define KERNEL(name) name##_neon
// 8 x 12: 24 sums, 3 vectors of weights and 1 or 2 of rows fit the 32 registers.
#define TILE_ROWS 8
#define TILE_VECTORS 3
#define VECTORS_MAX 3

typedef float32x4_t V;

static inline V v_set(float x)
{
    return vdupq_n_f32(x);
}
static inline V v_load(const float *src)
{
    return vld1q_f32(src);
}
static inline void v_store(float *dst, V x)
{
    vst1q_f32(dst, x);
}
static inline V v_add(V a, V b)
{
    return vaddq_f32(a, b);
}
static inline V v_sub(V a, V b)
{
    return vsubq_f32(a, b);
}
static inline V v_mul(V a, V b)
{
    return vmulq_f32(a, b);
}
static inline V v_div(V a, V b)
{
    return vdivq_f32(a, b);
}
static inline V v_fma(V a, V b, V c)
{
    return vfmaq_f32(c, a, b);
}
/* *sum += a * b, in place and in the order of the source. */
static inline __attribute__((always_inline)) void v_fma_pinned(V a, V b, V *sum)
{
    __asm__ volatile("fmla %0.4s, %1.4s, %2.4s" : "+w"(*sum) : "w"(a), "w"(b));
}
/* x / d for d in [1, 2^126]. */
static inline V v_div_normal(V x, V d)
{
    return v_div(x, d);
}
/* Unlike on x86, the result is NaN if either operand is. */
static inline V v_max(V a, V b)
{
    return vmaxq_f32(a, b);
}
static inline V v_min(V a, V b)
{
    return vminq_f32(a, b);
}
static inline V v_abs(V x)
{
    return vabsq_f32(x);
}
static inline V v_round(V x)
{
    return vrndnq_f32(x);
}

/* x * 2^n for whole n, if the result is a normal number: n is added to the exponent. */
static inline V v_scale(V x, V n)
{
    int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(n), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), exponent));
}

static inline float v_sum(V x)
{
    return vaddvq_f32(x);
}
static inline float v_highest(V x)
{
    return vmaxvq_f32(x);
}

/* Load the first `count` elements; the other lanes are `fill`. Nothing after the elements is read. */
static inline V v_load_first(const float *src, size_t count, float fill)
{
    if (count >= LANES)
        return v_load(src);
    float values[LANES] = {fill, fill, fill, fill};
    memcpy(values, src, count * sizeof *values);
    return v_load(values);
}

static inline void v_store_first(float *dst, size_t count, V x)
{
    if (count >= LANES) {
        v_store(dst, x);
        return;
    }
    float values[LANES];
    v_store(values, x);
    for (size_t i = 0; i < count; i++)
        dst[i] = values[i];
}

/* Of each pair: (x cos - y sin, y cos + x sin). angles: cosine, sine, ... */
static inline V v_rotate(V pairs, V angles)
{
    static const float signs[LANES] = {-1.0f, 1.0f, -1.0f, 1.0f};
    V sines = vmulq_f32(vtrn2q_f32(angles, angles), vld1q_f32(signs));
    return vfmaq_f32(vmulq_f32(vrev64q_f32(pairs), sines), pairs, vtrn1q_f32(angles, angles));
}

/* square[row][column] becomes square[column][row]. */
static inline __attribute__((always_inline)) void v_transpose(V square[LANES])
{
    float64x2_t upper_even = vreinterpretq_f64_f32(vtrn1q_f32(square[0], square[1])),
                upper_odd = vreinterpretq_f64_f32(vtrn2q_f32(square[0], square[1])),
                lower_even = vreinterpretq_f64_f32(vtrn1q_f32(square[2], square[3])),
                lower_odd = vreinterpretq_f64_f32(vtrn2q_f32(square[2], square[3]));
    square[0] = vreinterpretq_f32_f64(vtrn1q_f64(upper_even, lower_even));
    square[1] = vreinterpretq_f32_f64(vtrn1q_f64(upper_odd, lower_odd));
    square[2] = vreinterpretq_f32_f64(vtrn2q_f64(upper_even, lower_even));
    square[3] = vreinterpretq_f32_f64(vtrn2q_f64(upper_odd, lower_odd));
}

#include "compute/kernels/vector_kernels.h"

DEFINE_TILE(1, 1)
DEFINE_TILE(2, 1)
DEFINE_TILE(3, 1)
DEFINE_TILE(4, 1)
DEFINE_TILE(5, 1)
DEFINE_TILE(6, 1)
DEFINE_TILE(7, 1)
DEFINE_TILE(8, 1)
DEFINE_TILE(1, 2)
DEFINE_TILE(2, 2)
DEFINE_TILE(3, 2)
DEFINE_TILE(4, 2)
DEFINE_TILE(5, 2)
DEFINE_TILE(6, 2)
DEFINE_TILE(7, 2)
DEFINE_TILE(8, 2)
DEFINE_TILE(1, 3)
DEFINE_TILE(2, 3)
DEFINE_TILE(3, 3)
DEFINE_TILE(4, 3)
DEFINE_TILE(5, 3)
DEFINE_TILE(6, 3)
DEFINE_TILE(7, 3)
DEFINE_TILE(8, 3)

static TileFunction *const tiles[TILE_ROWS] = {tile_1x3_f32_neon, tile_2x3_f32_neon, tile_3x3_f32_neon,
                                               tile_4x3_f32_neon, tile_5x3_f32_neon, tile_6x3_f32_neon,
                                               tile_7x3_f32_neon, tile_8x3_f32_neon};

static TileFunction *const head_tiles_1[TILE_ROWS] = {tile_1x1_f32_neon, tile_2x1_f32_neon, tile_3x1_f32_neon,
                                                      tile_4x1_f32_neon, tile_5x1_f32_neon, tile_6x1_f32_neon,
                                                      tile_7x1_f32_neon, tile_8x1_f32_neon};
static TileFunction *const head_tiles_2[TILE_ROWS] = {tile_1x2_f32_neon, tile_2x2_f32_neon, tile_3x2_f32_neon,
                                                      tile_4x2_f32_neon, tile_5x2_f32_neon, tile_6x2_f32_neon,
                                                      tile_7x2_f32_neon, tile_8x2_f32_neon};
static TileFunction *const *const head_tiles[TILE_VECTORS] = {head_tiles_1, head_tiles_2, tiles};

const CpuKernels rv_kernels_neon = {
    .level = CPU_NEON,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .head_tile_rows = TILE_ROWS,
    .head_tile_columns = TILE_COLUMNS,
    .lanes = LANES,
    .head_tiles = head_tiles,
    .finish_f32 = finish_f32_neon,
    .layer_norm_f32 = layer_norm_f32_neon,
    .softmax_f32 = softmax_f32_neon,
    .rotate_f32 = rotate_f32_neon,
    .add_f32 = add_f32_neon,
    .pack_columns = pack_columns_neon,
    .scan = {dot_f32_neon, dot_block_f32_neon},
};
