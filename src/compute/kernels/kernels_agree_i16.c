/* SPDX-License-Identifier: MIT */
/* Whether two levels of the 16-bit integer kernels compute the same. */
#include <string.h>

#include "compute/kernels/kernels_i16.h"

#define ROWS 31 // odd, as blocks of rows may overlap then
#define COLUMNS 48
#define DEPTH (I16_SEGMENT + 64) // a whole segment and the shortest that every level takes
#define SEGMENTS 2
#define TILE_COLUMNS_MAX 64

typedef struct Product {
    int16_t rows[ROWS * DEPTH], weights[COLUMNS * DEPTH];
    float row_scales[ROWS * SEGMENTS], column_scales[COLUMNS * SEGMENTS];
} Product;

/* Integers with all kinds of bytes, within the bounds of I16_SEGMENT. */
static void fill_product(Product *product)
{
    uint32_t bits = 1;
    for (size_t i = 0; i < ROWS * DEPTH; i++) {
        bits = bits * 1664525u + 1013904223u;
        product->rows[i] = (int16_t)((int)(bits % (2 * I16_VALUE_MAX + 1)) - I16_VALUE_MAX);
    }
    for (size_t i = 0; i < COLUMNS * DEPTH; i++) {
        bits = bits * 1664525u + 1013904223u;
        int magnitude = i % 101 == 0 ? INT16_MAX : (int)(bits >> 8) % 300;
        product->weights[i] = (int16_t)(bits >> 31 ? -magnitude : magnitude);
    }
    for (size_t i = 0; i < ROWS * SEGMENTS; i++)
        product->row_scales[i] = 0x1p-12f * (float)(i + 5);
    for (size_t i = 0; i < COLUMNS * SEGMENTS; i++)
        product->column_scales[i] = 0x1p-14f * (float)(i + 7);
}

/* dst[ROWS, COLUMNS], by the kernels' own tiles. */
static void compute_product(const I16Kernels *kernels, const Product *product, float *dst)
{
    int16_t rows[ROWS * DEPTH], panel[TILE_COLUMNS_MAX * DEPTH];
    float panel_scales[SEGMENTS * TILE_COLUMNS_MAX] = {0};
    size_t width = kernels->tile_columns;
    memcpy(rows, product->rows, sizeof rows);
    for (size_t row = 0; row < ROWS && kernels->split_i16 != NULL; row++)
        kernels->split_i16(rows + row * DEPTH, DEPTH);
    for (size_t first = 0; first < COLUMNS; first += width) {
        TileI16 tile = {
            .src_stride = DEPTH,
            .scale_stride = SEGMENTS,
            .panel = panel,
            .panel_scales = panel_scales,
            .depth = DEPTH,
            .out = {.dst_stride = COLUMNS, .columns = COLUMNS - first < width ? COLUMNS - first : width}};
        memset(panel, 0, sizeof panel);
        for (size_t column = 0; column < tile.out.columns; column++) {
            const int16_t *weights = product->weights + (first + column) * DEPTH;
            kernels->pack_i16(weights, 0, I16_SEGMENT, column, panel);
            kernels->pack_i16(weights + I16_SEGMENT, I16_SEGMENT, DEPTH - I16_SEGMENT, column, panel);
            for (size_t segment = 0; segment < SEGMENTS; segment++)
                panel_scales[segment * width + column] =
                    product->column_scales[(first + column) * SEGMENTS + segment];
        }
        for (size_t row = 0; row < ROWS; row += tile.rows) {
            tile.rows = ROWS - row < kernels->tile_rows ? ROWS - row : kernels->tile_rows;
            tile.src = rows + row * DEPTH;
            tile.src_scales = product->row_scales + row * SEGMENTS;
            tile.out.dst = dst + row * COLUMNS + first;
            kernels->tiles[tile.rows - 1](&tile);
        }
    }
}

bool rv_i16_kernels_agree(const I16Kernels *kernels, const I16Kernels *others)
{
    Product product;
    float found[ROWS * COLUMNS], expected[ROWS * COLUMNS];
    fill_product(&product);
    compute_product(kernels, &product, found);
    compute_product(others, &product, expected);
    return memcmp(found, expected, sizeof found) == 0;
}
