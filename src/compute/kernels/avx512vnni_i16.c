/* SPDX-License-Identifier: MIT */
/* 16-bit integer kernels for processors with AVX-512 VNNI: twice the multiply-adds of float32. */
#include "compute/kernels/avx512_i16.h"

#define KERNEL_I16(name) name##_i16_avx512vnni
#define KERNEL_F32(name) name##_f32_avx512vnni

/* In assembly, because gcc moves the products and spills. */
#define vi_dot(sum, a, b) __asm__ volatile("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b))

#include "compute/kernels/vector_kernels_i16.h"

static void tile_1_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 1);
}
static void tile_2_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 2);
}
static void tile_3_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 3);
}
static void tile_4_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 4);
}
static void tile_5_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 5);
}
static void tile_6_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 6);
}
static void tile_7_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 7);
}
static void tile_8_i16_avx512vnni(const TileI16 *tile)
{
    tile_i16(tile, 8);
}

static TileI16Function *const tiles[TILE_ROWS] = {
    tile_1_i16_avx512vnni, tile_2_i16_avx512vnni, tile_3_i16_avx512vnni, tile_4_i16_avx512vnni,
    tile_5_i16_avx512vnni, tile_6_i16_avx512vnni, tile_7_i16_avx512vnni, tile_8_i16_avx512vnni,
};

const I16Kernels rv_i16_kernels_avx512vnni = {
    .level = CPU_AVX512_VNNI,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .quantise_i16 = quantise_i16_avx512vnni,
    .magnitudes_f32 = magnitudes_f32_avx512vnni,
    .round_i16 = round_i16_avx512vnni,
};
