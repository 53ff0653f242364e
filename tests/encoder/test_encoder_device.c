/* SPDX-License-Identifier: MIT */
/* Tests of src/encoder/encoder_device.c: which device embeds pictures, and what happens when it fails; on the
 * fake CUDA device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cuda_in_tests.h"
#include "known_checkpoint.h"
#include "reelvec/reelvec.h"

enum { SIZE = 64, DIMENSIONS = 96, PICTURES = 5 };

static uint8_t inputs[PICTURES * SIZE * SIZE * 3];

/* What the library has logged: the number of lines and the last. */
typedef struct Lines {
    int count;
    char last[RV_ERROR_MESSAGE_SIZE];
} Lines;

static void keep_line(void *user, RvLogLevel level, const char *message)
{
    Lines *lines = user;
    assert_int_equal(level, RV_LOG_WARNING);
    lines->count++;
    snprintf(lines->last, sizeof lines->last, "%s", message);
}

static RvStatus try_open(const char *device, RvPrecision precision, Lines *lines, RvEncoder **out,
                         RvError *err)
{
    char path[4096];
    assert_true(known_checkpoint_ensure("tiny-bytes", path, sizeof path));
    RvEncoderOptions options = {
        .thread_count = 2, .device = device, .precision = precision, .log = {keep_line, lines}};
    return rv_encoder_open(path, &options, out, err);
}

static RvEncoder *open_encoder(const char *device, RvPrecision precision, Lines *lines)
{
    RvEncoder *encoder = NULL;
    RvError err = {0};
    *lines = (Lines){0};
    if (try_open(device, precision, lines, &encoder, &err) != RV_OK)
        fail_msg("%s", err.message);
    return encoder;
}

static void embed(RvEncoder *encoder, float *embeddings)
{
    RvError err = {0};
    if (rv_encoder_encode_inputs(encoder, inputs, PICTURES, RV_LENGTH_ONE, embeddings, &err) != RV_OK)
        fail_msg("%s", err.message);
}

/* What the CPU gives. */
static void embed_on_cpu(RvPrecision precision, float *embeddings)
{
    Lines lines;
    RvEncoder *encoder = open_encoder("cpu", precision, &lines);
    assert_string_equal(rv_encoder_info(encoder)->device, "cpu");
    embed(encoder, embeddings);
    rv_encoder_close(encoder);
}

static void pictures_go_to_the_gpu_and_texts_do_not(void **state)
{
    static const char *const names[] = {NULL, "auto", "cuda", "cuda:0"};
    float cpu[PICTURES * DIMENSIONS], found[PICTURES * DIMENSIONS], text[DIMENSIONS];
    RvError err = {0};
    FakeCuda *fake = fake_cuda_state();
    embed_on_cpu(RV_PRECISION_FLOAT32, cpu);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool named = names[i] != NULL && strcmp(names[i], "auto") != 0;
        Lines lines;
        RvEncoder *encoder = open_encoder(names[i], RV_PRECISION_FLOAT32, &lines);
        const RvModelInfo *info = rv_encoder_info(encoder);
        assert_int_equal(rv_encoder_encode_text(encoder, "red", 3, RV_LENGTH_ONE, text, &err), RV_OK);
        assert_string_equal(info->device, named ? "cuda:0" : "auto");
        assert_int_equal(fake->allocations > 0, named); // a text alone does not open it
        embed(encoder, found);
        assert_string_equal(info->device, "cuda:0");
        assert_string_equal(info->device_name, "Fake GPU 0");
        assert_string_equal(info->precision, "float32");
        assert_int_equal(info->batch_size, 256);
        assert_true(fake->allocations > 0);
        for (size_t k = 0; k < PICTURES * DIMENSIONS; k++)
            assert_true(cpu[k] - found[k] < 1e-5f && found[k] - cpu[k] < 1e-5f);
        assert_int_equal(lines.count, 0);
        rv_encoder_close(encoder);
        assert_int_equal(fake->allocations, 0);
    }
}

static void precision_is_what_the_device_gains_by(void **state)
{
    Lines lines;
    fake_cuda_state();
    RvEncoder *encoder = open_encoder("auto", RV_PRECISION_AUTO, &lines);
    assert_int_equal(rv_encoder_open_device(encoder, NULL), RV_OK);
    assert_string_equal(rv_encoder_info(encoder)->precision, "fast");
    rv_encoder_close(encoder);
}

static void a_machine_without_cuda_uses_the_cpu_silently(void **state)
{
    float cpu[PICTURES * DIMENSIONS], found[PICTURES * DIMENSIONS];
    Lines lines;
    RvError err = {0};
    FakeCuda *fake = fake_cuda_state();
    fake->device_count = 0;
    embed_on_cpu(RV_PRECISION_AUTO, cpu);
    RvEncoder *encoder = open_encoder(NULL, RV_PRECISION_AUTO, &lines);
    embed(encoder, found);
    assert_string_equal(rv_encoder_info(encoder)->device, "cpu");
    assert_int_equal(rv_encoder_info(encoder)->batch_size, 16);
    assert_int_equal(lines.count, 0);
    assert_memory_equal(found, cpu, sizeof cpu);
    rv_encoder_close(encoder);
    // Asked for by name, it is an error, at once.
    assert_int_equal(try_open("cuda", RV_PRECISION_AUTO, &lines, &encoder, &err), RV_ERROR_UNSUPPORTED);
    assert_null(encoder);
    assert_non_null(strstr(err.message, "no device"));
    assert_int_equal(try_open("gpu", RV_PRECISION_AUTO, &lines, &encoder, &err), RV_ERROR_ARGUMENT);
    assert_string_equal(err.message, "gpu: no such compute device; use auto, cpu, cuda or cuda:N");
}

/* From the first kernel of a call to the last: the call's result is the CPU's, told in one line. */
static void a_device_that_fails_in_the_middle_is_replaced(void **state)
{
    float cpu[PICTURES * DIMENSIONS], found[PICTURES * DIMENSIONS];
    embed_on_cpu(RV_PRECISION_AUTO, cpu);
    FakeCuda *fake = fake_cuda_state();
    int failures = 0;
    for (long good = 0;; good += 7) {
        Lines lines;
        fake_cuda_state();
        RvEncoder *encoder = open_encoder("cuda", RV_PRECISION_AUTO, &lines);
        fake->fail_launch = good;
        embed(encoder, found);
        bool failed = fake->fail_launch == FAKE_NEVER;
        assert_string_equal(rv_encoder_info(encoder)->device, failed ? "cpu" : "cuda:0");
        assert_int_equal(lines.count, failed);
        if (failed) {
            assert_memory_equal(found, cpu, sizeof cpu);
            assert_non_null(strstr(lines.last,
                                   "launch failure (CUDA_ERROR_LAUNCH_FAILED); pictures are embedded "
                                   "on the CPU from here on"));
            embed(encoder, found);
            assert_memory_equal(found, cpu, sizeof cpu);
            assert_int_equal(lines.count, 1);
            failures++;
        }
        rv_encoder_close(encoder);
        assert_int_equal(fake->allocations, 0);
        if (!failed)
            break;
    }
    assert_true(failures >= 3);
}

static void weights_that_do_not_fit_go_to_the_cpu(void **state)
{
    float cpu[PICTURES * DIMENSIONS], found[PICTURES * DIMENSIONS];
    Lines lines;
    embed_on_cpu(RV_PRECISION_FLOAT32, cpu);
    FakeCuda *fake = fake_cuda_state();
    RvEncoder *encoder = open_encoder("cuda", RV_PRECISION_FLOAT32, &lines);
    fake->memory_bytes = fake->used_bytes + 100000;
    assert_int_equal(rv_encoder_prepare_images(encoder, NULL), RV_OK);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.last, "cuda:0 (Fake GPU 0): out of memory"));
    embed(encoder, found);
    assert_memory_equal(found, cpu, sizeof cpu);
    rv_encoder_close(encoder);
}

static int fill_inputs(void **state)
{
    uint32_t random = 1;
    unsetenv("REELVEC_DEVICE");
    for (size_t i = 0; i < sizeof inputs; i++) {
        random = random * 1664525u + 1013904223u;
        inputs[i] = (uint8_t)(random >> 24);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_go_to_the_gpu_and_texts_do_not),
        cmocka_unit_test(precision_is_what_the_device_gains_by),
        cmocka_unit_test(a_machine_without_cuda_uses_the_cpu_silently),
        cmocka_unit_test(a_device_that_fails_in_the_middle_is_replaced),
        cmocka_unit_test(weights_that_do_not_fit_go_to_the_cpu),
    };
    return cmocka_run_group_tests(tests, fill_inputs, NULL);
}
