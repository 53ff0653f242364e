/* SPDX-License-Identifier: MIT */
/* Tests of clip/clip_block.c: sequences give the same bits alone and in company, however threads share them. The
 * golden models show that the values are right. */
#include "clip/clip_block.h"

#include "clip_support.h"
#include "random_values.h"

enum {
    TOKENS = 30,
    SEQUENCES_MAX = 10,
    WIDTH = 48,
    HEADS = 3,
    LAYERS = 3,
    ROUNDS = 5,
    ROWS_MAX = SEQUENCES_MAX * TOKENS
};

typedef struct StackCase {
    int mlp_width;
    bool causal, rotary, post_norm;
    size_t first_wanted, wanted_count;
    ComputePrecision precision;
    const char *why;
} StackCase;

static const StackCase cases[] = {
    {4 * WIDTH, false, false, false, 0, 1, COMPUTE_FLOAT32, "as CLIP's pictures"},
    {4 * WIDTH, false, false, false, 0, 1, COMPUTE_FAST, "as CLIP's pictures, fast"},
    {2 * WIDTH, false, false, false, 0, TOKENS, COMPUTE_FLOAT32, "a narrow mlp, all tokens wanted"},
    {2 * WIDTH, false, true, false, 0, TOKENS, COMPUTE_FAST, "a narrow mlp, turned, fast"},
    {5 * WIDTH, true, true, false, 7, 1, COMPUTE_FLOAT32, "turned, and a token in the middle"},
    {4 * WIDTH, false, false, true, 0, 1, COMPUTE_FLOAT32, "norms at the end"},
};

static DeviceBuffer *buffer_of(Compute *compute, size_t count, uint32_t seed, float scale)
{
    RvError err = {0};
    DeviceBuffer *buffer = compute->ops->buffer_create(compute, count, COMPUTE_FLOAT32, &err);
    assert_non_null(buffer);
    float *values = scaled_values(count, seed, scale);
    compute->ops->upload(compute, buffer, values, count);
    free(values);
    return buffer;
}

static LinearWeights *layer_of(Compute *compute, size_t outputs, size_t inputs, ComputePrecision precision,
                               uint32_t seed)
{
    LinearWeights *layer = NULL;
    RvError err = {0};
    float *weights = scaled_values(outputs * inputs, seed, 0.2f);
    assert_ok(
        compute->ops->linear_create(compute, weights, weights, outputs, inputs, precision, &layer, &err),
        err);
    free(weights);
    return layer;
}

static BlockStack make_stack(Compute *compute, const StackCase *wanted, const DeviceBuffer *angles)
{
    size_t mlp_width = (size_t)wanted->mlp_width;
    BlockStack stack = {.compute = compute,
                        .tower = {.width = WIDTH,
                                  .layers = LAYERS,
                                  .heads = HEADS,
                                  .mlp_width = wanted->mlp_width,
                                  .activation = ACTIVATION_GELU,
                                  .epsilon = 1e-5f,
                                  .post_norm = wanted->post_norm},
                        .causal = wanted->causal,
                        .angles = wanted->rotary ? angles : NULL,
                        .blocks = calloc(LAYERS, sizeof(ClipBlock))};
    assert_non_null(stack.blocks);
    for (uint64_t i = 0; i < LAYERS; i++) {
        stack.blocks[i] = (ClipBlock){
            .qkv = layer_of(compute, 3 * WIDTH, WIDTH, wanted->precision, 10 * i + 1),
            .attention_out = layer_of(compute, WIDTH, WIDTH, wanted->precision, 10 * i + 2),
            .mlp_in = layer_of(compute, mlp_width, WIDTH, wanted->precision, 10 * i + 3),
            .mlp_out = layer_of(compute, WIDTH, mlp_width, wanted->precision, 10 * i + 4),
            .ln_1_gain = buffer_of(compute, WIDTH, 10 * i + 5, 1.0f),
            .ln_1_shift = buffer_of(compute, WIDTH, 10 * i + 6, 0.1f),
            .ln_2_gain = buffer_of(compute, WIDTH, 10 * i + 7, 1.0f),
            .ln_2_shift = buffer_of(compute, WIDTH, 10 * i + 8, 0.1f),
        };
    }
    return stack;
}

/* dst[sequence_count, wanted_count, WIDTH]: the wanted rows of all sequences after the blocks, which run
 * at_once sequences in one call. */
static void run_case(const StackCase *wanted, int thread_count, size_t sequence_count, size_t at_once,
                     float *dst)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    Compute *compute = NULL;
    RvError err = {0};
    assert_ok(rv_compute_open(&options, &compute, &err), err);
    DeviceBuffer *angles = buffer_of(compute, TOKENS * (WIDTH / HEADS), 99, 1.0f);
    BlockStack stack = make_stack(compute, wanted, angles);
    BlockSpace space;
    assert_ok(rv_block_space_create(compute, &stack.tower, wanted->precision, ROWS_MAX, 0, &space, &err),
              err);
    float *input = random_values(ROWS_MAX * WIDTH, 7), *output = random_values(ROWS_MAX * WIDTH, 8);
    for (size_t first = 0; first < sequence_count; first += at_once) {
        size_t count = sequence_count - first < at_once ? sequence_count - first : at_once;
        compute->ops->upload(compute, space.stream, input + first * TOKENS * WIDTH, count * TOKENS * WIDTH);
        rv_block_stack_run(&stack, &space, count, TOKENS, wanted->first_wanted, wanted->wanted_count);
        compute->ops->download(compute, output, space.stream, count * TOKENS * WIDTH);
        for (size_t i = 0; i < count; i++, dst += wanted->wanted_count * WIDTH)
            memcpy(dst, output + (i * TOKENS + wanted->first_wanted) * WIDTH,
                   wanted->wanted_count * WIDTH * sizeof *dst);
    }
    free(input);
    free(output);
    rv_block_space_clear(compute, &space);
    rv_block_stack_clear(&stack);
    compute->ops->buffer_destroy(compute, angles);
    rv_compute_close(compute);
}

static void sequences_do_not_depend_on_company_or_threads(void **state)
{
    static float alone[ROWS_MAX * WIDTH], together[ROWS_MAX * WIDTH];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t sequence_floats = cases[i].wanted_count * WIDTH;
        run_case(&cases[i], 1, SEQUENCES_MAX, 1, alone);
        // 2 threads share 8 of 9 sequences and 10 of 10; 3 threads 9 of 9 and of 10.
        for (int thread_count = 1; thread_count <= 3; thread_count++) {
            for (size_t count = SEQUENCES_MAX - 1; count <= SEQUENCES_MAX; count++) {
                // Shares that reach into each other's rows show it only if the threads meet there.
                for (int round = 0; round < ROUNDS; round++) {
                    run_case(&cases[i], thread_count, count, count, together);
                    if (memcmp(together, alone, count * sequence_floats * sizeof *alone) != 0)
                        fail_msg("%s: %zu sequences, %d threads", cases[i].why, count, thread_count);
                }
            }
        }
        assert_memory_not_equal(alone, alone + sequence_floats, sequence_floats * sizeof *alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_do_not_depend_on_company_or_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
