/* SPDX-License-Identifier: MIT */
/* Speed of the first pass of a search on a CUDA device: all rows scored, and those above the fifth best block
 * fetched. Usage: bench_device_codes [ROWS [WIDTH [ROUNDS]]] (10000000 512 20). Prints a line: the median
 * time of a pass, and what it reads in that time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "bench_support.h"
#include "compute/device_codes.h"
#include "compute/kernels/code_kernels.h"

#define PIECE_ROWS ((size_t)1 << 16)
#define HITS 5
#define ROUNDS_MAX 1000

typedef struct Bench {
    Compute *compute;
    DeviceCodes *codes;
    size_t row_count, width;
    DeviceCodeQuery query;
    float *best;
    uint32_t *rows;
} Bench;

static void fail(const char *what, const RvError *err)
{
    fprintf(stderr, "bench_device_codes: %s: %s\n", what, err->message);
    exit(77);
}

/* Write the same random rows again and again. The bounds are such that few rows are left open. */
static void write_rows(Bench *bench)
{
    uint64_t seed = 1;
    uint8_t *codes = malloc(PIECE_ROWS * bench->width);
    float(*bounds)[2] = malloc(PIECE_ROWS * sizeof *bounds);
    double *times_s = calloc(PIECE_ROWS, sizeof *times_s);
    if (codes == NULL || bounds == NULL || times_s == NULL)
        exit(1);
    for (size_t i = 0; i < PIECE_ROWS * bench->width; i++)
        codes[i] = (uint8_t)(1 + rv_random_next(&seed) % 255);
    for (size_t i = 0; i < PIECE_ROWS; i++) {
        bounds[i][0] = 1e-3f * (1 + (float)(rv_random_next(&seed) % 1000) * 1e-3f);
        bounds[i][1] = 1e-3f;
    }
    for (size_t first = 0; first < bench->row_count; first += PIECE_ROWS) {
        size_t count = bench->row_count - first < PIECE_ROWS ? bench->row_count - first : PIECE_ROWS;
        bench->compute->ops->codes->write(bench->compute, bench->codes, first, count, codes, bounds[0],
                                          times_s);
    }
    free(codes);
    free(bounds);
    free(times_s);
}

/* One pass. Returns the number of rows that it leaves open. */
static size_t run_pass(Bench *bench, double threshold)
{
    const DeviceCodeOps *ops = bench->compute->ops->codes;
    ops->score(bench->compute, bench->codes, &bench->query, bench->best);
    return ops->above(bench->compute, bench->codes, threshold, bench->rows, 4096);
}

static void measure(Bench *bench, int rounds)
{
    size_t blocks = (bench->row_count + DEVICE_CODE_BLOCK - 1) / DEVICE_CODE_BLOCK, open = 0;
    double seconds[ROUNDS_MAX];
    RvError err = {0};
    run_pass(bench, 1e30);
    double *sorted = malloc(blocks * sizeof *sorted);
    if (sorted == NULL)
        exit(1);
    for (size_t i = 0; i < blocks; i++)
        sorted[i] = bench->best[i];
    qsort(sorted, blocks, sizeof *sorted, bench_compare_doubles);
    double threshold = sorted[blocks < HITS ? 0 : blocks - HITS];
    free(sorted);
    for (int i = 0; i < rounds; i++) {
        double begun = rv_clock_s();
        open = run_pass(bench, threshold);
        seconds[i] = rv_clock_s() - begun;
    }
    if (bench->compute->ops->status(bench->compute, &err) != RV_OK)
        fail("measuring", &err);
    double pass_s = bench_median(seconds, (size_t)rounds);
    double bytes = (double)bench->row_count * (double)(bench->width + 8);
    printf("%zu rows of %zu bytes: %.3f ms a pass, %.0f GB/s, %zu rows open (%s)\n", bench->row_count,
           bench->width, 1e3 * pass_s, 1e-9 * bytes / pass_s, open, bench->compute->device_name);
}

int main(int argc, char **argv)
{
    Bench bench = {.row_count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000,
                   .width = argc > 2 ? strtoull(argv[2], NULL, 10) : 512};
    int rounds = argc > 3 ? atoi(argv[3]) : 20;
    ComputeOptions options = {.device = "cuda", .thread_count = 1, .without_linear = true};
    RvError err = {0};
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_device_codes [ROWS [WIDTH [ROUNDS]]]\n");
        return 2;
    }
    if (rv_compute_open(&options, &bench.compute, &err) != RV_OK ||
        bench.compute->ops->codes->create(bench.compute, bench.row_count, bench.width, &bench.codes, &err) !=
            RV_OK)
        fail("opening", &err);
    uint64_t seed = 2;
    int8_t *query = malloc(2 * bench.width);
    bench.best = malloc((bench.row_count / DEVICE_CODE_BLOCK + 1) * sizeof *bench.best);
    bench.rows = malloc(4096 * sizeof *bench.rows);
    if (query == NULL || bench.best == NULL || bench.rows == NULL)
        return 1;
    for (size_t i = 0; i < 2 * bench.width; i++)
        query[i] = (int8_t)(rv_random_next(&seed) % 200 - 100);
    CodeQuery code = {.high = query, .low = query + bench.width, .count = bench.width};
    bench.query = (DeviceCodeQuery){.code = &code, .step = 1e-6, .error_factor = 1, .slack = 0};
    write_rows(&bench);
    measure(&bench, rounds);
    bench.compute->ops->codes->destroy(bench.compute, bench.codes);
    rv_compute_close(bench.compute);
    free(query), free(bench.best), free(bench.rows);
    return 0;
}
