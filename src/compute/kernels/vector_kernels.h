/* SPDX-License-Identifier: MIT */
/* The kernels of every vector level, written once. A level's file defines the vector type V with its basic
 * operations, LANES, KERNEL(name), TILE_ROWS and TILE_VECTORS, then includes this. */
#include <math.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define TILE_COLUMNS (TILE_VECTORS * LANES)

/* exp(x) within 1.5 ulp on [-87.3, 88.3]. x is clamped to that range, so that results are normal and finite.
 * exp(NaN) is NaN. exp(x) = 2^n exp(r), n = round(x / log 2), |r| <= log(2) / 2; exp(r) = 1 + r + r^2 p(r),
 * where p interpolates at Chebyshev nodes (relative error 1e-8). */
ALWAYS_INLINE V exp_f32(V x)
{
    // max and min return their second operand if either is NaN.
    x = v_min(v_set(88.3f), v_max(v_set(-87.3f), x));
    V n = v_round(v_mul(x, v_set(0x1.715476p+0f)));
    // log 2 is split into two parts. The first has few bits, so its product with n is exact.
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

/* x / (1 + 2^t). 2^t = 2^n 2^r, n = round(t), |r| <= 1/2; (2^r - 1) / r interpolated at Chebyshev nodes
 * (relative error of 2^r 1e-8). t is clamped so that both powers are normal numbers. NaN stays NaN. */
ALWAYS_INLINE V divide_by_one_plus_power_f32(V x, V t)
{
    t = v_min(v_set(125.0f), v_max(v_set(-125.0f), t));
    V n = v_round(t);
    V r = v_sub(t, n);
    V p = v_set(0.000154531634f);
    p = v_fma(p, r, v_set(0.00133908633f));
    p = v_fma(p, r, v_set(0.00961808302f));
    p = v_fma(p, r, v_set(0.0555035695f));
    p = v_fma(p, r, v_set(0.240226507f));
    p = v_fma(p, r, v_set(0.693147182f));
    p = v_fma(p, r, v_set(1.0f));
    return v_div_normal(x, v_add(v_set(1.0f), v_scale(p, n)));
}

/* x * sigmoid(1.702 x). */
ALWAYS_INLINE V quick_gelu_f32(V x)
{
    return divide_by_one_plus_power_f32(x, v_mul(x, v_set(-0x1.3a4cbep+1f))); // -1.702 / log 2
}

/* x / 2 (1 + tanh(u)) = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3). */
ALWAYS_INLINE V gelu_tanh_f32(V x)
{
    // The factors of -2 u / log 2.
    V t = v_fma(v_mul(x, x), v_set(-0.102943242f), v_set(-2.30220819f));
    return divide_by_one_plus_power_f32(x, v_mul(x, t));
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
    // x > 0: x - x Phi(-x), else x Phi(x). u replaces t, because it is finite and differs only above 5.5,
    // where that makes no difference.
    return v_fma(u, tail, v_max(v_set(0.0f), x));
}

/* Add the bias, apply the activation, add the previous content of dst if wanted, and store. The last vector
 * of a row may be incomplete. */
ALWAYS_INLINE void finish_tile_as(const Tile *tile, const float *sums, size_t rows, size_t sum_stride,
                                  const Activation activation)
{
    for (size_t row = 0; row < rows; row++) {
        float *dst = tile->dst + row * tile->dst_stride;
        for (size_t column = 0; column < tile->columns; column += LANES) {
            size_t count = tile->columns - column;
            V result = v_load(sums + row * sum_stride + column);
            if (tile->bias != NULL)
                result = v_add(result, v_load(tile->bias + column));
            if (tile->continues)
                result = v_add(v_load_first(dst + column, count, 0.0f), result);
            if (activation == ACTIVATION_QUICK_GELU)
                result = quick_gelu_f32(result);
            if (activation == ACTIVATION_GELU)
                result = gelu_f32(result);
            if (activation == ACTIVATION_GELU_TANH)
                result = gelu_tanh_f32(result);
            if (tile->epilogue.accumulate)
                result = v_add(v_load_first(dst + column, count, 0.0f), result);
            v_store_first(dst + column, count, result);
        }
    }
}

/* sums: [rows, sum_stride]. Not inlined, so that there is one copy for all heights of tiles. */
static __attribute__((noinline)) void finish_tile_f32(const Tile *tile, const float *sums, size_t rows,
                                                      size_t sum_stride)
{
    switch (tile->epilogue.activation) {
    case ACTIVATION_QUICK_GELU:
        finish_tile_as(tile, sums, rows, sum_stride, ACTIVATION_QUICK_GELU);
        break;
    case ACTIVATION_GELU:
        finish_tile_as(tile, sums, rows, sum_stride, ACTIVATION_GELU);
        break;
    case ACTIVATION_GELU_TANH:
        finish_tile_as(tile, sums, rows, sum_stride, ACTIVATION_GELU_TANH);
        break;
    default:
        finish_tile_as(tile, sums, rows, sum_stride, ACTIVATION_NONE);
    }
}

static void KERNEL(finish_f32)(const Tile *tile, const float *sums, size_t rows)
{
    finish_tile_f32(tile, sums, rows, TILE_COLUMNS);
}

/* The rows of a tile are addressed in pairs: an address is a pair's pointer plus 0 or 1 strides, which costs
 * no instruction. OPAQUE keeps the compiler from computing one pointer per row instead, for which there are
 * not enough registers. */
#define GROUP_ROWS 2
#define GROUPS ((TILE_ROWS + GROUP_ROWS - 1) / GROUP_ROWS)
#define OPAQUE(x) __asm__("" : "+r"(x))

/* `steps` steps of depth: sums[row] += src[row] * panel. The pointers are advanced. */
ALWAYS_INLINE void add_products_f32(V sums[TILE_ROWS][VECTORS_MAX], const char *groups[GROUPS],
                                    size_t stride_bytes, const float **panel, const int rows,
                                    const int vectors, const int steps)
{
#pragma GCC unroll 16
    for (int step = 0; step < steps; step++) {
        V columns[VECTORS_MAX];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            columns[j] = v_load(*panel + step * vectors * LANES + j * LANES);
#pragma GCC unroll 16
        for (int row = 0; row < rows; row++) {
            const char *src = groups[row / GROUP_ROWS] + (size_t)(row % GROUP_ROWS) * stride_bytes;
            V x = v_set(((const float *)(const void *)src)[step]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                v_fma_pinned(x, columns[j], &sums[row][j]);
        }
    }
    *panel += steps * vectors * LANES;
    OPAQUE(*panel);
#pragma GCC unroll 4
    for (int group = 0; group * GROUP_ROWS < rows; group++) {
        groups[group] += (size_t)steps * sizeof(float);
        OPAQUE(groups[group]);
    }
}

ALWAYS_INLINE void tile_f32(const Tile *tile, const int rows, const int vectors)
{
    V sums[TILE_ROWS][VECTORS_MAX];
#pragma GCC unroll 16
    for (int row = 0; row < rows; row++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sums[row][j] = v_set(0.0f);
    }
    size_t stride_bytes = tile->src_stride * sizeof(float), depth = tile->depth;
    const float *panel = tile->panel;
    const char *groups[GROUPS];
    OPAQUE(stride_bytes);
#pragma GCC unroll 4
    for (int group = 0; group * GROUP_ROWS < rows; group++) {
        groups[group] = (const char *)tile->src + (size_t)(group * GROUP_ROWS) * stride_bytes;
        OPAQUE(groups[group]);
    }
    const float *next = tile->next, *dst = tile->dst;
    size_t next_lines = tile->next_lines, dst_stride = tile->dst_stride;
    int dst_rows = rows;
    // Unrolled, because on some processors the loop's counter takes the slot of a multiply-add.
    for (; depth >= TILE_FETCH_DEPTH; depth -= TILE_FETCH_DEPTH) {
        // Only few lines at a time: more would delay this tile's own lines, which use the same buffers.
        for (size_t line = 0; line < next_lines; line++, next += 16)
            __builtin_prefetch(next, 0, 2);
        // The result's lines are usually not in the cache. Fetched now, they have arrived when the sums are
        // done.
        if (dst_rows > 0) {
            for (size_t column = 0; column < (size_t)(vectors * LANES); column += 16)
                __builtin_prefetch(dst + column, 1, 3);
            dst += dst_stride;
            dst_rows--;
        }
        add_products_f32(sums, groups, stride_bytes, &panel, rows, vectors, TILE_FETCH_DEPTH);
    }
    for (; depth > 0; depth--)
        add_products_f32(sums, groups, stride_bytes, &panel, rows, vectors, 1);
    float results[TILE_ROWS * VECTORS_MAX * LANES] __attribute__((aligned(64)));
#pragma GCC unroll 16
    for (int row = 0; row < rows; row++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            v_store(results + (row * vectors + j) * LANES, sums[row][j]);
    }
    finish_tile_f32(tile, results, (size_t)rows, (size_t)(vectors * LANES));
}

/* Define the tile function of one height and width. */
#define DEFINE_TILE(rows, vectors)                                                                           \
    static void KERNEL(tile_##rows##x##vectors##_f32)(const Tile *tile)                                      \
    {                                                                                                        \
        tile_f32(tile, rows, vectors);                                                                       \
    }

/* sum + f(x - mean) of one vector, where f(x) = x or its square. */
ALWAYS_INLINE V add_deviation_f32(V sum, V x, V mean, const bool squared)
{
    x = v_sub(x, mean);
    return squared ? v_fma(x, x, sum) : v_add(sum, x);
}

ALWAYS_INLINE float sum_deviations_f32(const float *src, size_t width, float mean, const bool squared)
{
    V sums[4], center = v_set(mean);
    for (int i = 0; i < 4; i++)
        sums[i] = v_set(0.0f);
    size_t k = 0;
    for (; k + 4 * LANES <= width; k += 4 * LANES) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            sums[i] = add_deviation_f32(sums[i], v_load(src + k + i * LANES), center, squared);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++, k += LANES) {
        if (k < width)
            sums[i] = add_deviation_f32(sums[i], v_load_first(src + k, width - k, mean), center, squared);
    }
    return v_sum(v_add(v_add(sums[0], sums[1]), v_add(sums[2], sums[3])));
}

ALWAYS_INLINE V normalize_f32(V x, V mean, V inverse, V gain, V shift)
{
    return v_fma(v_mul(v_sub(x, mean), inverse), gain, shift);
}

static void KERNEL(layer_norm_f32)(const float *src, size_t width, const float *gain, const float *shift,
                                   float epsilon, float *dst)
{
    float mean = sum_deviations_f32(src, width, 0.0f, false) / (float)width;
    float variance = sum_deviations_f32(src, width, mean, true) / (float)width;
    V inverse = v_set(1.0f / sqrtf(variance + epsilon)), center = v_set(mean);
    size_t k = 0;
    for (; k + LANES <= width; k += LANES)
        v_store(dst + k,
                normalize_f32(v_load(src + k), center, inverse, v_load(gain + k), v_load(shift + k)));
    if (k < width) {
        size_t count = width - k;
        V x = v_load_first(src + k, count, 0.0f);
        v_store_first(dst + k, count,
                      normalize_f32(x, center, inverse, v_load_first(gain + k, count, 0.0f),
                                    v_load_first(shift + k, count, 0.0f)));
    }
}

static void KERNEL(softmax_f32)(float *row, size_t count, float scale)
{
    V highest = v_set(-INFINITY);
    for (size_t k = 0; k < count; k += LANES)
        highest = v_max(highest, v_load_first(row + k, count - k, -INFINITY));
    V offset = v_set(v_highest(highest)), factor = v_set(scale), sum = v_set(0.0f);
    for (size_t k = 0; k < count; k += LANES) {
        // The lanes after the end are exp(-infinity), which is clamped to 1e-38. That is negligible beside
        // the largest term, which is 1.
        V x = v_sub(v_load_first(row + k, count - k, -INFINITY), offset);
        x = exp_f32(v_mul(x, factor));
        sum = v_add(sum, x);
        v_store_first(row + k, count - k, x);
    }
    V inverse = v_set(1.0f / v_sum(sum));
    for (size_t k = 0; k < count; k += LANES)
        v_store_first(row + k, count - k, v_mul(v_load_first(row + k, count - k, 0.0f), inverse));
}

static void KERNEL(rotate_f32)(float *pairs, const float *angles, size_t count)
{
    for (size_t k = 0; k < count; k += LANES) {
        V turned =
            v_rotate(v_load_first(pairs + k, count - k, 0.0f), v_load_first(angles + k, count - k, 0.0f));
        v_store_first(pairs + k, count - k, turned);
    }
}

static void KERNEL(add_f32)(float *dst, const float *addend, size_t count)
{
    for (size_t k = 0; k < count; k += LANES) {
        V sum = v_add(v_load_first(dst + k, count - k, 0.0f), v_load_first(addend + k, count - k, 0.0f));
        v_store_first(dst + k, count - k, sum);
    }
}

/* Put up to LANES columns of up to LANES elements into one vector of each row of dst. Elements may be anything
 * of 32 bits. */
ALWAYS_INLINE void pack_square(const float *columns, size_t stride, size_t column_count, size_t depth,
                               float *dst, size_t dst_stride)
{
    V square[LANES];
#pragma GCC unroll 16
    for (size_t column = 0; column < LANES; column++) {
        square[column] =
            column < column_count ? v_load_first(columns + column * stride, depth, 0.0f) : v_set(0.0f);
    }
    v_transpose(square);
#pragma GCC unroll 16
    for (size_t k = 0; k < LANES; k++) {
        if (k < depth)
            v_store(dst + k * dst_stride, square[k]);
    }
}

static void KERNEL(pack_columns)(const void *columns, size_t stride, size_t column_count, size_t depth,
                                 size_t panel_columns, void *dst)
{
    const float *src = columns;
    float *panel = dst;
    for (size_t column = 0; column < panel_columns; column += LANES) {
        size_t left = column < column_count ? column_count - column : 0, k = 0;
        if (left >= LANES) {
            for (; k + LANES <= depth; k += LANES)
                pack_square(src + column * stride + k, stride, LANES, LANES,
                            panel + k * panel_columns + column, panel_columns);
        }
        for (; k < depth; k += LANES)
            pack_square(left > 0 ? src + column * stride + k : NULL, stride, left, depth - k,
                        panel + k * panel_columns + column, panel_columns);
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
