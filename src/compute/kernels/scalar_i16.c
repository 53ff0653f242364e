/* SPDX-License-Identifier: MIT */
/* The 16-bit integer kernels in plain C. The results of the other levels are bit-identical to these. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels_i16.h"

#define TILE_ROWS 4
#define TILE_COLUMNS 8

static inline void tile_i16(const TileI16 *tile, const size_t rows)
{
    float results[TILE_ROWS * TILE_COLUMNS] = {0};
    for (size_t start = 0; start < tile->depth; start += I16_SEGMENT) {
        size_t segment = start / I16_SEGMENT;
        size_t end = tile->depth - start < I16_SEGMENT ? tile->depth : start + I16_SEGMENT;
        int32_t sums[TILE_ROWS][TILE_COLUMNS] = {{0}};
        for (size_t k = start; k < end; k += 2) {
            const int16_t *panel = tile->panel + k * TILE_COLUMNS;
            for (size_t row = 0; row < rows; row++) {
                const int16_t *x = tile->src + row * tile->src_stride + k;
                for (size_t column = 0; column < TILE_COLUMNS; column++)
                    sums[row][column] += x[0] * panel[2 * column] + x[1] * panel[2 * column + 1];
            }
        }
        for (size_t row = 0; row < rows; row++) {
            float row_scale = tile->src_scales[row * tile->scale_stride + segment];
            for (size_t column = 0; column < TILE_COLUMNS; column++) {
                float *result = &results[row * TILE_COLUMNS + column];
                float scaled = (float)sums[row][column] * row_scale;
                *result = fmaf(scaled, tile->panel_scales[segment * TILE_COLUMNS + column], *result);
            }
        }
    }
    rv_kernels_scalar.finish_f32(&tile->out, results, rows);
}

static void round_i16_scalar(const float *src, size_t count, float factor, int16_t *dst)
{
    for (size_t k = 0; k < count; k++)
        dst[k] = (int16_t)lrintf(src[k] * factor);
}

static float quantise_i16_scalar(const float *src, size_t count, int16_t *dst)
{
    float peak = I16_SMALLEST_PEAK;
    bool finite = true;
    for (size_t k = 0; k < count; k++) {
        finite &= isfinite(src[k]) != 0;
        peak = fmaxf(peak, fabsf(src[k]));
    }
    if (!finite) {
        memset(dst, 0, count * sizeof *dst);
        return NAN;
    }
    // |value * inverse| is at most I16_VALUE_MAX (1 + 2^-24)^2, which rounds to I16_VALUE_MAX.
    round_i16_scalar(src, count, I16_VALUE_MAX / peak, dst);
    return peak / I16_VALUE_MAX;
}

static double magnitudes_f32_scalar(const float *src, size_t count, float *peak)
{
    double sums[8] = {0};
    *peak = 0.0f;
    for (size_t k = 0; k < count; k++) {
        float magnitude = fabsf(src[k]);
        sums[k % 8] += (double)magnitude;
        *peak = magnitude > *peak ? magnitude : *peak;
    }
    return rv_i16_add_sums(sums);
}

static void tile_1_i16_scalar(const TileI16 *tile)
{
    tile_i16(tile, 1);
}
static void tile_2_i16_scalar(const TileI16 *tile)
{
    tile_i16(tile, 2);
}
static void tile_3_i16_scalar(const TileI16 *tile)
{
    tile_i16(tile, 3);
}
static void tile_4_i16_scalar(const TileI16 *tile)
{
    tile_i16(tile, 4);
}

static TileI16Function *const tiles[TILE_ROWS] = {
    tile_1_i16_scalar,
    tile_2_i16_scalar,
    tile_3_i16_scalar,
    tile_4_i16_scalar,
};

const I16Kernels rv_i16_kernels_scalar = {
    .level = CPU_SCALAR,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .quantise_i16 = quantise_i16_scalar,
    .magnitudes_f32 = magnitudes_f32_scalar,
    .round_i16 = round_i16_scalar,
};
