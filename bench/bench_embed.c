/* SPDX-License-Identifier: MIT */
/* Pictures to embeddings through the public interface.
 *
 *     bench_embed MODEL [SECONDS_PER_CASE]
 *         for batches of 1, 8 and 16 and for one thread and all: the median rates in float32 and in the fast
 *         precision, measured in turn, and the multiply-add rates of the arithmetic that the vision tower
 *         needs (the last block computes only the class token)
 *     bench_embed serve MODEL PICTURES BATCH THREADS float32|fast
 *         for bench/run: each call takes the next BATCH of PICTURES, uint8[n, side, side, 3]; the answer is
 *         the first embeddings
 *
 * REELVEC_DEVICE chooses the device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "bench_support.h"

#define RUNS_MAX 4096

typedef struct Job {
    RvEncoder *encoder;
    const uint8_t *pictures;
    size_t picture_count, picture_bytes, dimensions, batch, next;
    float *embeddings; // [batch, dimensions]
} Job;

/* A warning ends the program: if the device was replaced by another, the wrong one would be measured. */
static void refuse_warning(void *user, RvLogLevel level, const char *message)
{
    if (level <= RV_LOG_WARNING)
        bench_fail("%s", message);
}

/* device: NULL means the device of REELVEC_DEVICE. */
static Job open_job(const char *model, int thread_count, RvPrecision precision, const char *device,
                    size_t batch)
{
    RvEncoderOptions options = {
        .log.write = refuse_warning, .thread_count = thread_count, .device = device, .precision = precision};
    Job job = {.batch = batch};
    RvError err = {0};
    bench_check(rv_encoder_open(model, &options, &job.encoder, &err), &err);
    const RvModelInfo *info = rv_encoder_info(job.encoder);
    job.picture_bytes = (size_t)info->image_size * (size_t)info->image_size * 3;
    job.dimensions = (size_t)info->dimensions;
    job.embeddings = bench_must(calloc(batch * job.dimensions, sizeof *job.embeddings));
    return job;
}

static void close_job(Job *job)
{
    rv_encoder_close(job->encoder);
    free(job->embeddings);
}

static void encode(Job *job, size_t first)
{
    RvError err = {0};
    bench_check(rv_encoder_encode_inputs(job->encoder, job->pictures + first * job->picture_bytes, job->batch,
                                         RV_LENGTH_ONE, job->embeddings, &err),
                &err);
}

/* Returns the floating-point operations of one picture: two per multiply-add. */
static double operations_per_image(const RvModelInfo *model)
{
    double side = (double)model->image_size / model->patch_size, tokens = side * side + 1,
           width = model->vision_width;
    double patches = 2 * side * side * 3.0 * model->patch_size * model->patch_size * width;
    double block = 2 * tokens * 12 * width * width + 4 * tokens * tokens * width;
    double last = 2 * tokens * 2 * width * width + 2 * 10 * width * width + 4 * tokens * width;
    return patches + (model->vision_layers - 1) * block + last + 2 * width * model->dimensions;
}

/* Measure one batch size. Calls in float32 and in the fast precision alternate, so that both have the same
 * disturbances. */
static void bench_batch(Job jobs[2], size_t batch, double limit_s)
{
    static double times[2][RUNS_MAX];
    const RvModelInfo *model = rv_encoder_info(jobs[0].encoder);
    size_t runs = 0;
    for (double start_s = rv_clock_s(); runs < 3 || (rv_clock_s() - start_s < limit_s && runs < RUNS_MAX);
         runs++) {
        for (int i = 0; i < 2; i++) {
            double begun_s = rv_clock_s();
            jobs[i].batch = batch;
            encode(&jobs[i], 0);
            times[i][runs] = rv_clock_s() - begun_s;
        }
    }
    double seconds[2] = {bench_median(times[0], runs), bench_median(times[1], runs)};
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
    static const size_t batches[] = {1, 8, 16};
    Job jobs[2] = {open_job(path, thread_count, RV_PRECISION_FLOAT32, "cpu", 16),
                   open_job(path, thread_count, RV_PRECISION_FAST, "cpu", 16)};
    uint8_t *pictures = bench_must(malloc(16 * jobs[0].picture_bytes));
    uint64_t state = 1;
    for (size_t i = 0; i < 16 * jobs[0].picture_bytes; i++)
        pictures[i] = (uint8_t)rv_random_next(&state);
    for (int i = 0; i < 2; i++) {
        jobs[i].pictures = pictures;
        encode(&jobs[i], 0); // packs the weights
    }
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
        bench_batch(jobs, batches[i], limit_s);
    free(pictures);
    close_job(&jobs[0]);
    close_job(&jobs[1]);
}

/* ---- for bench/run ------------------------------------------------------------------------------------ */

static void work(void *context)
{
    Job *job = context;
    if (job->next + job->batch > job->picture_count)
        job->next = 0;
    encode(job, job->next);
    job->next += job->batch;
}

static void answer(void *context)
{
    Job *job = context;
    encode(job, 0);
    for (size_t i = 0; i < job->batch * job->dimensions; i++)
        printf("%.9g ", job->embeddings[i]);
}

static void serve(char **arguments)
{
    size_t size_bytes, batch = strtoul(arguments[2], NULL, 10);
    RvPrecision precision = strcmp(arguments[4], "fast") == 0 ? RV_PRECISION_FAST : RV_PRECISION_FLOAT32;
    Job job = open_job(arguments[0], atoi(arguments[3]), precision, NULL, batch);
    job.pictures = bench_read_file(arguments[1], &size_bytes);
    job.picture_count = size_bytes / job.picture_bytes;
    if (batch < 1 || job.picture_count < batch)
        bench_fail("fewer pictures than a batch");
    bench_serve(&(Turns){.work = work, .answer = answer, .context = &job, .window_s = 0.4});
    close_job(&job);
}

int main(int argument_count, char **arguments)
{
    if (argument_count == 7 && strcmp(arguments[1], "serve") == 0) {
        serve(arguments + 2);
        return 0;
    }
    if (argument_count < 2 || argument_count > 3)
        bench_fail("usage: bench_embed MODEL [SECONDS_PER_CASE]\n"
                   "       bench_embed serve MODEL PICTURES BATCH THREADS float32|fast");
    double limit_s = argument_count > 2 ? atof(arguments[2]) : 3;
    bench_threads(arguments[1], 1, limit_s);
    bench_threads(arguments[1], 0, limit_s);
    return 0;
}
