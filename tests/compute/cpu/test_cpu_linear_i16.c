/* SPDX-License-Identifier: MIT */
/* Fast linear layers, on every CPU level: how far they are from the exact product, that rows do not depend on
 * their batch or the threads, and what becomes of extreme values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "compute/cpu/cpu_device.h"
#include "cpu_levels.h"

static Compute *open_level(const char *level, int thread_count)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    Compute *compute = NULL;
    setenv("REELVEC_CPU", level, 1);
    assert_int_equal(rv_compute_open(&options, &compute, NULL), RV_OK);
    unsetenv("REELVEC_CPU");
    return compute;
}

static Compute *open_threads(void **state, int thread_count)
{
    const char *level = rv_cpu_level_name(*(CpuLevel *)*state);
    Compute *compute = open_level(level, thread_count);
    if (strcmp(rv_compute_kernels(compute), level) != 0) {
        print_message("skipped: this processor has no %s\n", level);
        rv_compute_close(compute);
        skip();
    }
    return compute;
}

/* dst[rows, outputs] = fast layer of src[rows, inputs], strides as the widths. */
static void run_layer(Compute *compute, const float *src, size_t rows, size_t inputs, const float *weights,
                      const float *bias, size_t outputs, LinearEpilogue epilogue, float *dst)
{
    LinearWeights *layer = NULL;
    RvError err = {0};
    RvStatus status =
        compute->ops->linear_create(compute, weights, bias, outputs, inputs, COMPUTE_FAST, &layer, &err);
    if (status != RV_OK)
        fail_msg("%s", err.message);
    const ComputeOps *ops = compute->ops;
    DeviceRows from = {.stride = inputs}, to = {.stride = outputs};
    from.buffer = ops->buffer_create(compute, rows * inputs, COMPUTE_FAST, &err);
    to.buffer = ops->buffer_create(compute, rows * outputs, COMPUTE_FLOAT32, &err);
    assert_true(from.buffer != NULL && to.buffer != NULL);
    ops->upload(compute, from.buffer, src, rows * inputs);
    ops->upload(compute, to.buffer, dst, rows * outputs);
    ops->linear(compute, layer, from, rows, to, epilogue);
    ops->download(compute, dst, to.buffer, rows * outputs);
    ops->buffer_destroy(compute, from.buffer);
    ops->buffer_destroy(compute, to.buffer);
    ops->linear_destroy(compute, layer);
}

static const struct {
    size_t rows, inputs, outputs;
    bool bias;
    LinearEpilogue epilogue;
    const char *why;
} cases[] = {
    {1, 1, 1, true, {ACTIVATION_NONE, false}, "the smallest"},
    {3, 5, 7, false, {ACTIVATION_NONE, false}, "odd sizes, no bias"},
    {50, 64, 65, true, {ACTIVATION_QUICK_GELU, false}, "one column over a panel"},
    {17, 33, 47, true, {ACTIVATION_GELU, false}, "one column short of a panel"},
    {17, 33, 47, true, {ACTIVATION_GELU_TANH, false}, "the same with another activation"},
    {23, 256, 50, true, {ACTIVATION_NONE, true}, "one whole segment, the residual stream"},
    {9, 257, 49, true, {ACTIVATION_GELU, true}, "one value over a segment"},
    {130, 1000, 200, true, {ACTIVATION_NONE, false}, "segments of several lengths, enough work for threads"},
    {1300, 3072, 5, true, {ACTIVATION_NONE, false}, "more rows than are kept as integers at once"},
};

static void linear_is_within_a_thousandth_of_exact(void **state)
{
    Compute *compute = open_threads(state, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t rows = cases[i].rows, inputs = cases[i].inputs, outputs = cases[i].outputs;
        LinearEpilogue epilogue = cases[i].epilogue;
        float *src = random_values(rows * inputs, 1), *weights = random_values(outputs * inputs, 2);
        float *bias = random_values(outputs, 3), *before = random_values(rows * outputs, 4);
        float *result = random_values(rows * outputs, 4);
        run_layer(compute, src, rows, inputs, weights, cases[i].bias ? bias : NULL, outputs, epilogue,
                  result);
        for (size_t at = 0; at<rows * outputs; at += rows> 1000 ? 7 : 1) {
            size_t row = at / outputs, column = at % outputs;
            double sum = cases[i].bias ? bias[column] : 0.0;
            for (size_t k = 0; k < inputs; k++)
                sum += (double)src[row * inputs + k] * weights[column * inputs + k];
            double expected =
                activation_of(sum, epilogue.activation) + (epilogue.accumulate ? before[at] : 0.0);
            // Values of rms 0.58, steps of 0.5 * 256 / 185367 in the weights and of 1 / 11585 in the rows: a
            // sum of rms 0.33 sqrt(inputs) with an error of rms 1.2e-4 sqrt(inputs).
            if (!(fabs(result[at] - expected) <= 6e-4 * sqrt((double)inputs)))
                fail_msg("%s: row %zu, column %zu: %.9g, expected %.9g", cases[i].why, row, column,
                         (double)result[at], expected);
        }
        free(src), free(weights), free(bias), free(before), free(result);
    }
    rv_compute_close(compute);
}

/* Without activation every level computes the same floats. */
static void linear_equals_scalar_to_the_bit(void **state)
{
    enum { ROWS = 40, INPUTS = 801, OUTPUTS = 100 };
    Compute *compute = open_threads(state, 2), *scalar = open_level("scalar", 1);
    float *src = random_values(ROWS * INPUTS, 5), *weights = random_values(OUTPUTS * INPUTS, 6);
    float *found = random_values(ROWS * OUTPUTS, 7), *expected = random_values(ROWS * OUTPUTS, 7);
    LinearEpilogue add = {ACTIVATION_NONE, true};
    run_layer(compute, src, ROWS, INPUTS, weights, weights, OUTPUTS, add, found);
    run_layer(scalar, src, ROWS, INPUTS, weights, weights, OUTPUTS, add, expected);
    assert_memory_equal(found, expected, ROWS * OUTPUTS * sizeof *found);
    rv_compute_close(compute);
    rv_compute_close(scalar);
    free(src), free(weights), free(found), free(expected);
}

static void linear_rows_do_not_depend_on_batch_or_threads(void **state)
{
    enum { ROWS = 300, INPUTS = 1030, OUTPUTS = 101 };
    Compute *compute = open_threads(state, 1);
    float *src = random_values(ROWS * INPUTS, 1), *weights = random_values(OUTPUTS * INPUTS, 2);
    float *expected = random_values(ROWS * OUTPUTS, 3), *result = random_values(ROWS * OUTPUTS, 3);
    LinearEpilogue gelu = {ACTIVATION_QUICK_GELU, false};
    run_layer(compute, src, ROWS, INPUTS, weights, weights, OUTPUTS, gelu, expected);
    rv_compute_close(compute);
    for (int thread_count = 1; thread_count <= 3; thread_count++) {
        compute = open_threads(state, thread_count);
        for (size_t rows = 1; rows <= ROWS; rows += rows < 27 ? 1 : 91) {
            run_layer(compute, src + (ROWS - rows) * INPUTS, rows, INPUTS, weights, weights, OUTPUTS, gelu,
                      result);
            assert_memory_equal(result, expected + (ROWS - rows) * OUTPUTS, rows * OUTPUTS * sizeof(float));
        }
        rv_compute_close(compute);
    }
    free(src), free(weights), free(expected), free(result);
}

/* One value a thousand times the others costs precision in its own segment only, and even there the others
 * keep more than three digits. */
static void linear_keeps_precision_beside_outliers(void **state)
{
    enum { INPUTS = 768, OUTPUTS = 48 };
    Compute *compute = open_threads(state, 1);
    float *src = random_values(INPUTS, 1), *weights = random_values(OUTPUTS * INPUTS, 2), dst[OUTPUTS];
    src[100] = 1000.0f;
    for (size_t column = 0; column < OUTPUTS; column++)
        weights[column * INPUTS + 100] = 0.0f; // so that what the others give is seen
    weights[5 * INPUTS + 600] = 300.0f;
    run_layer(compute, src, 1, INPUTS, weights, NULL, OUTPUTS, (LinearEpilogue){0}, dst);
    for (size_t column = 0; column < OUTPUTS; column++) {
        double sum = 0.0;
        for (size_t k = 0; k < INPUTS; k++)
            sum += (double)src[k] * weights[column * INPUTS + k];
        // 1000 / 11585 is the step of the first segment: an error of rms 0.025 x 0.58 x sqrt(256) = 0.23.
        if (!(fabs(dst[column] - sum) <= 0.9))
            fail_msg("column %zu: %.9g, expected %.9g", column, (double)dst[column], sum);
    }
    rv_compute_close(compute);
    free(src), free(weights);
}

static void linear_shows_what_is_not_finite(void **state)
{
    enum { ROWS = 9, INPUTS = 400, OUTPUTS = 60 };
    static const float broken[] = {NAN, INFINITY, -INFINITY};
    Compute *compute = open_threads(state, 1);
    float *src = random_values(ROWS * INPUTS, 1), *weights = random_values(OUTPUTS * INPUTS, 2);
    float dst[ROWS * OUTPUTS];
    for (size_t i = 0; i < 3; i++) {
        float kept[2] = {src[4 * INPUTS + 390], weights[7 * INPUTS + 3]};
        src[4 * INPUTS + 390] = broken[i];
        weights[7 * INPUTS + 3] = broken[i];
        run_layer(compute, src, ROWS, INPUTS, weights, NULL, OUTPUTS, (LinearEpilogue){0}, dst);
        for (size_t at = 0; at < ROWS * OUTPUTS; at++)
            assert_int_equal(isnan(dst[at]) != 0, at / OUTPUTS == 4 || at % OUTPUTS == 7);
        src[4 * INPUTS + 390] = kept[0];
        weights[7 * INPUTS + 3] = kept[1];
    }
    rv_compute_close(compute);
    free(src), free(weights);
}

static void linear_handles_extreme_magnitudes(void **state)
{
    static const struct {
        float value, weight, expected, tolerance;
        const char *why;
    } extremes[] = {
        {0.0f, 1.0f, 2.0f, 0.0f, "a row of zeros gives the bias"},
        {1.0f, 0.0f, 2.0f, 0.0f, "weights of zero give the bias"},
        {1e-45f, 1.0f, 2.0f, 0.0f, "values too small to matter"},
        {1.0f, 1e-45f, 2.0f, 0.0f, "weights too small to matter"},
        {1e-30f, 1e30f, 12.0f, 1e-2f, "small values, large weights"},
        {1e30f, 1e-30f, 12.0f, 1e-2f, "large values, small weights"},
        {1e25f, 1e25f, INFINITY, 0.0f, "more than a float holds"},
    };
    enum { INPUTS = 10 };
    Compute *compute = open_threads(state, 1);
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        float src[INPUTS], weights[INPUTS], bias = 2.0f, dst;
        for (size_t k = 0; k < INPUTS; k++) {
            src[k] = extremes[i].value;
            weights[k] = extremes[i].weight;
        }
        run_layer(compute, src, 1, INPUTS, weights, &bias, 1, (LinearEpilogue){0}, &dst);
        if (!(dst == extremes[i].expected || fabsf(dst - extremes[i].expected) <= extremes[i].tolerance))
            fail_msg("%s: %.9g, expected %.9g", extremes[i].why, (double)dst, (double)extremes[i].expected);
    }
    rv_compute_close(compute);
}

/* All weights of an output alike, all values alike: the largest sums of magnitudes that there are. */
static void linear_does_not_overflow(void **state)
{
    enum { INPUTS = 1536, OUTPUTS = 49 };
    Compute *compute = open_threads(state, 1);
    float *src = random_values(INPUTS, 1), *weights = random_values(OUTPUTS * INPUTS, 2), dst[OUTPUTS];
    for (size_t k = 0; k < INPUTS; k++) {
        src[k] = -3.0f;
        for (size_t column = 0; column < OUTPUTS; column++)
            weights[column * INPUTS + k] = column % 3 == 0   ? 0.7f
                                           : column % 3 == 1 ? -0.7f
                                           : k == 9          ? 5.0f
                                                             : 0.0f;
    }
    run_layer(compute, src, 1, INPUTS, weights, NULL, OUTPUTS, (LinearEpilogue){0}, dst);
    for (size_t column = 0; column < OUTPUTS; column++) {
        float expected = column % 3 == 0 ? -3225.6f : column % 3 == 1 ? 3225.6f : -15.0f;
        assert_true(fabsf(dst[column] - expected) <= fabsf(expected) * 2e-3f);
    }
    rv_compute_close(compute);
    free(src), free(weights);
}

int main(void)
{
#if defined(__aarch64__)
    static CpuLevel levels[] = {CPU_SCALAR, CPU_NEON};
#else
    static CpuLevel levels[] = {CPU_SCALAR, CPU_AVX2, CPU_AVX_VNNI, CPU_AVX512, CPU_AVX512_VNNI};
#endif
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_is_within_a_thousandth_of_exact),
        cmocka_unit_test(linear_equals_scalar_to_the_bit),
        cmocka_unit_test(linear_rows_do_not_depend_on_batch_or_threads),
        cmocka_unit_test(linear_keeps_precision_beside_outliers),
        cmocka_unit_test(linear_shows_what_is_not_finite),
        cmocka_unit_test(linear_handles_extreme_magnitudes),
        cmocka_unit_test(linear_does_not_overflow),
    };
    int failures = 0;
    RUN_ON_CPU_LEVELS(levels, tests, &failures);
    return failures;
}
