/* SPDX-License-Identifier: MIT */
/* 16-bit integer kernels for processors with AVX2 and FMA. */
#include "compute/kernels/avx2_i16.h"

#define KERNEL_I16(name) name##_i16_avx2
#define KERNEL_F32(name) name##_f32_avx2

/* In assembly, because gcc otherwise computes several products before their sums. 16 registers are too few
 * for that, so it would spill. */
#define vi_dot(sum, a, b)                                                                                    \
    do {                                                                                                     \
        VI products;                                                                                         \
        __asm__ volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0"                                          \
                         : "+x"(sum), "=&x"(products)                                                        \
                         : "x"(a), "x"(b));                                                                  \
    } while (0)

#include "compute/kernels/vector_kernels_i16.h"

static void tile_1_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 1);
}
static void tile_2_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 2);
}
static void tile_3_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 3);
}
static void tile_4_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 4);
}
static void tile_5_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 5);
}
static void tile_6_i16_avx2(const TileI16 *tile)
{
    tile_i16(tile, 6);
}

static TileI16Function *const tiles[TILE_ROWS] = {
    tile_1_i16_avx2, tile_2_i16_avx2, tile_3_i16_avx2, tile_4_i16_avx2, tile_5_i16_avx2, tile_6_i16_avx2,
};

const I16Kernels rv_i16_kernels_avx2 = {
    .level = CPU_AVX2,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .quantise_i16 = quantise_i16_avx2,
    .magnitudes_f32 = magnitudes_f32_avx2,
    .round_i16 = round_i16_avx2,
};
