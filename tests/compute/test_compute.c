/* SPDX-License-Identifier: MIT */
/* The contract of linear layers (ComputeOps), run on every device and CPU level, and the choice of the
 * device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "device_cases.h"

static LinearWeights *create_layer_of(Compute *compute, const float *weights, const float *bias,
                                      size_t output_count, size_t input_count, ComputePrecision precision)
{
    LinearWeights *layer = NULL;
    RvError err;
    RvStatus status = compute->ops->linear_create(compute, weights, bias, output_count, input_count,
                                                  precision, &layer, &err);
    assert_int_equal(status, RV_OK);
    return layer;
}

static LinearWeights *create_layer(Compute *compute, const float *weights, const float *bias,
                                   size_t output_count, size_t input_count)
{
    return create_layer_of(compute, weights, bias, output_count, input_count, COMPUTE_FLOAT32);
}

static const struct {
    size_t rows, inputs, outputs;
    bool bias;
    LinearEpilogue epilogue;
    const char *why;
} linear_cases[] = {
    {1, 1, 1, true, {ACTIVATION_NONE, false}, "the smallest"},
    {3, 5, 7, false, {ACTIVATION_NONE, false}, "odd sizes, no bias"},
    {1, 768, 512, true, {ACTIVATION_NONE, false}, "a projection of one row"},
    {50, 64, 192, true, {ACTIVATION_NONE, false}, "several strips"},
    {50, 64, 65, true, {ACTIVATION_QUICK_GELU, false}, "one column over a panel"},
    {17, 33, 47, true, {ACTIVATION_GELU, false}, "one column short of a panel"},
    {17, 33, 47, true, {ACTIVATION_GELU_TANH, false}, "the same with another activation"},
    {23, 48, 50, true, {ACTIVATION_NONE, true}, "the residual stream"},
    {9, 20, 49, true, {ACTIVATION_GELU, true}, "activation and residual stream"},
    {5, 1100, 60, true, {ACTIVATION_QUICK_GELU, false}, "depth in parts, activation after the last"},
    {5, 2500, 60, true, {ACTIVATION_NONE, true}, "depth in parts on the residual stream"},
    {5, 1100, 60, true, {ACTIVATION_GELU, true}, "depth that cannot be in parts"},
    {5, 1100, 60, true, {ACTIVATION_GELU_TANH, true}, "the same with another activation"},
    {130, 300, 200, true, {ACTIVATION_NONE, false}, "enough work for threads"},
    {1, 40000, 3, true, {ACTIVATION_NONE, false}, "deeper than a worker's memory for one panel"},
};

/* Weights of a layer that gives its rows when asked. */
typedef struct GivenRows {
    const float *weights;
    size_t input_count;
} GivenRows;

static void give_rows(void *context, size_t first_row, size_t row_count, float *dst)
{
    const GivenRows *given = context;
    memcpy(dst, given->weights + first_row * given->input_count,
           row_count * given->input_count * sizeof *dst);
}

static LinearWeights *create_layer_from(Compute *compute, const float *weights, const float *bias,
                                        size_t output_count, size_t input_count)
{
    LinearWeights *layer = NULL;
    RvError err;
    GivenRows *given = malloc(sizeof *given);
    assert_non_null(given);
    *given = (GivenRows){weights, input_count};
    assert_int_equal(compute->ops->linear_create_from(compute, give_rows, given, bias, output_count,
                                                      input_count, &layer, &err),
                     RV_OK);
    return layer;
}

static LinearWeights *create_layer_by_rows(Compute *compute, const float *weights, const float *bias,
                                           size_t output_count, size_t input_count,
                                           ComputePrecision precision)
{
    LinearWeights *layer = NULL;
    RvError err;
    GivenRows given = {weights, input_count};
    assert_int_equal(compute->ops->linear_create_rows(compute, give_rows, &given, bias, output_count,
                                                      input_count, precision, &layer, &err),
                     RV_OK);
    return layer;
}

/* The layers of a case: packed from memory and by rows in float32, read at use, and the first two in the
 * fast precision. */
enum { LAYER_PACKED, LAYER_BY_ROWS, LAYER_AT_USE, LAYER_FAST, LAYER_FAST_BY_ROWS, LAYER_COUNT };

static LinearWeights *create_layer_kind(Compute *compute, int kind, const float *weights, const float *bias,
                                        size_t outputs, size_t inputs)
{
    if (kind == LAYER_AT_USE)
        return create_layer_from(compute, weights, bias, outputs, inputs);
    ComputePrecision precision = kind >= LAYER_FAST ? COMPUTE_FAST : COMPUTE_FLOAT32;
    return kind == LAYER_BY_ROWS || kind == LAYER_FAST_BY_ROWS
               ? create_layer_by_rows(compute, weights, bias, outputs, inputs, precision)
               : create_layer_of(compute, weights, bias, outputs, inputs, precision);
}

static void linear_from_rows_equals_packed_to_the_bit(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    bool by_rows = ops->linear_create_rows != NULL && ops->linear_create_from != NULL;
    for (size_t i = 0; by_rows && i < sizeof linear_cases / sizeof linear_cases[0]; i++) {
        size_t rows = linear_cases[i].rows, inputs = linear_cases[i].inputs,
               outputs = linear_cases[i].outputs, count = rows * outputs;
        float *src = random_values(rows * inputs, 1), *weights = random_values(outputs * inputs, 2);
        float *bias = random_values(outputs, 3), *before = random_values(count, 4), *results[LAYER_COUNT];
        DeviceBuffer *src_device = device_copy(compute, src, rows * inputs);
        for (int kind = 0; kind < LAYER_COUNT; kind++) {
            DeviceBuffer *dst_device = device_copy(compute, before, count);
            LinearWeights *layer = create_layer_kind(compute, kind, weights,
                                                     linear_cases[i].bias ? bias : NULL, outputs, inputs);
            results[kind] = random_values(count, 5);
            ops->linear(compute, layer, (DeviceRows){src_device, 0, inputs}, rows,
                        (DeviceRows){dst_device, 0, outputs}, linear_cases[i].epilogue);
            ops->download(compute, results[kind], dst_device, count);
            ops->linear_destroy(compute, layer);
            ops->buffer_destroy(compute, dst_device);
            const float *expected = results[kind >= LAYER_FAST ? LAYER_FAST : LAYER_PACKED];
            if (memcmp(expected, results[kind], count * sizeof(float)) != 0)
                fail_msg("%s: kind %d", linear_cases[i].why, kind);
        }
        ops->buffer_destroy(compute, src_device);
        free(src), free(weights), free(bias), free(before);
        for (int kind = 0; kind < LAYER_COUNT; kind++)
            free(results[kind]);
    }
    rv_compute_close(compute);
}

static void linear_equals_exact_product(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    for (size_t i = 0; i < sizeof linear_cases / sizeof linear_cases[0]; i++) {
        size_t rows = linear_cases[i].rows, inputs = linear_cases[i].inputs,
               outputs = linear_cases[i].outputs;
        LinearEpilogue epilogue = linear_cases[i].epilogue;
        size_t src_stride = inputs + 3, dst_stride = outputs + 2;
        float *src = random_values(rows * src_stride, 1), *weights = random_values(outputs * inputs, 2);
        float *bias = random_values(outputs, 3), *before = random_values(rows * dst_stride, 4);
        float *result = random_values(rows * dst_stride, 5);
        DeviceBuffer *src_device = device_copy(compute, src, rows * src_stride);
        DeviceBuffer *dst_device = device_copy(compute, before, rows * dst_stride);
        LinearWeights *layer =
            create_layer(compute, weights, linear_cases[i].bias ? bias : NULL, outputs, inputs);
        ops->linear(compute, layer, (DeviceRows){src_device, 0, src_stride}, rows,
                    (DeviceRows){dst_device, 0, dst_stride}, epilogue);
        ops->download(compute, result, dst_device, rows * dst_stride);
        for (size_t at = 0; at < rows * dst_stride; at++) {
            size_t row = at / dst_stride, column = at % dst_stride;
            double sum = linear_cases[i].bias && column < outputs ? bias[column] : 0.0;
            for (size_t k = 0; k < inputs && column < outputs; k++)
                sum += (double)src[row * src_stride + k] * weights[column * inputs + k];
            double expected =
                activation_of(sum, epilogue.activation) + (epilogue.accumulate ? before[at] : 0.0);
            if (column >= outputs)
                expected = before[at]; // between the rows nothing changes
            if (!(fabs(result[at] - expected) <= 1e-6 * sqrt((double)inputs) + 2e-6))
                fail_msg("%s: row %zu, column %zu: %.9g, expected %.9g", linear_cases[i].why, row, column,
                         (double)result[at], expected);
        }
        ops->linear_destroy(compute, layer);
        ops->buffer_destroy(compute, src_device);
        ops->buffer_destroy(compute, dst_device);
        free(src), free(weights), free(bias), free(before), free(result);
    }
    rv_compute_close(compute);
}

// As many rows as do not stay in a cache in full depth, which is more than one part.
enum { ROWS = 300, INPUTS = 1030, OUTPUTS = 101 };

/* dst[rows, OUTPUTS] of a layer over the last `rows` rows of src. */
static void run_linear(Compute *compute, const float *src, const float *weights, size_t rows, float *dst)
{
    const ComputeOps *ops = compute->ops;
    DeviceBuffer *src_device = device_copy(compute, src, ROWS * INPUTS);
    DeviceBuffer *dst_device = device_copy(compute, dst, ROWS * OUTPUTS);
    LinearWeights *layer = create_layer(compute, weights, weights, OUTPUTS, INPUTS);
    ops->linear(compute, layer, (DeviceRows){src_device, (ROWS - rows) * INPUTS, INPUTS}, rows,
                (DeviceRows){dst_device, 0, OUTPUTS}, (LinearEpilogue){ACTIVATION_QUICK_GELU, false});
    ops->download(compute, dst, dst_device, rows * OUTPUTS);
    ops->linear_destroy(compute, layer);
    ops->buffer_destroy(compute, src_device);
    ops->buffer_destroy(compute, dst_device);
}

static void linear_rows_do_not_depend_on_batch_or_threads(void **state)
{
    Compute *compute = open_threads(state, 1);
    float *src = random_values(ROWS * INPUTS, 1), *weights = random_values(OUTPUTS * INPUTS, 2);
    float *expected = random_values(ROWS * OUTPUTS, 3), *result = random_values(ROWS * OUTPUTS, 3);
    run_linear(compute, src, weights, ROWS, expected);
    rv_compute_close(compute);
    // The host's threads do not compute for a GPU.
    int thread_count_max = ((const DeviceCase *)*state)->cpu_level != NULL ? 3 : 1;
    for (int thread_count = 1; thread_count <= thread_count_max; thread_count++) {
        compute = open_threads(state, thread_count);
        assert_int_equal(rv_compute_thread_count(compute), thread_count);
        for (size_t rows = 1; rows <= ROWS; rows += rows < 67 ? 1 : 233) {
            run_linear(compute, src, weights, rows, result);
            check_rows(compute->exact_rows, result, expected + (ROWS - rows) * OUTPUTS, rows * OUTPUTS);
        }
        rv_compute_close(compute);
    }
    free(src), free(weights), free(expected), free(result);
}

static void refuses_layers_and_buffers_of_impossible_size(void **state)
{
    Compute *compute = open_threads(state, 1);
    RvError err = {0};
    LinearWeights *layer = NULL;
    float weight = 0.0f;
    static const struct {
        size_t outputs, inputs;
        const char *why;
    } cases[] = {
        {0, 5, "no outputs"},
        {5, 0, "no inputs"},
        {5, COMPUTE_INPUT_MAX + 1, "too wide"},
        {SIZE_MAX - 1, 3, "does not fit a size_t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RvStatus status = compute->ops->linear_create(compute, &weight, NULL, cases[i].outputs,
                                                      cases[i].inputs, COMPUTE_FLOAT32, &layer, &err);
        assert_int_equal(status, RV_ERROR_UNSUPPORTED);
        assert_null(layer);
        assert_non_null(strstr(err.message, "linear layer"));
    }
    assert_null(compute->ops->buffer_create(compute, SIZE_MAX / 2, COMPUTE_FLOAT32, &err));
    assert_int_equal(err.status, RV_ERROR_MEMORY);
    compute->ops->linear_destroy(compute, NULL);
    compute->ops->buffer_destroy(compute, NULL);
    rv_compute_close(compute);
}

static void open_names_what_is_missing(void **state)
{
    static const char *const names[] = {"gpu",     "",          "cpu:0", "cuda:", "cuda:x",
                                        "cuda:0x", "cuda:1234", "CUDA",  "auto:1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ComputeOptions options = {.device = names[i]};
        char expected[128];
        RvError err = {0};
        Compute *compute = (Compute *)&options;
        snprintf(expected, sizeof expected, "%s: no such compute device; use auto, cpu, cuda or cuda:N",
                 names[i]);
        assert_int_equal(rv_compute_open(&options, &compute, &err), RV_ERROR_ARGUMENT);
        assert_null(compute);
        assert_string_equal(err.message, expected);
        assert_int_equal(rv_compute_check_name(names[i], &err), RV_ERROR_ARGUMENT);
    }
    static const char *const good[] = {NULL, "auto", "cpu", "cuda", "cuda:0", "cuda:999"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(rv_compute_check_name(good[i], NULL), RV_OK);
    rv_compute_close(NULL);
}

static void open_takes_every_core_by_default(void **state)
{
    ComputeOptions options = {.device = "cpu"};
    Compute *compute = NULL;
    assert_int_equal(rv_compute_open(&options, &compute, NULL), RV_OK);
    assert_true(rv_compute_thread_count(compute) >= 1);
    assert_string_equal(compute->ops->name, "cpu");
    assert_string_equal(compute->device, "cpu");
    assert_string_equal(rv_compute_kernels(compute), rv_cpu_level_name(rv_cpu_level()));
    rv_compute_close(compute);
}

static void open_automatically_takes_the_cpu_where_cuda_does_not_work(void **state)
{
    static const char *const names[] = {NULL, "auto"};
    setenv("REELVEC_CUDA_LIBRARIES", "/nonexistent", 1);
    unsetenv("REELVEC_DEVICE");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ComputeOptions options = {.device = names[i]};
        Compute *compute = NULL;
        RvError err = {0};
        assert_int_equal(rv_compute_open(&options, &compute, &err), RV_OK);
        assert_string_equal(compute->ops->name, "cpu");
        rv_compute_close(compute);
    }
    unsetenv("REELVEC_CUDA_LIBRARIES");
}

static void open_automatically_heeds_the_variable(void **state)
{
    ComputeOptions options = {.device = "auto"}, cpu = {.device = "cpu"};
    Compute *compute = NULL;
    RvError err = {0};
    setenv("REELVEC_DEVICE", "cpu", 1);
    assert_int_equal(rv_compute_open(&options, &compute, &err), RV_OK);
    assert_string_equal(compute->ops->name, "cpu");
    rv_compute_close(compute);
    setenv("REELVEC_DEVICE", "abacus", 1);
    assert_int_equal(rv_compute_open(&options, &compute, &err), RV_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "abacus"));
    assert_int_equal(rv_compute_open(&cpu, &compute, &err), RV_OK); // named, so the variable does not count
    rv_compute_close(compute);
    unsetenv("REELVEC_DEVICE");
}

int main(void)
{
    static const struct CMUnitTest contract[] = {
        cmocka_unit_test(linear_equals_exact_product),
        cmocka_unit_test(linear_rows_do_not_depend_on_batch_or_threads),
        cmocka_unit_test(linear_from_rows_equals_packed_to_the_bit),
        cmocka_unit_test(refuses_layers_and_buffers_of_impossible_size),
    };
    static const struct CMUnitTest front[] = {
        cmocka_unit_test(open_names_what_is_missing),
        cmocka_unit_test(open_takes_every_core_by_default),
        cmocka_unit_test(open_automatically_takes_the_cpu_where_cuda_does_not_work),
        cmocka_unit_test(open_automatically_heeds_the_variable),
    };
    int failures = cmocka_run_group_tests(front, NULL, NULL);
    RUN_ON_DEVICES(contract, &failures);
    return failures;
}
