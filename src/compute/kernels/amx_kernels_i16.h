/* SPDX-License-Identifier: MIT */
/* The 16-bit integer kernels by products of 8-bit integers in AMX's tile registers. The including file
 * defines KERNEL_I16(name), FLOAT_KERNELS (for the end of a tile; TILE_COLUMNS columns) and INTEGER_KERNELS
 * (whose quantise_i16 is taken over).
 *
 * A 16-bit integer is 256 times its high byte, which has the sign, plus its low byte, which has none. Of a
 * row's value x and a weight w x w = 2^16 xh wh + 2^8 (xh wl + xl wh) + xl wl, and four instructions sum the
 * four kinds of products: tdpbssd, tdpbsud, tdpbusd and tdpbuud. Bounds of those sums over a segment of 256
 * (|xh| <= 46, as |x| <= 11585; |wh| <= 128; xl, wl <= 255): 2^21, 2^22, 2^23.1 and 2^24, so no 32-bit sum
 * overflows, nor the sum of the two in the middle. The shifted sums may, but the whole is x w's sum, which
 * fits 32 bits (see I16_SEGMENT): computed modulo 2^32 it is exact. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "compute/kernels/kernels_i16.h"

#define BLOCK 16 // rows, or columns, of a tile register of sums
#define STEP 64  // of depth: what a tile register of bytes holds of each row
#define TILE_ROWS (2 * BLOCK)
#define TILE_COLUMNS (3 * BLOCK)
#define BLOCK_BYTES (BLOCK * STEP)
_Static_assert(I16_SEGMENT % STEP == 0, "only the last segment of a row ends with a part of a step");

/* The tile registers; macros, as the intrinsics make text of them. All eight: each sum has its own, because
 * one product of a chain takes as long as three or four of different chains. */
#define HIGH_HIGH 0
#define HIGH_LOW 1 // the row's high bytes, the weights' low ones
#define LOW_HIGH 2
#define LOW_LOW 3
#define ROWS_HIGH 4
#define ROWS_LOW 5
#define WEIGHTS_HIGH 6
#define WEIGHTS_LOW 7

/* What ldtilecfg reads (Intel's manual, volume 2, LDTILECFG). */
typedef struct TileShapes {
    uint8_t palette, start_row, zeros[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} TileShapes;
_Static_assert(sizeof(TileShapes) == 64, "the layout is the processor's");

/* Set all tile registers up for blocks of `rows` rows. */
static void configure_tiles(size_t rows)
{
    TileShapes shapes = {.palette = 1};
    for (int i = HIGH_HIGH; i <= WEIGHTS_LOW; i++) {
        shapes.row_bytes[i] = STEP; // also of sums: BLOCK of 4 bytes
        shapes.rows[i] = i <= ROWS_LOW ? (uint8_t)rows : STEP / 4;
    }
    // gcc's intrinsics do not say which memory they read. This says: the shapes, and all that the caller
    // wrote.
    __asm__ volatile("" : : "r"(&shapes) : "memory");
    _tile_loadconfig(&shapes);
}

/* The four kinds of sums over step_count steps, each [rows, BLOCK] with room for BLOCK rows. src: see
 * split_i16; panel: from the first step's block of columns on. */
static void multiply_block_i16(const int16_t *src, size_t src_stride_bytes, const int8_t *panel,
                               size_t step_count, int32_t sums[4][BLOCK * BLOCK])
{
    const int8_t *rows = (const int8_t *)src;
    _tile_zero(HIGH_HIGH);
    _tile_zero(HIGH_LOW);
    _tile_zero(LOW_HIGH);
    _tile_zero(LOW_LOW);
    for (size_t step = 0; step < step_count; step++) {
        _tile_loadd(ROWS_HIGH, rows, src_stride_bytes);
        _tile_loadd(ROWS_LOW, rows + STEP, src_stride_bytes);
        _tile_loadd(WEIGHTS_HIGH, panel, STEP);
        _tile_loadd(WEIGHTS_LOW, panel + BLOCK_BYTES, STEP);
        _tile_dpbssd(HIGH_HIGH, ROWS_HIGH, WEIGHTS_HIGH);
        _tile_dpbsud(HIGH_LOW, ROWS_HIGH, WEIGHTS_LOW);
        _tile_dpbusd(LOW_HIGH, ROWS_LOW, WEIGHTS_HIGH);
        _tile_dpbuud(LOW_LOW, ROWS_LOW, WEIGHTS_LOW);
        rows += 2 * STEP;
        panel += 2 * TILE_COLUMNS * STEP;
    }
    _tile_stored(HIGH_HIGH, sums[0], STEP);
    _tile_stored(HIGH_LOW, sums[1], STEP);
    _tile_stored(LOW_HIGH, sums[2], STEP);
    _tile_stored(LOW_LOW, sums[3], STEP);
}

/* results[column] += the segment's sums of one row, put together and scaled as TileI16 says. */
static void add_scaled_i16(int32_t sums[4][BLOCK * BLOCK], size_t row, float row_scale,
                           const float *panel_scales, float *results)
{
    for (size_t column = 0; column < BLOCK; column++) {
        size_t at = row * BLOCK + column;
        uint32_t high = (uint32_t)sums[0][at], low = (uint32_t)sums[3][at];
        uint32_t middle = (uint32_t)sums[1][at] + (uint32_t)sums[2][at];
        int32_t sum = (int32_t)((high << 16) + (middle << 8) + low);
        results[column] = fmaf((float)sum * row_scale, panel_scales[column], results[column]);
    }
}

/* The part that belongs to one block of columns of what is to be fetched during these steps: next_lines lines
 * for each TILE_FETCH_DEPTH pairs of depth. */
static void fetch_next_i16(const Tile *tile, size_t first_step, size_t step_count, size_t column)
{
    size_t step_lines = STEP / 2 / TILE_FETCH_DEPTH * tile->next_lines, line_count = step_count * step_lines;
    size_t end = line_count * (column + BLOCK) / TILE_COLUMNS;
    for (size_t line = line_count * column / TILE_COLUMNS; line < end; line++)
        __builtin_prefetch(tile->next + (first_step * step_lines + line) * 16, 0, 2);
}

static void KERNEL_I16(tile)(const TileI16 *tile)
{
    float results[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64))) = {0};
    int32_t sums[4][BLOCK * BLOCK] __attribute__((aligned(64)));
    // More than BLOCK rows are two blocks of one height, as the registers are set up once; with an odd number
    // of rows both compute the one in the middle, and the first counts.
    size_t height = tile->rows > BLOCK ? tile->rows - tile->rows / 2 : tile->rows;
    const int8_t *panel = (const int8_t *)tile->panel;
    configure_tiles(height);
    for (size_t start = 0; start < tile->depth; start += I16_SEGMENT) {
        size_t segment = start / I16_SEGMENT;
        size_t left = tile->depth - start, step_count = (left < I16_SEGMENT ? left : I16_SEGMENT) / STEP;
        for (size_t column = 0; column < TILE_COLUMNS; column += BLOCK) {
            fetch_next_i16(&tile->out, start / STEP, step_count, column);
            const float *panel_scales = tile->panel_scales + segment * TILE_COLUMNS + column;
            for (size_t done = 0; done < tile->rows; done += height) {
                size_t first = done > 0 ? tile->rows - height : 0;
                multiply_block_i16(tile->src + first * tile->src_stride + start,
                                   tile->src_stride * sizeof(int16_t),
                                   panel + 2 * start * TILE_COLUMNS + 2 * column * STEP, step_count, sums);
                for (size_t row = done; row < first + height; row++)
                    add_scaled_i16(sums, row - first, tile->src_scales[row * tile->scale_stride + segment],
                                   panel_scales, results + row * TILE_COLUMNS + column);
            }
        }
    }
    _tile_release();
    FLOAT_KERNELS.finish_f32(&tile->out, results, tile->rows);
}

static float KERNEL_I16(quantise)(const float *src, size_t count, int16_t *dst)
{
    return INTEGER_KERNELS.quantise_i16(src, count, dst);
}

/* Of each STEP integers first the high bytes, then the low ones. */
static void KERNEL_I16(split)(int16_t *values, size_t depth)
{
    for (size_t k = 0; k < depth; k += STEP) {
        uint8_t bytes[2 * STEP], *split = (uint8_t *)(values + k);
        memcpy(bytes, split, sizeof bytes);
        for (size_t i = 0; i < STEP; i++) {
            split[i] = bytes[2 * i + 1];
            split[STEP + i] = bytes[2 * i];
        }
    }
}

/* A panel: [depth / STEP, TILE_COLUMNS / BLOCK, 2 (high bytes, low bytes), STEP / 4, BLOCK, 4 neighbours in
 * depth] bytes. */
static void KERNEL_I16(pack)(const int16_t *weights, size_t start, size_t count, size_t column,
                             int16_t *panel)
{
    uint8_t *bytes = (uint8_t *)panel + column / BLOCK * 2 * BLOCK_BYTES + column % BLOCK * 4;
    for (size_t i = 0; i < count; i++) {
        size_t k = start + i;
        uint8_t *dst = bytes + k / STEP * 2 * TILE_COLUMNS * STEP + k % STEP / 4 * BLOCK * 4 + k % 4;
        dst[0] = (uint8_t)((uint16_t)weights[i] >> 8);
        dst[BLOCK_BYTES] = (uint8_t)weights[i];
    }
}

/* One function for every number of rows, 2 * BLOCK = 32 times: ranges of designators are not ISO C. */
#define FOUR_TILES KERNEL_I16(tile), KERNEL_I16(tile), KERNEL_I16(tile), KERNEL_I16(tile)
#define SIXTEEN_TILES FOUR_TILES, FOUR_TILES, FOUR_TILES, FOUR_TILES
static TileI16Function *const tiles[TILE_ROWS] = {SIXTEEN_TILES, SIXTEEN_TILES};
