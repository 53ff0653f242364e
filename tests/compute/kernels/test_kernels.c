/* SPDX-License-Identifier: MIT */
/* Every kernel of every CPU level against the scalar one: all lengths to 67, misaligned, NaN and infinity,
 * canaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "compute/kernels/kernels.h"
#include "cpu_levels.h"

#define LENGTH_MAX 67
#define GUARD 20 // floats before and after each result
#define CANARY 12345.0f

static const CpuKernels *scalar(void)
{
    return rv_kernels_get(CPU_SCALAR);
}

/* The level under test, or the end of the test where the processor or the build lacks it. */
static const CpuKernels *level_kernels(void **state)
{
    CpuLevel level = *(CpuLevel *)*state;
    const CpuKernels *kernels = rv_kernels_get(level);
    if (kernels == NULL || level > rv_cpu_level()) {
        print_message("skipped: %s is not in this build or processor, or REELVEC_CPU caps it\n",
                      rv_cpu_level_name(level));
        skip();
    }
    return kernels;
}

/* A result with canaries around it. */
typedef struct Guarded {
    float values[GUARD + 4 * LENGTH_MAX + GUARD];
} Guarded;

static float *guarded_start(Guarded *guarded, size_t misalignment)
{
    for (size_t i = 0; i < sizeof guarded->values / sizeof(float); i++)
        guarded->values[i] = CANARY;
    return guarded->values + GUARD - 4 + misalignment;
}

static void assert_canaries(const Guarded *guarded, const float *start, size_t count)
{
    const float *end = guarded->values + sizeof guarded->values / sizeof(float);
    for (const float *at = guarded->values; at < start; at++)
        assert_true(*at == CANARY);
    for (const float *at = start + count; at < end; at++)
        assert_true(*at == CANARY);
}

static bool close_to(float value, float expected, float tolerance)
{
    if (isnan(expected) || isnan(value))
        return isnan(expected) && isnan(value);
    return value == expected || fabsf(value - expected) <= tolerance;
}

static void assert_all_close(const float *values, const float *expected, size_t count, float tolerance)
{
    for (size_t i = 0; i < count; i++) {
        if (!close_to(values[i], expected[i], tolerance))
            fail_msg("element %zu of %zu: %.9g, expected %.9g", i, count, (double)values[i],
                     (double)expected[i]);
    }
}

static void add_f32_equals_scalar(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float addend[LENGTH_MAX + 4], start[LENGTH_MAX], expected[LENGTH_MAX];
    for (size_t count = 0; count <= LENGTH_MAX; count++) {
        for (size_t offset = 0; offset < 4; offset++) {
            Guarded guarded;
            float *dst = guarded_start(&guarded, offset);
            fill_random(addend, count + offset, 1, 2.0f);
            fill_random(start, count, 2, 2.0f);
            if (count > 2) {
                addend[offset] = NAN;
                addend[offset + 1] = -INFINITY;
            }
            memcpy(dst, start, count * sizeof *dst);
            memcpy(expected, start, count * sizeof *dst);
            scalar()->add_f32(expected, addend + offset, count);
            kernels->add_f32(dst, addend + offset, count);
            assert_all_close(dst, expected, count, 0.0f);
            assert_canaries(&guarded, dst, count);
        }
    }
}

static void rotate_f32_is_within_1e_6_of_scalar(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float angles[LENGTH_MAX + 4], start[LENGTH_MAX], expected[LENGTH_MAX];
    for (size_t count = 0; count <= LENGTH_MAX; count += 2) {
        for (size_t offset = 0; offset < 4; offset++) {
            Guarded guarded;
            float *pairs = guarded_start(&guarded, offset);
            fill_random(angles, count + offset, 1, 1.0f);
            fill_random(start, count, 2, 2.0f);
            if (count > 4) {
                start[1] = NAN; // spoils its pair alone
                start[4] = INFINITY;
            }
            memcpy(pairs, start, count * sizeof *pairs);
            memcpy(expected, start, count * sizeof *pairs);
            scalar()->rotate_f32(expected, angles + offset, count);
            kernels->rotate_f32(pairs, angles + offset, count);
            assert_all_close(pairs, expected, count, 1e-6f);
            assert_canaries(&guarded, pairs, count);
        }
    }
}

/* By a quarter, and not at all: to the bit on every level. */
static void rotate_f32_turns_from_first_to_second(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float pairs[20], angles[20];
    for (size_t i = 0; i < 20; i += 2) {
        pairs[i] = (float)i + 0.3f;
        pairs[i + 1] = -7.1f;
        angles[i] = i % 4 == 0 ? 0.0f : 1.0f;
        angles[i + 1] = i % 4 == 0 ? 1.0f : 0.0f;
    }
    kernels->rotate_f32(pairs, angles, 20);
    for (size_t i = 0; i < 20; i += 2) {
        assert_true(pairs[i] == (i % 4 == 0 ? 7.1f : (float)i + 0.3f));
        assert_true(pairs[i + 1] == (i % 4 == 0 ? (float)i + 0.3f : -7.1f));
    }
}

/* Every number of columns and depth around those of a vector; elements are any bits, integers too. */
static void pack_columns_puts_elements_side_by_side(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    enum { COLUMNS_MAX = 64, DEPTH_MAX = 35, STRIDE = DEPTH_MAX + 2 };
    static uint32_t columns[COLUMNS_MAX * STRIDE], panel[GUARD + DEPTH_MAX * COLUMNS_MAX + GUARD];
    for (size_t i = 0; i < COLUMNS_MAX * STRIDE; i++)
        columns[i] = (uint32_t)i * 2654435761u; // signalling NaNs among them
    for (size_t panel_columns = kernels->lanes; panel_columns <= COLUMNS_MAX;
         panel_columns += kernels->lanes) {
        for (size_t count = 1; count <= panel_columns; count += count < 20 ? 1 : 7) {
            for (size_t depth = 1; depth <= DEPTH_MAX; depth++) {
                memset(panel, 0x5a, sizeof panel);
                kernels->pack_columns(columns, STRIDE, count, depth, panel_columns, panel + GUARD);
                for (size_t i = 0; i < GUARD; i++)
                    assert_true(panel[i] == 0x5a5a5a5a &&
                                panel[GUARD + depth * panel_columns + i] == 0x5a5a5a5a);
                for (size_t i = 0; i < depth * panel_columns; i++) {
                    size_t k = i / panel_columns, column = i % panel_columns;
                    uint32_t expected = column < count ? columns[column * STRIDE + k] : 0;
                    if (panel[GUARD + i] != expected)
                        fail_msg("%zu columns in %zu, depth %zu: column %zu at %zu is %08x, not %08x", count,
                                 panel_columns, depth, column, k, panel[GUARD + i], expected);
                }
            }
        }
    }
}

static void softmax_f32_is_within_1e_6_of_scalar(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    for (size_t count = 1; count <= LENGTH_MAX; count++) {
        for (size_t offset = 0; offset < 4; offset++) {
            Guarded guarded;
            float *row = guarded_start(&guarded, offset), expected[LENGTH_MAX];
            fill_random(row, count, (uint32_t)(count + offset), 100.0f);
            memcpy(expected, row, count * sizeof *row);
            scalar()->softmax_f32(expected, count, 0.125f);
            kernels->softmax_f32(row, count, 0.125f);
            assert_all_close(row, expected, count, 1e-6f);
            assert_canaries(&guarded, row, count);
        }
    }
}

static void softmax_f32_handles_extremes(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    static const struct {
        float row[3];
        float expected[3];
        const char *why;
    } cases[] = {
        {{1e30f, -1e30f, 0.0f}, {1.0f, 0.0f, 0.0f}, "far apart: no overflow"},
        {{-1e30f, -1e30f, -1e30f}, {1.0f / 3, 1.0f / 3, 1.0f / 3}, "all alike and very low"},
        {{-INFINITY, 2.0f, 2.0f}, {0.0f, 0.5f, 0.5f}, "minus infinity is masked out"},
        {{1.0f, NAN, 1.0f}, {NAN, NAN, NAN}, "not a number spoils the row and is not hidden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float row[3];
        memcpy(row, cases[i].row, sizeof row);
        kernels->softmax_f32(row, 3, 1.0f);
        assert_all_close(row, cases[i].expected, 3, 1e-6f);
    }
}

static void layer_norm_f32_is_within_1e_5_of_scalar(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float src[LENGTH_MAX + 4], gain[LENGTH_MAX + 4], shift[LENGTH_MAX + 4], expected[LENGTH_MAX];
    for (size_t width = 1; width <= LENGTH_MAX; width++) {
        for (size_t offset = 0; offset < 4; offset++) {
            Guarded guarded;
            float *dst = guarded_start(&guarded, offset);
            fill_random(src, width + offset, (uint32_t)width, 3.0f);
            fill_random(gain, width + offset, 5, 1.0f);
            fill_random(shift, width + offset, 6, 1.0f);
            src[offset] += 10.0f;
            scalar()->layer_norm_f32(src + offset, width, gain + offset, shift + offset, 1e-5f, expected);
            kernels->layer_norm_f32(src + offset, width, gain + offset, shift + offset, 1e-5f, dst);
            assert_all_close(dst, expected, width, 1e-5f);
            assert_canaries(&guarded, dst, width);
            kernels->layer_norm_f32(src + offset, width, gain + offset, shift + offset, 1e-5f, src + offset);
            assert_memory_equal(src + offset, dst, width * sizeof *dst); // in place
        }
    }
}

static void layer_norm_f32_spreads_not_a_number(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float row[19], ones[19], dst[19];
    for (size_t i = 0; i < 19; i++)
        row[i] = ones[i] = 1.0f;
    row[7] = NAN;
    kernels->layer_norm_f32(row, 19, ones, ones, 1e-5f, dst);
    for (size_t i = 0; i < 19; i++)
        assert_true(isnan(dst[i]));
}

static double exact_dot(const float *a, const float *b, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static void dot_f32_is_within_1e_6_per_unit_of_exact(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float a[1024 + 4], b[1024 + 4];
    fill_random(a, 1028, 3, 1.0f);
    fill_random(b, 1028, 4, 1.0f);
    for (size_t count = 0; count <= 1024; count += count < LENGTH_MAX ? 1 : 119) {
        for (size_t offset = 0; offset < 4; offset++) {
            float dot = kernels->scan.dot_f32(a + offset, b + 3 - offset, count);
            double expected = exact_dot(a + offset, b + 3 - offset, count);
            assert_true(fabs(dot - expected) <= 1e-6 * sqrt((double)count + 1.0));
        }
    }
    assert_true(kernels->scan.dot_f32(a, b, 0) == 0.0f);
    a[5] = NAN;
    assert_true(isnan(kernels->scan.dot_f32(a, b, 37)));
    assert_false(
        isnan(kernels->scan.dot_f32(a, b, 5))); // what stands behind the end is not read into the sum
}

static void dot_block_f32_equals_dot_f32_to_the_bit(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    enum { ROWS = 7, QUERIES = 9, STRIDE = LENGTH_MAX + 2 };
    float rows[ROWS * STRIDE], queries[QUERIES * STRIDE];
    fill_random(rows, ROWS * STRIDE, 8, 1.0f);
    fill_random(queries, QUERIES * STRIDE, 9, 1.0f);
    for (size_t count = 0; count <= LENGTH_MAX; count++) {
        for (size_t row_count = 0; row_count <= ROWS; row_count++) {
            for (size_t query_count = 0; query_count <= QUERIES; query_count++) {
                Guarded guarded;
                float *scores = guarded_start(&guarded, count % 4);
                kernels->scan.dot_block_f32(rows, STRIDE, row_count, queries, STRIDE, query_count, count,
                                            scores, row_count);
                assert_canaries(&guarded, scores, row_count * query_count);
                for (size_t i = 0; i < row_count * query_count; i++) {
                    float score = kernels->scan.dot_f32(rows + i % row_count * STRIDE,
                                                        queries + i / row_count * STRIDE, count);
                    assert_memory_equal(&scores[i], &score, sizeof score);
                }
            }
        }
    }
}

enum { PANEL_COLUMNS_MAX = 64, TILE_ROWS_MAX = 16, DEPTH_MAX = LENGTH_MAX };

typedef struct TileCase {
    float src[TILE_ROWS_MAX * (DEPTH_MAX + 4)];
    float panel[DEPTH_MAX * PANEL_COLUMNS_MAX];
    float bias[PANEL_COLUMNS_MAX];
    float dst[TILE_ROWS_MAX * (PANEL_COLUMNS_MAX + 3) + 2 * GUARD];
} TileCase;

typedef struct TileShape {
    size_t rows, columns;
    TileFunction *const *tiles;
} TileShape;

/* Compute one tile and compare it with the exact sum; what lies around the stored columns stays as it was. */
static void check_tile(const TileShape *shape, TileCase *data, Tile tile, size_t rows)
{
    size_t value_count = sizeof data->dst / sizeof(float);
    for (size_t i = 0; i < value_count; i++)
        data->dst[i] = CANARY;
    tile.dst_stride = shape->columns + 3;
    tile.dst = data->dst + GUARD + tile.depth % 4;
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < tile.columns; column++)
            tile.dst[row * tile.dst_stride + column] = (float)column;
    }
    shape->tiles[rows - 1](&tile);
    for (size_t i = 0; i < value_count; i++) {
        ptrdiff_t at = &data->dst[i] - tile.dst;
        size_t row = (size_t)at / tile.dst_stride, column = (size_t)at % tile.dst_stride;
        if (at < 0 || row >= rows || column >= tile.columns) {
            assert_true(data->dst[i] == CANARY);
            continue;
        }
        double sum = tile.bias != NULL ? tile.bias[column] : 0.0;
        for (size_t k = 0; k < tile.depth; k++)
            sum += (double)tile.src[row * tile.src_stride + k] * tile.panel[k * shape->columns + column];
        double expected = activation_of(sum, tile.epilogue.activation);
        if (tile.epilogue.accumulate)
            expected += (double)column;
        if (!(fabs(data->dst[i] - expected) <= 1e-5))
            fail_msg("rows %zu, columns %zu, depth %zu, element %zu %zu: %.9g, expected %.9g", rows,
                     tile.columns, tile.depth, row, column, (double)data->dst[i], expected);
    }
}

static void check_tiles(const TileShape *shape)
{
    assert_true(shape->rows <= TILE_ROWS_MAX && shape->columns <= PANEL_COLUMNS_MAX);
    static TileCase data;
    fill_random(data.src, sizeof data.src / sizeof(float), 1, 1.0f);
    fill_random(data.panel, sizeof data.panel / sizeof(float), 2, 1.0f);
    fill_random(data.bias, PANEL_COLUMNS_MAX, 3, 1.0f);
    for (size_t depth = 1; depth <= DEPTH_MAX; depth++) {
        for (size_t rows = 1; rows <= shape->rows; rows++) {
            size_t variant = depth * 7 + rows;
            Tile tile = {.src = data.src + depth % 4,
                         .src_stride = depth + rows % 2,
                         .panel = data.panel,
                         .depth = depth,
                         .bias = variant % 3 != 0 ? data.bias : NULL,
                         .columns = 1 + variant % shape->columns,
                         .epilogue = {(Activation)(variant % 4), variant % 2 == 0}};
            check_tile(shape, &data, tile, rows);
            tile.columns = shape->columns;
            tile.epilogue = (LinearEpilogue){ACTIVATION_NONE, false};
            tile.next = data.panel;
            check_tile(shape, &data, tile, rows);
        }
    }
}

static void tiles_are_within_1e_5_of_exact(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    check_tiles(&(TileShape){kernels->tile_rows, kernels->tile_columns, kernels->tiles});
    for (size_t vectors = 1; vectors <= kernels->head_tile_columns / kernels->lanes; vectors++)
        check_tiles(&(TileShape){kernels->head_tile_rows, vectors * kernels->lanes,
                                 kernels->head_tiles[vectors - 1]});
}

/* The activations over their whole range, by a tile of depth 1 whose weights are the arguments. */
static void activations_are_within_2e_7_of_exact(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    float one = 1.0f, panel[PANEL_COLUMNS_MAX], dst[PANEL_COLUMNS_MAX];
    size_t columns = kernels->tile_columns;
    for (int activation = ACTIVATION_QUICK_GELU; activation <= ACTIVATION_GELU_TANH; activation++) {
        for (float x = -60.0f; x < 60.0f; x += 0.0037f * (float)columns) {
            for (size_t i = 0; i < columns; i++)
                panel[i] = x + 0.0037f * (float)i;
            Tile tile = {.src = &one, .panel = panel, .depth = 1, .dst = dst, .columns = columns};
            tile.epilogue.activation = (Activation)activation;
            kernels->tiles[0](&tile);
            for (size_t i = 0; i < columns; i++) {
                double expected = activation_of(panel[i], (Activation)activation);
                if (!(fabs(dst[i] - expected) <= 2e-7 + 3e-7 * fabs(expected)))
                    fail_msg("activation %d of %.9g: %.9g, expected %.9g", activation, (double)panel[i],
                             (double)dst[i], expected);
            }
        }
    }
}

static void activations_keep_extremes(void **state)
{
    const CpuKernels *kernels = level_kernels(state);
    static const struct {
        float x, expected;
        const char *why;
    } cases[] = {
        {NAN, NAN, "not a number stays"},
        {INFINITY, INFINITY, "infinity stays"},
        {-1e5f, 0.0f, "far below zero"},
        {1e5f, 1e5f, "far above zero"},
        {0.0f, 0.0f, "zero"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int activation = ACTIVATION_QUICK_GELU; activation <= ACTIVATION_GELU_TANH; activation++) {
            float panel[PANEL_COLUMNS_MAX] = {0}, one = 1.0f, result;
            panel[0] = cases[i].x;
            Tile tile = {.src = &one, .panel = panel, .depth = 1, .dst = &result, .columns = 1};
            tile.epilogue.activation = (Activation)activation;
            kernels->tiles[0](&tile);
            assert_all_close(&result, &cases[i].expected, 1, 1e-6f);
        }
    }
}

static void kernels_get_answers_by_level(void **state)
{
    assert_non_null(rv_kernels_get(CPU_SCALAR));
    assert_null(rv_kernels_get((CpuLevel)99));
    const CpuKernels *kernels = rv_kernels_get(*(CpuLevel *)*state);
    if (kernels != NULL)
        assert_int_equal(kernels->level, *(CpuLevel *)*state);
    assert_ptr_equal(rv_scan_kernels(), &rv_kernels_get(rv_cpu_level())->scan);
}

int main(void)
{
#if defined(__aarch64__)
    static CpuLevel levels[] = {CPU_SCALAR, CPU_NEON};
#else
    static CpuLevel levels[] = {CPU_SCALAR, CPU_AVX2, CPU_AVX512};
#endif
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_get_answers_by_level),
        cmocka_unit_test(add_f32_equals_scalar),
        cmocka_unit_test(rotate_f32_is_within_1e_6_of_scalar),
        cmocka_unit_test(rotate_f32_turns_from_first_to_second),
        cmocka_unit_test(pack_columns_puts_elements_side_by_side),
        cmocka_unit_test(softmax_f32_is_within_1e_6_of_scalar),
        cmocka_unit_test(softmax_f32_handles_extremes),
        cmocka_unit_test(layer_norm_f32_is_within_1e_5_of_scalar),
        cmocka_unit_test(layer_norm_f32_spreads_not_a_number),
        cmocka_unit_test(dot_f32_is_within_1e_6_per_unit_of_exact),
        cmocka_unit_test(dot_block_f32_equals_dot_f32_to_the_bit),
        cmocka_unit_test(tiles_are_within_1e_5_of_exact),
        cmocka_unit_test(activations_are_within_2e_7_of_exact),
        cmocka_unit_test(activations_keep_extremes),
    };
    int failures = 0;
    RUN_ON_CPU_LEVELS(levels, tests, &failures);
    return failures;
}
