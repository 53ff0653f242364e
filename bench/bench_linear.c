/* SPDX-License-Identifier: MIT */
/* Speed of the linear layers, and of a whole ViT-B/32 vision tower, as a share of what the machine's
 * multiply-add units give. Usage: bench_linear [THREADS [fast]] | peak; fast: in 16-bit integers, the peak is
 * still that of float32; peak: the machine only. REELVEC_CPU=scalar|avx2|... chooses the kernels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/cpu.h"
#include "base/threads.h"
#include "compute/compute.h"

#define TOKENS 50
#define WIDTH 768
#define HEADS 12
#define LAYERS 12
#define MLP_WIDTH 3072
#define COLD_BYTES ((size_t)400 << 20) // of weights in turn, as in a whole model: they do not stay in a cache
#define REPETITIONS 3                  // of a peak measurement, of which the fastest counts
#define WINDOW_ROWS 800 // of products between two looks at the clock; the fastest window counts

static ComputePrecision precision; // of the linear layers

static double now_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Twelve independent chains of multiply-adds in registers, more than latency times units; gives their number
 * of floating-point operations. The empty assembly keeps the compiler from computing the result beforehand.
 */
#define PEAK_ROUNDS 20000000L
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static double peak_avx2(void)
{
    __m256 x = _mm256_set1_ps(1.0f), y = _mm256_set1_ps(1e-9f), sums[12];
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++)
        sums[i] = x;
    for (long round = 0; round < PEAK_ROUNDS; round++) {
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) {
            sums[i] = _mm256_fmadd_ps(x, y, sums[i]);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return 2.0 * 12 * 8 * PEAK_ROUNDS;
}

__attribute__((target("avx512f"))) static double peak_avx512(void)
{
    __m512 x = _mm512_set1_ps(1.0f), y = _mm512_set1_ps(1e-9f), sums[12];
#pragma GCC unroll 12
    for (int i = 0; i < 12; i++)
        sums[i] = x;
    for (long round = 0; round < PEAK_ROUNDS; round++) {
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) {
            sums[i] = _mm512_fmadd_ps(x, y, sums[i]);
            __asm__ volatile("" : "+v"(sums[i]));
        }
    }
    return 2.0 * 12 * 16 * PEAK_ROUNDS;
}
#endif

typedef struct PeakJob {
    CpuLevel level;
    double operations[64];
} PeakJob;

static void measure_peak_task(void *context, size_t index, int worker)
{
    PeakJob *job = context;
#if defined(__x86_64__)
    job->operations[index] = job->level >= CPU_AVX512 ? peak_avx512()
                             : job->level >= CPU_AVX2 ? peak_avx2()
                                                      : 0.0;
#endif
}

/* Operations per second of thread_count threads together; 0 where unknown. */
static double measure_peak(int thread_count)
{
    ThreadPool *pool;
    RvError err;
    if (rv_threads_create(thread_count, &pool, &err) != RV_OK)
        exit(1);
    double best = 0.0;
    for (int i = 0; i < REPETITIONS; i++) {
        PeakJob job = {rv_cpu_level(), {0}};
        double start = now_seconds(), sum = 0.0;
        rv_threads_run(pool, (size_t)thread_count, measure_peak_task, &job);
        double seconds = now_seconds() - start;
        for (int thread = 0; thread < thread_count; thread++)
            sum += job.operations[thread];
        best = sum / seconds > best ? sum / seconds : best;
    }
    rv_threads_destroy(pool);
    return best;
}

static void *must(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return pointer;
}

static float *random_floats(size_t count)
{
    float *values = must(malloc(count * sizeof *values));
    unsigned state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = ((float)(state >> 8) / 16777216.0f - 0.5f) * 0.1f;
    }
    return values;
}

static DeviceBuffer *random_buffer(Compute *compute, size_t count)
{
    RvError err;
    DeviceBuffer *buffer = must(compute->ops->buffer_create(compute, count, COMPUTE_FLOAT32, &err));
    float *values = random_floats(count);
    compute->ops->upload(compute, buffer, values, count);
    free(values);
    return buffer;
}

typedef struct Shape {
    const char *name;
    size_t inputs, outputs;
    LinearEpilogue epilogue;
} Shape;

static const Shape shapes[] = {
    {"qkv", WIDTH, 3 * WIDTH, {ACTIVATION_NONE, false}},
    {"attention out", WIDTH, WIDTH, {ACTIVATION_NONE, true}},
    {"mlp up", WIDTH, MLP_WIDTH, {ACTIVATION_QUICK_GELU, false}},
    {"mlp down", MLP_WIDTH, WIDTH, {ACTIVATION_NONE, true}},
    {"patches", 3 * 32 * 32, WIDTH, {ACTIVATION_NONE, false}},
};

static LinearWeights *create_layer(Compute *compute, const float *source, size_t outputs, size_t inputs)
{
    LinearWeights *layer;
    RvError err;
    if (compute->ops->linear_create(compute, source, source, outputs, inputs, precision, &layer, &err) !=
        RV_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return layer;
}

static void bench_shape(Compute *compute, const Shape *shape, double peak, const float *source)
{
    const ComputeOps *ops = compute->ops;
    size_t layer_count = COLD_BYTES / (shape->inputs * shape->outputs * sizeof(float));
    LinearWeights **layers = must(calloc(layer_count, sizeof *layers));
    for (size_t i = 0; i < layer_count; i++)
        layers[i] = create_layer(compute, source, shape->outputs, shape->inputs);
    static const size_t batches[] = {1, 8, 16};
    DeviceBuffer *src = random_buffer(compute, 16 * TOKENS * shape->inputs);
    DeviceBuffer *dst = random_buffer(compute, 16 * TOKENS * shape->outputs);
    const DeviceRows src_rows = {src, 0, shape->inputs}, dst_rows = {dst, 0, shape->outputs};
    printf("  %-14s", shape->name);
    for (size_t b = 0; b < 3; b++) {
        size_t rows = TOKENS * batches[b], calls = WINDOW_ROWS / rows;
        double best = 1e9;
        for (size_t window = 0; window < 3 * layer_count / (calls + 1); window++) {
            double start = now_seconds();
            for (size_t call = window * calls; call < (window + 1) * calls; call++)
                ops->linear(compute, layers[call % layer_count], src_rows, rows, dst_rows, shape->epilogue);
            double seconds = (now_seconds() - start) / (double)calls;
            best = seconds < best ? seconds : best;
        }
        double rate = 2.0 * (double)(rows * shape->inputs * shape->outputs) / best;
        printf("   %7.1f GFLOP/s %5.1f %%", rate * 1e-9, peak > 0.0 ? 100.0 * rate / peak : 0.0);
    }
    printf("\n");
    for (size_t i = 0; i < layer_count; i++)
        ops->linear_destroy(compute, layers[i]);
    free(layers);
    ops->buffer_destroy(compute, src);
    ops->buffer_destroy(compute, dst);
}

enum { PART_LINEAR, PART_ATTENTION, PART_NORM, PART_COUNT };

typedef struct Tower {
    Compute *compute;
    LinearWeights *layers[LAYERS][4], *patches;
    DeviceBuffer *pixels, *stream, *normed, *wide, *gain;
    double seconds[PART_COUNT];
} Tower;

static void forward(Tower *tower, size_t batch)
{
    Compute *compute = tower->compute;
    const ComputeOps *ops = compute->ops;
    size_t rows = TOKENS * batch;
    LinearEpilogue plain = {0}, add = {ACTIVATION_NONE, true}, gelu = {ACTIVATION_QUICK_GELU, false};
    const DeviceRows pixels = {tower->pixels, 0, MLP_WIDTH}, stream = {tower->stream, 0, WIDTH};
    const DeviceRows normed = {tower->normed, 0, WIDTH}, hidden = {tower->wide, 0, MLP_WIDTH};
    const DeviceRows q = {tower->wide, 0, 3 * WIDTH}, k = {tower->wide, WIDTH, 3 * WIDTH};
    const DeviceRows v = {tower->wide, 2 * WIDTH, 3 * WIDTH};
    const AttentionShape shape = {.sequence_count = batch,
                                  .token_count = TOKENS,
                                  .query_count = TOKENS,
                                  .head_count = HEADS,
                                  .head_width = WIDTH / HEADS};
    double times[8];
    times[0] = now_seconds();
    ops->linear(compute, tower->patches, pixels, 49 * batch, stream, plain);
    tower->seconds[PART_LINEAR] += now_seconds() - times[0];
    for (int i = 0; i < LAYERS; i++) {
        LinearWeights **layer = tower->layers[i];
        times[0] = now_seconds();
        ops->layer_norm(compute, stream, rows, WIDTH, tower->gain, tower->gain, 1e-5f, normed);
        times[1] = now_seconds();
        ops->linear(compute, layer[0], normed, rows, q, plain);
        times[2] = now_seconds();
        ops->attention(compute, &shape, q, k, v, normed);
        times[3] = now_seconds();
        ops->linear(compute, layer[1], normed, rows, stream, add);
        times[4] = now_seconds();
        ops->layer_norm(compute, stream, rows, WIDTH, tower->gain, tower->gain, 1e-5f, normed);
        times[5] = now_seconds();
        ops->linear(compute, layer[2], normed, rows, hidden, gelu);
        ops->linear(compute, layer[3], hidden, rows, stream, add);
        times[6] = now_seconds();
        tower->seconds[PART_NORM] += times[1] - times[0] + times[5] - times[4];
        tower->seconds[PART_LINEAR] += times[2] - times[1] + times[4] - times[3] + times[6] - times[5];
        tower->seconds[PART_ATTENTION] += times[3] - times[2];
    }
}

static double forward_operations(size_t batch)
{
    double linear = 12.0 * WIDTH * WIDTH * TOKENS, attention = 2.0 * TOKENS * TOKENS * WIDTH;
    return 2.0 * (double)batch * (LAYERS * (linear + attention) + 49.0 * MLP_WIDTH * WIDTH);
}

static void bench_forward(Compute *compute, double peak, const float *source)
{
    const ComputeOps *ops = compute->ops;
    Tower tower = {.compute = compute};
    for (int i = 0; i < LAYERS; i++) {
        for (int j = 0; j < 4; j++)
            tower.layers[i][j] = create_layer(compute, source, shapes[j].outputs, shapes[j].inputs);
    }
    tower.patches = create_layer(compute, source, WIDTH, MLP_WIDTH);
    size_t rows = 16 * TOKENS;
    tower.pixels = random_buffer(compute, rows * MLP_WIDTH);
    tower.stream = random_buffer(compute, rows * WIDTH);
    tower.normed = random_buffer(compute, rows * WIDTH);
    tower.wide = random_buffer(compute, rows * MLP_WIDTH);
    tower.gain = random_buffer(compute, WIDTH);
    static const size_t batches[] = {1, 8, 16};
    for (size_t b = 0; b < 3; b++) {
        double best = 1e9, parts[PART_COUNT] = {0};
        for (int i = 0; i < (b == 0 ? 40 : 8); i++) {
            memset(tower.seconds, 0, sizeof tower.seconds);
            double start = now_seconds();
            forward(&tower, batches[b]);
            double seconds = now_seconds() - start;
            if (seconds < best) {
                best = seconds;
                memcpy(parts, tower.seconds, sizeof parts);
            }
        }
        double rate = forward_operations(batches[b]) / best;
        printf("  batch %2zu: %7.2f ms, %6.1f images/s, %6.1f GFLOP/s, %5.1f %% of peak"
               "   (linear %4.1f %%, attention %4.1f %%, norm %4.1f %%)\n",
               batches[b], 1e3 * best, (double)batches[b] / best, 1e-9 * rate,
               peak > 0.0 ? 100.0 * rate / peak : 0.0, 100.0 * parts[PART_LINEAR] / best,
               100.0 * parts[PART_ATTENTION] / best, 100.0 * parts[PART_NORM] / best);
    }
    for (int i = 0; i < LAYERS; i++) {
        for (int j = 0; j < 4; j++)
            ops->linear_destroy(compute, tower.layers[i][j]);
    }
    ops->linear_destroy(compute, tower.patches);
    DeviceBuffer *buffers[] = {tower.pixels, tower.stream, tower.normed, tower.wide, tower.gain};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        ops->buffer_destroy(compute, buffers[i]);
}

static void bench_threads(int thread_count)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    Compute *compute;
    RvError err;
    if (rv_compute_open(&options, &compute, &err) != RV_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    double peak = measure_peak(thread_count);
    printf("%s kernels, threads: %d, peak of multiply-adds: %.1f GFLOP/s\n", rv_compute_kernels(compute),
           thread_count, 1e-9 * peak);
    float *source = random_floats(WIDTH * MLP_WIDTH);
    printf("  %-14s   %-23s   %-23s   %-23s\n", "linear layer", "batch 1", "batch 8", "batch 16");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_shape(compute, &shapes[i], peak, source);
    printf("  ViT-B/32 vision tower, %d layers\n", LAYERS);
    bench_forward(compute, peak, source);
    free(source);
    rv_compute_close(compute);
}

int main(int argument_count, char **arguments)
{
    int available = rv_threads_available();
    if (argument_count > 1 && strcmp(arguments[1], "peak") == 0) {
        printf("1 thread %.1f GFLOP/s\n", 1e-9 * measure_peak(1));
        printf("%d threads %.1f GFLOP/s\n", available, 1e-9 * measure_peak(available));
        return 0;
    }
    int wanted = argument_count > 1 ? atoi(arguments[1]) : 0;
    if (argument_count > 2 && strcmp(arguments[2], "fast") == 0)
        precision = COMPUTE_FAST;
    if (wanted > 64)
        wanted = 64;
    if (wanted > 0) {
        bench_threads(wanted);
        return 0;
    }
    bench_threads(1);
    if (available > 1)
        bench_threads(available < 64 ? available : 64);
    return 0;
}
