/* SPDX-License-Identifier: MIT */
/* Speed of one transformer block at the sizes of several models: which part of it attention takes, and how fast
 * its linear layers are beside those of ViT-B/32. The models take turns; of each part the fastest run counts. Times
 * are those of the processor, on one thread, so other programs disturb them less.
 *
 *     bench_block [ROUNDS [fast]]
 *         fast: linear layers in 16-bit integers */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_support.h"
#include "compute/compute.h"

typedef struct Model {
    const char *name;
    size_t tokens, width, heads, mlp_width;
    bool rotated;
} Model;

static const Model models[] = {
    {"ViT-B/32", 50, 768, 12, 3072, false},
    {"ViT-S/16", 196, 384, 6, 1536, false},
    {"ViT-B/16", 197, 768, 12, 3072, false},
    {"SigLIP2 B/16-256", 256, 768, 12, 3072, false},
    {"SigLIP2 So400m/14", 256, 1152, 16, 4304, false},
    {"PE-Core L/14-336", 577, 1024, 16, 4096, true},
    {"SigLIP2 So400m/16-512", 1024, 1152, 16, 4304, false},
    {"PE-Core G/14-448", 1024, 1536, 16, 8960, true},
};
enum { MODELS = sizeof models / sizeof models[0] };

enum { PART_QKV, PART_OUT, PART_UP, PART_DOWN, PART_ATTENTION, PART_ROTATE, PART_NORM, PART_COUNT };

typedef struct Block {
    Compute *compute;
    const Model *model;
    size_t sequences;
    LinearWeights *layers[4];
    DeviceBuffer *stream, *normed, *wide, *gain, *angles;
    double seconds[PART_COUNT]; // the fastest so far
} Block;

static double processor_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static DeviceBuffer *random_buffer(Compute *compute, size_t count)
{
    RvError err;
    DeviceBuffer *buffer = bench_must(compute->ops->buffer_create(compute, count, COMPUTE_FLOAT32, &err));
    float *values = bench_floats(count);
    compute->ops->upload(compute, buffer, values, count);
    free(values);
    return buffer;
}

static size_t head_width_of(const Model *model)
{
    return model->width / model->heads;
}

static void open_block(Block *block, Compute *compute, const Model *model, ComputePrecision precision)
{
    size_t width = model->width, mlp_width = model->mlp_width;
    const size_t sizes[4][2] = {
        {3 * width, width}, {width, width}, {mlp_width, width}, {width, mlp_width}}; // outputs, inputs
    float *weights = bench_floats((mlp_width > 3 * width ? mlp_width : 3 * width) * width);
    RvError err;
    *block = (Block){.compute = compute, .model = model, .sequences = compute->rows_per_run / model->tokens};
    if (block->sequences > compute->images_per_run)
        block->sequences = compute->images_per_run;
    if (block->sequences == 0)
        block->sequences = 1;
    for (size_t i = 0; i < 4; i++)
        bench_check(compute->ops->linear_create(compute, weights, weights, sizes[i][0], sizes[i][1],
                                                precision, &block->layers[i], &err),
                    &err);
    free(weights);
    size_t rows = block->sequences * model->tokens;
    block->stream = random_buffer(compute, rows * width);
    block->normed = random_buffer(compute, rows * width);
    block->wide = random_buffer(compute, rows * (mlp_width > 3 * width ? mlp_width : 3 * width));
    block->gain = random_buffer(compute, width);
    block->angles = random_buffer(compute, model->tokens * head_width_of(model));
    for (size_t part = 0; part < PART_COUNT; part++)
        block->seconds[part] = 1e9;
}

static void close_block(Block *block)
{
    const ComputeOps *ops = block->compute->ops;
    for (size_t i = 0; i < 4; i++)
        ops->linear_destroy(block->compute, block->layers[i]);
    DeviceBuffer *buffers[] = {block->stream, block->normed, block->wide, block->gain, block->angles};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        ops->buffer_destroy(block->compute, buffers[i]);
}

static void run_block(Block *block)
{
    Compute *compute = block->compute;
    const ComputeOps *ops = compute->ops;
    const Model *model = block->model;
    LinearWeights **layer = block->layers;
    size_t width = model->width, rows = block->sequences * model->tokens, head_width = head_width_of(model);
    const DeviceRows stream = {block->stream, 0, width}, normed = {block->normed, 0, width};
    const DeviceRows q = {block->wide, 0, 3 * width}, k = {block->wide, width, 3 * width};
    const DeviceRows v = {block->wide, 2 * width, 3 * width}, hidden = {block->wide, 0, model->mlp_width};
    const AttentionShape shape = {.sequence_count = block->sequences,
                                  .token_count = model->tokens,
                                  .query_count = model->tokens,
                                  .head_count = model->heads,
                                  .head_width = head_width};
    static const LinearEpilogue plain = {ACTIVATION_NONE, false}, add = {ACTIVATION_NONE, true},
                                gelu = {ACTIVATION_GELU_TANH, false};
    double times[8];
    times[0] = processor_s();
    ops->layer_norm(compute, stream, rows, width, block->gain, block->gain, 1e-5f, normed);
    times[1] = processor_s();
    ops->linear(compute, layer[0], normed, rows, q, plain);
    times[2] = processor_s();
    if (model->rotated)
        ops->rotate(compute, q, rows, 2 * width, head_width, block->angles, model->tokens);
    times[3] = processor_s();
    ops->attention(compute, &shape, q, k, v, normed);
    times[4] = processor_s();
    ops->linear(compute, layer[1], normed, rows, stream, add);
    times[5] = processor_s();
    ops->linear(compute, layer[2], normed, rows, hidden, gelu);
    times[6] = processor_s();
    ops->linear(compute, layer[3], hidden, rows, stream, add);
    times[7] = processor_s();
    const double seconds[PART_COUNT] = {
        [PART_QKV] = times[2] - times[1],       [PART_OUT] = times[5] - times[4],
        [PART_UP] = times[6] - times[5],        [PART_DOWN] = times[7] - times[6],
        [PART_ATTENTION] = times[4] - times[3], [PART_ROTATE] = times[3] - times[2],
        [PART_NORM] = 2 * (times[1] - times[0])};
    for (size_t part = 0; part < PART_COUNT; part++)
        block->seconds[part] = seconds[part] < block->seconds[part] ? seconds[part] : block->seconds[part];
}

/* Multiply-adds per second of a linear layer or of attention. */
static double rate_of(const Block *block, size_t part)
{
    const Model *model = block->model;
    double rows = (double)(block->sequences * model->tokens), width = (double)model->width;
    double products[PART_COUNT] = {[PART_QKV] = 3 * width * width,
                                   [PART_OUT] = width * width,
                                   [PART_UP] = width * (double)model->mlp_width,
                                   [PART_DOWN] = width * (double)model->mlp_width,
                                   [PART_ATTENTION] = 2 * width * (double)model->tokens};
    return rows * products[part] / block->seconds[part];
}

static void print_block(const Block *block, const Block *first)
{
    double all = 0.0;
    for (size_t part = 0; part < PART_COUNT; part++)
        all += block->seconds[part];
    printf("%-22s %4zu %4zu %3zu %5zu | %5.1f %5.1f %5.1f | ", block->model->name, block->model->tokens,
           block->model->width, head_width_of(block->model), block->model->mlp_width,
           100.0 * block->seconds[PART_ATTENTION] / all, 100.0 * block->seconds[PART_ROTATE] / all,
           100.0 * block->seconds[PART_NORM] / all);
    for (size_t part = PART_QKV; part <= PART_ATTENTION; part++)
        printf(" %5.2f", rate_of(block, part) / rate_of(first, PART_UP));
    printf(" | %7.2f ms\n", 1e3 * all);
}

int main(int argument_count, char **arguments)
{
    int rounds = argument_count > 1 ? atoi(arguments[1]) : 8;
    bool fast = argument_count > 2 && strcmp(arguments[2], "fast") == 0;
    ComputeOptions options = {.device = "cpu", .thread_count = 1};
    Compute *compute;
    RvError err;
    bench_check(rv_compute_open(&options, &compute, &err), &err);
    static Block blocks[MODELS];
    for (size_t i = 0; i < MODELS; i++)
        open_block(&blocks[i], compute, &models[i], fast ? COMPUTE_FAST : COMPUTE_FLOAT32);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < MODELS; i++)
            run_block(&blocks[i]);
    }
    printf("%s kernels, %s layers. Shares of a block's time; speed of the products in units of "
           "ViT-B/32's mlp up\n",
           rv_compute_kernels(compute), fast ? "fast" : "float32");
    printf("%-22s %4s %4s %3s %5s | %5s %5s %5s |  %5s %5s %5s %5s %5s |\n", "model", "tok", "wide", "hd",
           "mlp", "att %", "rot %", "norm%", "qkv", "out", "up", "down", "att");
    for (size_t i = 0; i < MODELS; i++)
        print_block(&blocks[i], &blocks[0]);
    for (size_t i = 0; i < MODELS; i++)
        close_block(&blocks[i]);
    rv_compute_close(compute);
    return 0;
}
