/* SPDX-License-Identifier: MIT */
/* The AMX kernels for processors without AMX. */
#include "emulated_amx.h"

#include "amx_emulation.h"

static void finish_f32(const Tile *tile, const float *sums, size_t rows);
static const struct {
    void (*finish_f32)(const Tile *tile, const float *sums, size_t rows);
} float_kernels = {finish_f32};

#define KERNEL_I16(name) name##_i16_emulated
#define FLOAT_KERNELS float_kernels
#define INTEGER_KERNELS rv_i16_kernels_scalar

#include "compute/kernels/amx_kernels_i16.h"

/* The scalar kernels' end of a tile is narrower: one part of the columns after the other. */
static void finish_f32(const Tile *tile, const float *sums, size_t rows)
{
    size_t width = rv_kernels_scalar.tile_columns;
    float part_sums[TILE_ROWS * TILE_COLUMNS];
    for (size_t column = 0; column < tile->columns; column += width) {
        Tile part = *tile;
        part.dst += column;
        part.columns = tile->columns - column < width ? tile->columns - column : width;
        part.bias = tile->bias != NULL ? tile->bias + column : NULL;
        for (size_t row = 0; row < rows; row++)
            memcpy(part_sums + row * width, sums + row * TILE_COLUMNS + column, width * sizeof *sums);
        rv_kernels_scalar.finish_f32(&part, part_sums, rows);
    }
}

const I16Kernels *emulated_amx_kernels(void)
{
    static const I16Kernels kernels = {
        .level = CPU_AVX512_AMX,
        .tile_rows = TILE_ROWS,
        .tile_columns = TILE_COLUMNS,
        .depth_step = STEP,
        .tiles = tiles,
        .quantise_i16 = quantise_i16_emulated,
        .split_i16 = split_i16_emulated,
        .pack_i16 = pack_i16_emulated,
    };
    amx_emulation_start();
    return &kernels;
}
