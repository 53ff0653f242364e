/* SPDX-License-Identifier: MIT */
/* The kernels of every vector level, written once. A level's file defines the vector type V with its basic
 * operations, LANES, KERNEL(name), TILE_ROWS and TILE_VECTORS, then includes this. */
#include <math.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define TILE_COLUMNS (TILE_VECTORS * LANES)

/* exp(x) within 1.5 ulp on [-87.3, 88.3]; x is clamped to that, so that results stay normal and finite. NaN
 * stays. exp(x) = 2^n exp(r), n = round(x / log 2), |r| <= log(2) / 2; exp(r) = 1 + r + r^2 p(r), where p
 * interpolates at Chebyshev nodes (relative error 1e-8). */
ALWAYS_INLINE V exp_f32(V x)
{
    // max and min give their second operand when one is NaN.
    x = v_min(v_set(88.3f), v_max(v_set(-87.3f), x));
    V n = v_round(v_mul(x, v_set(0x1.715476p+0f)));
    // log 2 in two parts, of which the first has few bits: its product with n is exact.
    V r = v_fma(n, v_set(-0x1.62e4p-1f), x);
    r = v_fma(n, v_set(-0x1.7f7d1cp-20f), r);
    V p = v_set(0.00139261771f);
    p = v_fma(p, r, v_set(0.00836317427f));
    p = v_fma(p, r, v_set(0.0416665561f));
    p = v_fma(p, r, v_set(0.166665778f));
    p = v_fma(p, r, v_set(0.5f));
    p = v_fma(v_mul(r, r), p, r);
    return v_scale(v_add(p, v_set(1.0f)), n);
}

/* x * sigmoid(1.702 x). */
ALWAYS_INLINE V quick_gelu_f32(V x)
{
    return v_div(x, v_add(v_set(1.0f), exp_f32(v_mul(x, v_set(-1.702f)))));
}

/* x * Phi(x), Phi the normal distribution. With t = |x|: Phi(-t) = exp(-t h(t)) / 2, where h interpolates
 * -log(erfc(t / sqrt 2)) / t at Chebyshev nodes of [0, 5.5] (error of Phi 2.4e-8). */
ALWAYS_INLINE V gelu_f32(V x)
{
    V t = v_abs(x);
    V u = v_min(v_set(5.5f), t);
    V h = v_set(1.78729085e-08f);
    h = v_fma(h, u, v_set(-5.38705251e-07f));
    h = v_fma(h, u, v_set(6.98057192e-06f));
    h = v_fma(h, u, v_set(-4.93793232e-05f));
    h = v_fma(h, u, v_set(0.000181819138f));
    h = v_fma(h, u, v_set(2.29323796e-05f));
    h = v_fma(h, u, v_set(-0.0048389961f));
    h = v_fma(h, u, v_set(0.0363613442f));
    h = v_fma(h, u, v_set(0.318305492f));
    h = v_fma(h, u, v_set(0.797884703f));
    V tail = v_mul(v_set(-0.5f), exp_f32(v_mul(v_sub(v_set(0.0f), t), h)));
    // x > 0: x - x Phi(-x), else x Phi(x); u for t, which makes no difference past 5.5 and is finite.
    return v_fma(u, tail, v_max(v_set(0.0f), x));
}

/* Bias, activation, sum with what is there, store; the last vector of a row may be a part. */
ALWAYS_INLINE void finish_tile_as(const Tile *tile, const float *sums, size_t rows,
                                  const Activation activation)
{
    for (size_t row = 0; row < rows; row++) {
        float *dst = tile->dst + row * tile->dst_stride;
        for (size_t column = 0; column < tile->columns; column += LANES) {
            size_t count = tile->columns - column;
            V result = v_load(sums + row * TILE_COLUMNS + column);
            if (tile->bias != NULL)
                result = v_add(result, v_load(tile->bias + column));
            if (tile->continues)
                result = v_add(v_load_first(dst + column, count, 0.0f), result);
            if (activation == ACTIVATION_QUICK_GELU)
                result = quick_gelu_f32(result);
            if (activation == ACTIVATION_GELU)
                result = gelu_f32(result);
            if (tile->epilogue.accumulate)
                result = v_add(v_load_first(dst + column, count, 0.0f), result);
            v_store_first(dst + column, count, result);
        }
    }
}

/* sums: [rows, TILE_COLUMNS]. Not inlined: one copy for all heights of tiles. */
static __attribute__((noinline)) void finish_tile_f32(const Tile *tile, const float *sums, size_t rows)
{
    switch (tile->epilogue.activation) {
    case ACTIVATION_QUICK_GELU:
        finish_tile_as(tile, sums, rows, ACTIVATION_QUICK_GELU);
        break;
    case ACTIVATION_GELU:
        finish_tile_as(tile, sums, rows, ACTIVATION_GELU);
        break;
    default:
        finish_tile_as(tile, sums, rows, ACTIVATION_NONE);
    }
}

ALWAYS_INLINE void tile_f32(const Tile *tile, const int rows)
{
    V sums[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 16
    for (int row = 0; row < rows; row++) {
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++)
            sums[row][j] = v_set(0.0f);
    }
    const float *src = tile->src, *panel = tile->panel;
    size_t src_stride = tile->src_stride, depth = tile->depth;
    const float *next = tile->next;
    size_t next_lines = tile->next_lines;
    for (size_t k = 0; k < depth; k++, src++, panel += TILE_COLUMNS) {
        if (k % TILE_FETCH_DEPTH == 0) {
            for (size_t line = 0; line < next_lines; line++, next += 16)
                __builtin_prefetch(next, 0, 2);
        }
        V columns[TILE_VECTORS];
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++)
            columns[j] = v_load(panel + j * LANES);
#pragma GCC unroll 16
        for (int row = 0; row < rows; row++) {
            V x = v_set(src[(size_t)row * src_stride]);
#pragma GCC unroll 4
            for (int j = 0; j < TILE_VECTORS; j++)
                sums[row][j] = v_fma(x, columns[j], sums[row][j]);
        }
    }
    float results[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
#pragma GCC unroll 16
    for (int row = 0; row < rows; row++) {
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++)
            v_store(results + (row * TILE_VECTORS + j) * LANES, sums[row][j]);
    }
    finish_tile_f32(tile, results, (size_t)rows);
}

/* Sum of f(x, mean) over a row where f(x) = x - mean, or its square. */
ALWAYS_INLINE float sum_deviations_f32(const float *src, size_t width, float mean, const bool squared)
{
    V sums[4], center = v_set(mean);
    for (int i = 0; i < 4; i++)
        sums[i] = v_set(0.0f);
    for (size_t k = 0, i = 0; k < width; k += LANES, i = (i + 1) % 4) {
        V x = v_sub(v_load_first(src + k, width - k, mean), center);
        sums[i] = squared ? v_fma(x, x, sums[i]) : v_add(sums[i], x);
    }
    return v_sum(v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3])));
}

static void KERNEL(layer_norm_f32)(const float *src, size_t width, const float *gain, const float *shift,
                                   float epsilon, float *dst)
{
    float mean = sum_deviations_f32(src, width, 0.0f, false) / (float)width;
    float variance = sum_deviations_f32(src, width, mean, true) / (float)width;
    V inverse = v_set(1.0f / sqrtf(variance + epsilon)), center = v_set(mean);
    for (size_t k = 0; k < width; k += LANES) {
        size_t count = width - k;
        V x = v_mul(v_sub(v_load_first(src + k, count, 0.0f), center), inverse);
        x = v_fma(x, v_load_first(gain + k, count, 0.0f), v_load_first(shift + k, count, 0.0f));
        v_store_first(dst + k, count, x);
    }
}

static void KERNEL(softmax_f32)(float *row, size_t count, float scale)
{
    V highest = v_set(-INFINITY);
    for (size_t k = 0; k < count; k += LANES)
        highest = v_max(highest, v_load_first(row + k, count - k, -INFINITY));
    V offset = v_set(v_highest(highest)), factor = v_set(scale), sum = v_set(0.0f);
    for (size_t k = 0; k < count; k += LANES) {
        // The lanes past the end are exp(-infinity), which is clamped to 1e-38: nothing beside the
        // highest's 1.
        V x = v_sub(v_load_first(row + k, count - k, -INFINITY), offset);
        x = exp_f32(v_mul(x, factor));
        sum = v_add(sum, x);
        v_store_first(row + k, count - k, x);
    }
    V inverse = v_set(1.0f / v_sum(sum));
    for (size_t k = 0; k < count; k += LANES)
        v_store_first(row + k, count - k, v_mul(v_load_first(row + k, count - k, 0.0f), inverse));
}

static void KERNEL(add_f32)(float *dst, const float *addend, size_t count)
{
    for (size_t k = 0; k < count; k += LANES) {
        V sum = v_add(v_load_first(dst + k, count - k, 0.0f), v_load_first(addend + k, count - k, 0.0f));
        v_store_first(dst + k, count - k, sum);
    }
}

/* Products of row_count rows and query_count queries, both known at compile time: one chain per pair. */
ALWAYS_INLINE void dot_tile_f32(const float *rows, size_t row_stride, const int row_count,
                                const float *queries, size_t query_stride, const int query_count,
                                size_t count, float *scores, size_t score_stride)
{
    V sums[2][4];
    for (int row = 0; row < row_count; row++) {
        for (int query = 0; query < query_count; query++)
            sums[row][query] = v_set(0.0f);
    }
    for (size_t k = 0; k < count; k += LANES) {
        V x[2];
        for (int row = 0; row < row_count; row++)
            x[row] = v_load_first(rows + (size_t)row * row_stride + k, count - k, 0.0f);
        for (int query = 0; query < query_count; query++) {
            V y = v_load_first(queries + (size_t)query * query_stride + k, count - k, 0.0f);
            for (int row = 0; row < row_count; row++)
                sums[row][query] = v_fma(x[row], y, sums[row][query]);
        }
    }
    for (int row = 0; row < row_count; row++) {
        for (int query = 0; query < query_count; query++)
            scores[(size_t)query * score_stride + (size_t)row] = v_sum(sums[row][query]);
    }
}

static float KERNEL(dot_f32)(const float *a, const float *b, size_t count)
{
    float score;
    dot_tile_f32(a, 0, 1, b, 0, 1, count, &score, 0);
    return score;
}

ALWAYS_INLINE void dot_rows_f32(const float *rows, size_t row_stride, const int row_count,
                                const float *queries, size_t query_stride, size_t query_count, size_t count,
                                float *scores, size_t score_stride)
{
    size_t query = 0;
    for (; query + 4 <= query_count; query += 4)
        dot_tile_f32(rows, row_stride, row_count, queries + query * query_stride, query_stride, 4, count,
                     scores + query * score_stride, score_stride);
    for (; query < query_count; query++)
        dot_tile_f32(rows, row_stride, row_count, queries + query * query_stride, query_stride, 1, count,
                     scores + query * score_stride, score_stride);
}

static void KERNEL(dot_block_f32)(const float *rows, size_t row_stride, size_t row_count,
                                  const float *queries, size_t query_stride, size_t query_count, size_t count,
                                  float *scores, size_t score_stride)
{
    size_t row = 0;
    for (; row + 2 <= row_count; row += 2)
        dot_rows_f32(rows + row * row_stride, row_stride, 2, queries, query_stride, query_count, count,
                     scores + row, score_stride);
    if (row < row_count)
        dot_rows_f32(rows + row * row_stride, row_stride, 1, queries, query_stride, query_count, count,
                     scores + row, score_stride);
}
