/* SPDX-License-Identifier: MIT */
/* Many threads that search one library through one engine, against one thread.
 *
 *     bench_concurrent [FRAMES [THREADS [SECONDS]]]     100,000 frames of 512, 64 threads, 5 s a round
 *
 * Prints searches per second, the median time of one, and the resident memory without mapped files. It rises in the
 * first rounds, while the stores for reading fill their caches (2 MB each), and must not rise afterwards. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_support.h"
#include "generated_library.h"

#define DIMENSIONS 512
#define QUERIES 64
#define ROUNDS 6
#define THREADS_MAX 1024
#define TIMES_MAX ((size_t)1 << 20)

typedef struct Bench {
    RvLibrary *library;
    float queries[QUERIES][DIMENSIONS];
    double until_s;
    size_t limit; // of searches; 0: until until_s
    atomic_size_t done;
    double *times_s; // [TIMES_MAX] of the first searches
} Bench;

static void *search(void *argument)
{
    Bench *bench = argument;
    for (;;) {
        size_t number = atomic_fetch_add(&bench->done, 1);
        double start_s = rv_clock_s();
        if (bench->limit > 0 ? number >= bench->limit : start_s > bench->until_s) {
            atomic_fetch_sub(&bench->done, 1);
            return NULL;
        }
        RvTerm term = {.kind = RV_TERM_VECTOR, .vector = bench->queries[number % QUERIES], .weight = 1};
        RvHits hits = {0};
        RvError err = {0};
        bench_check(rv_library_search(bench->library, NULL, &term, 1, NULL, &hits, &err), &err);
        rv_hits_clear(&hits);
        if (number < TIMES_MAX)
            bench->times_s[number] = rv_clock_s() - start_s;
    }
}

/* Megabytes of this process's memory that no file backs. */
static double resident_mb(void)
{
    long pages = 0, resident = 0, shared = 0;
    FILE *file = bench_must(fopen("/proc/self/statm", "r"));
    if (fscanf(file, "%ld %ld %ld", &pages, &resident, &shared) != 3)
        bench_fail("/proc/self/statm cannot be read");
    fclose(file);
    return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void run(Bench *bench, size_t thread_count, double seconds, size_t limit)
{
    pthread_t threads[THREADS_MAX];
    bench->until_s = rv_clock_s() + seconds;
    bench->limit = limit;
    atomic_store(&bench->done, 0);
    for (size_t i = 0; i < thread_count; i++) {
        if (pthread_create(&threads[i], NULL, search, bench) != 0)
            bench_fail("a thread cannot be started");
    }
    for (size_t i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
}

static double measure(Bench *bench, size_t thread_count, double seconds)
{
    double start_s = rv_clock_s();
    run(bench, thread_count, seconds, 0);
    size_t count = atomic_load(&bench->done);
    double rate = (double)count / (rv_clock_s() - start_s);
    printf("%4zu threads: %8.1f searches/s, median %7.2f ms, memory %6.1f MB\n", thread_count, rate,
           1000 * bench_median(bench->times_s, count < TIMES_MAX ? count : TIMES_MAX), resident_mb());
    return rate;
}

static void make_library(const char *path, size_t frames, const Generator *generator)
{
    Store *store = bench_open_store(path, (StoreOptions){.create = true});
    bench_fill_library(store, &(LibraryPlan){.generator = generator,
                                             .row_count = frames,
                                             .rows_per_video = 1000,
                                             .dimensions = DIMENSIONS});
    rv_store_close(store);
}

int main(int argc, char **argv)
{
    size_t frames = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    size_t threads = argc > 2 ? strtoull(argv[2], NULL, 10) : 64;
    double seconds = argc > 3 ? atof(argv[3]) : 5;
    if (frames < 1 || threads < 1 || threads > THREADS_MAX)
        bench_fail("at least one frame, and 1 to %d threads", THREADS_MAX);
    char folder[] = "/tmp/reelvec-bench-XXXXXX", path[64], command[96];
    if (mkdtemp(folder) == NULL)
        bench_fail("no folder for the library");
    snprintf(path, sizeof path, "%s/library.db", folder);
    Generator generator = {.dimensions = DIMENSIONS};
    make_library(path, frames, &generator);
    Bench *bench = bench_must(calloc(1, sizeof *bench));
    bench->times_s = bench_must(calloc(TIMES_MAX, sizeof *bench->times_s));
    for (size_t q = 0; q < QUERIES; q++)
        bench_make_query(&generator, frames, q, q % 2 == 0, bench->queries[q]);
    RvError err = {0};
    RvEngine *engine = NULL;
    bench_check(rv_engine_create(NULL, &engine, &err), &err);
    bench_check(rv_library_open(path, &(RvLibraryOptions){.engine = engine}, &bench->library, &err), &err);
    run(bench, 1, 0, 1); // makes the codes
    printf("%zu frames of %d; memory after the first searches %.1f MB\n", frames, DIMENSIONS, resident_mb());
    double one = measure(bench, 1, seconds), many = 0;
    for (int round = 0; round < ROUNDS; round++)
        many = measure(bench, threads, seconds);
    printf("%zu threads against one: %.2f times\n", threads, many / one);
    rv_library_close(bench->library);
    rv_engine_destroy(engine);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
    free(bench->times_s);
    free(bench);
    return 0;
}
