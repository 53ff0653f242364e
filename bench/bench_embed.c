/* SPDX-License-Identifier: MIT */
/* Frames embedded per second, and texts, through the public interface.
 *     bench_embed MODEL [SECONDS_PER_CASE]
 * Prints, for batches of 1, 8 and 16 and for one thread and all, the median rates in float32 and in the fast
 * precision, measured in turn, and the multiply-add rates of the arithmetic that the vision tower needs (the
 * last block computes the class token only). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "median.h"
#include "reelvec/reelvec.h"

#define RUNS_MAX 4096

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Floating-point operations of one picture: two per multiply-add. */
static double operations_per_image(const RvModelInfo *model)
{
    double side = (double)model->image_size / model->patch_size, tokens = side * side + 1,
           width = model->vision_width;
    double patches = 2 * side * side * 3.0 * model->patch_size * model->patch_size * width;
    double block = 2 * tokens * 12 * width * width + 4 * tokens * tokens * width;
    double last = 2 * tokens * 2 * width * width + 2 * 10 * width * width + 4 * tokens * width;
    return patches + (model->vision_layers - 1) * block + last + 2 * width * model->dimensions;
}

/* Seconds of one call. */
static double time_call(RvEncoder *encoder, const uint8_t *inputs, size_t batch, float *embeddings)
{
    RvError err = {0};
    double begun = clock_s();
    if (rv_encoder_encode_inputs(encoder, inputs, batch, true, embeddings, &err) != RV_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return clock_s() - begun;
}

static RvEncoder *open_encoder(const char *path, int thread_count, RvPrecision precision)
{
    RvEncoderOptions options = {.thread_count = thread_count, .device = "cpu", .precision = precision};
    RvEncoder *encoder = NULL;
    RvError err = {0};
    if (rv_encoder_open(path, &options, &encoder, &err) != RV_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return encoder;
}

/* One batch size: calls in float32 and in the fast precision in turn, so that both meet the same
 * disturbances. */
static void bench_batch(RvEncoder *const encoders[2], const uint8_t *inputs, size_t batch, float *embeddings,
                        double limit_s)
{
    static double times[2][RUNS_MAX];
    const RvModelInfo *model = rv_encoder_info(encoders[0]);
    size_t runs = 0;
    for (double start = clock_s(); runs < 3 || (clock_s() - start < limit_s && runs < RUNS_MAX); runs++) {
        for (int i = 0; i < 2; i++)
            times[i][runs] = time_call(encoders[i], inputs, batch, embeddings);
    }
    double seconds[2] = {median(times[0], runs), median(times[1], runs)};
    double operations = operations_per_image(model) * (double)batch * 1e-9;
    printf(
        "%s  %s  threads %d  batch %2zu   float32 %7.1f images/s %7.1f GFLOP/s   fast %7.1f images/s %7.1f "
        "GFLOP/s   ratio %.2f\n",
        model->name, model->kernels, model->thread_count, batch, (double)batch / seconds[0],
        operations / seconds[0], (double)batch / seconds[1], operations / seconds[1],
        seconds[0] / seconds[1]);
}

static void bench_threads(const char *path, int thread_count, double limit_s)
{
    RvEncoder *encoders[2] = {open_encoder(path, thread_count, RV_PRECISION_FLOAT32),
                              open_encoder(path, thread_count, RV_PRECISION_FAST)};
    const RvModelInfo *model = rv_encoder_info(encoders[0]);
    size_t input_bytes = (size_t)model->image_size * (size_t)model->image_size * 3;
    uint8_t *inputs = malloc(16 * input_bytes);
    float *embeddings = malloc(16 * (size_t)model->dimensions * sizeof *embeddings);
    if (inputs == NULL || embeddings == NULL)
        exit(1);
    srand(1);
    for (size_t i = 0; i < 16 * input_bytes; i++)
        inputs[i] = (uint8_t)(rand() >> 16);
    for (int i = 0; i < 2; i++)
        time_call(encoders[i], inputs, 16, embeddings); // packs the weights
    static const size_t batches[] = {1, 8, 16};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
        bench_batch(encoders, inputs, batches[i], embeddings, limit_s);
    free(inputs);
    free(embeddings);
    rv_encoder_close(encoders[0]);
    rv_encoder_close(encoders[1]);
}

int main(int argument_count, char **arguments)
{
    if (argument_count < 2) {
        fprintf(stderr, "usage: bench_embed MODEL [SECONDS_PER_CASE]\n");
        return 2;
    }
    double limit_s = argument_count > 2 ? atof(arguments[2]) : 3;
    bench_threads(arguments[1], 1, limit_s);
    bench_threads(arguments[1], 0, limit_s);
    return 0;
}
