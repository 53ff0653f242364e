/* SPDX-License-Identifier: MIT */
/* What only the CUDA device has: float16, passes, pictures sent ahead, memory that runs out, failures. On the
 * machine's device and on the fake one; what a real device does not do when asked to, on the fake alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "cpu_levels.h"
#include "cuda_in_tests.h"

static Compute *open_device(void **state)
{
    return open_cuda_or_skip(*(const bool *)*state, 1);
}

/* Values as float16 has them. */
static float *half_values(size_t count, uint32_t seed)
{
    float *values = random_values(count, seed);
    for (size_t i = 0; i < count; i++)
        values[i] = roundf(values[i] * 1024.0f) / 1024.0f;
    return values;
}

static DeviceBuffer *copy_of(Compute *compute, const float *values, size_t count, ComputePrecision precision)
{
    RvError err = {0};
    DeviceBuffer *buffer = compute->ops->buffer_create(compute, count, precision, &err);
    if (buffer == NULL)
        fail_msg("%s", err.message);
    compute->ops->upload(compute, buffer, values, count);
    return buffer;
}

static void assert_good(Compute *compute)
{
    RvError err = {0};
    if (compute->ops->status(compute, &err) != RV_OK)
        fail_msg("%s", err.message);
}

static void buffers_keep_halves_as_they_are(void **state)
{
    Compute *compute = open_device(state);
    enum { COUNT = 1000 };
    float *values = half_values(COUNT, 1), found[COUNT];
    DeviceBuffer *buffer = copy_of(compute, values, COUNT, COMPUTE_FAST);
    compute->ops->download(compute, found, buffer, COUNT);
    assert_good(compute);
    assert_memory_equal(found, values, sizeof found);
    compute->ops->buffer_destroy(compute, buffer);
    rv_compute_close(compute);
    free(values);
}

static void fast_linear_is_within_half_precision(void **state)
{
    static const struct {
        size_t rows, inputs, outputs;
        LinearEpilogue epilogue;
        bool half_result;
        const char *why;
    } cases[] = {
        {50, 64, 192, {ACTIVATION_NONE, false}, true, "queries, keys, values"},
        {16, 64, 40, {ACTIVATION_QUICK_GELU, false}, true, "eight activations at a time"},
        {16, 64, 36, {ACTIVATION_GELU, false}, true, "one activation at a time"},
        {16, 64, 40, {ACTIVATION_GELU_TANH, false}, true, "the third activation"},
        {16, 64, 64, {ACTIVATION_NONE, true}, false, "onto the residual stream"},
        {8, 256, 64, {ACTIVATION_QUICK_GELU, false}, false, "to float32"},
    };
    Compute *compute = open_device(state);
    const ComputeOps *ops = compute->ops;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t rows = cases[i].rows, inputs = cases[i].inputs, outputs = cases[i].outputs;
        ComputePrecision result_type = cases[i].half_result ? COMPUTE_FAST : COMPUTE_FLOAT32;
        float *src = half_values(rows * inputs, 1), *weights = half_values(outputs * inputs, 2);
        float *bias = half_values(outputs, 3), *before = half_values(rows * outputs, 4);
        float *found = random_values(rows * outputs, 5);
        LinearWeights *layer = NULL;
        RvError err = {0};
        assert_int_equal(
            ops->linear_create(compute, weights, bias, outputs, inputs, COMPUTE_FAST, &layer, &err), RV_OK);
        DeviceRows from = {copy_of(compute, src, rows * inputs, COMPUTE_FAST), 0, inputs};
        DeviceRows to = {copy_of(compute, before, rows * outputs, result_type), 0, outputs};
        ops->linear(compute, layer, from, rows, to, cases[i].epilogue);
        ops->download(compute, found, to.buffer, rows * outputs);
        assert_good(compute);
        for (size_t at = 0; at < rows * outputs; at++) {
            double sum = bias[at % outputs];
            for (size_t k = 0; k < inputs; k++)
                sum += (double)src[at / outputs * inputs + k] * weights[at % outputs * inputs + k];
            double expected = activation_of(sum, cases[i].epilogue.activation) +
                              (cases[i].epilogue.accumulate ? before[at] : 0.0);
            if (!(fabs(found[at] - expected) <= 2e-3 * (1.0 + fabs(expected))))
                fail_msg("%s: value %zu: %g, expected %g", cases[i].why, at, (double)found[at], expected);
        }
        ops->linear_destroy(compute, layer);
        ops->buffer_destroy(compute, from.buffer);
        ops->buffer_destroy(compute, to.buffer);
        free(src), free(weights), free(bias), free(before), free(found);
    }
    rv_compute_close(compute);
}

typedef struct HalfAttention {
    size_t sequences, tokens, first_query, queries, heads, width;
    bool causal;
    const char *why;
    bool one_query; // that of the first sequence
} HalfAttention;

/* The mixture of one query and head. q: its values; qkv: of the sequence and head. */
static void exact_mixture(const HalfAttention *test, const float *q, const float *qkv, size_t query,
                          double *mixture)
{
    size_t width = test->heads * test->width, stride = 3 * width,
           visible = test->causal ? query + 1 : test->tokens;
    double sum = 0.0, weights[512];
    for (size_t key = 0; key < visible; key++) {
        double dot = 0.0;
        for (size_t i = 0; i < test->width; i++)
            dot += (double)q[i] * qkv[key * stride + width + i];
        sum += weights[key] = exp(dot / sqrt((double)test->width));
    }
    for (size_t i = 0; i < test->width; i++) {
        mixture[i] = 0.0;
        for (size_t key = 0; key < visible; key++)
            mixture[i] += weights[key] / sum * qkv[key * stride + 2 * width + i];
    }
}

static void check_half_attention(Compute *compute, const HalfAttention *test)
{
    const ComputeOps *ops = compute->ops;
    size_t width = test->heads * test->width, stride = 3 * width, rows = test->sequences * test->queries;
    float *values = half_values(test->sequences * test->tokens * stride, 1),
          *found = half_values(rows * width, 2);
    DeviceBuffer *qkv = copy_of(compute, values, test->sequences * test->tokens * stride, COMPUTE_FAST);
    DeviceBuffer *dst = copy_of(compute, found, rows * width, COMPUTE_FAST);
    AttentionShape shape = {test->sequences, test->tokens, test->first_query, test->queries,
                            test->heads,     test->width,  test->causal,      test->one_query};
    ops->attention(compute, &shape, (DeviceRows){qkv, 0, stride}, (DeviceRows){qkv, width, stride},
                   (DeviceRows){qkv, 2 * width, stride}, (DeviceRows){dst, 0, width});
    ops->download(compute, found, dst, rows * width);
    assert_good(compute);
    for (size_t row = 0; row < rows; row++) {
        size_t sequence = row / test->queries, query = test->first_query + row % test->queries;
        for (size_t head = 0; head < test->heads; head++) {
            double mixture[256];
            const float *qkv_of_head = values + sequence * test->tokens * stride + head * test->width;
            const float *q = test->one_query ? values + head * test->width : qkv_of_head + query * stride;
            exact_mixture(test, q, qkv_of_head, query, mixture);
            for (size_t i = 0; i < test->width; i++) {
                double value = found[row * width + head * test->width + i];
                if (!(fabs(value - mixture[i]) <= 1.5e-3))
                    fail_msg("%s: row %zu, head %zu, column %zu: %g, expected %g", test->why, row, head, i,
                             value, mixture[i]);
            }
        }
    }
    ops->buffer_destroy(compute, qkv);
    ops->buffer_destroy(compute, dst);
    free(values), free(found);
}

static void fast_attention_is_within_half_precision(void **state)
{
    static const HalfAttention tests[] = {
        {2, 50, 0, 50, 2, 64, false, "ViT-B/32: one block of keys"},
        {1, 197, 0, 197, 1, 64, false, "ViT-B/16: several blocks, the last not full"},
        {2, 64, 0, 64, 1, 64, false, "exactly one block"},
        {2, 65, 0, 65, 1, 64, false, "one key in the second block"},
        {1, 77, 0, 77, 1, 64, true, "causal"},
        {3, 50, 0, 1, 2, 64, false, "the class token alone"},
        {2, 130, 129, 1, 1, 64, true, "the last token alone"},
        {1, 130, 60, 70, 1, 64, true, "a range of queries"},
        {1, 1, 0, 1, 1, 64, false, "a single token"},
        {2, 50, 0, 50, 2, 80, false, "Chinese-CLIP's largest: tiles of 80"},
        {2, 70, 0, 70, 2, 72, false, "SigLIP's So400m: tiles of 80, not full"},
        {2, 70, 3, 67, 2, 96, false, "PE-Core's largest: tiles of 96"},
        {1, 70, 0, 70, 2, 88, true, "tiles of 96, not full, causal"},
        {2, 33, 0, 33, 3, 40, false, "tiles of 64, not full"},
        {2, 50, 0, 50, 2, 104, false, "wider than tiles"},
        {1, 33, 0, 33, 2, 12, true, "no whole number of eight values"},
        {3, 70, 0, 1, 2, 64, false, "one query for all sequences", true},
        {3, 70, 0, 1, 2, 72, false, "the same in tiles that are not full", true},
        {3, 70, 0, 1, 1, 192, false, "the same without tiles", true},
    };
    Compute *compute = open_device(state);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        check_half_attention(compute, &tests[i]);
    rv_compute_close(compute);
}

static void layer_norm_and_sequences_take_halves(void **state)
{
    Compute *compute = open_device(state);
    const ComputeOps *ops = compute->ops;
    enum { ROWS = 10, WIDTH = 72, TOKENS = 3, SEQUENCES = 5 };
    float *values = random_values(ROWS * WIDTH, 1), *gain = random_values(WIDTH, 2),
          *shift = random_values(WIDTH, 3);
    float found[SEQUENCES * TOKENS * WIDTH], *halves = half_values(ROWS * WIDTH, 4);
    DeviceBuffer *src = copy_of(compute, values, ROWS * WIDTH, COMPUTE_FLOAT32);
    DeviceBuffer *half = copy_of(compute, halves, ROWS * WIDTH, COMPUTE_FAST);
    DeviceBuffer *gains = copy_of(compute, gain, WIDTH, COMPUTE_FLOAT32);
    DeviceBuffer *shifts = copy_of(compute, shift, WIDTH, COMPUTE_FLOAT32);
    DeviceBuffer *positions = copy_of(compute, values, TOKENS * WIDTH, COMPUTE_FLOAT32);
    DeviceBuffer *dst = copy_of(compute, found, SEQUENCES * TOKENS * WIDTH, COMPUTE_FLOAT32);
    ops->sequences(compute, (DeviceRows){half, 0, WIDTH}, gains, positions, SEQUENCES, TOKENS, WIDTH, dst);
    ops->download(compute, found, dst, SEQUENCES * TOKENS * WIDTH);
    for (size_t i = 0; i < SEQUENCES * TOKENS * WIDTH; i++) {
        size_t sequence = i / WIDTH / TOKENS, token = i / WIDTH % TOKENS, column = i % WIDTH;
        float value =
            token == 0 ? gain[column] : halves[(sequence * (TOKENS - 1) + token - 1) * WIDTH + column];
        assert_true(found[i] == value + values[token * WIDTH + column]);
    }
    ops->layer_norm(compute, (DeviceRows){src, 0, WIDTH}, ROWS, WIDTH, gains, shifts, 1e-5f,
                    (DeviceRows){half, 0, WIDTH});
    ops->download(compute, found, half, ROWS * WIDTH);
    assert_good(compute);
    for (size_t i = 0; i < ROWS * WIDTH; i++) {
        double mean = 0.0, variance = 0.0;
        for (size_t k = 0; k < WIDTH; k++)
            mean += values[i / WIDTH * WIDTH + k] / (double)WIDTH;
        for (size_t k = 0; k < WIDTH; k++)
            variance += pow(values[i / WIDTH * WIDTH + k] - mean, 2) / (double)WIDTH;
        double expected = (values[i] - mean) / sqrt(variance + 1e-5) * gain[i % WIDTH] + shift[i % WIDTH];
        assert_true(fabs(found[i] - expected) <= 2e-3);
    }
    DeviceBuffer *buffers[] = {src, half, gains, shifts, positions, dst};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        ops->buffer_destroy(compute, buffers[i]);
    rv_compute_close(compute);
    free(values), free(gain), free(shift), free(halves);
}

static void rotate_takes_halves(void **state)
{
    Compute *compute = open_device(state);
    enum { ROWS = 5, TOKENS = 2, HEAD = 72, WIDTH = 8 * HEAD, STRIDE = WIDTH + 4 };
    float *values = half_values(ROWS * STRIDE, 1), *angles = random_values(TOKENS * HEAD, 2);
    float found[ROWS * STRIDE];
    DeviceBuffer *rows = copy_of(compute, values, ROWS * STRIDE, COMPUTE_FAST);
    DeviceBuffer *table = copy_of(compute, angles, TOKENS * HEAD, COMPUTE_FLOAT32);
    compute->ops->rotate(compute, (DeviceRows){rows, 0, STRIDE}, ROWS, WIDTH, HEAD, table, TOKENS);
    compute->ops->download(compute, found, rows, ROWS * STRIDE);
    assert_good(compute);
    for (size_t i = 0; i < ROWS * STRIDE; i++) {
        size_t row = i / STRIDE, column = i % STRIDE, even = column - column % 2;
        const float *pair = values + row * STRIDE + even, *turn = angles + row % TOKENS * HEAD + even % HEAD;
        float expected = column >= WIDTH   ? values[i]
                         : column % 2 == 0 ? pair[0] * turn[0] - pair[1] * turn[1]
                                           : pair[0] * turn[1] + pair[1] * turn[0];
        assert_true(fabsf(found[i] - expected) <= 1e-3f);
    }
    compute->ops->buffer_destroy(compute, rows);
    compute->ops->buffer_destroy(compute, table);
    rv_compute_close(compute);
    free(values), free(angles);
}

/* Two pictures of 4 x 4 pixels in patches of 2: their sum with itself. */
enum { PIXELS = 2 * 4 * 4 * 3 };

static void double_images(Compute *compute, DeviceBuffer *dst, uint8_t level, float *found)
{
    static const PatchShape shape = {4, 2, {0, 0, 0}, {1, 1, 1}};
    const ComputeOps *ops = compute->ops;
    uint8_t images[PIXELS];
    memset(images, level, sizeof images);
    ops->images(compute, images, sizeof images);
    ops->patches(compute, &shape, 2, dst);
    ops->add_rows(compute, (DeviceRows){dst, 0, PIXELS}, 1, PIXELS, dst, 1);
    ops->download(compute, found, dst, PIXELS);
}

static void images_take_turns_in_two_places(void **state)
{
    Compute *compute = open_device(state);
    float found[PIXELS] = {0};
    DeviceBuffer *dst = copy_of(compute, found, PIXELS, COMPUTE_FLOAT32);
    assert_int_equal(compute->ops->images_reserve(compute, PIXELS, NULL), RV_OK);
    for (int turn = 0; turn < 10; turn++) {
        double_images(compute, dst, (uint8_t)(10 * turn), found);
        for (size_t i = 0; i < PIXELS; i++)
            assert_true(fabsf(found[i] - 2.0f * 10.0f * (float)turn / 255.0f) < 1e-6f);
    }
    double_images(compute, dst, 255, found);
    assert_true(found[0] == 2.0f && found[PIXELS - 1] == 2.0f);
    assert_good(compute);
    compute->ops->buffer_destroy(compute, dst);
    rv_compute_close(compute);
}

/* Who wants no linear layers needs no cuBLASLt: the driver alone is in the folder. */
static void without_linear_layers_the_driver_is_enough(void **state)
{
    (void)state;
    fake_cuda_state(); // skips where there is none
    char *folder = strdup(getenv("REELVEC_CUDA_LIBRARIES")), driver[4096],
         alone[] = "/tmp/reelvec-driver-XXXXXX";
    char link_path[64];
    assert_non_null(mkdtemp(alone));
    snprintf(driver, sizeof driver, "%s/libcuda.so.1", folder);
    snprintf(link_path, sizeof link_path, "%s/libcuda.so.1", alone);
    assert_int_equal(symlink(driver, link_path), 0);
    setenv("REELVEC_CUDA_LIBRARIES", alone, 1);
    Compute *compute = NULL;
    RvError err = {0};
    ComputeOptions options = {.device = "cuda"};
    assert_int_equal(rv_compute_open(&options, &compute, &err), RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "no cuBLASLt"));
    options.without_linear = true;
    assert_int_equal(rv_compute_open(&options, &compute, &err), RV_OK);
    rv_compute_close(compute);
    setenv("REELVEC_CUDA_LIBRARIES", folder, 1);
    free(folder);
    unlink(link_path);
    rmdir(alone);
}

static void open_says_why_there_is_none(void **state)
{
    static const struct {
        int devices, driver, capability;
        const char *device, *message, *why;
    } cases[] = {
        {0, 13000, 90, "cuda", "no device", "a driver without a GPU"},
        {1, 11020, 90, "cuda", "the driver is too old: it offers CUDA 11.2, 11.4 is needed", "an old driver"},
        {1, 13000, 70, "cuda", "compute capability 7.0, 7.5 is needed", "an old device"},
        {2, 13000, 90, "cuda:2", "cuda:2: no such device: this machine has 2", "a number too far"},
    };
    FakeCuda *fake = fake_cuda_state();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[RV_ERROR_MESSAGE_SIZE];
        RvError err = {0};
        Compute *compute = NULL;
        fake = fake_cuda_state();
        fake->device_count = cases[i].devices;
        fake->driver_version = cases[i].driver;
        fake->capability = cases[i].capability;
        ComputeOptions options = {.device = cases[i].device};
        assert_int_equal(rv_compute_open(&options, &compute, &err), RV_ERROR_UNSUPPORTED);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].why, err.message);
        rv_compute_describe_cuda(line, sizeof line);
        if (strcmp(cases[i].device, "cuda") == 0)
            assert_memory_equal(line, "off: cuda: ", 8);
        assert_int_equal(fake->allocations, 0);
    }
    setenv("REELVEC_CUDA_LIBRARIES", "/nonexistent", 1);
    RvError err = {0};
    Compute *compute = NULL;
    assert_int_equal(rv_compute_open(&(ComputeOptions){.device = "cuda"}, &compute, &err),
                     RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "no driver: libcuda.so.1 is not there"));
}

static void open_needs_cublaslt(void **state)
{
    char folder[] = "/tmp/reelvec-cuda-XXXXXX", target[4096], link[4096];
    FakeCuda *fake = fake_cuda_state();
    assert_non_null(mkdtemp(folder));
    snprintf(target, sizeof target, "%s/libcuda.so.1", getenv("REELVEC_FAKE_CUDA"));
    snprintf(link, sizeof link, "%s/libcuda.so.1", folder);
    assert_int_equal(symlink(target, link), 0);
    setenv("REELVEC_CUDA_LIBRARIES", folder, 1);
    RvError err = {0};
    Compute *compute = NULL;
    assert_int_equal(rv_compute_open(&(ComputeOptions){.device = "cuda"}, &compute, &err),
                     RV_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "no cuBLASLt"));
    assert_int_equal(fake->allocations, 0);
    unlink(link);
    rmdir(folder);
}

static void describe_names_the_device(void **state)
{
    char line[512];
    fake_cuda_state();
    rv_compute_describe_cuda(line, sizeof line);
    assert_string_equal(line, "cuda:0 of 1: Fake GPU 0, 2.0 GiB, driver for CUDA 13.0, cuBLASLt 13.0");
}

/* Every allocation of opening and of a buffer in turn. */
static void memory_that_runs_out_is_an_error(void **state)
{
    for (long good = 0;; good++) {
        RvError err = {0};
        Compute *compute = NULL;
        DeviceBuffer *buffer = NULL;
        FakeCuda *fake = fake_cuda_state();
        size_t calls = fake->allocation_calls;
        fake->fail_alloc = good;
        RvStatus status = rv_compute_open(&(ComputeOptions){.device = "cuda"}, &compute, &err);
        if (status == RV_OK) {
            status = compute->ops->images_reserve(compute, 100, &err);
            buffer = status == RV_OK ? compute->ops->buffer_create(compute, 10, COMPUTE_FAST, &err) : NULL;
            assert_int_equal(compute->ops->status(compute, NULL), RV_OK); // refused memory breaks nothing
            compute->ops->buffer_destroy(compute, buffer);
            rv_compute_close(compute);
        }
        assert_int_equal(fake->allocations, 0);
        if (buffer != NULL) {
            assert_true(good >= 5 && fake->allocation_calls - calls == (size_t)good);
            return;
        }
        assert_non_null(strstr(err.message, good < 5 && good > 0 ? "refused" : "out of memory"));
    }
}

static void a_failure_stays_and_memory_does_not(void **state)
{
    float found[PIXELS] = {0};
    RvError err = {0};
    Compute *compute = open_cuda_or_skip(true, 1);
    FakeCuda *fake = fake_cuda_state();
    DeviceBuffer *dst = copy_of(compute, found, PIXELS, COMPUTE_FLOAT32);
    assert_int_equal(compute->ops->images_reserve(compute, PIXELS, NULL), RV_OK);
    for (int turn = 0; turn < 2; turn++)
        double_images(compute, dst, 1, found);
    fake->refuse_launch = 0;
    double_images(compute, dst, 1, found);
    assert_int_equal(compute->ops->status(compute, &err), RV_ERROR_MEMORY);
    assert_non_null(strstr(err.message, "cuda:0 (Fake GPU 0): start of a kernel: out of memory"));
    assert_int_equal(compute->ops->status(compute, &err), RV_OK);
    double_images(compute, dst, 51, found);
    assert_int_equal(compute->ops->status(compute, &err), RV_OK);
    assert_true(fabsf(found[0] - 0.4f) < 1e-6f);
    fake->fail_launch = 0;
    double_images(compute, dst, 102, found);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(compute->ops->status(compute, &err), RV_ERROR_IO);
        assert_non_null(strstr(err.message, "unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)"));
    }
    size_t launches = fake->launches;
    double_images(compute, dst, 102, found);
    assert_int_equal(fake->launches, launches); // nothing more is asked of it
    assert_null(compute->ops->buffer_create(compute, 1, COMPUTE_FAST, &err));
    compute->ops->buffer_destroy(compute, dst);
    rv_compute_close(compute);
    assert_int_equal(fake->allocations, 0);
}

static void pictures_without_room_are_refused(void **state)
{
    uint8_t images[2] = {0};
    RvError err = {0};
    Compute *compute = open_cuda_or_skip(true, 1);
    compute->ops->images(compute, images, 2);
    assert_int_equal(compute->ops->status(compute, &err), RV_ERROR_INTERNAL);
    rv_compute_close(compute);
}

int main(void)
{
    static bool fakes[] = {false, true};
    static const struct CMUnitTest contract[] = {
        cmocka_unit_test(buffers_keep_halves_as_they_are),
        cmocka_unit_test(fast_linear_is_within_half_precision),
        cmocka_unit_test(fast_attention_is_within_half_precision),
        cmocka_unit_test(layer_norm_and_sequences_take_halves),
        cmocka_unit_test(rotate_takes_halves),
        cmocka_unit_test(images_take_turns_in_two_places),
    };
    static const struct CMUnitTest failures[] = {
        cmocka_unit_test(without_linear_layers_the_driver_is_enough),
        cmocka_unit_test(open_says_why_there_is_none),
        cmocka_unit_test(open_needs_cublaslt),
        cmocka_unit_test(describe_names_the_device),
        cmocka_unit_test(memory_that_runs_out_is_an_error),
        cmocka_unit_test(a_failure_stays_and_memory_does_not),
        cmocka_unit_test(pictures_without_room_are_refused),
    };
    int failed = cmocka_run_group_tests_name("failures (fake)", failures, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct CMUnitTest group[sizeof contract / sizeof contract[0]];
        memcpy(group, contract, sizeof group);
        for (size_t k = 0; k < sizeof contract / sizeof contract[0]; k++)
            group[k].initial_state = &fakes[i];
        failed += cmocka_run_group_tests_name(fakes[i] ? "cuda (fake)" : "cuda", group, NULL, NULL);
    }
    return failed;
}
