/* SPDX-License-Identifier: MIT */
/* Many threads that search one library through one engine, against one thread, and while another process adds videos.
 *
 *     bench_concurrent [FRAMES [THREADS [SECONDS]]]     100,000 frames of 512, 64 threads, 5 s a round
 *
 * Prints searches per second, the median time of one, and the resident memory without mapped files. It rises in the
 * first rounds, while the stores for reading fill their caches (2 MB each), and must not rise afterwards. Every answer
 * is compared with the first one for the same query; the videos that the other process adds are left out of both. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_support.h"
#include "generated_library.h"
#include "search/search_index.h"

#define DIMENSIONS 512
#define QUERIES 64
#define ROUNDS 6
#define ROWS_PER_VIDEO 1000
#define THREADS_MAX 1024
#define TIMES_MAX ((size_t)1 << 20)

typedef struct Bench {
    RvLibrary *library;
    float queries[QUERIES][DIMENSIONS];
    RvHits expected[QUERIES];
    double until_s;
    atomic_size_t done, wrong;
    double *times_s; // [TIMES_MAX] of the first searches
} Bench;

static RvHits ask(Bench *bench, size_t query)
{
    RvTerm term = {.kind = RV_TERM_VECTOR, .vector = bench->queries[query], .weight = 1};
    RvSearchOptions options = {.video_glob = "/videos/*"};
    RvHits hits = {0};
    RvError err = {0};
    bench_check(rv_library_search(bench->library, NULL, &term, 1, &options, &hits, &err), &err);
    return hits;
}

static bool same(const RvHits *a, const RvHits *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const RvHit *left = &a->items[i], *right = &b->items[i];
        same = left->video_id == right->video_id && left->frame_number == right->frame_number &&
               memcmp(&left->score, &right->score, sizeof left->score) == 0;
    }
    return same;
}

static void *search(void *argument)
{
    Bench *bench = argument;
    for (;;) {
        double start_s = rv_clock_s();
        if (start_s > bench->until_s)
            return NULL;
        size_t number = atomic_fetch_add(&bench->done, 1);
        RvHits hits = ask(bench, number % QUERIES);
        if (!same(&hits, &bench->expected[number % QUERIES]))
            atomic_fetch_add(&bench->wrong, 1);
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

static double measure(Bench *bench, const char *what, size_t thread_count, double seconds)
{
    pthread_t threads[THREADS_MAX];
    double start_s = rv_clock_s();
    bench->until_s = start_s + seconds;
    atomic_store(&bench->done, 0);
    for (size_t i = 0; i < thread_count; i++) {
        if (pthread_create(&threads[i], NULL, search, bench) != 0)
            bench_fail("a thread cannot be started");
    }
    for (size_t i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    size_t count = atomic_load(&bench->done);
    double rate = (double)count / (rv_clock_s() - start_s);
    printf("%4zu threads%s: %8.1f searches/s, median %7.2f ms, memory %6.1f MB\n", thread_count, what, rate,
           1000 * bench_median(bench->times_s, count < TIMES_MAX ? count : TIMES_MAX), resident_mb());
    return rate;
}

static LibraryPlan plan_of(const Generator *generator, size_t first_row, size_t row_count)
{
    return (LibraryPlan){.generator = generator,
                         .first_row = first_row,
                         .row_count = row_count,
                         .rows_per_video = ROWS_PER_VIDEO,
                         .dimensions = DIMENSIONS};
}

static void make_library(const char *path, size_t frames, const Generator *generator)
{
    Store *store = bench_open_store(path, (StoreOptions){.create = true});
    LibraryPlan plan = plan_of(generator, 0, frames);
    bench_fill_library(store, &plan);
    rv_store_close(store);
}

/* Start the other process. From the first byte at *begin on it adds a video and the codes of its rows, again and
 * again, until it is killed. */
static pid_t start_writer(const char *path, size_t frames, const Generator *generator, int *begin)
{
    int ends[2];
    char byte;
    pid_t writer = pipe(ends) == 0 ? fork() : -1;
    if (writer < 0)
        bench_fail("no second process");
    *begin = ends[1];
    if (writer > 0)
        return writer;
    close(ends[1]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(ends[0], &byte, 1) != 1)
        bench_fail("nobody wants more videos");
    RvError err = {0};
    Store *store = bench_open_store(path, (StoreOptions){0});
    SearchIndex *index = NULL;
    bench_check(rv_search_index_create(NULL, store, NULL, (RvLog){0}, &index, &err), &err);
    for (size_t first = frames;; first += ROWS_PER_VIDEO) {
        LibraryPlan plan = plan_of(generator, first, first + ROWS_PER_VIDEO);
        plan.folder = "/later";
        bench_fill_library(store, &plan);
        bench_check(rv_codes_update(&index->codes, store, NULL, 1, &err), &err);
    }
}

/* Frames of the library now. */
static size_t count_frames(RvLibrary *library)
{
    RvError err = {0};
    RvVideos videos = {0};
    bench_check(rv_library_list(library, NULL, &videos, &err), &err);
    size_t count = 0;
    for (size_t i = 0; i < videos.count; i++)
        count += (size_t)videos.items[i].frame_count;
    rv_videos_clear(&videos);
    return count;
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
    int begin = -1;
    pid_t writer = start_writer(path, frames, &generator, &begin);
    RvError err = {0};
    RvEngine *engine = NULL;
    bench_check(rv_engine_create(NULL, &engine, &err), &err);
    bench_check(rv_library_open(path, &(RvLibraryOptions){.engine = engine}, &bench->library, &err), &err);
    for (size_t q = 0; q < QUERIES; q++)
        bench->expected[q] = ask(bench, q); // the first makes the codes
    printf("%zu frames of %d; memory after the first searches %.1f MB\n", frames, DIMENSIONS, resident_mb());
    double one = measure(bench, "", 1, seconds), many = 0;
    for (int round = 0; round < ROUNDS; round++)
        many = measure(bench, "", threads, seconds);
    printf("%zu threads against one: %.2f times\n", threads, many / one);
    if (write(begin, "", 1) != 1)
        bench_fail("the second process is gone");
    for (int round = 0; round < ROUNDS; round++)
        measure(bench, ", another process adds videos", threads, seconds);
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    printf("%zu frames at the end; %zu answers were wrong\n", count_frames(bench->library),
           atomic_load(&bench->wrong));
    for (size_t q = 0; q < QUERIES; q++)
        rv_hits_clear(&bench->expected[q]);
    rv_library_close(bench->library);
    rv_engine_destroy(engine);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
    int status = atomic_load(&bench->wrong) > 0;
    free(bench->times_s);
    free(bench);
    return status;
}
