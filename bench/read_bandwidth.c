/* SPDX-License-Identifier: MIT */
/* How fast threads read memory that is not in a cache, which is the limit of an exhaustive scan.
 *     read_bandwidth THREADS [MEGABYTES]
 * Each thread adds up its own part of one buffer (1024 MB by default); the fastest of five passes
 * counts. Prints bytes per second. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench_support.h"

#define PASSES 5
#define THREADS_MAX 64

typedef struct Part {
    const uint64_t *words;
    size_t count;
    uint64_t sum;
} Part;

static void *add_up(void *context)
{
    Part *part = context;
    uint64_t sums[16] = {0}; // independent, so that the compiler can use the widest registers
    for (size_t i = 0; i + 16 <= part->count; i += 16) {
        for (size_t j = 0; j < 16; j++)
            sums[j] += part->words[i + j];
    }
    for (size_t j = 0; j < 16; j++)
        part->sum += sums[j];
    return NULL;
}

int main(int argument_count, char **arguments)
{
    int thread_count = argument_count > 1 ? atoi(arguments[1]) : 1;
    size_t size_bytes = (argument_count > 2 ? strtoul(arguments[2], NULL, 10) : 1024) << 20;
    uint64_t *words = malloc(size_bytes);
    if (words == NULL || thread_count < 1 || thread_count > THREADS_MAX)
        bench_fail("needs memory, and 1 to 64 threads");
    memset(words, 1, size_bytes);
    double best_s = 1e9;
    uint64_t sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        pthread_t threads[THREADS_MAX];
        Part parts[THREADS_MAX];
        size_t share = size_bytes / sizeof *words / (size_t)thread_count;
        double start_s = rv_clock_s();
        for (int i = 0; i < thread_count; i++) {
            parts[i] = (Part){words + (size_t)i * share, share, 0};
            if (pthread_create(&threads[i], NULL, add_up, &parts[i]) != 0)
                bench_fail("no thread");
        }
        for (int i = 0; i < thread_count; i++) {
            pthread_join(threads[i], NULL);
            sum += parts[i].sum;
        }
        double taken_s = rv_clock_s() - start_s;
        best_s = taken_s < best_s ? taken_s : best_s;
    }
    if (sum == 0) // never true; keeps the compiler from removing the additions
        printf("0\n");
    printf("%.0f\n", (double)size_bytes / best_s);
    free(words);
    return 0;
}
