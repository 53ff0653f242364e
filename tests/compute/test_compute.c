/* SPDX-License-Identifier: MIT */
/* The contract of ComputeOps, run on every device and CPU level, and the choice of the device. */
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
#include "compute/compute.h"
#include "cpu_levels.h"
#include "cuda_in_tests.h"

/* A device to test: REELVEC_CPU names the CPU level; NULL for CUDA. */
typedef struct DeviceCase {
    const char *device, *cpu_level;
    bool fake; // tests/support/fake_cuda
} DeviceCase;

static Compute *open_threads(void **state, int thread_count)
{
    const DeviceCase *device = *state;
    if (device->cpu_level == NULL)
        return open_cuda_or_skip(device->fake, thread_count);
    assert_int_equal(setenv("REELVEC_CPU", device->cpu_level, 1), 0);
    ComputeOptions options = {.device = device->device, .thread_count = thread_count};
    Compute *compute = NULL;
    RvError err = {0};
    RvStatus status = rv_compute_open(&options, &compute, &err);
    unsetenv("REELVEC_CPU");
    assert_int_equal(status, RV_OK);
    if (strcmp(rv_compute_kernels(compute), device->cpu_level) != 0) {
        print_message("skipped: this processor has no %s\n", device->cpu_level);
        rv_compute_close(compute);
        skip();
    }
    return compute;
}

/* Device memory with these values, all of it as rows. */
static DeviceBuffer *device_copy(Compute *compute, const float *values, size_t count)
{
    RvError err;
    DeviceBuffer *buffer = compute->ops->buffer_create(compute, count, COMPUTE_FLOAT32, &err);
    assert_non_null(buffer);
    compute->ops->upload(compute, buffer, values, count);
    return buffer;
}

static LinearWeights *create_layer(Compute *compute, const float *weights, const float *bias,
                                   size_t output_count, size_t input_count)
{
    LinearWeights *layer = NULL;
    RvError err;
    RvStatus status = compute->ops->linear_create(compute, weights, bias, output_count, input_count,
                                                  COMPUTE_FLOAT32, &layer, &err);
    assert_int_equal(status, RV_OK);
    return layer;
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

static void linear_from_rows_equals_packed_to_the_bit(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    for (size_t i = 0; ops->linear_create_from != NULL && i < sizeof linear_cases / sizeof linear_cases[0];
         i++) {
        size_t rows = linear_cases[i].rows, inputs = linear_cases[i].inputs,
               outputs = linear_cases[i].outputs, count = rows * outputs;
        float *src = random_values(rows * inputs, 1), *weights = random_values(outputs * inputs, 2);
        float *bias = random_values(outputs, 3), *before = random_values(count, 4);
        float *results[2] = {random_values(count, 5), random_values(count, 6)};
        DeviceBuffer *src_device = device_copy(compute, src, rows * inputs);
        for (int from_rows = 0; from_rows < 2; from_rows++) {
            DeviceBuffer *dst_device = device_copy(compute, before, count);
            const float *own_bias = linear_cases[i].bias ? bias : NULL;
            LinearWeights *layer = from_rows ? create_layer_from(compute, weights, own_bias, outputs, inputs)
                                             : create_layer(compute, weights, own_bias, outputs, inputs);
            ops->linear(compute, layer, (DeviceRows){src_device, 0, inputs}, rows,
                        (DeviceRows){dst_device, 0, outputs}, linear_cases[i].epilogue);
            ops->download(compute, results[from_rows], dst_device, count);
            ops->linear_destroy(compute, layer);
            ops->buffer_destroy(compute, dst_device);
        }
        if (memcmp(results[0], results[1], count * sizeof(float)) != 0)
            fail_msg("%s", linear_cases[i].why);
        ops->buffer_destroy(compute, src_device);
        free(src), free(weights), free(bias), free(before), free(results[0]), free(results[1]);
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

/* Rows computed alone and in company: equal to the bit, or, where the device does not promise it, nearly. */
static void check_rows(bool exact_rows, const float *found, const float *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (exact_rows ? memcmp(&found[i], &expected[i], sizeof *found) != 0
                       : !(fabsf(found[i] - expected[i]) <= 1e-4f))
            fail_msg("value %zu: %.9g, expected %.9g", i, (double)found[i], (double)expected[i]);
    }
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

typedef struct AttentionCase {
    size_t sequences, tokens, first_query, queries, heads, head_width;
    bool causal;
    const char *why;
} AttentionCase;

static AttentionShape shape_of(const AttentionCase *test)
{
    return (AttentionShape){.sequence_count = test->sequences,
                            .token_count = test->tokens,
                            .first_query = test->first_query,
                            .query_count = test->queries,
                            .head_count = test->heads,
                            .head_width = test->head_width,
                            .causal = test->causal};
}

static const AttentionCase attention_cases[] = {
    {1, 1, 0, 1, 1, 1, false, "the smallest"},
    {2, 50, 0, 50, 3, 64, false, "ViT-B/32"},
    {1, 77, 0, 77, 2, 64, true, "text"},
    {3, 50, 0, 1, 2, 64, false, "the class token only"},
    {2, 17, 16, 1, 2, 16, true, "the last token only"},
    {2, 33, 5, 20, 2, 40, true, "a range of queries, odd head width"},
    {1, 7, 0, 7, 2, 5, true, "fewer tokens and columns than a vector"},
    {1, 200, 0, 3, 1, 80, false, "many tokens"},
};

/* One query's row of one head. q: its vector; k, v: the first token's. */
static void exact_attention(const AttentionCase *test, const float *q, const float *k, const float *v,
                            size_t stride, size_t query, double *row)
{
    double weights[256], sum = 0.0, highest = -DBL_MAX;
    size_t visible = test->causal ? query + 1 : test->tokens;
    for (size_t token = 0; token < visible; token++) {
        weights[token] = 0.0;
        for (size_t i = 0; i < test->head_width; i++)
            weights[token] += (double)q[i] * k[token * stride + i] / sqrt((double)test->head_width);
        highest = weights[token] > highest ? weights[token] : highest;
    }
    for (size_t token = 0; token < visible; token++)
        sum += weights[token] = exp(weights[token] - highest);
    for (size_t i = 0; i < test->head_width; i++) {
        row[i] = 0.0;
        for (size_t token = 0; token < visible; token++)
            row[i] += weights[token] / sum * v[token * stride + i];
    }
}

static float *run_attention(Compute *compute, const AttentionCase *test, const float *qkv)
{
    const ComputeOps *ops = compute->ops;
    size_t width = test->heads * test->head_width, stride = 3 * width, dst_stride = width + 1;
    size_t result_count = test->sequences * test->queries * dst_stride;
    float *result = random_values(result_count, 7);
    DeviceBuffer *device = device_copy(compute, qkv, test->sequences * test->tokens * stride);
    DeviceBuffer *dst = device_copy(compute, result, result_count);
    AttentionShape shape = shape_of(test);
    ops->attention(compute, &shape, (DeviceRows){device, 0, stride}, (DeviceRows){device, width, stride},
                   (DeviceRows){device, 2 * width, stride}, (DeviceRows){dst, 0, dst_stride});
    ops->download(compute, result, dst, result_count);
    ops->buffer_destroy(compute, device);
    ops->buffer_destroy(compute, dst);
    return result;
}

static void attention_equals_exact(void **state)
{
    Compute *compute = open_threads(state, 2);
    for (size_t i = 0; i < sizeof attention_cases / sizeof attention_cases[0]; i++) {
        const AttentionCase *test = &attention_cases[i];
        size_t width = test->heads * test->head_width, stride = 3 * width;
        float *qkv = random_values(test->sequences * test->tokens * stride, 1);
        for (size_t at = 0; at < test->sequences * test->tokens * stride; at++)
            qkv[at] *= 3.0f; // sharper than uniform weights
        float *result = run_attention(compute, test, qkv);
        for (size_t row = 0; row < test->sequences * test->queries; row++) {
            size_t sequence = row / test->queries, query = test->first_query + row % test->queries;
            for (size_t head = 0; head < test->heads; head++) {
                const float *first = qkv + sequence * test->tokens * stride + head * test->head_width;
                double expected[128];
                exact_attention(test, first + query * stride, first + width, first + 2 * width, stride, query,
                                expected);
                for (size_t column = 0; column < test->head_width; column++) {
                    float value = result[row * (width + 1) + head * test->head_width + column];
                    if (!(fabs(value - expected[column]) <= 2e-5))
                        fail_msg("%s: row %zu, head %zu, column %zu: %.9g, expected %.9g", test->why, row,
                                 head, column, (double)value, expected[column]);
                }
            }
        }
        free(qkv), free(result);
    }
    rv_compute_close(compute);
}

static void attention_rows_do_not_depend_on_batch_or_queries(void **state)
{
    AttentionCase all = {3, 50, 0, 50, 2, 64, true, ""};
    size_t width = all.heads * all.head_width, row_floats = width + 1;
    Compute *compute = open_threads(state, 1);
    float *qkv = random_values(all.sequences * all.tokens * 3 * width, 1);
    float *expected = run_attention(compute, &all, qkv);
    rv_compute_close(compute);
    compute = open_threads(state, 3);
    // On the fake device a step of a kernel takes long: fewer counts, over all remainders of a block's
    // queries.
    size_t step = ((const DeviceCase *)*state)->fake ? 7 : 1;
    for (size_t count = 1; count <= all.tokens; count += step) {
        AttentionCase some = all;
        some.queries = count;
        some.first_query = all.tokens - count;
        some.sequences = 1 + count % 3;
        float *result = run_attention(compute, &some, qkv);
        for (size_t row = 0; row < some.sequences * count; row++) {
            size_t same = row / count * all.tokens + some.first_query + row % count;
            check_rows(compute->exact_rows, result + row * row_floats, expected + same * row_floats, width);
        }
        free(result);
    }
    rv_compute_close(compute);
    free(qkv), free(expected);
}

static void layer_norm_equals_exact(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    static const struct {
        size_t rows, width;
        const char *why;
    } cases[] = {{1, 1, "the smallest"}, {3, 37, "odd"}, {200, 768, "enough work for threads"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t rows = cases[i].rows, width = cases[i].width, stride = width + 5;
        float *src = random_values(rows * stride, 1), *gain = random_values(width, 2);
        float *shift = random_values(width, 3), *result = random_values(rows * stride, 4);
        DeviceBuffer *buffer = device_copy(compute, src, rows * stride),
                     *gain_device = device_copy(compute, gain, width);
        DeviceBuffer *shift_device = device_copy(compute, shift, width);
        ops->layer_norm(compute, (DeviceRows){buffer, 0, stride}, rows, width, gain_device, shift_device,
                        1e-5f, (DeviceRows){buffer, 0, stride});
        ops->download(compute, result, buffer, rows * stride);
        for (size_t row = 0; row < rows; row++) {
            const float *x = src + row * stride;
            double mean = 0.0, variance = 0.0;
            for (size_t k = 0; k < width; k++)
                mean += x[k] / (double)width;
            for (size_t k = 0; k < width; k++)
                variance += (x[k] - mean) * (x[k] - mean) / (double)width;
            for (size_t k = 0; k < stride; k++) {
                double expected =
                    k < width ? (x[k] - mean) / sqrt(variance + 1e-5) * gain[k] + shift[k] : x[k];
                assert_true(fabs(result[row * stride + k] - expected) <= 5e-6);
            }
        }
        ops->buffer_destroy(compute, buffer);
        ops->buffer_destroy(compute, gain_device);
        ops->buffer_destroy(compute, shift_device);
        free(src), free(gain), free(shift), free(result);
    }
    rv_compute_close(compute);
}

static void patches_are_normalised_in_the_convolutions_order(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    enum { IMAGES = 2, SIZE = 6, PATCH = 3, GRID = SIZE / PATCH, COUNT = IMAGES * SIZE * SIZE * 3 };
    static const PatchShape shape = {.image_size = SIZE,
                                     .patch_size = PATCH,
                                     .mean = {0.48f, 0.45f, 0.40f},
                                     .deviation = {0.26f, 0.25f, 0.27f}};
    uint8_t images[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        images[i] = (uint8_t)(i * 37 % 256);
    float result[COUNT + 1] = {0};
    DeviceBuffer *dst = device_copy(compute, result, COUNT + 1);
    if (ops->images_reserve != NULL)
        assert_int_equal(ops->images_reserve(compute, COUNT, NULL), RV_OK);
    ops->images(compute, images, COUNT);
    ops->patches(compute, &shape, IMAGES, dst);
    ops->download(compute, result, dst, COUNT + 1);
    const float *value = result;
    for (size_t image = 0; image < IMAGES; image++) {
        for (size_t patch = 0; patch < GRID * GRID; patch++) {
            for (size_t i = 0; i < 3 * PATCH * PATCH; i++) {
                size_t channel = i / (PATCH * PATCH), y = patch / GRID * PATCH + i / PATCH % PATCH;
                size_t x = patch % GRID * PATCH + i % PATCH;
                uint8_t level = images[((image * SIZE + y) * SIZE + x) * 3 + channel];
                float expected = ((float)level / 255.0f - shape.mean[channel]) / shape.deviation[channel];
                assert_true(fabsf(*value++ - expected) <= 1e-6f);
            }
        }
    }
    assert_true(*value == 0.0f);
    ops->buffer_destroy(compute, dst);
    rv_compute_close(compute);
}

static void add_rows_repeats_the_addend(void **state)
{
    Compute *compute = open_threads(state, 2);
    enum { SUM_ROWS = 7, WIDTH = 19, STRIDE = 21, ADDEND_ROWS = 3 };
    float *values = random_values(SUM_ROWS * STRIDE, 1), *addend = random_values(ADDEND_ROWS * WIDTH, 2);
    DeviceBuffer *dst = device_copy(compute, values, SUM_ROWS * STRIDE);
    DeviceBuffer *addend_device = device_copy(compute, addend, ADDEND_ROWS * WIDTH);
    compute->ops->add_rows(compute, (DeviceRows){dst, 0, STRIDE}, SUM_ROWS, WIDTH, addend_device,
                           ADDEND_ROWS);
    float result[SUM_ROWS * STRIDE];
    compute->ops->download(compute, result, dst, SUM_ROWS * STRIDE);
    for (size_t i = 0; i < SUM_ROWS * STRIDE; i++) {
        size_t row = i / STRIDE, column = i % STRIDE;
        float sum = values[i] + (column < WIDTH ? addend[row % ADDEND_ROWS * WIDTH + column] : 0.0f);
        assert_true(result[i] == sum);
    }
    compute->ops->buffer_destroy(compute, dst);
    compute->ops->buffer_destroy(compute, addend_device);
    rv_compute_close(compute);
    free(values), free(addend);
}

static void sequences_put_the_first_token_before_the_others(void **state)
{
    Compute *compute = open_threads(state, 2);
    enum { SEQUENCES = 3, TOKENS = 4, WIDTH = 35, SRC_STRIDE = 38, COUNT = SEQUENCES * TOKENS * WIDTH };
    float *values = random_values(SEQUENCES * (TOKENS - 1) * SRC_STRIDE, 1), *first = random_values(WIDTH, 2);
    float *positions = random_values(TOKENS * WIDTH, 3), *before = random_values(COUNT + 1, 4);
    DeviceBuffer *src = device_copy(compute, values, SEQUENCES * (TOKENS - 1) * SRC_STRIDE);
    DeviceBuffer *first_device = device_copy(compute, first, WIDTH);
    DeviceBuffer *positions_device = device_copy(compute, positions, TOKENS * WIDTH);
    DeviceBuffer *dst = device_copy(compute, before, COUNT + 1);
    compute->ops->sequences(compute, (DeviceRows){src, 0, SRC_STRIDE}, first_device, positions_device,
                            SEQUENCES, TOKENS, WIDTH, dst);
    float result[COUNT + 1];
    compute->ops->download(compute, result, dst, COUNT + 1);
    for (size_t i = 0; i < COUNT; i++) {
        size_t sequence = i / WIDTH / TOKENS, token = i / WIDTH % TOKENS, column = i % WIDTH;
        float value =
            token == 0 ? first[column] : values[(sequence * (TOKENS - 1) + token - 1) * SRC_STRIDE + column];
        assert_true(result[i] == value + positions[token * WIDTH + column]);
    }
    assert_true(result[COUNT] == before[COUNT]);
    compute->ops->buffer_destroy(compute, src);
    compute->ops->buffer_destroy(compute, first_device);
    compute->ops->buffer_destroy(compute, positions_device);
    compute->ops->buffer_destroy(compute, dst);
    rv_compute_close(compute);
    free(values), free(first), free(positions), free(before);
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
#if defined(__aarch64__)
    static DeviceCase devices[] = {
        {"cpu", "scalar", false}, {"cpu", "neon", false}, {"cuda", NULL, false}, {"cuda", NULL, true}};
#else
    static DeviceCase devices[] = {{"cpu", "scalar", false},
                                   {"cpu", "avx2", false},
                                   {"cpu", "avx512", false},
                                   {"cuda", NULL, false},
                                   {"cuda", NULL, true}};
#endif
    static const struct CMUnitTest contract[] = {
        cmocka_unit_test(linear_equals_exact_product),
        cmocka_unit_test(linear_rows_do_not_depend_on_batch_or_threads),
        cmocka_unit_test(linear_from_rows_equals_packed_to_the_bit),
        cmocka_unit_test(attention_equals_exact),
        cmocka_unit_test(attention_rows_do_not_depend_on_batch_or_queries),
        cmocka_unit_test(layer_norm_equals_exact),
        cmocka_unit_test(patches_are_normalised_in_the_convolutions_order),
        cmocka_unit_test(add_rows_repeats_the_addend),
        cmocka_unit_test(sequences_put_the_first_token_before_the_others),
        cmocka_unit_test(refuses_layers_and_buffers_of_impossible_size),
    };
    static const struct CMUnitTest front[] = {
        cmocka_unit_test(open_names_what_is_missing),
        cmocka_unit_test(open_takes_every_core_by_default),
        cmocka_unit_test(open_automatically_takes_the_cpu_where_cuda_does_not_work),
        cmocka_unit_test(open_automatically_heeds_the_variable),
    };
    enum { CONTRACT_COUNT = sizeof contract / sizeof contract[0] };
    int failures = cmocka_run_group_tests(front, NULL, NULL);
    for (size_t device = 0; device < sizeof devices / sizeof devices[0]; device++) {
        struct CMUnitTest group[CONTRACT_COUNT];
        memcpy(group, contract, sizeof contract);
        for (size_t i = 0; i < CONTRACT_COUNT; i++)
            group[i].initial_state = &devices[device];
        failures +=
            cmocka_run_group_tests_name(devices[device].fake                ? "cuda (fake)"
                                        : devices[device].cpu_level != NULL ? devices[device].cpu_level
                                                                            : "cuda",
                                        group, NULL, NULL);
    }
    return failures;
}
