/* SPDX-License-Identifier: MIT */
/* The kernels in plain C. The other levels are checked against these. */
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels.h"

#define TILE_ROWS 4
#define TILE_COLUMNS 8

static float activate(float x, Activation activation)
{
    switch (activation) {
    case ACTIVATION_QUICK_GELU:
        return x / (1.0f + expf(-1.702f * x));
    case ACTIVATION_GELU:
        return 0.5f * x * (1.0f + erff(x * 0.70710678f));
    case ACTIVATION_GELU_TANH:
        // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)), which keeps its precision where tanh(u) is near -1.
        return x / (1.0f + expf(x * (-1.59576912f - 0.0713548163f * x * x)));
    default:
        return x;
    }
}

static void finish_f32_scalar(const Tile *tile, const float *sums, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        float *dst = tile->dst + row * tile->dst_stride;
        for (size_t column = 0; column < tile->columns; column++) {
            float sum = sums[row * TILE_COLUMNS + column] + (tile->bias != NULL ? tile->bias[column] : 0.0f);
            if (tile->continues)
                sum = dst[column] + sum;
            float result = activate(sum, tile->epilogue.activation);
            dst[column] = tile->epilogue.accumulate ? dst[column] + result : result;
        }
    }
}

static inline void tile_f32(const Tile *tile, const size_t rows)
{
    float sums[TILE_ROWS][TILE_COLUMNS] = {{0}};
    for (size_t k = 0; k < tile->depth; k++) {
        const float *panel = tile->panel + k * TILE_COLUMNS;
        for (size_t row = 0; row < rows; row++) {
            float x = tile->src[row * tile->src_stride + k];
            for (size_t column = 0; column < TILE_COLUMNS; column++)
                sums[row][column] += x * panel[column];
        }
    }
    finish_f32_scalar(tile, sums[0], rows);
}

static void tile_1_f32_scalar(const Tile *tile)
{
    tile_f32(tile, 1);
}
static void tile_2_f32_scalar(const Tile *tile)
{
    tile_f32(tile, 2);
}
static void tile_3_f32_scalar(const Tile *tile)
{
    tile_f32(tile, 3);
}
static void tile_4_f32_scalar(const Tile *tile)
{
    tile_f32(tile, 4);
}

static TileFunction *const tiles[TILE_ROWS] = {tile_1_f32_scalar, tile_2_f32_scalar, tile_3_f32_scalar,
                                               tile_4_f32_scalar};

static TileFunction *const *const head_tiles[1] = {tiles};

static void layer_norm_f32_scalar(const float *src, size_t width, const float *gain, const float *shift,
                                  float epsilon, float *dst)
{
    double sum = 0.0, square_sum = 0.0;
    for (size_t i = 0; i < width; i++)
        sum += src[i];
    double mean = sum / (double)width;
    for (size_t i = 0; i < width; i++)
        square_sum += (src[i] - mean) * (src[i] - mean);
    double inverse = 1.0 / sqrt(square_sum / (double)width + epsilon);
    for (size_t i = 0; i < width; i++)
        dst[i] = (float)((src[i] - mean) * inverse) * gain[i] + shift[i];
}

static void softmax_f32_scalar(float *row, size_t count, float scale)
{
    float highest = row[0];
    for (size_t i = 1; i < count; i++)
        highest = row[i] > highest ? row[i] : highest;
    float sum = 0.0f;
    for (size_t i = 0; i < count; i++) {
        row[i] = expf((row[i] - highest) * scale);
        sum += row[i];
    }
    for (size_t i = 0; i < count; i++)
        row[i] /= sum;
}

static void rotate_f32_scalar(float *pairs, const float *angles, size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        float x = pairs[i], y = pairs[i + 1];
        pairs[i] = x * angles[i] - y * angles[i + 1];
        pairs[i + 1] = x * angles[i + 1] + y * angles[i];
    }
}

static void add_f32_scalar(float *dst, const float *addend, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dst[i] += addend[i];
}

static void pack_columns_scalar(const void *columns, size_t stride, size_t column_count, size_t depth,
                                size_t panel_columns, void *dst)
{
    const char *src = columns;
    char *panel = dst;
    for (size_t k = 0; k < depth; k++, panel += panel_columns * sizeof(float)) {
        for (size_t column = 0; column < column_count; column++)
            memcpy(panel + column * sizeof(float), src + (column * stride + k) * sizeof(float),
                   sizeof(float));
        memset(panel + column_count * sizeof(float), 0, (panel_columns - column_count) * sizeof(float));
    }
}

static float dot_f32_scalar(const float *a, const float *b, size_t count)
{
    // Eight separate sums have less rounding error than one, and let the compiler use vectors.
    float sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        for (size_t lane = 0; lane < 8; lane++)
            sums[lane] += a[i + lane] * b[i + lane];
    }
    for (; i < count; i++)
        sums[i % 8] += a[i] * b[i];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

static void dot_block_f32_scalar(const float *rows, size_t row_stride, size_t row_count, const float *queries,
                                 size_t query_stride, size_t query_count, size_t count, float *scores,
                                 size_t score_stride)
{
    for (size_t row = 0; row < row_count; row++) {
        for (size_t query = 0; query < query_count; query++)
            scores[query * score_stride + row] =
                dot_f32_scalar(rows + row * row_stride, queries + query * query_stride, count);
    }
}

const CpuKernels rv_kernels_scalar = {
    .level = CPU_SCALAR,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .tiles = tiles,
    .head_tile_rows = TILE_ROWS,
    .head_tile_columns = TILE_COLUMNS,
    .lanes = TILE_COLUMNS,
    .head_tiles = head_tiles,
    .finish_f32 = finish_f32_scalar,
    .layer_norm_f32 = layer_norm_f32_scalar,
    .softmax_f32 = softmax_f32_scalar,
    .rotate_f32 = rotate_f32_scalar,
    .add_f32 = add_f32_scalar,
    .pack_columns = pack_columns_scalar,
    .scan = {dot_f32_scalar, dot_block_f32_scalar},
};
