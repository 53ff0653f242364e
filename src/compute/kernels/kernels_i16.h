/* SPDX-License-Identifier: MIT */
/* Kernels of the fast linear layers: products of 16-bit integers. The integers, and the floats computed from
 * them, are bit-identical on every level. Only activation functions differ, as in the float32 kernels. */
#ifndef RV_COMPUTE_KERNELS_I16_H
#define RV_COMPUTE_KERNELS_I16_H

#include "compute/kernels/kernels.h"

/* Rows and weights are cut into segments of this depth. Each segment of a row, and of each output's weights,
 * has a scale of its own: value = integer * scale. So a large value costs precision only in its own segment.
 *
 * Bounds. A row's integers are in [-I16_VALUE_MAX, I16_VALUE_MAX]. An output's weights of one segment are in
 * [-32767, 32767], and the sum of their magnitudes is at most I16_WEIGHT_SUM_MAX; the code that packs them
 * ensures that. So a sum over a segment, and every partial sum in any order, is at most
 * I16_VALUE_MAX * I16_WEIGHT_SUM_MAX <= 2^31 - 1 in magnitude, and 32-bit sums never overflow. */
#define I16_SEGMENT ((size_t)256)
#define I16_VALUE_MAX 11585 // 2^13.5, with which the rounding errors of rows and weights are about equal
#define I16_WEIGHT_SUM_MAX (INT32_MAX / I16_VALUE_MAX)

#define I16_TILE_COLUMNS_MAX 48 // of any level

/* If the largest magnitude of a row is below this, the row is quantised as if it were this. So the scale is a
 * normal number, and the error is below 1e-34. */
#define I16_SMALLEST_PEAK 0x1p-100f

/* One tile: as Tile, but from integers. For each segment in rising order
 * sums = fma(float(integer sum) * row scale, panel scale, sums). */
typedef struct TileI16 {
    size_t rows;        // those of the tile function, 1 to tile_rows
    const int16_t *src; // [rows, depth], rows src_stride apart
    size_t src_stride;
    const float *src_scales; // [rows, segment count], rows scale_stride apart
    size_t scale_stride;
    const int16_t *panel;      // [depth / 2, tile_columns, 2]: pairs of neighbours in depth
    const float *panel_scales; // [segment count, tile_columns]
    size_t depth;              // even; the last segment may be shorter
    Tile out; // columns, bias, dst, dst_stride, epilogue, next and next_lines; its depth counts pairs
} TileI16;

typedef void TileI16Function(const TileI16 *tile);

typedef struct I16Kernels {
    CpuLevel level;
    size_t tile_rows, tile_columns;
    TileI16Function *const *tiles; // [tile_rows]: tiles[rows - 1] computes `rows` rows

    /* Quantise one segment of a row: count <= I16_SEGMENT floats to integers, rounded to nearest even, so
     * that the largest magnitude becomes I16_VALUE_MAX. Returns the scale. If a value is not finite, the
     * scale is NaN and the integers are 0. Any alignment. */
    float (*quantise_i16)(const float *src, size_t count, int16_t *dst);

    /* Returns the sum of magnitudes of count floats, where float k is added to sum k % 8; *peak is the largest of
     * them. If a value is not finite, neither is the sum. */
    double (*magnitudes_f32)(const float *src, size_t count, float *peak);
    /* dst = src * factor, rounded to nearest even, if that is in the range of dst. */
    void (*round_i16)(const float *src, size_t count, float factor, int16_t *dst);
} I16Kernels;

/* The end of magnitudes_f32: the same order on every level. */
static inline double rv_i16_add_sums(const double sums[8])
{
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* Returns the kernels of a level, or those of a lower one if it adds none; NULL if this build has none. */
const I16Kernels *rv_i16_kernels_get(CpuLevel level);

extern const I16Kernels rv_i16_kernels_scalar;
#if defined(__x86_64__)
extern const I16Kernels rv_i16_kernels_avx2;
extern const I16Kernels rv_i16_kernels_avxvnni;
extern const I16Kernels rv_i16_kernels_avx512;
extern const I16Kernels rv_i16_kernels_avx512vnni;
#endif

#endif
