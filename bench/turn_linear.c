/* SPDX-License-Identifier: MIT */
/* A bare matrix product, rows x inputs by inputs x outputs in float32, by reelvec or by OpenBLAS, measured in
 * turn. turn_linear reelvec|openblas ROWS INPUTS OUTPUTS THREADS Each call uses the next of many weight
 * matrices, as a model does, so that none stays in a cache. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/compute.h"
#include "turns.h"

#define COLD_BYTES ((size_t)400 << 20)
enum { CBLAS_ROW_MAJOR = 101, CBLAS_AS_IS = 111, CBLAS_TRANSPOSED = 112 };

typedef void (*Sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                      const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

typedef struct Job {
    size_t rows, inputs, outputs, layer_count, next;
    Compute *compute;
    LinearWeights **packed;
    float **plain; // [outputs, inputs] each
    Sgemm sgemm;
    float *src, *dst;    // the peer's
    DeviceRows from, to; // ours
} Job;

static void fill(float *values, size_t count)
{
    unsigned state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = ((float)(state >> 8) / 16777216.0f - 0.5f) * 0.1f;
    }
}

static float *floats(size_t count)
{
    float *values = malloc(count * sizeof *values);
    if (values == NULL)
        turns_fail("turn_linear", "out of memory");
    fill(values, count);
    return values;
}

static void work_reelvec(void *context)
{
    Job *job = context;
    job->compute->ops->linear(job->compute, job->packed[job->next], job->from, job->rows, job->to,
                              (LinearEpilogue){0});
    job->next = (job->next + 1) % job->layer_count;
}

static void work_openblas(void *context)
{
    Job *job = context;
    int rows = (int)job->rows, inputs = (int)job->inputs, outputs = (int)job->outputs;
    job->sgemm(CBLAS_ROW_MAJOR, CBLAS_AS_IS, CBLAS_TRANSPOSED, rows, outputs, inputs, 1.0f, job->src, inputs,
               job->plain[job->next], inputs, 0.0f, job->dst, outputs);
    job->next = (job->next + 1) % job->layer_count;
}

static void open_reelvec(Job *job, int thread_count)
{
    ComputeOptions options = {.device = "cpu", .thread_count = thread_count};
    RvError err = {0};
    float *weights = floats(job->inputs * job->outputs);
    if (rv_compute_open(&options, &job->compute, &err) != RV_OK)
        turns_fail("turn_linear", err.message);
    for (size_t i = 0; i < job->layer_count; i++) {
        if (job->compute->ops->linear_create(job->compute, weights, NULL, job->outputs, job->inputs,
                                             COMPUTE_FLOAT32, &job->packed[i], &err) != RV_OK)
            turns_fail("turn_linear", err.message);
    }
    const ComputeOps *ops = job->compute->ops;
    job->from.stride = job->inputs;
    job->from.buffer = ops->buffer_create(job->compute, job->rows * job->inputs, COMPUTE_FLOAT32, &err);
    job->to.stride = job->outputs;
    job->to.buffer = ops->buffer_create(job->compute, job->rows * job->outputs, COMPUTE_FLOAT32, &err);
    if (job->from.buffer == NULL || job->to.buffer == NULL)
        turns_fail("turn_linear", err.message);
    float *values = floats(job->rows * job->inputs);
    ops->upload(job->compute, job->from.buffer, values, job->rows * job->inputs);
    free(values);
    free(weights);
}

static void open_openblas(Job *job, int thread_count)
{
    void *library = dlopen("libopenblas.so.0", RTLD_NOW), *set_threads;
    if (library == NULL) {
        fprintf(stderr, "%s; install libopenblas0-openmp\n", dlerror());
        exit(TURNS_PEER_MISSING);
    }
    void *symbol = dlsym(library, "cblas_sgemm");
    set_threads = dlsym(library, "openblas_set_num_threads");
    if (symbol == NULL || set_threads == NULL)
        turns_fail("turn_linear", "libopenblas.so.0 lacks cblas_sgemm");
    memcpy(&job->sgemm, &symbol, sizeof symbol); // a function pointer may not be cast from void * in C
    void (*set)(int);
    memcpy(&set, &set_threads, sizeof set);
    set(thread_count);
    for (size_t i = 0; i < job->layer_count; i++)
        job->plain[i] = floats(job->inputs * job->outputs);
    job->src = floats(job->rows * job->inputs);
    job->dst = floats(job->rows * job->outputs);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 6)
        turns_fail("usage", "turn_linear reelvec|openblas ROWS INPUTS OUTPUTS THREADS");
    Job job = {.rows = strtoul(arguments[2], NULL, 10),
               .inputs = strtoul(arguments[3], NULL, 10),
               .outputs = strtoul(arguments[4], NULL, 10)};
    bool ours = strcmp(arguments[1], "reelvec") == 0;
    if (job.rows < 1 || job.inputs < 1 || job.outputs < 1)
        turns_fail("turn_linear", "sizes are at least 1");
    job.layer_count = COLD_BYTES / (job.inputs * job.outputs * sizeof(float)) + 1;
    job.packed = calloc(job.layer_count, sizeof(LinearWeights *));
    job.plain = calloc(job.layer_count, sizeof(float *));
    if (job.packed == NULL || job.plain == NULL)
        turns_fail("turn_linear", "out of memory");
    (ours ? open_reelvec : open_openblas)(&job, atoi(arguments[5]));
    Turns turns = {.work = ours ? work_reelvec : work_openblas, .context = &job, .window_s = 0.2};
    turns.work(&job);
    turns_serve(&turns);
    return 0;
}
