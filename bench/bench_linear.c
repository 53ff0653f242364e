/* SPDX-License-Identifier: MIT */
/* Speed of the linear layers, and of a whole ViT-B/32 vision tower. REELVEC_CPU=scalar|avx2|... chooses the
 * kernels.
 *
 *     bench_linear [THREADS [fast]]
 *         as a share of the machine's peak of float32 multiply-adds; fast: in 16-bit integers
 *     bench_linear peak
 *         only the machine's peak
 *     bench_linear serve peak THREADS
 *         for bench/run: each call takes some 50 ms; the answer is the operations of one call
 *     bench_linear serve reelvec|openblas ROWS INPUTS OUTPUTS THREADS
 *         for bench/run: a bare float32 product, rows x inputs by inputs x outputs. Each call uses the next
 *         of many weight matrices, as a model does, so that none stays in a cache */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/clock.h"
#include "base/cpu.h"
#include "base/threads.h"
#include "bench_support.h"
#include "compute/compute.h"

#define THREADS_MAX 64
#define TOKENS 50
#define WIDTH 768
#define HEADS 12
#define LAYERS 12
#define MLP_WIDTH 3072
#define COLD_BYTES ((size_t)400 << 20) // of weights, used in turn so that none stays in a cache
#define WINDOW_ROWS 800 // of products between two readings of the clock; the fastest window counts

static ComputePrecision precision; // of the linear layers

#define PEAK_ROUNDS 1000000L // some 50 ms
#define PEAK_CALLS 60        // of which the fastest counts

#if defined(__x86_64__)
/* Defines a function that runs twelve independent chains of multiply-adds in registers, which is more than
 * latency times units, and returns the number of floating-point operations. The empty assembly keeps the
 * compiler from computing the result at compile time. */
#define DEFINE_PEAK(name, cpu, Vector, lanes, set1, fmadd)                                                   \
    __attribute__((target(cpu))) static double name(void)                                                    \
    {                                                                                                        \
        Vector x = set1(1.0f), y = set1(1e-9f), sums[12];                                                    \
        _Pragma("GCC unroll 12") for (int i = 0; i < 12; i++) sums[i] = x;                                   \
        for (long round = 0; round < PEAK_ROUNDS; round++) {                                                 \
            _Pragma("GCC unroll 12") for (int i = 0; i < 12; i++)                                            \
            {                                                                                                \
                sums[i] = fmadd(x, y, sums[i]);                                                              \
                __asm__ volatile("" : "+v"(sums[i]));                                                        \
            }                                                                                                \
        }                                                                                                    \
        return 2.0 * 12 * (lanes)*PEAK_ROUNDS;                                                               \
    }

DEFINE_PEAK(peak_avx2, "avx2,fma", __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps)
DEFINE_PEAK(peak_avx512, "avx512f", __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

typedef struct Peak {
    ThreadPool *pool;
    CpuLevel level;
    double operations[THREADS_MAX]; // of each thread's last call
} Peak;

static void measure_peak_task(void *context, size_t index, int worker)
{
#if defined(__x86_64__)
    Peak *peak = context;
    peak->operations[index] = peak->level >= CPU_AVX512 ? peak_avx512()
                              : peak->level >= CPU_AVX2 ? peak_avx2()
                                                        : 0.0;
#endif
}

static Peak open_peak(int thread_count)
{
    Peak peak = {.level = rv_cpu_level()};
    RvError err;
    bench_check(rv_threads_create(thread_count, &peak.pool, &err), &err);
    return peak;
}

static void work_peak(void *context)
{
    Peak *peak = context;
    rv_threads_run(peak->pool, (size_t)rv_threads_count(peak->pool), measure_peak_task, peak);
}

/* Returns the operations of one call; 0 if the processor's multiply-adds are not known here. */
static double peak_operations(const Peak *peak)
{
    double sum = 0.0;
    for (int thread = 0; thread < rv_threads_count(peak->pool); thread++)
        sum += peak->operations[thread];
    return sum;
}

static void answer_peak(void *context)
{
    printf("%.9g", peak_operations(context));
}

/* Returns the operations per second of thread_count threads together; 0 if they are not known. */
static double measure_peak(int thread_count)
{
    Peak peak = open_peak(thread_count);
    double best = 0.0;
    for (int i = 0; i < PEAK_CALLS; i++) {
        double start = rv_clock_s();
        work_peak(&peak);
        double rate = peak_operations(&peak) / (rv_clock_s() - start);
        best = rate > best ? rate : best;
    }
    rv_threads_destroy(peak.pool);
    return best;
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

static LinearWeights *create_layer(Compute *compute, const float *source, const float *bias, size_t outputs,
                                   size_t inputs)
{
    LinearWeights *layer;
    RvError err;
    bench_check(compute->ops->linear_create(compute, source, bias, outputs, inputs, precision, &layer, &err),
                &err);
    return layer;
}

static void bench_shape(Compute *compute, const Shape *shape, double peak, const float *source)
{
    const ComputeOps *ops = compute->ops;
    size_t layer_count = COLD_BYTES / (shape->inputs * shape->outputs * sizeof(float));
    LinearWeights **layers = bench_must(calloc(layer_count, sizeof *layers));
    for (size_t i = 0; i < layer_count; i++)
        layers[i] = create_layer(compute, source, source, shape->outputs, shape->inputs);
    static const size_t batches[] = {1, 8, 16};
    DeviceBuffer *src = random_buffer(compute, 16 * TOKENS * shape->inputs);
    DeviceBuffer *dst = random_buffer(compute, 16 * TOKENS * shape->outputs);
    const DeviceRows src_rows = {src, 0, shape->inputs}, dst_rows = {dst, 0, shape->outputs};
    printf("  %-14s", shape->name);
    for (size_t b = 0; b < 3; b++) {
        size_t rows = TOKENS * batches[b], calls = WINDOW_ROWS / rows;
        double best = 1e9;
        for (size_t window = 0; window < 3 * layer_count / (calls + 1); window++) {
            double start = rv_clock_s();
            for (size_t call = window * calls; call < (window + 1) * calls; call++)
                ops->linear(compute, layers[call % layer_count], src_rows, rows, dst_rows, shape->epilogue);
            double seconds = (rv_clock_s() - start) / (double)calls;
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
    times[0] = rv_clock_s();
    ops->linear(compute, tower->patches, pixels, 49 * batch, stream, plain);
    tower->seconds[PART_LINEAR] += rv_clock_s() - times[0];
    for (int i = 0; i < LAYERS; i++) {
        LinearWeights **layer = tower->layers[i];
        times[0] = rv_clock_s();
        ops->layer_norm(compute, stream, rows, WIDTH, tower->gain, tower->gain, 1e-5f, normed);
        times[1] = rv_clock_s();
        ops->linear(compute, layer[0], normed, rows, q, plain);
        times[2] = rv_clock_s();
        ops->attention(compute, &shape, q, k, v, normed);
        times[3] = rv_clock_s();
        ops->linear(compute, layer[1], normed, rows, stream, add);
        times[4] = rv_clock_s();
        ops->layer_norm(compute, stream, rows, WIDTH, tower->gain, tower->gain, 1e-5f, normed);
        times[5] = rv_clock_s();
        ops->linear(compute, layer[2], normed, rows, hidden, gelu);
        ops->linear(compute, layer[3], hidden, rows, stream, add);
        times[6] = rv_clock_s();
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
            tower.layers[i][j] = create_layer(compute, source, source, shapes[j].outputs, shapes[j].inputs);
    }
    tower.patches = create_layer(compute, source, source, WIDTH, MLP_WIDTH);
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
            double start = rv_clock_s();
            forward(&tower, batches[b]);
            double seconds = rv_clock_s() - start;
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

static Compute *open_cpu(int thread_count)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    Compute *compute;
    RvError err;
    bench_check(rv_compute_open(&options, &compute, &err), &err);
    return compute;
}

static void bench_threads(int thread_count)
{
    Compute *compute = open_cpu(thread_count);
    double peak = measure_peak(thread_count);
    printf("%s kernels, threads: %d, peak of multiply-adds: %.1f GFLOP/s\n", rv_compute_kernels(compute),
           thread_count, 1e-9 * peak);
    float *source = bench_floats(WIDTH * MLP_WIDTH);
    printf("  %-14s   %-23s   %-23s   %-23s\n", "linear layer", "batch 1", "batch 8", "batch 16");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        bench_shape(compute, &shapes[i], peak, source);
    printf("  ViT-B/32 vision tower, %d layers\n", LAYERS);
    bench_forward(compute, peak, source);
    free(source);
    rv_compute_close(compute);
}

/* ---- for bench/run ------------------------------------------------------------------------------------ */

enum { CBLAS_ROW_MAJOR = 101, CBLAS_AS_IS = 111, CBLAS_TRANSPOSED = 112 };

typedef void (*Sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                      const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

typedef struct Product {
    size_t rows, inputs, outputs, layer_count, next;
    Compute *compute;
    LinearWeights **packed;
    DeviceRows from, to;
    Sgemm sgemm;
    float **plain; // [outputs, inputs] each
    float *src, *dst;
} Product;

static void work_reelvec(void *context)
{
    Product *product = context;
    product->compute->ops->linear(product->compute, product->packed[product->next], product->from,
                                  product->rows, product->to, (LinearEpilogue){0});
    product->next = (product->next + 1) % product->layer_count;
}

static void work_openblas(void *context)
{
    Product *product = context;
    int rows = (int)product->rows, inputs = (int)product->inputs, outputs = (int)product->outputs;
    product->sgemm(CBLAS_ROW_MAJOR, CBLAS_AS_IS, CBLAS_TRANSPOSED, rows, outputs, inputs, 1.0f, product->src,
                   inputs, product->plain[product->next], inputs, 0.0f, product->dst, outputs);
    product->next = (product->next + 1) % product->layer_count;
}

static void open_reelvec(Product *product, int thread_count)
{
    float *weights = bench_floats(product->inputs * product->outputs);
    product->compute = open_cpu(thread_count);
    product->packed = bench_must(calloc(product->layer_count, sizeof(LinearWeights *)));
    for (size_t i = 0; i < product->layer_count; i++)
        product->packed[i] = create_layer(product->compute, weights, NULL, product->outputs, product->inputs);
    product->from =
        (DeviceRows){random_buffer(product->compute, product->rows * product->inputs), 0, product->inputs};
    product->to =
        (DeviceRows){random_buffer(product->compute, product->rows * product->outputs), 0, product->outputs};
    free(weights);
}

static void open_openblas(Product *product, int thread_count)
{
    void *library = dlopen("libopenblas.so.0", RTLD_NOW), *set_threads;
    if (library == NULL) {
        fprintf(stderr, "%s; install libopenblas0-openmp\n", dlerror());
        exit(BENCH_PEER_MISSING);
    }
    void *symbol = dlsym(library, "cblas_sgemm");
    set_threads = dlsym(library, "openblas_set_num_threads");
    if (symbol == NULL || set_threads == NULL)
        bench_fail("libopenblas.so.0 lacks cblas_sgemm");
    memcpy(&product->sgemm, &symbol, sizeof symbol); // a function pointer may not be cast from void * in C
    void (*set)(int);
    memcpy(&set, &set_threads, sizeof set);
    set(thread_count);
    product->plain = bench_must(calloc(product->layer_count, sizeof *product->plain));
    for (size_t i = 0; i < product->layer_count; i++)
        product->plain[i] = bench_floats(product->inputs * product->outputs);
    product->src = bench_floats(product->rows * product->inputs);
    product->dst = bench_floats(product->rows * product->outputs);
}

static int serve(char **arguments)
{
    Product product = {.rows = strtoul(arguments[1], NULL, 10),
                       .inputs = strtoul(arguments[2], NULL, 10),
                       .outputs = strtoul(arguments[3], NULL, 10)};
    bool ours = strcmp(arguments[0], "reelvec") == 0;
    if (product.rows < 1 || product.inputs < 1 || product.outputs < 1)
        bench_fail("sizes are at least 1");
    product.layer_count = COLD_BYTES / (product.inputs * product.outputs * sizeof(float)) + 1;
    (ours ? open_reelvec : open_openblas)(&product, atoi(arguments[4]));
    bench_serve(&(Turns){.work = ours ? work_reelvec : work_openblas, .context = &product, .window_s = 0.2});
    return 0;
}

static int serve_peak(int thread_count)
{
    Peak peak = open_peak(thread_count < 1 ? 1 : thread_count < THREADS_MAX ? thread_count : THREADS_MAX);
    bench_serve(&(Turns){.work = work_peak, .answer = answer_peak, .context = &peak, .window_s = 0.4});
    rv_threads_destroy(peak.pool);
    return 0;
}

int main(int argument_count, char **arguments)
{
    int available = rv_threads_available() < THREADS_MAX ? rv_threads_available() : THREADS_MAX;
    const char *what = argument_count > 1 ? arguments[1] : "";
    if (strcmp(what, "serve") == 0 && argument_count == 7)
        return serve(arguments + 2);
    if (strcmp(what, "serve") == 0 && argument_count == 4 && strcmp(arguments[2], "peak") == 0)
        return serve_peak(atoi(arguments[3]));
    if (strcmp(what, "peak") == 0) {
        printf("1 thread %.1f GFLOP/s\n", 1e-9 * measure_peak(1));
        printf("%d threads %.1f GFLOP/s\n", available, 1e-9 * measure_peak(available));
        return 0;
    }
    if (argument_count > 2 && strcmp(arguments[2], "fast") == 0)
        precision = COMPUTE_FAST;
    int wanted = atoi(what);
    bench_threads(wanted < 1 ? 1 : wanted < THREADS_MAX ? wanted : THREADS_MAX);
    if (wanted < 1 && available > 1)
        bench_threads(available);
    return 0;
}
