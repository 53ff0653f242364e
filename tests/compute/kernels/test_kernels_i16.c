/* SPDX-License-Identifier: MIT */
/* The 16-bit integer kernels of every CPU level against the scalar ones, to the bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/kernels/kernels_i16.h"
#include "cpu_levels.h"

#define LENGTH_MAX 67
#define GUARD 32
#define COLUMNS_MAX 64
#define ROWS_MAX 32
#define DEPTH_MAX (2 * I16_SEGMENT + 68)

static const I16Kernels *level_kernels(void **state)
{
    CpuLevel level = *(CpuLevel *)*state;
    setenv("REELVEC_CPU", rv_cpu_level_name(level), 1);
    CpuLevel runs = rv_cpu_level();
    unsetenv("REELVEC_CPU");
    const I16Kernels *kernels = rv_i16_kernels_get(level);
    if (runs != level || kernels == NULL) {
        print_message("skipped: this processor or build has no %s\n", rv_cpu_level_name(level));
        skip();
    }
    return kernels;
}

static uint32_t next_bits(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Quantise with both, compare integers, scale and what lies around. */
static void check_quantise(const I16Kernels *kernels, const float *src, size_t count, const char *why)
{
    int16_t found[I16_SEGMENT + 2 * GUARD], expected[I16_SEGMENT];
    for (size_t i = 0; i < I16_SEGMENT + 2 * GUARD; i++)
        found[i] = 12345;
    float scale = kernels->quantise_i16(src, count, found + GUARD + count % 3);
    float expected_scale = rv_i16_kernels_scalar.quantise_i16(src, count, expected);
    if (isnan(expected_scale) ? !isnan(scale) : scale != expected_scale)
        fail_msg("%s: scale %.9g, expected %.9g", why, (double)scale, (double)expected_scale);
    if (count > 0 && memcmp(found + GUARD + count % 3, expected, count * sizeof *expected) != 0)
        fail_msg("%s: other integers at length %zu", why, count);
    for (size_t i = 0; i < I16_SEGMENT + 2 * GUARD; i++)
        assert_true((i >= GUARD + count % 3 && i < GUARD + count % 3 + count) || found[i] == 12345);
}

static void quantise_equals_scalar(void **state)
{
    const I16Kernels *kernels = level_kernels(state);
    static const float magnitudes[] = {1.0f, 1e-45f, 1e-36f, 0x1p-100f, 3e38f, 77.7f};
    float src[I16_SEGMENT + 4];
    uint32_t seed = 1;
    for (size_t count = 0; count <= I16_SEGMENT; count += count < LENGTH_MAX ? 1 : 39) {
        for (size_t m = 0; m < sizeof magnitudes / sizeof magnitudes[0]; m++) {
            size_t offset = m % 4;
            for (size_t i = 0; i < count + offset; i++)
                src[i] = next_random(&seed) * magnitudes[m];
            check_quantise(kernels, src + offset, count, "random values");
        }
    }
}

static void quantise_handles_extremes(void **state)
{
    const I16Kernels *kernels = level_kernels(state);
    static const struct {
        float values[3];
        bool finite;
        int16_t integers[3];
        const char *why;
    } cases[] = {
        {{0.0f, -0.0f, 0.0f}, true, {0, 0, 0}, "zeros"},
        {{1.0f, -1.0f, 0.5f}, true, {11585, -11585, 5792}, "half is rounded to even"},
        {{1.5f, 0.5f, 11585.0f}, true, {2, 0, 11585}, "halves are rounded to even"},
        {{FLT_MAX, -FLT_MAX, 1.0f}, true, {11585, -11585, 0}, "the largest"},
        {{1e-45f, 0.0f, -1e-45f}, true, {0, 0, 0}, "the smallest counts as nothing"},
        {{0x1p-100f, 0.0f, 0.0f}, true, {11585, 0, 0}, "the smallest peak that counts"},
        {{1.0f, INFINITY, 1.0f}, false, {0, 0, 0}, "infinity"},
        {{-INFINITY, 1.0f, 1.0f}, false, {0, 0, 0}, "minus infinity"},
        {{1.0f, 1.0f, NAN}, false, {0, 0, 0}, "not a number"},
        {{-NAN, 1.0f, 1.0f}, false, {0, 0, 0}, "not a number with a sign"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int16_t integers[3];
        float scale = kernels->quantise_i16(cases[i].values, 3, integers);
        if (isfinite(scale) != cases[i].finite || memcmp(integers, cases[i].integers, sizeof integers) != 0)
            fail_msg("%s: scale %g, integers %d %d %d", cases[i].why, (double)scale, integers[0], integers[1],
                     integers[2]);
        check_quantise(kernels, cases[i].values, 3, cases[i].why);
        // The same at every place of a vector and behind its end.
        float row[I16_SEGMENT] = {0};
        for (size_t at = 0; at + 3 <= LENGTH_MAX; at += 5) {
            memset(row, 0, sizeof row);
            memcpy(row + at, cases[i].values, sizeof cases[i].values);
            check_quantise(kernels, row, LENGTH_MAX, cases[i].why);
        }
    }
}

typedef struct TileCase {
    int16_t src[ROWS_MAX * (DEPTH_MAX + 6)];
    int16_t weights[COLUMNS_MAX * DEPTH_MAX]; // [column, depth]
    int16_t panel[COLUMNS_MAX * DEPTH_MAX];   // the same as the kernels read them
    float src_scales[ROWS_MAX * 4], column_scales[COLUMNS_MAX * 4], panel_scales[COLUMNS_MAX * 4];
    float bias[COLUMNS_MAX];
    float dst[ROWS_MAX * (COLUMNS_MAX + 3) + 2 * GUARD];
} TileCase;

/* What every level computes before the activation, from the definition. */
static float expected_sum(const TileCase *data, const TileI16 *tile, size_t row, size_t column)
{
    float sum = 0.0f;
    for (size_t start = 0; start < tile->depth; start += I16_SEGMENT) {
        int64_t integers = 0;
        for (size_t k = start; k < tile->depth && k < start + I16_SEGMENT; k++)
            integers +=
                (int64_t)tile->src[row * tile->src_stride + k] * data->weights[column * DEPTH_MAX + k];
        assert_true(integers >= -INT32_MAX && integers <= INT32_MAX);
        size_t segment = start / I16_SEGMENT;
        float scaled = (float)integers * tile->src_scales[row * tile->scale_stride + segment];
        sum = fmaf(scaled, data->column_scales[segment * COLUMNS_MAX + column], sum);
    }
    return sum;
}

static void pack(const I16Kernels *kernels, TileCase *data, size_t depth)
{
    size_t tile_columns = kernels->tile_columns;
    for (size_t column = 0; column < tile_columns; column++) {
        for (size_t k = 0; k < depth; k++)
            data->panel[(k / 2 * tile_columns + column) * 2 + k % 2] = data->weights[column * DEPTH_MAX + k];
    }
    for (size_t segment = 0; segment < 4; segment++) {
        for (size_t column = 0; column < tile_columns; column++)
            data->panel_scales[segment * tile_columns + column] =
                data->column_scales[segment * COLUMNS_MAX + column];
    }
}

static void check_tile(const I16Kernels *kernels, TileCase *data, TileI16 tile, size_t rows)
{
    const float canary = 1234.5f;
    size_t value_count = sizeof data->dst / sizeof(float), dst_stride = kernels->tile_columns + 3;
    for (size_t i = 0; i < value_count; i++)
        data->dst[i] = canary;
    float *dst = data->dst + GUARD + tile.depth % 4;
    tile.out.dst = dst;
    tile.out.dst_stride = dst_stride;
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < tile.out.columns; column++)
            dst[row * dst_stride + column] = (float)column;
    }
    pack(kernels, data, tile.depth);
    tile.rows = rows;
    kernels->tiles[rows - 1](&tile);
    for (size_t i = 0; i < value_count; i++) {
        ptrdiff_t at = &data->dst[i] - dst;
        size_t row = (size_t)at / dst_stride, column = (size_t)at % dst_stride;
        if (at < 0 || row >= rows || column >= tile.out.columns) {
            assert_true(data->dst[i] == canary);
            continue;
        }
        float expected = expected_sum(data, &tile, row, column);
        if (tile.out.bias != NULL)
            expected += tile.out.bias[column];
        if (tile.out.epilogue.accumulate)
            expected = (float)column + expected;
        if (isnan(expected) ? !isnan(data->dst[i]) : data->dst[i] != expected)
            fail_msg("rows %zu, columns %zu, depth %zu, element %zu %zu: %.9g, expected %.9g", rows,
                     tile.out.columns, tile.depth, row, column, (double)data->dst[i], (double)expected);
    }
}

static TileCase *new_case(bool extreme)
{
    TileCase *data = calloc(1, sizeof *data);
    assert_non_null(data);
    uint32_t seed = 7;
    // Integers at the limit of the sum of magnitudes: no partial sum may overflow.
    int most = (int)(I16_WEIGHT_SUM_MAX / I16_SEGMENT);
    for (size_t i = 0; i < sizeof data->src / sizeof(int16_t); i++)
        data->src[i] = extreme ? I16_VALUE_MAX
                               : (int16_t)((int)(next_bits(&seed) % (2 * I16_VALUE_MAX + 1)) - I16_VALUE_MAX);
    // Three of the largest weights fit a segment, beside small ones.
    for (size_t i = 0; i < sizeof data->weights / sizeof(int16_t); i++)
        data->weights[i] = (int16_t)(extreme                     ? i / DEPTH_MAX % 2 == 0 ? most : -most
                                     : i % 97 == 5               ? i % 2 == 0 ? INT16_MAX : -INT16_MAX
                                     : next_bits(&seed) % 7 == 0 ? (int)(next_bits(&seed) % 601) - 300
                                                                 : (int)(next_bits(&seed) % 201) - 100);
    for (size_t i = 0; i < ROWS_MAX * 4; i++)
        data->src_scales[i] = 1e-4f * (1.5f + next_random(&seed));
    for (size_t i = 0; i < COLUMNS_MAX * 4; i++)
        data->column_scales[i] = 1e-3f * (1.5f + next_random(&seed));
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        data->bias[i] = next_random(&seed);
    return data;
}

static void tiles_equal_the_definition_to_the_bit(void **state)
{
    const I16Kernels *kernels = level_kernels(state);
    assert_true(kernels->tile_rows <= ROWS_MAX && kernels->tile_columns <= COLUMNS_MAX);
    // The end of a tile is the float32 kernels' of the same level.
    assert_int_equal(kernels->tile_columns, rv_kernels_get(kernels->level)->tile_columns);
    for (int extreme = 0; extreme <= 1; extreme++) {
        TileCase *data = new_case(extreme == 1);
        for (size_t depth = 2; depth <= DEPTH_MAX; depth += depth < LENGTH_MAX ? 2 : 122) {
            for (size_t rows = 1; rows <= kernels->tile_rows; rows++) {
                size_t variant = depth / 2 * 7 + rows;
                TileI16 tile = {.src = data->src + depth % 3,
                                .src_stride = depth + rows % 2 * 3,
                                .src_scales = data->src_scales,
                                .scale_stride = 3 + rows % 2,
                                .panel = data->panel,
                                .panel_scales = data->panel_scales,
                                .depth = depth,
                                .out = {.bias = variant % 3 != 0 ? data->bias : NULL,
                                        .columns = 1 + variant % kernels->tile_columns,
                                        .epilogue.accumulate = variant % 2 == 0}};
                check_tile(kernels, data, tile, rows);
                tile.out.columns = kernels->tile_columns;
                tile.out.next = data->bias;
                tile.out.next_lines = 1;
                check_tile(kernels, data, tile, rows);
            }
        }
        free(data);
    }
}

static void tiles_keep_not_a_number_in_its_row_and_column(void **state)
{
    const I16Kernels *kernels = level_kernels(state);
    TileCase *data = new_case(false);
    data->src_scales[0] = NAN;
    data->column_scales[COLUMNS_MAX + 1] = NAN;
    TileI16 tile = {.src = data->src,
                    .src_stride = DEPTH_MAX,
                    .src_scales = data->src_scales,
                    .scale_stride = 4,
                    .panel = data->panel,
                    .panel_scales = data->panel_scales,
                    .depth = I16_SEGMENT + 2,
                    .out.columns = kernels->tile_columns};
    check_tile(kernels, data, tile, kernels->tile_rows);
    for (size_t row = 0; row < kernels->tile_rows; row++) {
        const float *dst = data->dst + GUARD + tile.depth % 4 + row * (kernels->tile_columns + 3);
        for (size_t column = 0; column < kernels->tile_columns; column++)
            assert_int_equal(isnan(dst[column]) != 0, row == 0 || column == 1);
    }
    free(data);
}

static void i16_kernels_get_answers_by_level(void **state)
{
    assert_ptr_equal(rv_i16_kernels_get(CPU_SCALAR), &rv_i16_kernels_scalar);
    assert_null(rv_i16_kernels_get((CpuLevel)99));
    CpuLevel level = *(CpuLevel *)*state;
    if (rv_i16_kernels_get(level) != NULL)
        assert_in_range(rv_i16_kernels_get(level)->level, CPU_SCALAR, level);
}

int main(void)
{
#if defined(__aarch64__)
    static CpuLevel levels[] = {CPU_SCALAR, CPU_NEON};
#else
    static CpuLevel levels[] = {CPU_SCALAR, CPU_AVX2, CPU_AVX_VNNI, CPU_AVX512, CPU_AVX512_VNNI};
#endif
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(i16_kernels_get_answers_by_level),
        cmocka_unit_test(quantise_equals_scalar),
        cmocka_unit_test(quantise_handles_extremes),
        cmocka_unit_test(tiles_equal_the_definition_to_the_bit),
        cmocka_unit_test(tiles_keep_not_a_number_in_its_row_and_column),
    };
    int failures = 0;
    RUN_ON_CPU_LEVELS(levels, tests, &failures);
    return failures;
}
