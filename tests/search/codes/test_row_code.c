/* SPDX-License-Identifier: MIT */
/* Codes of rows: the proven bounds hold for every kind of row and query, at every CPU level. */
#include "../store/store_support.h"

#include <float.h>

#include "compute/kernels/kernels.h"
#include "search/codes/row_code.h"
#include "search/query.h"

#define ROWS 40

typedef void MakeRow(uint64_t *seed, size_t index, int dimensions, float *row);

static void fill_random(uint64_t *seed, float *values, size_t count, double scale)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(scale * (2 * next_uniform(seed) - 1));
}

static void random_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)index;
    fill_random(seed, row, (size_t)dimensions, 1);
}
static void one_hot_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)seed;
    memset(row, 0, (size_t)dimensions * sizeof *row);
    row[index % (size_t)dimensions] = index % 2 == 0 ? 1 : -1;
}
static void outlier_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    fill_random(seed, row, (size_t)dimensions, 0.02);
    row[index % 3 % (size_t)dimensions] = 0.9f;
}
static void tiny_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    static const double scales[] = {1e-20, 1e-30, 1e-38, 1e-42, 1e-45};
    fill_random(seed, row, (size_t)dimensions, scales[index % 5]);
}
static void huge_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    static const double scales[] = {1e5, 1e12, 1e16, 1e18};
    fill_random(seed, row, (size_t)dimensions, scales[index % 4]);
}
static void zero_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)seed;
    (void)index;
    memset(row, 0, (size_t)dimensions * sizeof *row);
}
static void equal_values_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)seed;
    for (int i = 0; i < dimensions; i++)
        row[i] = (float)(index + 1) * (i % 2 == 0 ? 1 : -1) * 0.1f;
}
/* A row of the transform itself: all of its length lands in one value, the worst for 8 bits. */
static void walsh_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)seed;
    for (int i = 0; i < dimensions; i++)
        row[i] = __builtin_parityll((size_t)i & (7 * index + 3)) ? -1 : 1;
}
static void mixed_scales_row(uint64_t *seed, size_t index, int dimensions, float *row)
{
    (void)index;
    for (int i = 0; i < dimensions; i++)
        row[i] = (float)((2 * next_uniform(seed) - 1) * pow(10, -12 * next_uniform(seed)));
}

static const struct {
    MakeRow *make;
    const char *why;
} kinds[] = {
    {random_row, "random"},
    {one_hot_row, "one-hot"},
    {outlier_row, "an outlier"},
    {tiny_row, "tiny, denormal"},
    {huge_row, "huge"},
    {zero_row, "zero"},
    {equal_values_row, "constant"},
    {walsh_row, "Walsh function"},
    {mixed_scales_row, "mixed scales"},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Every level's float32 score lies between the bounds of both passes. */
static void check_pair(const float *row, const float *vector, int dimensions, const char *row_kind,
                       const char *query_kind)
{
    size_t width = rv_row_code_width(dimensions);
    uint8_t *coarse = malloc(2 * width), *fine = coarse + width;
    double *workspace = malloc(width * sizeof *workspace);
    RowBound bound;
    RowFineBound fine_bound;
    RowQuery query;
    bool usable = false;
    int32_t dot = 0, fine_dot = 0;
    rv_row_code_encode(row, dimensions, workspace, coarse, fine, &bound, &fine_bound);
    assert_ok(rv_row_query_init(&query, vector, dimensions, &usable, err));
    if (usable) {
        rv_code_kernels()->dot_rows(coarse, 1, &query.code, &dot);
        rv_code_kernels()->dot_rows(fine, 1, &query.code, &fine_dot);
        ScoreBound first = rv_row_code_coarse_score(&query, &bound, dot);
        ScoreBound second = rv_row_code_fine_score(&query, &bound, &fine_bound, dot, fine_dot);
        for (CpuLevel level = CPU_SCALAR; level <= rv_cpu_level(); level++) {
            if (rv_kernels_get(level) == NULL) // of another architecture
                continue;
            double score = rv_kernels_get(level)->scan.dot_f32(row, vector, (size_t)dimensions);
            bool apart = fabs(score - first.score) > first.error || fabs(score - second.score) > second.error;
            if (!isfinite(score) ? isfinite(first.error) && isfinite(second.error) : apart)
                fail_msg(
                    "%s row, %s query, %d dimensions, %s: score %.9g, coarse %.9g +- %.3g, fine %.9g +- %.3g",
                    row_kind, query_kind, dimensions, rv_cpu_level_name(level), score, first.score,
                    first.error, second.score, second.error);
        }
    }
    rv_row_query_clear(&query);
    free(workspace);
    free(coarse);
}

static void bounds_hold_for_every_kind_of_row_and_query(void **state)
{
    (void)state;
    static const int sizes[] = {1, 3, 8, 63, 64, 65, 200, 512, 640, 768, 1000};
    uint64_t seed = 1;
    float row[1024], vector[1024];
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (size_t i = 0; i < KINDS * KINDS * 4; i++) {
            size_t row_kind = i % KINDS, query_kind = i / KINDS % KINDS;
            kinds[row_kind].make(&seed, i, sizes[s], row);
            kinds[query_kind].make(&seed, i / 3, sizes[s], vector);
            check_pair(row, vector, sizes[s], kinds[row_kind].why, kinds[query_kind].why);
        }
    }
}

/* What makes the search fast: on ordinary vectors the bounds are close. */
static void bounds_are_close_for_unit_vectors(void **state)
{
    (void)state;
    enum { DIMENSIONS = 512 };
    float row[DIMENSIONS], vector[DIMENSIONS];
    uint8_t coarse[DIMENSIONS], fine[DIMENSIONS];
    double workspace[DIMENSIONS];
    uint64_t seed = 3;
    for (size_t i = 0; i < 200; i++) {
        RowBound bound;
        RowFineBound fine_bound;
        RowQuery query;
        bool usable = false;
        if (i % 2 == 0) {
            make_unit_vector(i, DIMENSIONS, row);
        } else {
            outlier_row(&seed, i, DIMENSIONS, row);
            assert_ok(rv_search_normalize(row, DIMENSIONS, err));
        }
        make_unit_vector(1000 + i, DIMENSIONS, vector);
        rv_row_code_encode(row, DIMENSIONS, workspace, coarse, fine, &bound, &fine_bound);
        assert_ok(rv_row_query_init(&query, vector, DIMENSIONS, &usable, err));
        assert_true(usable && query.inflation == 1);
        assert_true(rv_row_code_coarse_score(&query, &bound, 0).error < 0.012);
        assert_true(rv_row_code_fine_score(&query, &bound, &fine_bound, 0, 0).error < 0.00015);
        rv_row_query_clear(&query);
    }
}

static void rows_beyond_the_proof_are_always_open(void **state)
{
    (void)state;
    static const float values[] = {NAN, INFINITY, -INFINITY, FLT_MAX, 1e16f};
    uint8_t coarse[64], fine[64];
    double workspace[64];
    float row[8] = {1, 2, 3};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        RowBound bound;
        RowFineBound fine_bound;
        row[3] = values[i];
        rv_row_code_encode(row, 8, workspace, coarse, fine, &bound, &fine_bound);
        assert_true(isinf(bound.error) && isinf(fine_bound.error));
    }
    RowQuery query;
    bool usable = true;
    assert_ok(rv_row_query_init(&query, row, 8, &usable, err));
    assert_false(usable);
    rv_row_query_clear(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_for_every_kind_of_row_and_query),
        cmocka_unit_test(bounds_are_close_for_unit_vectors),
        cmocka_unit_test(rows_beyond_the_proof_are_always_open),
    };
    return cmocka_run_group_tests_name("codes of rows", tests, NULL, NULL);
}
