/* SPDX-License-Identifier: MIT */
/* The contract of the operations on tokens and pictures (ComputeOps), run on every device and CPU level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "device_cases.h"

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

/* Pooling by attention: the same as if every sequence had the query as its own first row, to the bit. */
static void attention_of_one_query_equals_a_query_per_sequence(void **state)
{
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    static const AttentionCase cases[] = {
        {1, 1, 0, 1, 1, 1, false, "the smallest"},
        {3, 17, 0, 1, 3, 24, false, "odd head width"},
        {2, 70, 0, 1, 2, 64, false, "more keys than a block of 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const AttentionCase *test = &cases[i];
        size_t width = test->heads * test->head_width, stride = 3 * width, sequence = test->tokens * stride;
        float *qkv = random_values(test->sequences * sequence, 1), *query = random_values(width, 2);
        for (size_t s = 0; s < test->sequences; s++)
            memcpy(qkv + s * sequence, query, width * sizeof *qkv);
        float *expected = run_attention(compute, test, qkv);
        size_t dst_stride = width + 1, count = test->sequences * dst_stride;
        float *result = random_values(count, 7);
        DeviceBuffer *device = device_copy(compute, qkv, test->sequences * sequence);
        DeviceBuffer *query_device = device_copy(compute, query, width);
        DeviceBuffer *dst = device_copy(compute, result, count);
        AttentionShape shape = shape_of(test);
        shape.one_query = true;
        ops->attention(compute, &shape, (DeviceRows){query_device, 0, 0}, (DeviceRows){device, width, stride},
                       (DeviceRows){device, 2 * width, stride}, (DeviceRows){dst, 0, dst_stride});
        ops->download(compute, result, dst, count);
        if (memcmp(result, expected, count * sizeof *result) != 0)
            fail_msg("%s", test->why);
        ops->buffer_destroy(compute, device);
        ops->buffer_destroy(compute, query_device);
        ops->buffer_destroy(compute, dst);
        free(qkv), free(query), free(expected), free(result);
    }
    rv_compute_close(compute);
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

/* Pixels beyond the last whole patch are left out. */
static void check_patches(Compute *compute, size_t size)
{
    enum { IMAGES = 2, PATCH = 3, COUNT = IMAGES * 8 * 8 * 3 };
    const ComputeOps *ops = compute->ops;
    const PatchShape shape = {.image_size = size,
                              .patch_size = PATCH,
                              .mean = {0.48f, 0.45f, 0.40f},
                              .deviation = {0.26f, 0.25f, 0.27f}};
    const size_t grid = size / PATCH;
    uint8_t images[COUNT];
    assert_true(size <= 8);
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
        for (size_t patch = 0; patch < grid * grid; patch++) {
            for (size_t i = 0; i < 3 * PATCH * PATCH; i++) {
                size_t channel = i / (PATCH * PATCH), y = patch / grid * PATCH + i / PATCH % PATCH;
                size_t x = patch % grid * PATCH + i % PATCH;
                uint8_t level = images[((image * size + y) * size + x) * 3 + channel];
                float expected = ((float)level / 255.0f - shape.mean[channel]) / shape.deviation[channel];
                assert_true(fabsf(*value++ - expected) <= 1e-6f);
            }
        }
    }
    assert_true(*value == 0.0f);
    ops->buffer_destroy(compute, dst);
}

static void patches_are_normalised_in_the_convolutions_order(void **state)
{
    Compute *compute = open_threads(state, 2);
    for (size_t size = 6; size <= 8; size++)
        check_patches(compute, size);
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

/* Queries and keys of several sequences are turned; values, and what is between rows, are not. */
static void rotate_turns_pairs_by_their_tokens_angles(void **state)
{
    static const struct {
        size_t rows, tokens, heads, head_width;
        const char *why;
    } cases[] = {
        {1, 1, 1, 2, "the smallest"},
        {6, 3, 2, 6, "fewer values than a vector"},
        {7, 5, 3, 66, "a vector and a little more, an unfinished sequence"},
        {170, 17, 4, 64, "enough work for threads"},
    };
    Compute *compute = open_threads(state, 2);
    const ComputeOps *ops = compute->ops;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t rows = cases[i].rows, tokens = cases[i].tokens, head_width = cases[i].head_width;
        size_t width = 2 * cases[i].heads * head_width, first = 3, stride = width + width / 2 + 1;
        size_t count = first + rows * stride, angle_count = tokens * head_width;
        float *values = random_values(count, 1), *angles = random_values(angle_count, 2);
        float *result = random_values(count, 3);
        for (size_t at = 0; at < angle_count; at += 2) {
            float angle = at < head_width ? 0.0f : 3.0f * angles[at]; // the first token is not turned
            angles[at] = cosf(angle);
            angles[at + 1] = sinf(angle);
        }
        DeviceBuffer *buffer = device_copy(compute, values, count);
        DeviceBuffer *angles_device = device_copy(compute, angles, angle_count);
        ops->rotate(compute, (DeviceRows){buffer, first, stride}, rows, width, head_width, angles_device,
                    tokens);
        ops->download(compute, result, buffer, count);
        for (size_t at = 0; at < count; at++) {
            size_t row = (at - first) / stride, column = (at - first) % stride, token = row % tokens;
            double expected = values[at];
            if (at >= first && column < width && token > 0) {
                const float *pair = values + at - column % 2;
                const float *turn = angles + token * head_width + column % head_width - column % 2;
                expected = column % 2 == 0 ? (double)pair[0] * turn[0] - (double)pair[1] * turn[1]
                                           : (double)pair[0] * turn[1] + (double)pair[1] * turn[0];
            }
            if (!(fabs(result[at] - expected) <= (expected == values[at] ? 0.0 : 2e-7)))
                fail_msg("%s: value %zu: %.9g, expected %.9g", cases[i].why, at, (double)result[at],
                         expected);
        }
        ops->buffer_destroy(compute, buffer);
        ops->buffer_destroy(compute, angles_device);
        free(values), free(angles), free(result);
    }
    rv_compute_close(compute);
}

/* In sequences of TOKENS tokens, the first of which is a row of its own or, if not, one as the others. */
static void check_sequences(Compute *compute, bool has_first)
{
    enum { SEQUENCES = 3, TOKENS = 4, WIDTH = 35, SRC_STRIDE = 38, COUNT = SEQUENCES * TOKENS * WIDTH };
    size_t row_tokens = has_first ? TOKENS - 1 : TOKENS; // that are rows of src
    float *values = random_values(SEQUENCES * row_tokens * SRC_STRIDE, 1), *first = random_values(WIDTH, 2);
    float *positions = random_values(TOKENS * WIDTH, 3), *before = random_values(COUNT + 1, 4);
    DeviceBuffer *src = device_copy(compute, values, SEQUENCES * row_tokens * SRC_STRIDE);
    DeviceBuffer *first_device = device_copy(compute, first, WIDTH);
    DeviceBuffer *positions_device = device_copy(compute, positions, TOKENS * WIDTH);
    DeviceBuffer *dst = device_copy(compute, before, COUNT + 1);
    compute->ops->sequences(compute, (DeviceRows){src, 0, SRC_STRIDE}, has_first ? first_device : NULL,
                            positions_device, SEQUENCES, TOKENS, WIDTH, dst);
    float result[COUNT + 1];
    compute->ops->download(compute, result, dst, COUNT + 1);
    for (size_t i = 0; i < COUNT; i++) {
        size_t sequence = i / WIDTH / TOKENS, token = i / WIDTH % TOKENS, column = i % WIDTH;
        size_t row = sequence * row_tokens + token - (has_first ? 1 : 0);
        float value = has_first && token == 0 ? first[column] : values[row * SRC_STRIDE + column];
        assert_true(result[i] == value + positions[token * WIDTH + column]);
    }
    assert_true(result[COUNT] == before[COUNT]);
    compute->ops->buffer_destroy(compute, src);
    compute->ops->buffer_destroy(compute, first_device);
    compute->ops->buffer_destroy(compute, positions_device);
    compute->ops->buffer_destroy(compute, dst);
    free(values), free(first), free(positions), free(before);
}

static void sequences_put_the_first_token_before_the_others(void **state)
{
    Compute *compute = open_threads(state, 2);
    check_sequences(compute, true);
    check_sequences(compute, false);
    rv_compute_close(compute);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_equals_exact),
        cmocka_unit_test(attention_rows_do_not_depend_on_batch_or_queries),
        cmocka_unit_test(attention_of_one_query_equals_a_query_per_sequence),
        cmocka_unit_test(layer_norm_equals_exact),
        cmocka_unit_test(patches_are_normalised_in_the_convolutions_order),
        cmocka_unit_test(add_rows_repeats_the_addend),
        cmocka_unit_test(rotate_turns_pairs_by_their_tokens_angles),
        cmocka_unit_test(sequences_put_the_first_token_before_the_others),
    };
    int failures = 0;
    RUN_ON_DEVICES(tests, &failures);
    return failures;
}
