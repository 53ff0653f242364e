/* SPDX-License-Identifier: MIT */
/* The tables of CPU kernels. The scalar kernels are the specification; the other levels do the same
 * faster. */
#ifndef RV_COMPUTE_KERNELS_H
#define RV_COMPUTE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "compute/compute.h"

/* The store's scan uses these. */
typedef struct ScanKernels {
    /* Sum of a[i] * b[i], float32, count elements, any alignment. */
    float (*dot_f32)(const float *a, const float *b, size_t count);

    /* scores[query * score_stride + row] = dot(rows + row * row_stride, queries + query * query_stride) for
     * every row and query, count elements each. A score equals dot_f32 of its two vectors to the bit,
     * wherever they stand. The rows are read from memory once for up to eight queries. */
    void (*dot_block_f32)(const float *rows, size_t row_stride, size_t row_count, const float *queries,
                          size_t query_stride, size_t query_count, size_t count, float *scores,
                          size_t score_stride);
} ScanKernels;

#define TILE_FETCH_DEPTH 8

/* One tile of a matrix product: dst[rows, columns] = epilogue(src[rows, depth] panel[depth, columns] + bias).
 * Element (row, column) is one chain of multiply-adds in rising depth that starts at zero, the same for each
 * number of rows and each place in the tile. */
typedef struct Tile {
    const float *src;
    size_t src_stride;
    const float *panel; // [depth, tile_columns], best aligned to RV_MEM_ALIGNMENT
    size_t depth;
    const float *bias; // [tile_columns], NULL: none
    float *dst;
    size_t dst_stride;
    size_t columns; // 1 to tile_columns: the columns that are stored
    bool continues; // dst contains the sum of the depth before this, which is added after the bias
    LinearEpilogue epilogue;
    const float
        *next; // fetched into the cache meanwhile, next_lines cache lines per TILE_FETCH_DEPTH of depth
    size_t next_lines;
} Tile;

typedef void TileFunction(const Tile *tile);

typedef struct CpuKernels {
    CpuLevel level;
    size_t tile_rows, tile_columns;
    TileFunction *const *tiles; // [tile_rows]: tiles[rows - 1] computes `rows` rows
    // The same with the shape that is best for the heads of attention, and in narrower ones: a panel of i whole
    // vectors of `lanes` columns is computed by head_tiles[i - 1][rows - 1].
    size_t head_tile_rows, head_tile_columns, lanes;
    TileFunction *const *const *head_tiles; // [head_tile_columns / lanes][head_tile_rows]
    /* The end of a tile, after the sums [rows, tile_columns]: bias, activation, store. */
    void (*finish_f32)(const Tile *tile, const float *sums, size_t rows);

    /* dst = (src - mean) / sqrt(variance + epsilon) * gain + shift over one row; dst may be src. */
    void (*layer_norm_f32)(const float *src, size_t width, const float *gain, const float *shift,
                           float epsilon, float *dst);
    /* row = softmax(row * scale), count >= 1, in place. */
    void (*softmax_f32)(float *row, size_t count, float scale);
    /* Turn pairs, in place: (x, y) becomes (x cos - y sin, x sin + y cos). angles: cosine and sine of each
     * pair; count even. */
    void (*rotate_f32)(float *pairs, const float *angles, size_t count);
    /* dst += addend. */
    void (*add_f32)(float *dst, const float *addend, size_t count);
    /* Put columns 0 .. column_count - 1, of `depth` elements each and `stride` apart, side by side:
     * dst[depth, panel_columns], where the missing columns up to panel_columns, a multiple of `lanes`, are
     * zero. Elements have 32 bits, aligned to that, and are copied as they are: floats, or pairs of 16-bit
     * integers. */
    void (*pack_columns)(const void *columns, size_t stride, size_t column_count, size_t depth,
                         size_t panel_columns, void *dst);
    ScanKernels scan;
} CpuKernels;

/* Returns the kernels of a level, or those of a lower one if it adds none; NULL if this build has none. The
 * caller must check that the processor runs them (rv_cpu_level). */
const CpuKernels *rv_kernels_get(CpuLevel level);

/* Returns the scan's kernels of rv_cpu_level(). */
const ScanKernels *rv_scan_kernels(void);

/* One table per level, each in its own file. */
extern const CpuKernels rv_kernels_scalar;
#if defined(__x86_64__)
extern const CpuKernels rv_kernels_avx2;
extern const CpuKernels rv_kernels_avx512;
#elif defined(__aarch64__)
extern const CpuKernels rv_kernels_neon;
#endif

#endif
