/* SPDX-License-Identifier: MIT */
/* Spherical k-means over codes of rows (Dhillon, Modha, "Concept Decompositions for Large Sparse Text Data
 * Using Clustering", Machine Learning 42, 2001): a row goes to the centre of the largest cosine, a centre
 * points where the sum of its rows does. */
#include "search/ivf/ivf_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"

#define ROUNDS 10
// Rows that stay in the first cache while all centres pass by.
#define ASSIGN_ROWS ((size_t)32)
// A spread that few rows show is drawn to that of all lists, as if so many rows more had shown it.
#define SPREAD_ROWS 8

/* ---- the nearest centre ------------------------------------------------------------------------------- */

static double length_of(const float *vector, size_t width)
{
    double sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += (double)vector[i] * vector[i];
    return sqrt(sum);
}

RvStatus rv_list_centres_init(ListCentres *centres, const float *means, size_t count, size_t width,
                              RvError *err)
{
    *centres = (ListCentres){.width = width};
    centres->directions = rv_mem_alloc(count, sizeof *centres->directions, err);
    float *direction = rv_mem_alloc(width, sizeof *direction, err);
    RvStatus status = centres->directions != NULL && direction != NULL ? RV_OK : RV_ERROR_MEMORY;
    for (size_t list = 0; status == RV_OK && list < count; list++) {
        const float *mean = means + list * width;
        double length = length_of(mean, width);
        bool usable = false;
        for (size_t i = 0; i < width; i++)
            direction[i] = length > 0 && isfinite(length) ? (float)(mean[i] / length) : 0;
        status = rv_row_query_init_rotated(&centres->directions[list], direction, width, &usable, err);
        centres->count = list + 1;
    }
    free(direction);
    if (status != RV_OK)
        rv_list_centres_clear(centres);
    return status;
}

void rv_list_centres_clear(ListCentres *centres)
{
    for (size_t list = 0; list < centres->count; list++)
        rv_row_query_clear(&centres->directions[list]);
    free(centres->directions);
    *centres = (ListCentres){0};
}

typedef struct Assign {
    const ListCentres *centres;
    const CodeKernels *kernels;
    const uint8_t *codes;
    size_t row_count;
    uint32_t *lists;
} Assign;

static void assign_task(void *context, size_t index, int worker)
{
    (void)worker;
    const Assign *assign = context;
    size_t first = index * ASSIGN_ROWS, count = assign->row_count - first;
    count = count < ASSIGN_ROWS ? count : ASSIGN_ROWS;
    int32_t dots[ASSIGN_ROWS];
    double best[ASSIGN_ROWS];
    for (size_t list = 0; list < assign->centres->count; list++) {
        const RowQuery *direction = &assign->centres->directions[list];
        assign->kernels->dot_rows(assign->codes + first * assign->centres->width, count, &direction->code,
                                  dots);
        for (size_t i = 0; i < count; i++) {
            // Without the row's own scale, which is the same for all centres.
            double cosine = direction->step * dots[i];
            if (list == 0 || cosine > best[i]) {
                best[i] = cosine;
                assign->lists[first + i] = (uint32_t)list;
            }
        }
    }
}

void rv_list_assign(const ListCentres *centres, ThreadPool *pool, const uint8_t *codes, size_t row_count,
                    uint32_t *lists)
{
    Assign assign = {centres, rv_code_kernels(), codes, row_count, lists};
    rv_threads_run(pool, (row_count + ASSIGN_ROWS - 1) / ASSIGN_ROWS, assign_task, &assign);
}

/* ---- means -------------------------------------------------------------------------------------------- */

typedef struct Train {
    const ListSample *sample;
    ThreadPool *pool;
    uint64_t random;
    size_t count;
    float *means, *spreads;
    uint32_t *lists;   // [row_count]
    size_t *starts;    // [count + 1]: of each list in order
    size_t *order;     // [row_count]: rows by list, then by number
    double *sums;      // [workers, width]
    double *distances; // [count]: sums of squares
} Train;

static void set_mean(Train *train, size_t list, size_t row)
{
    const ListSample *sample = train->sample;
    for (size_t i = 0; i < sample->width; i++)
        train->means[list * sample->width + i] =
            sample->scales[row] * (float)((int)sample->codes[row * sample->width + i] - 128);
}

/* One row out of each of `count` equal parts of the sample: neighbours, which are alike, rarely both. */
static void choose_first_means(Train *train)
{
    size_t rows = train->sample->row_count;
    for (size_t list = 0; list < train->count; list++) {
        size_t from = list * rows / train->count, to = (list + 1) * rows / train->count;
        set_mean(train, list, from + rv_random_next(&train->random) % (to - from));
    }
}

static void sort_by_list(Train *train)
{
    memset(train->starts, 0, (train->count + 1) * sizeof *train->starts);
    for (size_t row = 0; row < train->sample->row_count; row++)
        train->starts[train->lists[row] + 1]++;
    for (size_t list = 0; list < train->count; list++)
        train->starts[list + 1] += train->starts[list];
    // starts[list] moves to the list's end, which is the next one's start.
    for (size_t row = 0; row < train->sample->row_count; row++)
        train->order[train->starts[train->lists[row]]++] = row;
    memmove(train->starts + 1, train->starts, train->count * sizeof *train->starts);
    train->starts[0] = 0;
}

/* One list: its mean, and the squares of distances to it, which are the squares of lengths without that of
 * the mean. */
static void mean_task(void *context, size_t list, int worker)
{
    const Train *train = context;
    const ListSample *sample = train->sample;
    size_t count = train->starts[list + 1] - train->starts[list];
    double *sum = train->sums + (size_t)worker * sample->width, squares = 0, mean_squares = 0;
    if (count == 0)
        return;
    memset(sum, 0, sample->width * sizeof *sum);
    for (size_t at = train->starts[list]; at < train->starts[list + 1]; at++) {
        size_t row = train->order[at];
        const uint8_t *codes = sample->codes + row * sample->width;
        double scale = sample->scales[row];
        int32_t row_squares = 0;
        for (size_t i = 0; i < sample->width; i++) {
            int32_t code = (int32_t)codes[i] - 128;
            sum[i] += scale * code;
            row_squares += code * code;
        }
        squares += scale * scale * row_squares;
    }
    for (size_t i = 0; i < sample->width; i++) {
        double mean = sum[i] / (double)count;
        train->means[list * sample->width + i] = (float)mean;
        mean_squares += mean * mean;
    }
    train->distances[list] = fmax(0, squares - (double)count * mean_squares);
}

/* Lists without rows begin again in the largest one. */
static void fill_empty_lists(Train *train)
{
    size_t largest = 0;
    for (size_t list = 0; list < train->count; list++) {
        if (train->starts[list + 1] - train->starts[list] >
            train->starts[largest + 1] - train->starts[largest])
            largest = list;
    }
    size_t rows = train->starts[largest + 1] - train->starts[largest];
    for (size_t list = 0; list < train->count; list++) {
        if (train->starts[list + 1] == train->starts[list])
            set_mean(train, list,
                     train->order[train->starts[largest] + rv_random_next(&train->random) % rows]);
    }
}

static RvStatus assign_sample(Train *train, RvError *err)
{
    ListCentres centres;
    RvStatus status = rv_list_centres_init(&centres, train->means, train->count, train->sample->width, err);
    if (status != RV_OK)
        return status;
    rv_list_assign(&centres, train->pool, train->sample->codes, train->sample->row_count, train->lists);
    rv_list_centres_clear(&centres);
    sort_by_list(train);
    rv_threads_run(train->pool, train->count, mean_task, train);
    return RV_OK;
}

/* Lists that have rows, in their order, with their spreads. */
static void keep_full_lists(Train *train)
{
    size_t width = train->sample->width, kept = 0;
    double all = 0;
    for (size_t list = 0; list < train->count; list++)
        all += train->starts[list + 1] > train->starts[list] ? train->distances[list] : 0;
    all /= (double)train->sample->row_count;
    for (size_t list = 0; list < train->count; list++) {
        size_t rows = train->starts[list + 1] - train->starts[list];
        if (rows == 0)
            continue;
        memmove(train->means + kept * width, train->means + list * width, width * sizeof *train->means);
        train->spreads[kept++] =
            (float)sqrt((train->distances[list] + SPREAD_ROWS * all) / (double)(rows + SPREAD_ROWS));
    }
    train->count = kept;
}

RvStatus rv_list_train(const ListSample *sample, ThreadPool *pool, uint64_t seed, size_t *count, float *means,
                       float *spreads, RvError *err)
{
    size_t workers = pool != NULL ? (size_t)rv_threads_count(pool) : 1;
    Train train = {.sample = sample,
                   .pool = pool,
                   .random = seed,
                   .count = *count,
                   .means = means,
                   .spreads = spreads,
                   .lists = rv_mem_alloc(sample->row_count, sizeof *train.lists, err),
                   .starts = rv_mem_alloc(*count + 1, sizeof *train.starts, err),
                   .order = rv_mem_alloc(sample->row_count, sizeof *train.order, err),
                   .sums = rv_mem_alloc(workers * sample->width, sizeof *train.sums, err),
                   .distances = rv_mem_alloc(*count, sizeof *train.distances, err)};
    bool good = train.lists != NULL && train.starts != NULL && train.order != NULL && train.sums != NULL &&
                train.distances != NULL;
    RvStatus status = good ? RV_OK : RV_ERROR_MEMORY;
    if (status == RV_OK)
        choose_first_means(&train);
    for (int round = 0; status == RV_OK && round < ROUNDS; round++) {
        if (round > 0)
            fill_empty_lists(&train);
        status = assign_sample(&train, err);
    }
    if (status == RV_OK)
        keep_full_lists(&train);
    *count = train.count;
    free(train.lists);
    free(train.starts);
    free(train.order);
    free(train.sums);
    free(train.distances);
    return status;
}
